"""What does a JSON report of Bandit say?

A file that Bandit cannot parse is in `errors` and was not looked at, so such a report is a partial one;
one whose metrics name no file has looked at nothing.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.redaction import redacted_message
from ingest.sources.github.alerts.told import items, part, text, whole
from ingest.sources.sarif.model import Result, bag
from ingest.sources.sarif.native.saying import NativeRun, What, Where, listed, result_of, tool_run

NAME: Final = "Bandit JSON"
_TOTALS: Final = "_totals"


def recognises(document: Any) -> bool:
    """Whether it is a report of Bandit: results, errors, and metrics with their totals."""
    has_lists = isinstance(part(document, "results"), list) and isinstance(part(document, "errors"), list)
    return has_lists and isinstance(part(document, "metrics", _TOTALS), dict)


def runs(document: Any) -> list[NativeRun]:
    """The one run of a report."""
    header = tool_run("Bandit", ended_at=text(document, "generated_at"))
    results = [_result(each) for each in document["results"]]
    return [NativeRun(header, results, _problem(document))]


def _result(told: Any) -> Result | None:
    line, path = whole(told, "line_number"), text(told, "filename")
    if path is None or text(told, "test_id") is None:
        return None
    properties = {"issue_severity": text(told, "issue_severity"), "cwe": part(told, "issue_cwe", "id")}
    what = What(text(told, "test_id"), text(told, "issue_text"), properties=properties)
    return result_of(what, Where(path, line, flagged_line(text(told, "code"), line)))


def flagged_line(code: str | None, line: int | None) -> str | None:
    r"""Text of the flagged line out of an excerpt whose lines begin with their numbers; null if not there.

    >>> flagged_line("26     setup()\n27     except:\n28         pass\n", 27)
    '    except:'
    """
    for each in (code or "").split("\n"):
        number, _, rest = each.partition(" ")
        if number == str(line):
            return rest
    return None


def _problem(document: Any) -> str | None:
    errors = items(document["errors"])
    if errors:
        files = [text(each, "filename") or "a file that is not named" for each in errors]
        why = redacted_message(text(errors[0], "reason")) or "no reason told"
        return f"Bandit could not read {len(errors)} files: {listed(files)} ({why})"
    looked_at = bag(document["metrics"]).keys() - {_TOTALS}
    return None if looked_at or document["results"] else "Bandit looked at no file"
