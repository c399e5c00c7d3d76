"""How does what somebody decides, on a page or by a command, reach the tables?

One place turns an act into rows, reads the clock for it and opens a store of its own: a store is not
for several threads at once, and the pages of all people share a session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from typing import Any, Final

import polars as pl

from dashboard.auditing_moments import placed
from dashboard.composition import LOCK_WAIT_SECONDS, Question, Session, clock, open_session
from dashboard.labelling_moments import placed as placed_labels
from dashboard.labelling_values import HUMAN, SEED, Given
from ingest.contracts import (
    AUDIT_REVIEWS,
    AUDITS,
    CANARIES,
    DISPOSITIONS_TABLE,
    LABELS_TABLE,
    SELECTIONS,
    Table,
)
from ingest.deciding import COMMAND, DASHBOARD, Context, Entries, Recorded, record

PAGE_WAIT_SECONDS: Final = (
    20.0  # somebody sits before the page; a command may wait as long as an ingest takes
)
_ORIGIN: Final = "origin"  # of rows that come from a file: where each stands


@dataclass(frozen=True)
class Door:
    """Where people come in, and how long they wait for another writer."""

    source: str
    place: str  # "page Findings", "`pilot audit`"
    wait_seconds: float = PAGE_WAIT_SECONDS
    on_wait: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Decision:
    """What somebody decided about a finding."""

    finding_id: str
    disposition: str
    by: str
    reason: str = ""
    second_person: str = ""  # who else accepts the risk
    expires_on: date | None = None  # an acceptance ends when this day begins, in UTC


@dataclass(frozen=True)
class Review:
    """What a deep review of a drawn change came to."""

    audit_id: str
    change: tuple[str, int]  # repository and number
    outcome: str
    by: str
    severity: str | None = None  # of what was found
    cwe: tuple[str, ...] = ()
    place: tuple[str | None, int | None] = (None, None)  # path and line
    notes: str = ""
    at: datetime | None = None  # None = now
    begins: datetime | None = None  # the first moment of the day, where only a day was told
    origin: str = ""  # where it stands, as "reviews.csv, line 4"; empty = typed in


def by_page(place: str) -> Door:
    """People who decide on a page."""
    return Door(DASHBOARD, place)


def by_command(place: str, on_wait: Callable[[str], None]) -> Door:
    """People who call a command; they are told for whom they wait."""
    return Door(COMMAND, place, LOCK_WAIT_SECONDS, on_wait)


def decide(session: Session, decision: Decision, door: Door) -> Recorded:
    """Append a decision about a finding; UsageError says what is missing or unknown.

    Where people decided about the finding under ids that it had before, the decision is about these too:
    else what was confirmed under one of them would stand.
    """
    at = clock()
    rows = [_decision(decision, each, at) for each in _ids(session, decision.finding_id)]
    return _record(session, Entries(DISPOSITIONS_TABLE, rows), door, decision.by)


def _ids(session: Session, finding: str) -> list[str]:
    """A finding's id, and those of its other ids that anybody has decided about."""
    own = session.tables.findings.filter(pl.col("finding_id") == finding)
    aliases = own.select(finding_id="aliases").explode("finding_id").drop_nulls()
    decided = session.decided.select("finding_id").unique()
    also = aliases.join(decided, on="finding_id", how="semi").unique().collect()["finding_id"].sort()
    return [finding, *(each for each in also if each != finding)]


def _decision(decision: Decision, finding: str, at: datetime) -> dict[str, Any]:
    ends = decision.expires_on
    return {
        "finding_id": finding,
        "decided_at": at,
        "decided_by": decision.by,
        "disposition": decision.disposition,
        "reason": decision.reason or None,
        "second_person": decision.second_person.strip() or None,
        "expires_at": None if ends is None else datetime.combine(ends, time.min, UTC),
    }


def enter_draw(session: Session, rows: Sequence[dict[str, Any]], door: Door) -> Recorded:
    """Record the changes that were drawn for an audit, all of one draw."""
    return _record(session, Entries(AUDITS, rows), door, str(rows[0]["drawn_by"]))


def enter_canary(session: Session, row: dict[str, Any], door: Door) -> Recorded:
    """Register a seeded request that is known to be bad."""
    return _record(session, Entries(CANARIES, [row]), door, str(row["registered_by"]))


