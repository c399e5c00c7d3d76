"""What is the best evidence of each kind about a call?

Evidence stands in this order: a record of the decision, the span of the wait, a question that names its
call, one whose call was found, the call itself, what came of it. A fact (tool, size, person ...) comes from
the first that tells it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.approving.keys import CALL, OF_SESSION, SESSION, in_order
from ingest.approving.placing import placed

FACTS: Final = (
    "tool_name", "request_kind", "is_read_only", "content_chars", "content_text", "canary_id", "scope",
    "mode", "source_raw", "batch_count", *OF_SESSION,
)  # fmt: skip
CAME_OF_IT: Final = ("ran", "failed")  # words of logs that tell one from the other
_RANKS: Final = {"decided": 0, "waited": 1, "asked": 2, "called": 4, "ended": 5}


def evidence(signals: pl.DataFrame) -> pl.DataFrame:
    """One row per call: moments, words and actors of each kind of evidence, and all facts.

    Returns
    -------
    DataFrame
        CALL, FACTS, `raw_ref` (of what tells the decision), `called_at`, `asked_at`, `waited_at`,
        `waited_until`, `decided_at`, `ended_at`, `run_seconds`, `decided_source`, `ended_source` (of
        CAME_OF_IT), and the decision and the actor of `decided_`, `waited_` and `ended_`; null where there is
        no such evidence.
    """
    # Signals are in order of time, and rows of a group keep theirs: `first` is the best evidence.
    best = placed(signals).sort(_rank(), maintain_order=True)
    calls = best.group_by(CALL).agg(*_moments(), *_words(), *_facts())
    return _with_modes(_with_session_facts(calls, signals), signals).sort(CALL)


def _rank() -> pl.Expr:
    """Place of a signal among the evidence about its call: the kind, then who is told, then a timed run."""
    is_found = (pl.col("kind") == "asked") & pl.col("is_joined")
    kind = pl.col("kind").replace_strict(_RANKS, return_dtype=pl.Int32) + is_found
    return 4 * kind + 2 * _tells_nobody().cast(pl.Int32) + pl.col("run_seconds").is_null()


def _tells_nobody() -> pl.Expr:
    """Records without a decider, and spans in which no person was waited for, stand after the others."""
    actor = pl.col("actor").fill_null("unknown")
    return pl.when(pl.col("kind") == "waited").then(actor != "human").otherwise(actor == "unknown")


def _of(kind: str, name: str = "at") -> pl.Expr:
    return pl.col(name).filter(pl.col("kind") == kind).first()


def _moments() -> tuple[pl.Expr, ...]:
    return (
        _of("called").alias("called_at"),
        _of("asked").alias("asked_at"),
        _of("waited").alias("waited_at"),
        _of("waited", "ended_at").alias("waited_until"),
        _of("decided").alias("decided_at"),
        _of("ended").alias("ended_at"),
        _of("ended", "run_seconds").alias("run_seconds"),
        _of("decided", "source_raw").alias("decided_source"),
        _came_of_it().alias("ended_source"),
    )


def _came_of_it() -> pl.Expr:
    """`ran` or `failed`; telemetry has other words there, and is not always the only log of a call."""
    is_told = (pl.col("kind") == "ended") & pl.col("source_raw").is_in(CAME_OF_IT)
    return pl.col("source_raw").filter(is_told).first()


def _words() -> list[pl.Expr]:
    return [
        _of(kind, name).alias(f"{kind}_{name}")
        for kind in ("decided", "waited", "ended")
        for name in ("decision", "actor")
    ]


def _facts() -> list[pl.Expr]:
    deciding = [_of(kind, "raw_ref") for kind in ("decided", "waited", "ended", "asked", "called")]
    facts = [pl.col(name).first(ignore_nulls=True) for name in FACTS]
    return [*facts, pl.coalesce(deciding).alias("raw_ref")]


def _with_session_facts(calls: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """Fill who, where and what of a session into its calls, where it knows exactly one."""
    known = only_ones(signals).rename({name: f"{name}_of_session" for name in OF_SESSION})
    joined = calls.join(known, on=SESSION, how="left")
    filled = joined.with_columns(pl.coalesce(name, f"{name}_of_session") for name in OF_SESSION)
    return filled.drop(f"{name}_of_session" for name in OF_SESSION)


def only_ones(signals: pl.DataFrame) -> pl.DataFrame:
    """What a session knows exactly one of; null where its signals tell several, or none."""
    return signals.group_by(SESSION).agg(_only_one(name) for name in OF_SESSION)


def _only_one(name: str) -> pl.Expr:
    told = pl.col(name).drop_nulls()
    return pl.when(told.n_unique() == 1).then(told.first()).alias(name)


def _with_modes(calls: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """Fill the permission mode that stood when the call was made."""
    modes = in_order(signals.filter(pl.col("kind") == "mode", pl.col("mode").is_not_null()))
    began = pl.coalesce("called_at", "asked_at", "waited_at", "decided_at", "ended_at")
    dated = calls.with_columns(began_at=began).sort("began_at")
    stood = dated.join_asof(
        modes.select(*SESSION, "at", mode_then="mode"),
        left_on="began_at",
        right_on="at",
        by=list(SESSION),
        check_sortedness=False,
    )
    return stood.with_columns(mode=pl.coalesce("mode", "mode_then")).drop(
        "mode_then", "began_at", "at", strict=False
    )
