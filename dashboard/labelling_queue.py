"""What does an annotator see next, what do they say of it, and what may they see afterwards?

The queue is blind: no verdict, score or stratum and nobody's label is in an item, and the order, which chance
gave, tells none of them either. What a program and others said is shown after the own label.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from dashboard.composition import Session
from dashboard.labelling_tables import PERSON, design_row, labels_of, needed, opinions_of
from dashboard.labelling_values import Given, Item, Queue
from dashboard.recording import Door, enter_labels
from ingest.deciding import Recorded, person
from ingest.sources.detections.rereading import text_of

NEXT_ITEMS: Final = 20  # as many are read at once, with their texts
SHOWN: Final = (
    "content_text", "content_sha256", "content_chars", "url", "raw_ref", "surface", "cohort",
    "conversation_id",
)  # fmt: skip
REVEALED: Final = ("verdict", "verdict_raw", "score", "score_raw", "threshold")


def queue(session: Session, design_id: str, annotator: str, limit: int | None = NEXT_ITEMS) -> Queue:
    """The next items of one annotator, in the order that chance gave; None = all of them.

    An item waits for everybody until as many people as are needed have labelled it.
    """
    who, design = person(annotator, "annotator"), design_row(session, design_id)
    said = opinions_of(labels_of(session, design_id))
    own = said.filter(pl.col(PERSON) == who.lower())
    enough = said.group_by("event_id").len().filter(pl.col("len") >= needed(session, design["pilot"]))
    waiting = (
        places(session, design_id)
        .join(own, on="event_id", how="anti")
        .join(enough, on="event_id", how="anti", maintain_order="left")
        .sort("place")
    )
    shown = waiting if limit is None else waiting.head(limit)
    return Queue(design_id, who, items(session, design, shown), own.height, own.height + waiting.height)


def places(session: Session, design_id: str) -> pl.DataFrame:
    """Items of a draw with their places: event_id, place."""
    chosen = session.tables.selections.filter(pl.col("design_id") == design_id)
    return chosen.select("event_id", "place").collect()


def items(session: Session, design: dict[str, Any], shown: pl.DataFrame) -> tuple[Item, ...]:
    """What people see of these items (event_id, place), each with its text where it can be had."""
    is_same = (pl.col("detector") == design["detector"]) & (
        pl.col("detector_version") == design["detector_version"]
    )
    is_shown = pl.col("event_id").is_in(shown["event_id"].to_list())
    told = session.tables.detections.filter(is_shown & is_same).select("event_id", *SHOWN).collect()
    rows = shown.join(told, on="event_id", how="left", maintain_order="left")
    return tuple(_item(session, row) for row in rows.iter_rows(named=True))


def _item(session: Session, row: dict[str, Any]) -> Item:
    return Item(
        event_id=row["event_id"],
        place=row["place"],
        text=_text(session, row),
        hash=row["content_sha256"],
        url=row["url"],
        raw_ref=row["raw_ref"],
        chars=row["content_chars"],
        surface=row["surface"],
        cohort=row["cohort"],
        conversation_id=row["conversation_id"],
    )


def _text(session: Session, row: dict[str, Any]) -> str | None:
    """The stored text, else as its log says it; it is not stored by that."""
    stored, ref = row["content_text"], row["raw_ref"]
    settings = session.configuration.sources.detections
    if stored is not None or ref is None or settings is None:
        return None if stored is None else str(stored)
    return text_of(ref, row["content_sha256"], settings, session.path.parent)


def give(session: Session, given: Given, door: Door) -> Recorded:
    """Append one label; what the same person said before of the item is kept, and the later one stands.

    Raises
    ------
    UsageError
        Nobody is named, the label is no label, or the item is not of the draw. Nothing was recorded.
    """
    return enter_labels(session, [given], door)


def revealed(session: Session, design_id: str, annotator: str) -> pl.DataFrame:
    """What was said of the items that this annotator has labelled, the latest first.

    Returns
    -------
    DataFrame
        event_id, place, labelled_at, label, family (the own ones), verdict, verdict_raw, score, score_raw,
        threshold, stratum, others (as "rosa: attack"), settled ("kim: benign"; null = not settled).
    """
    who, design = person(annotator, "annotator"), design_row(session, design_id)
    labels = labels_of(session, design_id)
    said = opinions_of(labels)
    own = said.filter(pl.col(PERSON) == who.lower()).select("event_id", "labelled_at", "label", "family")
    words = pl.format("{}: {}", "annotator", "label")
    others = said.filter(pl.col(PERSON) != who.lower()).group_by("event_id").agg(others=words.sort())
    settled = labels.filter("is_adjudication").group_by("event_id").agg(settled=words.last())
    return (
        own.join(_told(session, design, own), on="event_id", how="left")
        .join(others, on="event_id", how="left")
        .join(settled, on="event_id", how="left")
        .select(
            "event_id", "place", "labelled_at", "label", "family", *REVEALED, "stratum", "others", "settled"
        )
        .with_columns(pl.col("others").fill_null([]))
        .sort("labelled_at", "place", descending=True)
    )


def _told(session: Session, design: dict[str, Any], own: pl.DataFrame) -> pl.DataFrame:
    """Place, stratum and the detector's word of items."""
    is_own = pl.col("event_id").is_in(own["event_id"].to_list())
    is_same = (pl.col("detector") == design["detector"]) & (
        pl.col("detector_version") == design["detector_version"]
    )
    verdicts = session.tables.detections.filter(is_own & is_same).select("event_id", *REVEALED)
    chosen = session.tables.selections.filter(pl.col("design_id") == design["design_id"])
    return chosen.select("event_id", "place", "stratum").join(verdicts, on="event_id", how="left").collect()