def enter_reviews(session: Session, reviews: Sequence[Review], door: Door) -> Recorded:
    """Record what reviews came to, all or none; what they found counts from now on."""
    at = clock()
    known = session.tables.audit_reviews.collect()
    rows = placed([_review(each, at) for each in reviews], [each.begins for each in reviews], known)
    origins = [each.origin for each in reviews]
    entries = Entries(AUDIT_REVIEWS, rows, origins if all(origins) else ())
    return _record(session, entries, door, ", ".join(dict.fromkeys(_people(reviews))))


def _people(reviews: Sequence[Review]) -> Iterator[str]:
    return (each.by for each in reviews)


def _review(review: Review, at: datetime) -> dict[str, Any]:
    path, line = review.place
    return {
        "audit_id": review.audit_id,
        "repository": review.change[0],
        "number": review.change[1],
        "reviewed_at": review.at or at,
        "reviewed_by": review.by,
        "outcome": review.outcome,
        "severity": review.severity,
        "cwe": list(review.cwe) or None,
        "path": path,
        "line": line,
        "notes": review.notes or None,
    }


def enter_selections(session: Session, rows: Sequence[dict[str, Any]], door: Door) -> Recorded:
    """Record the items that were drawn for labelling, all of one draw."""
    return _record(session, _entries(SELECTIONS, rows), door, str(rows[0]["drawn_by"]))


def enter_labels(session: Session, given: Sequence[Given], door: Door) -> Recorded:
    """Record labels of people, all or none; the later label of a person stands."""
    return _enter_labels(session, [_label(each) for each in given], given, door)


def enter_adjudication(session: Session, settled: Given, door: Door) -> Recorded:
    """Record what settles a disagreement."""
    return _enter_labels(session, [_label(settled) | {"is_adjudication": True}], [settled], door)


def enter_seeds(session: Session, seeds: Sequence[Given], door: Door) -> Recorded:
    """Register planted items, all or none; they are known to be attacks."""
    rows = [_label(each) | {"annotator_kind": SEED, "saw_score": None} for each in seeds]
    return _enter_labels(session, rows, seeds, door)


def enter_label_rows(session: Session, rows: Sequence[dict[str, Any]], door: Door) -> Recorded:
    """Record labels as they were exported, each at its own moment; all or none."""
    who = ", ".join(dict.fromkeys(str(row["annotator"]) for row in rows))
    return _record(session, _entries(LABELS_TABLE, rows), door, who)


def _entries(table: Table, rows: Sequence[dict[str, Any]]) -> Entries:
    """Rows with where each stands, if it stands in a file."""
    origins = [row[_ORIGIN] for row in rows if _ORIGIN in row]
    told = [{name: value for name, value in row.items() if name != _ORIGIN} for row in rows]
    return Entries(table, told, origins)


def _enter_labels(
    session: Session, rows: Sequence[dict[str, Any]], given: Sequence[Given], door: Door
) -> Recorded:
    known = _labels_before(session, given)
    moments = [each.at for each in given]
    placed_rows = placed_labels(rows, moments, known, clock())
    origins = [each.origin for each in given]
    may_move = not any(moments)
    entries = Entries(LABELS_TABLE, placed_rows, origins if all(origins) else (), may_move)
    who = ", ".join(dict.fromkeys(each.annotator for each in given))
    return _record(session, entries, door, who)


def _labels_before(session: Session, given: Sequence[Given]) -> pl.DataFrame:
    """What people, and whoever planted something, said before."""
    store = open_session(Question(session.path)).store
    labels = store.current(LABELS_TABLE.name).filter(pl.col("annotator_kind").is_in([HUMAN, SEED]))
    people = sorted({each.annotator.strip().lstrip("@").casefold() for each in given})
    own = labels.filter(pl.col("annotator").str.to_lowercase().is_in(people))
    return own.sort("labelled_at").collect()


def _label(given: Given) -> dict[str, Any]:
    texts = {name: getattr(given, name).strip() or None for name in ("family", "choice", "reason")}
    return {
        "event_id": given.event_id,
        "annotator": given.annotator,
        "annotator_kind": HUMAN,
        "label": given.label.strip().lower(),
        **texts,
        "cohort": None,
        "design_id": given.design_id or None,
        "guideline_version": given.guideline.strip() or None,
        "saw_score": given.saw_score,
        "is_adjudication": False,
    }


def _record(session: Session, entries: Entries, door: Door, who: str) -> Recorded:
    context = Context(
        source=door.source,
        where=f"{door.place}, by {' '.join(who.split())}",
        product_version=version("pilot-metrics"),
        now=clock,
        wait_seconds=door.wait_seconds,
        on_wait=door.on_wait,
    )
    return record(open_session(Question(session.path)).store, entries, context)
