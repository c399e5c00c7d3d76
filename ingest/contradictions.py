"""Which labels say something else of an item than the same annotator did at the same moment?

One label stands for each item, annotator and moment: the first that was stored, and of several that come
together the last. Nothing says which was meant, so the other is named instead of lost in silence.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.contracts import LABELS_TABLE

OTHERWISE: Final = (
    "labels that say otherwise than another of the same item, annotator and moment (one is at {}): "
    "one stands; correct a label by a later one"
)
_LABEL: Final = "label"
_PLACE: Final = "raw_ref"


def contradictions(given: pl.DataFrame, valid: pl.DataFrame, stored: pl.LazyFrame) -> dict[str, int]:
    """How many labels contradict others, in words, with the place of one; empty where none does.

    Parameters
    ----------
    given, valid
        Rows of `labels` of one batch as they were delivered, and those that hold their contract.
    stored
        Those that stand there already.

    >>> row = {"event_id": "r-1", "annotator": "rosa", "labelled_at": "2026-11-02", "raw_ref": "l.csv#line 2"}
    >>> both = pl.DataFrame([{**row, "label": "attack"}, {**row, "label": "benign"}])
    >>> list(contradictions(both, both.clear(), both.clear().lazy()).values())
    [1]
    """
    places = pl.concat([_among_themselves(given), _with_stored(valid, stored)]).unique().sort()
    return {OTHERWISE.format(places[0]): len(places)} if len(places) else {}


def _among_themselves(given: pl.DataFrame) -> pl.Series:
    is_whole = pl.all_horizontal(pl.col(name).is_not_null() for name in LABELS_TABLE.key)
    alike = given.filter(is_whole).group_by(LABELS_TABLE.key)
    seen = alike.agg(pl.col(_LABEL).n_unique().alias("said"), pl.col(_PLACE).last())
    return seen.filter(pl.col("said") > 1)[_PLACE].cast(pl.String)


def _with_stored(valid: pl.DataFrame, stored: pl.LazyFrame) -> pl.Series:
    said = stored.select(*LABELS_TABLE.key, pl.col(_LABEL).alias("stored"))
    both = valid.lazy().select(*LABELS_TABLE.key, _LABEL, _PLACE).join(said, on=LABELS_TABLE.key)
    differ = both.filter(pl.col(_LABEL) != pl.col("stored")).select(_PLACE)
    return differ.collect(engine="streaming")[_PLACE].cast(pl.String)
