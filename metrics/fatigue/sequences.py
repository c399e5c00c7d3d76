"""In which order did each person answer prompts, and what had gone before each answer?

Worked out for a share of the people at a time, so that memory does not grow with the number of decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.fatigue.judging import AWAY, NO_WAIT, READ_ONLY, REJECTED

RECENT_MINUTES: Final = 10
ANSWERS_AT_ONCE: Final = 3_000_000  # about 0.5 GB while they are sorted
_ANSWERED: Final = (READ_ONLY, NO_WAIT, AWAY, REJECTED)  # a person answered, measurable or not
_READ: Final = (
    "reviewer", "vendor", "session_id", "call_id", "happened_at", "decision", "wait_seconds", "left_out",
    "is_inferred", "is_fast", "is_away",
)  # fmt: skip
Codes = npt.NDArray[np.int64]


def answers(approvals: pl.LazyFrame) -> pl.LazyFrame:
    """Answers of known people to permission prompts; plans and questions are another act.

    Parameters
    ----------
    approvals
        From :func:`metrics.fatigue.judging.judged`.
    """
    is_answer = pl.col("left_out").is_null() | pl.col("left_out").is_in(_ANSWERED)
    is_persons = (pl.col("actor") == "human") & pl.col("reviewer").is_not_null()
    return approvals.filter(is_answer & is_persons)


def sequences(approvals: pl.LazyFrame, at_once: int = ANSWERS_AT_ONCE) -> Iterator[pl.DataFrame]:
    """Yield people's answers in their order, some people at a time.

    Yields
    ------
    DataFrame
        reviewer, happened_at, is_reject, left_out, is_inferred, is_fast, is_away, wait_seconds, streak (how
        many answers just before it the person accepted in a row), recent (how many prompts the person
        answered in the ten minutes before), position (of the answer in its session, from 0 on).
    """
    wanted = answers(approvals).select(_READ)
    total = int(wanted.select(pl.len()).collect(engine="streaming").item())
    parts = -(-total // at_once)
    for part in range(parts):
        is_of_part = pl.col("reviewer").hash(0) % parts == part
        rows = wanted.filter(is_of_part).collect(engine="streaming")
        yield _in_order(rows)


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    ordered = rows.sort("reviewer", "happened_at", "vendor", "session_id", "call_id").with_columns(
        is_reject=pl.col("decision") == "reject"
    )
    began = ordered["reviewer"].rle_id().to_numpy().astype(np.int64)
    times = ordered["happened_at"].dt.epoch("us").to_numpy()
    is_reject = ordered["is_reject"].to_numpy()
    return ordered.select(
        "reviewer", "happened_at", "is_reject", "left_out", "is_inferred", "is_fast", "is_away",
        "wait_seconds",
        pl.Series("streak", _streaks(began, is_reject)),
        pl.Series("recent", _recent(began, times)),
        position=pl.int_range(pl.len()).over("vendor", "session_id"),
    )  # fmt: skip


def _streaks(person: Codes, is_reject: npt.NDArray[np.bool_]) -> Codes:
    """Accepts in a row before each answer of the same person.

    >>> _streaks(np.array([0, 0, 0, 0, 1]), np.array([False, False, True, False, False])).tolist()
    [0, 1, 2, 0, 0]
    """
    place = np.arange(len(person))
    is_first = np.append(True, person[1:] != person[:-1])[: len(person)]
    after_reject = np.append(False, is_reject[:-1])[: len(person)]
    began: Codes = np.maximum.accumulate(np.where(is_first | after_reject, place, 0))
    return place - began


def _recent(person: Codes, times: Codes) -> Codes:
    """Answers of the same person in the minutes before each one.

    >>> minute = 60_000_000
    >>> _recent(np.array([0, 0, 0, 1]), np.array([0, 9, 11, 11]) * minute).tolist()
    [0, 1, 1, 0]
    """
    if not len(times):
        return times
    since, window = times - times.min(), RECENT_MINUTES * 60_000_000
    # One rising key for all people, with a gap between them that no window can reach across.
    key = person * (int(since.max()) + window + 1) + since
    found: Codes = np.arange(len(key)) - np.searchsorted(key, key - window, side="left")
    return found
