"""What does a refusal mean: is the feature off, may it not be read, or is nothing there?

GitHub has no code for it, only words: "Advanced Security must be enabled for this repository to use
code scanning." (403), "Code scanning is not enabled for this repository." (403), "no analysis found"
(404), "Secret scanning is disabled on this repository." (404), "Dependabot alerts are disabled for
this repository." (403), "Resource not accessible by integration" (403).
"""

from __future__ import annotations

from typing import Any, Final

from ingest.contracts.alerts import FEATURE_STATUSES
from ingest.sources.github.faults import DeniedFault

OK, OFF, NOT_PERMITTED, NOT_FOUND = FEATURE_STATUSES
_OFF_WORDS: Final = (
    "must be enabled",
    "not enabled",
    "is disabled",
    "are disabled",
    "no analysis found",
    "not available for",
)
_NOT_PERMITTED_WORDS: Final = ("resource not accessible", "not authorized", "must have admin rights")
_FORBIDDEN: Final = 403

READ: Final[dict[str, Any]] = {"status": OK, "said": None}


def answer_of(fault: DeniedFault) -> dict[str, Any]:
    """Answer of a `feature` exchange: what the refusal means, and the host's own words."""
    return {"status": status_of(fault), "said": fault.said or f"HTTP {fault.status}"}


def status_of(fault: DeniedFault) -> str:
    """Word of the contract for a refusal.

    >>> status_of(DeniedFault(403, "Advanced Security must be enabled for this repository"))
    'off'
    >>> status_of(DeniedFault(404, "Not Found"))
    'not_found'
    """
    said = fault.said.casefold()
    if any(words in said for words in _OFF_WORDS):
        return OFF
    is_forbidden = fault.status == _FORBIDDEN or any(words in said for words in _NOT_PERMITTED_WORDS)
    return NOT_PERMITTED if is_forbidden else NOT_FOUND
