"""Which finding does an alert of the code host stand for? Its number names it for good."""

from __future__ import annotations

from ingest.identity import finding_id, finding_key


def alert_key(kind: str, number: int) -> str:
    """Identity of an alert inside its repository, as `finding_key` gives it for results of scans.

    The host follows an alert over line moves and re-scans, so nothing else is needed.

    >>> alert_key("code_scanning", 17) == finding_key("github/code-scanning", "17", "", 0)
    True
    """
    return finding_key(f"github/{kind.replace('_', '-')}", str(number), "", 0)


def alert_finding(repository: str, kind: str, number: int) -> str:
    """Identity of an alert's finding among all repositories."""
    return finding_id(repository, alert_key(kind, number))
