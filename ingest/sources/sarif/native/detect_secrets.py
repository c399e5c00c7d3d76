"""What does a baseline of detect-secrets say, and what did people decide in its audit?

The baseline holds hashes of secrets, so nothing of them is lost to us. `is_secret` is the answer of a
person in `detect-secrets audit`: an explicit decision. Nobody's name is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ingest.sources.github.alerts.told import items, part, text, whole
from ingest.sources.sarif.model import Result
from ingest.sources.sarif.native.saying import NativeRun, What, Where, result_of, tool_run

NAME: Final = "detect-secrets baseline"
TOOL: Final = "detect-secrets"
_STANDS_FOR_LINE: Final = "primaryLocationLineHash"


def recognises(document: Any) -> bool:
    """Whether it is a baseline: the plugins that looked, and results by file."""
    has_plugins = isinstance(part(document, "plugins_used"), list)
    return has_plugins and isinstance(part(document, "results"), dict)


def runs(document: Any) -> list[NativeRun]:
    """The one run of a baseline."""
    header = tool_run(TOOL, text(document, "version"), text(document, "generated_at"))
    problem = None if document["plugins_used"] else "no plugin of detect-secrets looked"
    return [NativeRun(header, [_result(path, told) for path, told in _entries(document)], problem)]


def verdicts(document: Any) -> list[bool | None]:
    """What an audit said of each result, in their order: a secret or none; null = not asked."""
    answers = (part(told, "is_secret") for _, told in _entries(document))
    return [answer if isinstance(answer, bool) else None for answer in answers]


def _entries(document: Any) -> Iterator[tuple[str, Any]]:
    for path, listed in document["results"].items():
        if not isinstance(listed, list):
            yield path, None
        for told in items(listed):
            yield path, told


def _result(path: str, told: Any) -> Result | None:
    rule, secret = text(told, "type"), text(told, "hashed_secret")
    if rule is None or not path.strip():
        return None
    what = What(rule, f"{rule} found", prints={_STANDS_FOR_LINE: secret} if secret else {})
    return result_of(what, Where(path, whole(told, "line_number")))
