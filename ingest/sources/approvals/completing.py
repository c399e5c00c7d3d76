"""What do the settings add to what a log says, and what of it must not go further?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from ingest.contracts import APPROVAL_SIGNALS
from ingest.pseudonyms import People
from ingest.sources.approvals.base import SIGHTINGS, SIGNALS, Found, frame, sighting_frame
from ingest.sources.approvals.places import Log
from ingest.sources.approvals.wordless import is_text, without_texts
from ingest.sources.base import Parsed

_TEXT: Final = "content_text"


def parsed(found: Found, log: Log, people: People, *, keep_text: bool, judged_at: datetime | None) -> Parsed:
    """Rows of one block; with a moment, rows that stand there already are set right, too."""
    told = without_texts(found.signals if isinstance(found.signals, pl.DataFrame) else frame(found.signals))
    signals = _with_text(_placed(told, _place(log, people)), people, keep_text=keep_text)
    sightings = _placed(_named(sighting_frame(found.sightings)), {"raw_ref": log.name})
    judged = {SIGNALS: _judged(signals, judged_at)} if judged_at and APPROVAL_SIGNALS.derived else {}
    return Parsed({SIGNALS: signals, SIGHTINGS: sightings}, found.left_out, judged=judged)


def _judged(signals: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """What the settings tell, by key; the moment makes whatever rests on these rows work them out again."""
    told = signals.with_columns(pl.lit(at).dt.cast_time_unit("us").alias("ingested_at"))
    return told.select(*APPROVAL_SIGNALS.key, *APPROVAL_SIGNALS.derived)


def _place(log: Log, people: People) -> dict[str, Any]:
    place = log.place
    return {
        "raw_ref": log.name, "repository": place.repository, "team": place.team,
        "is_interactive": place.is_interactive, "reviewer": people.person(place.person),
    }  # fmt: skip


def _placed(rows: pl.DataFrame, told: Mapping[str, Any]) -> pl.DataFrame:
    known = {name: value for name, value in told.items() if value is not None}
    return rows.with_columns(pl.col(name).fill_null(value) for name, value in known.items())


def _with_text(signals: pl.DataFrame, people: People, *, keep_text: bool) -> pl.DataFrame:
    """Text only where it is asked for, and never of somebody who may be one of those to be forgotten."""
    if not keep_text:
        return signals.with_columns(pl.lit(None, pl.String).alias(_TEXT))
    if not people.has_erased:
        return signals
    return signals.with_columns(pl.when(pl.col("reviewer").is_not_null()).then(_TEXT).alias(_TEXT))


def _named(sightings: pl.DataFrame) -> pl.DataFrame:
    """Facts whose name is one; what settings files say in sentences was looked through where it was read."""
    is_sentence = pl.col("kind").is_in(["permission_rule", "setting"])
    return sightings.filter(is_sentence | ~is_text("name"))
