"""How do drawn changes get to reviewers, and what they found back? A CSV that any spreadsheet opens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from dashboard.auditing import Draw
from dashboard.auditing_moments import day_of_review
from dashboard.recording import Review
from dashboard.spreadsheets import csv
from ingest.deciding import MOST_COMPLAINTS
from ingest.errors import UsageError
from ingest.sources.base import SourceFile
from ingest.sources.spreadsheets import Form, read_sheet, spelled

REQUIRED: Final = ("repository", "number", "outcome")
ASKED: Final = ("outcome", "severity", "cwe", "path", "line", "notes", "by", "at")  # reviewers fill these in
TOLD: Final = ("audit", "repository", "number", "title", "url", "merged_at")  # what a sheet says of a change
HEADERS: Final = {name: name for name in (*TOLD, *ASKED)}
SYNONYMS: Final = {
    "audit_id": "audit",
    "reviewer": "by",
    "reviewed_by": "by",
    "reviewed_at": "at",
    "result": "outcome",
}
FORM: Final = Form(REQUIRED, HEADERS, SYNONYMS)
NO_ZONE: Final = "UTC"  # of a pilot that is not configured any more
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")
_WORDS_OF_CWE: Final = re.compile(r"\d+")
Change = tuple[str, int]


@dataclass(frozen=True)
class Drawn:
    """Which draws each change is in, and in which zone each draw's days are."""

    audits: Mapping[Change, Sequence[str]]
    zones: Mapping[str, str]  # draw -> zone of its pilot

    @classmethod
    def of(cls, audits: pl.DataFrame, zones: Mapping[str, str]) -> Drawn:
        """Read the table `audits`; `zones` are those of the pilots."""
        known: dict[Change, list[str]] = {}
        for audit, repository, number in audits.select("audit_id", "repository", "number").iter_rows():
            known.setdefault((repository, number), []).append(audit)
        pilots = audits.select("audit_id", "pilot").unique().iter_rows()
        return cls(known, {audit: zones.get(pilot, NO_ZONE) for audit, pilot in pilots})

    def audit(self, change: Change, asked: str | None) -> str:
        """The draw that a review is of: the one named, else the only one that holds the change."""
        named = "{}#{}".format(*change)
        held = self.audits.get(change, ())
        if asked:
            return asked
        if not held:
            raise UsageError(f"{named} was never drawn; `pilot audit list` names the draws")
        if len(held) > 1:
            raise UsageError(f"{named} is in several draws ({', '.join(held)}); name one with --audit")
        return held[0]


@dataclass(frozen=True)
class Usual:
    """What holds for the lines of a file that do not say it themselves."""

    now: datetime
    audit: str | None = None
    by: str | None = None


def sheet(draw: Draw) -> bytes:
    """The drawn changes, with empty columns for what the reviewers find."""
    told = draw.changes.select(
        pl.lit(draw.audit_id).alias("audit"), "repository", "number", "title", "url",
        pl.col("merged_at").dt.strftime("%Y-%m-%dT%H:%MZ"),
    )  # fmt: skip
    return csv(told.with_columns(pl.lit("").alias(name) for name in ASKED))


def read_reviews(path: Path, drawn: Drawn, usual: Usual) -> tuple[list[Review], int]:
    """Reviews of a filled-in sheet, and how many lines nobody has filled in yet.

    Raises
    ------
    RefusedFileError
        It is no table, or lacks a column.
    UsageError
        Lines that cannot be understood, each by its number; nothing is taken then.
    """
    lines = read_sheet(SourceFile(path.absolute(), path.name), FORM).rows
    filled = [(line, values) for line, values in lines if (values.get("outcome") or "").strip()]
    reviews, complaints = [], []
    for line, values in filled:
        origin = f"{path.name}#line {line}"
        try:
            reviews.append(_review({**_stripped(values), "origin": origin}, drawn, usual))
        except UsageError as error:
            complaints.append(f"{origin}: {error}")
    _refuse(complaints)
    return reviews, len(lines) - len(filled)


def _refuse(complaints: Sequence[str]) -> None:
    if complaints:
        more = len(complaints) - MOST_COMPLAINTS
        rest = f"; and {more:,} more" if more > 0 else ""
        raise UsageError(f"{'; '.join(complaints[:MOST_COMPLAINTS])}{rest}. Nothing was recorded.")


def _stripped(values: Mapping[str, str]) -> dict[str, str]:
    return {name: (values.get(name) or "").strip() for name in HEADERS}


def _review(told: Mapping[str, str], drawn: Drawn, usual: Usual) -> Review:
    change = (told["repository"], _whole(told["number"], "number"))
    audit = drawn.audit(change, told["audit"] or usual.audit)
    begins, at = moments(told["at"], drawn.zones.get(audit, NO_ZONE), usual.now)
    return Review(
        audit_id=audit,
        change=change,
        outcome=spelled(told["outcome"]),
        by=told["by"] or usual.by or "",
        severity=told["severity"].lower() or None,
        cwe=weaknesses(told["cwe"]),
        place=(told["path"] or None, _whole(told["line"], "line") if told["line"] else None),
        notes=told["notes"],
        at=at,
        begins=begins,
        origin=told["origin"],
    )


def _whole(text: str, what: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(f"{what} is {text!r}, expected a whole number") from error


def weaknesses(text: str) -> tuple[str, ...]:
    """CWE ids, however they are written.

    >>> weaknesses("CWE-89, cwe 79"), weaknesses("")
    (('CWE-89', 'CWE-79'), ())
    """
    return tuple(f"CWE-{int(number)}" for number in _WORDS_OF_CWE.findall(text))


def moments(text: str, timezone: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """When a review was made, as people write it: the first moment of a day, if they tell one, and the last.

    A moment without an offset is UTC; nothing is nothing.

    >>> noon = datetime(2026, 8, 17, 12, tzinfo=UTC)
    >>> [str(at) for at in moments("2026-08-17T13:30+02:00", "Europe/Berlin", noon)]
    ['None', '2026-08-17 11:30:00+00:00']
    >>> [str(at) for at in moments("2026-08-17", "Europe/Berlin", noon)]
    ['2026-08-16 22:00:00+00:00', '2026-08-17 12:00:00+00:00']
    """
    if not text:
        return None, None
    if _DAY.fullmatch(text):
        return day_of_review(_read(text).date(), timezone, now)
    told = _read(text)
    return None, told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"at is {text!r}, expected 2026-08-17 or 2026-08-17T12:00Z") from error


def place_of(text: str | None) -> tuple[str | None, int | None]:
    """Path and line as one word.

    >>> place_of("src/app.py:41"), place_of("src/app.py"), place_of(None)
    (('src/app.py', 41), ('src/app.py', None), (None, None))
    """
    path, _, line = (text or "").rpartition(":")
    return (path, int(line)) if path and line.isdigit() else (text or None, None)


def change_of(text: str) -> Change | None:
    """A pull request as people write it; None for any other text, such as the name of a file.

    >>> change_of("acme/pay#12"), change_of("reviews.csv")
    (('acme/pay', 12), None)
    """
    told: Any = re.fullmatch(r"([^/\s#]+/[^/\s#]+)#(\d+)", text)
    return (told[1], int(told[2])) if told else None
