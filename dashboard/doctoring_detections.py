"""Can verdicts of detectors be read, and what of what was read holds their numbers back?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from dashboard import wording
from dashboard.complaints import Complaint
from dashboard.composition import Session
from ingest.errors import PilotError
from ingest.ledger import last_cursor
from ingest.sources.approvals.cursors import bookmarks
from ingest.sources.detections import DETECTIONS_SOURCE
from ingest.sources.detections.kinds import known
from ingest.sources.detections.places import logs
from ingest.sources.detections.pulling import NO_LOG, SETTING

NAME: Final = DETECTIONS_SOURCE.name
GUIDE: Final = "docs/detectors.md"
LABELS: Final = "see docs/labels.md"
UNKNOWN: Final = f"{NO_LOG}, by"  # of refusals that no flaw of the file explains
UNTOLD: Final = "unknown"  # version of a detector that tells none
BESIDE: Final = "a correction of `version` or `detector` makes new rows beside the old ones"
_PLACE: Final = "[[sources.detections.place]]"
_UNIT: Final = ("detector", "detector_version", "threshold")
_HOURS: Final = 24  # a clock that is ahead by less, or in another zone, is no wrong date
_TOLD_WITH_SET: Final = pl.col("annotator_kind") == "dataset"


def logs_are_found(session: Session) -> Iterable[Complaint]:
    """How many files [sources.detections] names, and as what they were read."""
    settings = session.configuration.sources.detections
    if settings is None:
        return
    try:
        found = logs(settings, settings.place, session.path.parent, SETTING)
    except PilotError as error:
        yield Complaint("error", NAME, str(error), f"mend {SETTING} in {session.path.name}")
        return
    read = bookmarks(last_cursor(session.runs, NAME)).values()
    kinds = Counter(bookmark.format for bookmark in read)
    told = ", ".join(f"{count:,} as {name}" for name, count in sorted(kinds.items()))
    files = wording.plural(len(found), "file")
    yield Complaint("ok", NAME, f"{files}; recognised: {told}" if told else files)


def formats_are_named(session: Session) -> Iterable[Complaint]:
    """Once for all files of no known format: what could be read."""
    if session.published is None:
        return
    refused = session.health().refused.filter(
        pl.col("source") == NAME, pl.col("reason").str.contains(UNKNOWN)
    )
    if refused.height:
        yield Complaint("ok", NAME, f"formats that are known: {known()}", GUIDE)


def verdicts_can_be_measured(session: Session) -> Iterable[Complaint]:
    """What each detector told, and what it lacks."""
    if session.published is None:
        return
    for row in _detectors(session).iter_rows(named=True):
        yield from _of_detector(row)
    for row in _renamed(session).iter_rows(named=True):
        versions = wording.listed(row["versions"])
        seen = f"{row['items']:,} verdicts of {row['detector']} stand under several versions ({versions})"
        yield Complaint("warning", NAME, f"{seen}: {BESIDE}", "ingest into a new store to be rid of the old")


def _detectors(session: Session) -> pl.DataFrame:
    """A row per detector, version and threshold."""
    tables = session.tables
    of_sets = tables.labels.filter(_TOLD_WITH_SET).select("event_id").unique()
    is_of_set = pl.col("_set").fill_null(value=False)
    joined = tables.detections.join(of_sets.with_columns(_set=True), on="event_id", how="left")
    late = pl.col("occurred_at") > pl.col("ingested_at") + pl.duration(hours=_HOURS)
    return (
        joined.group_by(_UNIT)
        .agg(
            count=pl.len(),
            files=pl.col("raw_ref").str.split("#").list.first().n_unique(),
            timeless=(pl.col("occurred_at").is_null() & ~is_of_set).sum(),
            late=late.fill_null(value=False).sum(),
            lowest=pl.col("score").min(),
            highest=pl.col("score").max(),
        )
        .sort(_UNIT, nulls_last=True)
        .collect(engine="streaming")
    )


def _of_detector(row: dict[str, Any]) -> Iterable[Complaint]:
    name = " ".join((row["detector"], row["detector_version"]))
    seen = f"{name}: {wording.plural(row['count'], 'verdict')} of {wording.plural(row['files'], 'file')}"
    yield Complaint("ok", NAME, seen)
    if row["detector_version"] == UNTOLD:
        seen = f"the version of {row['detector']} is not told: its numbers may mix several"
        yield Complaint("warning", NAME, seen, f"say `version` in {_PLACE} early: {BESIDE}")
    if row["timeless"]:
        seen = f"{row['timeless']:,} of {wording.plural(row['count'], 'verdict')} of {name} tell no time"
        yield Complaint(
            "warning",
            NAME,
            f"{seen}: they are in no period",
            f"say where it stands: `at` in {_PLACE}, `occurred_at` of a mapping",
        )
    if row["late"]:
        seen = (
            f"{row['late']:,} of {wording.plural(row['count'], 'verdict')} of {name} are dated in the future"
        )
        yield Complaint("warning", NAME, f"{seen}: later than they were read", "mend the clock, or `at`")
    yield from _of_threshold(name, row)


def _of_threshold(name: str, row: dict[str, Any]) -> Iterable[Complaint]:
    """A threshold that no score reaches, or every score does, is often one of another scale."""
    threshold, lowest, highest = row["threshold"], row["lowest"], row["highest"]
    if threshold is None or lowest is None or lowest <= threshold <= highest:
        return
    seen = f"the threshold of {name} is {threshold:g}, and its scores are {lowest:.4g} to {highest:.4g}"
    yield Complaint(
        "warning", NAME, seen, f"correct `threshold` in {_PLACE}: is it on the scale of the scores?"
    )


def _renamed(session: Session) -> pl.DataFrame:
    """Detectors of which one and the same record is held under several versions."""
    record = ("raw_ref", "event_id", "detector")
    twice = session.tables.detections.group_by(record).agg(pl.col("detector_version").unique())
    return (
        twice.filter(pl.col("detector_version").list.len() > 1)
        .explode("detector_version")
        .group_by("detector")
        .agg(versions=pl.col("detector_version").unique().sort(), items=pl.len())
        .sort("detector")
        .collect(engine="streaming")
    )


def labels_are_there(session: Session) -> Iterable[Complaint]:
    """Whether anybody labelled anything, and which draws wait for labels."""
    if session.published is None or session.tables.detections.head(1).collect().is_empty():
        return
    if session.tables.labels.head(1).collect().is_empty():
        seen = "nothing is labelled: neither false alarms nor misses can be told"
        yield Complaint("warning", "labels", seen, LABELS)
    for design, waiting, drawn in _waiting(session).iter_rows():
        seen = f"{waiting:,} of {wording.plural(drawn, 'item')} of the draw {design} have no label yet"
        yield Complaint("warning", "labels", seen, f"`pilot label queue --draw {design} --by NAME`")


def _waiting(session: Session) -> pl.DataFrame:
    """Draws with items that nobody labelled: design_id, waiting, drawn."""
    by_people = session.tables.labels.filter(pl.col("annotator_kind") == "human")
    given = by_people.select("design_id", "event_id").unique().with_columns(is_given=True)
    drawn = session.tables.selections.join(given, on=["design_id", "event_id"], how="left")
    counted = drawn.group_by("design_id").agg(waiting=pl.col("is_given").is_null().sum(), drawn=pl.len())
    return counted.filter(pl.col("waiting") > 0).sort("design_id").collect()


CHECKS: Final = (logs_are_found, formats_are_named, verdicts_can_be_measured, labels_are_there)
