"""How many decisions of each kind were there, by day and person: the table that every number rests on?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from ingest.contracts.approvals import ACTORS, DECISIONS, EVIDENCE, MODES, REQUEST_KINDS, SCOPES, VENDORS
from metrics.fatigue.judging import LEFT_OUT

# One row per combination; what is counted stands in decision_count and waited_seconds.
BY: Final = (
    "on", "vendor", "reviewer", "team", "actor", "actor_evidence", "decision", "scope", "mode",
    "request_kind", "left_out", "is_inferred", "is_size_known", "is_fast", "is_away", "canary_id",
)  # fmt: skip
# One byte each instead of sixteen: there may be millions of rows.
VOCABULARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "vendor": VENDORS, "actor": ACTORS, "actor_evidence": EVIDENCE, "decision": DECISIONS, "scope": SCOPES,
    "mode": MODES, "request_kind": REQUEST_KINDS, "left_out": LEFT_OUT,
}  # fmt: skip
NAMES: Final = ("reviewer", "team")
MICROSECONDS: Final = 1_000_000


def tally(judged: pl.LazyFrame, timezone: str) -> pl.DataFrame:
    """Count judged decisions in one streaming pass.

    Returns
    -------
    DataFrame
        BY, with `on` the local date in the pilot's zone, decision_count and waited_seconds (sum of known
        waits, to the microsecond); in the order of BY. Words of a vocabulary are enumerations, people and
        teams categories: compare them with words of the vocabulary only, or see :func:`kinds`.
    """
    on = pl.col("happened_at").dt.convert_time_zone(timezone).dt.date().alias("on")
    words = [pl.col(name).cast(pl.Enum(values)) for name, values in VOCABULARIES.items()]
    counted = (
        judged.with_columns(on, *words, pl.col(NAMES).cast(pl.Categorical))
        .group_by(BY)
        .agg(decision_count=pl.len().cast(pl.Int64), waited_seconds=_whole("wait_seconds") / MICROSECONDS)
    )
    return counted.collect(engine="streaming").sort(BY, nulls_last=True)


def kinds(prompts: pl.DataFrame) -> pl.DataFrame:
    """The same without days, vendors, teams and kinds of requests, which no number tells apart; as text.

    Parameters
    ----------
    prompts
        From :func:`tally`, of the days that are wanted.
    """
    apart = [name for name in BY if name not in {"on", "vendor", "team", "request_kind", "actor_evidence"}]
    few = prompts.lazy().group_by(apart).agg(pl.col("decision_count").sum(), _seconds())
    told = few.with_columns(pl.col(pl.Enum, pl.Categorical).cast(pl.String))
    return told.collect(engine="streaming").sort(apart, nulls_last=True)


def _whole(column: str) -> pl.Expr:
    """Sum in whole microseconds: a sum of floats would depend on the order of the rows."""
    return (pl.col(column) * MICROSECONDS).round().cast(pl.Int64).sum()


def _seconds() -> pl.Expr:
    return (_whole("waited_seconds") / MICROSECONDS).alias("waited_seconds")
