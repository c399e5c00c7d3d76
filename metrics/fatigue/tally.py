"""How many decisions of each kind were there, by day and person: the table that every number rests on?

What decisions are counted by is packed into one whole number. A streaming count sets a row aside whenever its
table of groups is full: its memory grows with the rows, by as much as their keys are wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
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
FLAGS: Final = ("is_inferred", "is_size_known", "is_fast", "is_away")
NAMES: Final = ("reviewer", "team", "canary_id")
MICROSECONDS: Final = 1_000_000
# Codes of their own, from 0 on: those of the common pool count every other word of the process, too.
POOLS: Final[Mapping[str, pl.Categorical]] = {
    name: pl.Categorical(pl.Categories(f"tally.{name}", "pilot")) for name in NAMES
}
FIRST_DAY: Final = -719_162  # 0001-01-01, in days since 1970
# How many codes a column has; the highest means null. No date lies further off, and 16 million people, teams
# or seeded requests are more than anybody has.
SIZES: Final[Mapping[str, int]] = {
    "on": 1 << 22,
    **dict.fromkeys(NAMES, 1 << 24),
    **dict.fromkeys(FLAGS, 3),
    **{name: len(words) + 1 for name, words in VOCABULARIES.items()},
}
# What is packed into each half of the number: less than 63 bits.
HALVES: Final = (
    ("on", "canary_id", "vendor", "actor", "actor_evidence", "decision", "scope", "mode"),
    ("reviewer", "team", "request_kind", "left_out", *FLAGS),
)
HALF: Final = 1 << 63


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
    packed = judged.with_columns(on).select(_packed(), _whole("wait_seconds"))
    counted = packed.group_by("packed").agg(pl.len().cast(pl.Int64), pl.col("wait_seconds").sum())
    return _unpacked(counted.collect(engine="streaming")).sort(BY, nulls_last=True)


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


def _packed() -> pl.Expr:
    """All of BY as one number; a single key of fixed width is the narrowest there is."""
    high, low = (_half(names).cast(pl.Int128) for names in HALVES)
    return (high * HALF + low).alias("packed")


def _half(names: Sequence[str]) -> pl.Expr:
    return reduce(lambda whole, name: whole * SIZES[name] + _code(name), names, pl.lit(0, pl.Int64))


def _code(name: str) -> pl.Expr:
    column = pl.col(name)
    if name == "on":
        code = column.to_physical() - FIRST_DAY
    elif name in FLAGS:
        code = column.cast(pl.Int64)
    else:
        code = column.cast(_words(name)).to_physical()
    return code.cast(pl.Int64).fill_null(SIZES[name] - 1)


def _words(name: str) -> pl.Enum | pl.Categorical:
    return pl.Enum(VOCABULARIES[name]) if name in VOCABULARIES else POOLS[name]


def _unpacked(counted: pl.DataFrame) -> pl.DataFrame:
    """BY and what was counted."""
    high, low = pl.col("packed") // HALF, pl.col("packed") % HALF
    halves = counted.with_columns(high.cast(pl.Int64).alias("0"), low.cast(pl.Int64).alias("1"))
    parts = [part for half, names in enumerate(HALVES) for part in _parts(pl.col(str(half)), names)]
    waited = (pl.col("wait_seconds") / MICROSECONDS).alias("waited_seconds")
    return halves.select(*parts, pl.col("len").alias("decision_count"), waited).select(
        *BY, "decision_count", "waited_seconds"
    )


def _parts(half: pl.Expr, names: Sequence[str]) -> Iterator[pl.Expr]:
    """Columns of a half, from the last on."""
    for name in reversed(names):
        code = half % SIZES[name]
        yield _meant(name, pl.when(code != SIZES[name] - 1).then(code)).alias(name)
        half //= SIZES[name]


def _meant(name: str, code: pl.Expr) -> pl.Expr:
    if name == "on":
        return (code + FIRST_DAY).cast(pl.Int32).cast(pl.Date)
    if name in FLAGS:
        return code.cast(pl.Boolean)
    if name in VOCABULARIES:
        return code.cast(pl.UInt8).cat.to(pl.Enum(VOCABULARIES[name]))
    text = code.cast(pl.UInt32).cat.to(POOLS[name]).cast(pl.String)
    return text if name == "canary_id" else text.cast(pl.Categorical)


def _whole(column: str) -> pl.Expr:
    """Whole microseconds: a sum of floats would depend on the order of the rows."""
    return (pl.col(column) * MICROSECONDS).round().cast(pl.Int64)


def _seconds() -> pl.Expr:
    return (_whole("waited_seconds").sum() / MICROSECONDS).alias("waited_seconds")
