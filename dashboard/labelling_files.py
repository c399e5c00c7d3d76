"""How do items get to annotators in a sheet, and labels and draws out of a store?

Any spreadsheet opens the files. Export and import speak the columns of the contracts, so a file that was
exported says the same in another store. Text that a spreadsheet would run has an apostrophe before it, which
is taken off again.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from dashboard.composition import Session
from dashboard.labelling_values import Queue
from dashboard.spreadsheets import csv
from ingest.contracts import LABELS_TABLE, SELECTIONS
from ingest.deciding import PROVENANCE, RECORDERS

LABEL_HEADERS: Final = tuple(name for name in LABELS_TABLE.columns if name not in PROVENANCE)
DRAW_HEADERS: Final = tuple(name for name in SELECTIONS.columns if name not in PROVENANCE)
TOLD: Final = (
    "design_id", "event_id", "place", "text", "content_sha256", "chars", "surface", "cohort",
    "conversation_id", "url", "log",
)  # fmt: skip
ASKED: Final = ("label", "family", "choice", "reason", "annotator")  # annotators fill these in
ESCAPED: Final = r"^'+[=+\-@\t\r]"  # an apostrophe before a formula, or before one that had one
_MOMENT: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"


def sheet(found: Queue) -> bytes:
    """What waits for an annotator, with empty columns for what they say; as blind as the queue."""
    rows = [
        {
            "design_id": found.design_id, "event_id": item.event_id, "place": item.place, "text": item.text,
            "content_sha256": item.hash, "chars": item.chars, "surface": item.surface,
            "cohort": item.cohort, "conversation_id": item.conversation_id, "url": item.url,
            "log": item.raw_ref,
        }
        for item in found.items
    ]  # fmt: skip
    types = dict.fromkeys(TOLD, pl.String) | {"place": pl.Int64, "chars": pl.Int64}
    empty = (pl.lit(found.annotator if name == "annotator" else "").alias(name) for name in ASKED)
    return exported(pl.DataFrame(rows, schema=types).with_columns(empty))


def exported(rows: pl.DataFrame) -> bytes:
    """Rows as CSV; moments with their microseconds, which tell labels of one person apart."""
    text = pl.col(pl.String)
    twice = pl.when(text.str.contains(ESCAPED)).then(pl.lit("'") + text).otherwise(text).name.keep()
    moments = pl.col(pl.Datetime("us", "UTC")).dt.strftime(_MOMENT)
    return csv(rows.with_columns(twice).with_columns(moments))


def labels_to_export(session: Session, design_id: str | None = None) -> pl.DataFrame:
    """Labels of a draw, or all that somebody gave or planted here; not those that came with a set."""
    labels = session.tables.labels
    is_wanted = pl.col("source").is_in(RECORDERS) if design_id is None else pl.col("design_id") == design_id
    return labels.filter(is_wanted).select(LABEL_HEADERS).sort(LABELS_TABLE.key).collect()


def draws_to_export(session: Session, design_id: str | None = None) -> pl.DataFrame:
    """Items of one draw, or of all."""
    is_wanted = pl.lit(value=True) if design_id is None else pl.col("design_id") == design_id
    chosen = session.tables.selections.filter(is_wanted).select(DRAW_HEADERS)
    return chosen.sort("design_id", "place").collect()
