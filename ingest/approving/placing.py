"""Which call is a piece of evidence about?

Spans carry no call: they reach it through the record in the same span, else through the span around them
(which is the call itself). What was asked reaches it by `asking`. A record that says no call is a decision
all the same, and gets a name of its own; calls and results without one are counted nowhere.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.approving.asking import with_asked_calls
from ingest.approving.batches import with_whole_batches
from ingest.approving.keys import SESSION, in_order, milliseconds

ABOUT_CALLS: Final = ("called", "asked", "waited", "decided", "ended")


def placed(signals: pl.DataFrame) -> pl.DataFrame:
    """Signals about calls, once each and by time, with `call_id` filled; `is_joined`: found, not told."""
    ordered = in_order(with_whole_batches(signals.filter(pl.col("kind").is_in(ABOUT_CALLS))))
    told = ordered.with_columns(is_joined=pl.col("call_id").is_null())
    asked = with_asked_calls(_with_calls_of_spans(told))
    named = asked.with_columns(call_id=pl.coalesce("call_id", _own_name()))
    return named.filter(pl.col("call_id").is_not_null())


def _own_name() -> pl.Expr:
    kind = pl.col("kind")
    decided = pl.concat_str(milliseconds("decided"), "tool_name", separator="-", ignore_nulls=True)
    waited = pl.coalesce(pl.format("span-{}", "span_id"), milliseconds("waited"))
    named = {"asked": milliseconds("asked"), "decided": decided, "waited": waited}
    return pl.coalesce(pl.when(kind == name).then(spelled) for name, spelled in named.items())


def _with_calls_of_spans(signals: pl.DataFrame) -> pl.DataFrame:
    """Fill the call of waits from records of their span or the span around them; then that of records."""
    waits = _filled(signals, "waited", ("decided", "span_id"), "span_id")
    waits = _filled(waits, "waited", ("called", "span_id"), "parent_id")
    records = _filled(waits, "decided", ("waited", "span_id"), "span_id")
    return _filled(records, "decided", ("called", "span_id"), "span_id")


def _filled(signals: pl.DataFrame, kind: str, known: tuple[str, str], by: str) -> pl.DataFrame:
    """Fill calls of one kind from those of another (`known`: kind and span), found by the span `by`."""
    lacks = (pl.col("kind") == kind) & pl.col("call_id").is_null() & pl.col(by).is_not_null()
    if signals.filter(lacks).is_empty():
        return signals
    told = signals.filter(
        pl.col("kind") == known[0], pl.col("call_id").is_not_null(), pl.col(known[1]).is_not_null()
    )
    calls = told.group_by(*SESSION, pl.col(known[1]).alias(by)).agg(found=pl.col("call_id").min())
    joined = signals.join(calls, on=[*SESSION, by], how="left", maintain_order="left")
    call = pl.when(lacks).then(pl.col("found")).otherwise(pl.col("call_id"))
    return joined.with_columns(call_id=call).drop("found")
