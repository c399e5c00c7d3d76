"""What does a JSON report of Gitleaks 8 say?

It is a bare list of leaks, so that an empty one names no tool: whose silence it is must be told beside it.
A leak's commit is the one that brought it in. Neither the secret nor names and addresses are kept.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.sources.github.alerts.told import items, text, whole
from ingest.sources.sarif.model import Result
from ingest.sources.sarif.native.saying import NativeRun, What, Where, result_of, tool_run

NAME: Final = "Gitleaks JSON"
TOOL: Final = "gitleaks"
_HIDDEN: Final = "REDACTED"  # what `gitleaks --redact` writes for every secret


def recognises(document: Any) -> bool:
    """Whether it is a list of leaks; an empty list may be anybody's."""
    return isinstance(document, list) and any(_is_leak(each) for each in items(document))


def runs(document: Any) -> list[NativeRun]:
    """The one run of a report; it tells neither when it was made nor by which version."""
    return [NativeRun(tool_run(TOOL), [_result(each) for each in document])]


def _is_leak(told: Any) -> bool:
    return text(told, "RuleID") is not None and text(told, "File") is not None


def _result(told: Any) -> Result | None:
    if not _is_leak(told):
        return None
    secret, match, commit = text(told, "Secret"), text(told, "Match"), text(told, "Commit")
    what = What(
        text(told, "RuleID"),
        text(told, "Description"),
        properties={"Secret": secret, "Match": match, "email": text(told, "Email")},
        prints={"commitSha": commit} if commit else {},
    )
    return result_of(what, Where(text(told, "File"), whole(told, "StartLine"), _stand_in(secret)))


def _stand_in(secret: str | None) -> str | None:
    """What stands for the flagged line, as in the tool's SARIF output; only its hash is kept."""
    return None if secret == _HIDDEN else secret
