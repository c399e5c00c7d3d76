"""What does a JSON report of Semgrep or Opengrep say?

Without a login some versions write the constant "requires login" for the lines and the fingerprint of
every result: that is no line and no fingerprint. A warning says that a few lines of one file were not
understood, as in most scans; an error says that a file or a rule was not used at all.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.redaction import redacted_message
from ingest.sources.github.alerts.told import items, part, text, whole
from ingest.sources.sarif.model import Result, text_of
from ingest.sources.sarif.native.saying import NativeRun, What, Where, listed, result_of, tool_run

NAME: Final = "Semgrep JSON"
_NOT_TOLD: Final = "requires login"
_LEVELS: Final = {"ERROR": "error", "WARNING": "warning", "INFO": "note", "INVENTORY": "none"}
_HARMLESS: Final = frozenset({"warn", "warning", "info"})


def recognises(document: Any) -> bool:
    """Whether it is a report of Semgrep: results and errors, and the paths or checks that it names."""
    results, errors = part(document, "results"), part(document, "errors")
    has_lists = isinstance(results, list) and isinstance(errors, list)
    has_checks = any(text(each, "check_id") for each in items(results))
    return has_lists and (has_checks or isinstance(part(document, "paths", "scanned"), list))


def runs(document: Any) -> list[NativeRun]:
    """The one run of a report; it does not tell when it was made."""
    header = tool_run(_tool(document), text(document, "version"))
    results = [_result(each) for each in document["results"]]
    return [NativeRun(header, results, _problem(document))]


def _tool(document: Any) -> str:
    """Name that the tool has in its SARIF outputs, as far as it is told."""
    engine = text(document, "engine_requested")
    return f"Semgrep {engine}" if engine in ("OSS", "PRO") else "Semgrep"


def _result(told: Any) -> Result | None:
    path, rule = text(told, "path"), text(told, "check_id")
    if path is None or rule is None:
        return None
    extra, ignored = part(told, "extra"), part(told, "extra", "is_ignored")
    severity, fingerprint = text(extra, "severity"), _told(extra, "fingerprint")
    what = What(
        rule,
        text(extra, "message"),
        level=_LEVELS.get((severity or "").upper()),
        properties={"severity": severity, "tags": _tags(extra), **_score(extra)},
        prints={"matchBasedId/v1": fingerprint} if fingerprint else {},
        is_suppressed=ignored if isinstance(ignored, bool) else None,
    )
    return result_of(what, Where(path, whole(told, "start", "line"), _told(extra, "lines")))


def _told(extra: Any, name: str) -> str | None:
    told = text(extra, name)
    return None if told is None or told.strip().casefold() == _NOT_TOLD else told


def _tags(extra: Any) -> list[str]:
    """Tags as the tool's SARIF output has them."""
    weaknesses, risks = (_words(part(extra, "metadata", name)) for name in ("cwe", "owasp"))
    is_security = text(extra, "metadata", "category") == "security"
    return [*weaknesses, *(f"OWASP-{risk}" for risk in risks), *(["security"] if is_security else [])]


def _words(told: Any) -> list[str]:
    """Words of a list, or the only one."""
    each = told if isinstance(told, list) else [told]
    return [word for one in each if (word := text_of(one))]


def _score(extra: Any) -> dict[str, Any]:
    score = part(extra, "metadata", "security-severity")
    return {} if score is None else {"security-severity": score}


def _problem(document: Any) -> str | None:
    grave = [each for each in document["errors"] if (text(each, "level") or "").casefold() not in _HARMLESS]
    if grave:
        where = listed(text(each, "path") or text(each, "type") or "no place told" for each in grave)
        why = redacted_message(text(grave[0], "message")) or "no reason told"
        return f"Semgrep reports {len(grave)} errors: {where} ({why})"
    scanned = part(document, "paths", "scanned")
    has_looked = scanned != [] or document["results"]
    return None if has_looked else "Semgrep looked at no file"
