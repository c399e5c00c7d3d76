"""Under which name, at which moment and how blind was each label of an act given?

Whoever says again what stands already has said nothing new: the label keeps the moment that it was recorded
for, so the same sheet, read again, changes nothing. A name is spelled as it was the first time. Who labels an
item again may have seen what others and the detector said of it meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from ingest.deciding import tidy

Row = Mapping[str, Any]
_SAME: Final = (
    "annotator_kind", "label", "choice", "family", "cohort", "guideline_version", "is_adjudication", "reason",
)  # fmt: skip


def placed(
    rows: Sequence[Row], moments: Sequence[datetime | None], known: pl.DataFrame, now: datetime
) -> list[Row]:
    """Rows of `labels` with names, moments and blindness.

    Parameters
    ----------
    rows
        Without `labelled_at`; `saw_score` None where it follows from what was said before.
    moments
        When each was given, where somebody says so; None = now, unless it stands recorded.
    known
        Labels that the same people gave before, the oldest first.
    """
    latest: dict[tuple[Any, ...], Row] = {_own(row): row for row in known.iter_rows(named=True)}
    spelled = {name.casefold(): name for name in known["annotator"].reverse()}  # the first spelling holds
    given: list[Row] = []
    for row, moment in zip(rows, moments, strict=True):
        name = tidy(row)["annotator"]
        named = {**row, "annotator": spelled.setdefault(name.casefold(), name)}
        given.append(_placed(named, latest.get(_own(named)), moment, now))
        latest[_own(named)] = given[-1]
    return given


def _placed(row: Row, before: Row | None, moment: datetime | None, now: datetime) -> Row:
    if moment is None and before is not None and _said(row) == _said(before):
        return {**row, "labelled_at": before["labelled_at"], "saw_score": before["saw_score"]}
    is_told = row["saw_score"] is not None or moment is not None
    seen = row["saw_score"] if is_told else _has_seen(row, before)
    return {**row, "labelled_at": moment or now, "saw_score": seen}


def _has_seen(row: Row, before: Row | None) -> bool | None:
    """Whoever says it again or settles it may have seen more; only a draw's queue is known to be blind."""
    if before is not None or row["is_adjudication"]:
        return True
    return None if row["design_id"] is None else False


def _own(row: Row) -> tuple[Any, ...]:
    """Whose word about which item, and of which draw; to settle is an act of its own."""
    return row["event_id"], row["annotator"].casefold(), row["design_id"], row["is_adjudication"]


def _said(row: Row) -> tuple[Any, ...]:
    return tuple(tidy(row).get(name) for name in _SAME)
