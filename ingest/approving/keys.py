"""What is one call, and what one session; in which order does evidence stand?"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.contracts import APPROVALS

SESSION: Final = ("vendor", "session_id")
CALL: Final = (*SESSION, "call_id")
OF_SESSION: Final = ("reviewer", "team", "repository", "agent_version", "model", "is_interactive")
_SET_LATER: Final = ("source", "ingested_at", "extras")  # set on the way into the store
DECISION_COLUMNS: Final = tuple(name for name in APPROVALS.columns if name not in _SET_LATER)


def in_order(signals: pl.DataFrame) -> pl.DataFrame:
    """Signals once each, by time: the order in which logs were read leaves no trace."""
    if signals["signal_id"].n_unique() == signals.height:
        return signals.sort("at", "signal_id")
    ordered = signals.sort("at", "signal_id", "raw_ref")
    return ordered.unique("signal_id", keep="first", maintain_order=True)


def file_of(raw_ref: str = "raw_ref") -> pl.Expr:
    """Name of the file that a signal was read from."""
    return pl.col(raw_ref).str.split("#").list.first()


def milliseconds(prefix: str) -> pl.Expr:
    """A name for what has none: by its moment."""
    return pl.format("{}-{}", pl.lit(prefix), pl.col("at").dt.epoch("ms"))


def seconds_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Seconds from one moment to another; null where either is not known."""
    return (end - start).dt.total_microseconds() / 1e6
