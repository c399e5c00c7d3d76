"""Which incident does an issue tell of, and which change does it say was to blame?

Severity is told by a label ("severity: high", "sev/low", "critical"); where none tells it, the incident
counts as high, and the row says so. The change is told by a line of the text that begins with words such
as "Introduced by #123", "Caused by owner/name#123" or "Introduced in <commit>". An issue that was closed
as not planned, or as a duplicate, is no incident after all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import orjson
import polars as pl

from ingest.contracts import INCIDENTS, SEVERITIES
from ingest.redaction import redacted_message
from ingest.sources.github.alerts.told import items, moment, part, text
from ingest.sources.github.batches import Batch
from ingest.sources.github.incident_asking import INCIDENTS as ASKED
from ingest.sources.github.incident_asking import issues_of

ASSUMED_SEVERITY: Final = "high"
NO_LABEL: Final = {"severity": f"no label tells it; taken for {ASSUMED_SEVERITY}"}
_WITHDRAWN: Final = frozenset({"NOT_PLANNED", "DUPLICATE"})
_SEVERITY: Final = re.compile(
    r"(?:(?:sev|severity|impact)\s*[:/=_ -]\s*)?(critical|high|medium|moderate|low|none)", re.IGNORECASE
)
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)  # what a template tells its writer
_BLAME: Final = r"^[^\w\n]*(?:introduced|caused|broken|regress(?:ed|ion))\s+(?:by|in|from|with|since)\s*:?\s*"
_PULL: Final = re.compile(
    _BLAME + r"(?:(?:PR|pull request)\s*)?(?:<?https?://[^/\s]+/)?"
    r"(?P<repository>[\w.-]+/[\w.-]+)?(?:#|/pull/)(?P<number>[1-9]\d{0,17})\b",
    re.IGNORECASE | re.MULTILINE,
)
_NAMES_COMMIT: Final = r"(?:commit\s*:?\s*)?<?https?://[^/\s]+/[\w.-]+/[\w.-]+/commit/|commit\s*:?\s*`?"
_LOOKS_LIKE_ONE: Final = r"`?(?=[a-f]*\d)(?=\d*[a-f])"  # digits alone are a day, letters alone a word
_COMMIT: Final = re.compile(
    rf"{_BLAME}(?:{_NAMES_COMMIT}|{_LOOKS_LIKE_ONE})(?P<sha>[0-9a-f]{{7,40}})\b",
    re.IGNORECASE | re.MULTILINE,
)
_CWE: Final = re.compile(r"\bCWE[-_ :]{0,2}0*([1-9]\d{0,4})\b", re.IGNORECASE)
_SET_LATER: Final = frozenset({"source", "ingested_at"})
Row = dict[str, Any]


def incident_frames(batch: Batch, name: str) -> dict[str, pl.DataFrame]:
    """Rows of `incidents` of a batch that is kept below `raw/` under this name; none where it has none."""
    asked = [exchange for exchange in batch.exchanges if exchange.asked == ASKED]
    rows = [_row(issue, batch.state.name, name) for issue in issues_of(asked)]
    schema = {column: kind for column, kind in INCIDENTS.polars_schema.items() if column not in _SET_LATER}
    return {INCIDENTS.name: pl.DataFrame(rows, schema, orient="row")} if rows else {}


def severity_of(labels: Iterable[str]) -> str | None:
    """Worst severity that labels tell.

    >>> severity_of(["bug", "severity: high", "Low"]), severity_of(["sev/moderate"])
    ('high', 'medium')
    >>> severity_of(["highlight"]) is None
    True
    """
    found = (_SEVERITY.fullmatch(label.strip()) for label in labels)
    words = {each[1].lower().replace("moderate", "medium") for each in found if each}
    return min(words, key=SEVERITIES.index, default=None)


def introducer(body: str | None, own: str) -> tuple[str, int | None]:
    r"""Repository and number of the pull request that a text blames; the own one and null for none.

    >>> introducer("We saw it.\n- Introduced by acme/web#12", "acme/pay")
    ('acme/web', 12)
    >>> introducer("Caused by #7", "acme/pay"), introducer("Not caused by #7", "acme/pay")
    (('acme/pay', 7), ('acme/pay', None))
    """
    found = _PULL.search(_COMMENT.sub("", body or ""))
    return (found["repository"] or own, int(found["number"])) if found else (own, None)


def blamed_commit(body: str | None) -> str | None:
    """Commit that a text blames.

    >>> blamed_commit("Introduced in commit `4F2A9C1E`"), blamed_commit("It was introduced by somebody")
    ('4f2a9c1e', None)
    """
    found = _COMMIT.search(_COMMENT.sub("", body or ""))
    return found["sha"].lower() if found else None


def _row(issue: Any, own: str, name: str) -> Row:
    labels = [told for each in items(part(issue, "labels", "nodes")) if (told := text(each, "name"))]
    repository, number = introducer(text(issue, "body"), own)
    severity, opened_at = severity_of(labels), moment(issue, "createdAt")
    named = " ".join([text(issue, "title") or "", *labels])
    return {
        "incident_id": f"{own}#{part(issue, 'number')}",
        "repository": repository,
        "detected_at": opened_at,
        "reported_at": opened_at,
        "pull_request": number,
        "commit_sha": blamed_commit(text(issue, "body")),
        "severity": severity or ASSUMED_SEVERITY,
        "cwe": [f"CWE-{weakness}" for weakness in sorted({int(each) for each in _CWE.findall(named)})],
        "title": redacted_message(text(issue, "title")),
        "url": text(issue, "url"),
        "is_withdrawn": text(issue, "state") == "CLOSED" and text(issue, "stateReason") in _WITHDRAWN,
        "extras": None if severity else orjson.dumps(NO_LABEL).decode(),
        "raw_ref": f"raw/{name}#incidents/{part(issue, 'number')}",
    }
