"""How are millions of decisions made in seconds, for benchmarks?

The same rules as those of `engine`, drawn by columns: attention, rejects, rules, reading times. Sessions are
of forty decisions each, one after another in time; they begin evenly over half a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from data.simulator.approvals.answers import CAREFUL, CARELESS, FASTEST_SECONDS
from data.simulator.approvals.rows import SCHEMA
from data.simulator.approvals.truth import (
    AWAY_SECONDS,
    CHARS_PER_SECOND,
    FLOOR_SECONDS,
    SHORT_COMMAND_CHARS,
)

ROWS_AT_ONCE: Final = 500_000
PEOPLE: Final = 400
TEAMS: Final = 25
REPOSITORIES: Final = 50
SESSION: Final = 40  # decisions; ROWS_AT_ONCE is a multiple of it
PACE_SECONDS: Final = 8.0  # from an answer to the next request
BEGINS_AT: Final = datetime(2026, 1, 5, tzinfo=UTC)
LASTS_SECONDS: Final = 26 * 7 * 86_400
AUTOMATED_SHARE, REJECT_SHARE, AWAY_SHARE, READ_SHARE = 0.45, 0.08, 0.02, 0.12
UNREPEATED: Final = ("call_id", "happened_at", "shown_at", "decided_at", "wait_seconds")
KINDS: Final = ("command", "edit", "read")


@dataclass(frozen=True)
class Summary:
    """How many decisions were written, and what should come out."""

    decision_count: int
    measurable_count: int
    fast_count: int


def attention_of(people: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Attention of each person by number: from 0.4 to 0.98, spread evenly."""
    spread: np.ndarray[Any, Any] = 0.4 + 0.58 * ((people * 137) % PEOPLE) / PEOPLE
    return spread


def write_parquet(path: Path, count: int, seed: int) -> Summary:
    """Write `count` decisions in the columns of `approvals`, half a million at a time."""
    measurable, fast = 0, 0
    writer = None
    for frame in crowd(count, seed):
        table = frame.drop("is_fast", "is_measurable").to_arrow()
        repeated = [name for name in table.column_names if name not in UNREPEATED]
        writer = writer or pq.ParquetWriter(path, table.schema, compression="lz4", use_dictionary=repeated)
        writer.write_table(table)
        measurable += int(frame["is_measurable"].sum())
        fast += int(frame["is_fast"].sum())
    if writer is not None:
        writer.close()
    return Summary(count, measurable, fast)


def crowd(count: int, seed: int) -> Iterator[pl.DataFrame]:
    """Frames of up to half a million decisions; beside the contract's columns is_measurable and is_fast."""
    for place, first in enumerate(range(0, count, ROWS_AT_ONCE)):
        rng = np.random.default_rng((seed, place))
        numbers = np.arange(first, min(first + ROWS_AT_ONCE, count))
        yield _contracted(_drawn(numbers, count, rng))


def _drawn(numbers: np.ndarray[Any, Any], count: int, rng: np.random.Generator) -> pl.DataFrame:
    many, sessions = len(numbers), numbers // SESSION
    people = (sessions * 7919) % PEOPLE
    kinds = rng.choice(len(KINDS), many, p=(0.44, 0.44, READ_SHARE))
    chars = np.clip(rng.lognormal(np.log(np.where(kinds == 1, 700, 90)), 0.8, many), 30, 6_000).round()
    chance, looks = rng.random(many), rng.random(many) < attention_of(people)
    is_reject = rng.random(many) < REJECT_SHARE
    is_automated, waits = chance < AUTOMATED_SHARE, _waits(kinds, chars, looks | is_reject, rng)
    waits = np.where(chance > 1 - AWAY_SHARE, AWAY_SECONDS + 60 * waits, waits).round(3)
    begins = sessions * (LASTS_SECONDS * SESSION / count)
    return pl.DataFrame(
        {
            "number": numbers, "session": sessions, "person": people, "kind": kinds,
            "chars": chars.astype(int), "is_automated": is_automated, "is_reject": is_reject, "wait": waits,
            "is_careless": ~looks, "second": begins + _elapsed(np.where(is_automated, 0.0, waits)),
        }
    )  # fmt: skip


def _elapsed(waits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Seconds from the beginning of each session to each of its answers."""
    passed = np.cumsum(waits + PACE_SECONDS)
    before = np.concatenate([[0.0], passed[SESSION - 1 :: SESSION]])
    since: np.ndarray[Any, Any] = passed - before[np.arange(len(waits)) // SESSION]
    return since


def _waits(
    kinds: np.ndarray[Any, Any],
    chars: np.ndarray[Any, Any],
    looks: np.ndarray[Any, Any],
    rng: np.random.Generator,
) -> np.ndarray[Any, Any]:
    is_short = (kinds == 0) & (chars <= SHORT_COMMAND_CHARS)
    limits = np.where(is_short, FLOOR_SECONDS, np.maximum(FLOOR_SECONDS, chars / CHARS_PER_SECOND))
    careful = np.minimum(CAREFUL * limits + rng.lognormal(np.log(6.0), 0.9, len(kinds)), 500.0)
    careless = FASTEST_SECONDS + (CARELESS * limits - FASTEST_SECONDS) * rng.beta(1.5, 3.0, len(kinds))
    return np.where(looks, careful, careless)


def _contracted(drawn: pl.DataFrame) -> pl.DataFrame:
    """Bring it to the columns of the contract; what they lack is unknown."""
    made = drawn.with_columns(**_of_session(), **_of_request()).with_columns(**_of_answer())
    have = made.columns
    told = (
        (pl.col(name) if name in have else pl.lit(None)).cast(kind).alias(name)
        for name, kind in SCHEMA.items()
    )
    return made.select(*told, "is_measurable", "is_fast")


def _of_session() -> dict[str, pl.Expr]:
    return {
        "vendor": pl.lit("claude_code"), "mode": pl.lit("default"), "is_interactive": pl.lit(True),
        "session_id": pl.format("session-{}", "session"), "raw_ref": pl.lit("simulator"),
        "reviewer": pl.format("p-{}", pl.col("person").cast(pl.String).str.zfill(12)),
        "team": pl.format("team-{}", pl.col("person") % TEAMS),
        "repository": pl.format("acme/service-{}", pl.col("person") % REPOSITORIES),
        "agent_version": pl.lit("2.1.294"), "model": pl.lit("claude-sonnet-4-5"),
    }  # fmt: skip


def _of_request() -> dict[str, pl.Expr]:
    kind = pl.col("kind").replace_strict(dict(enumerate(KINDS)), return_dtype=pl.String)
    tools = dict(enumerate(("Bash", "Edit", "Read")))
    return {
        "call_id": pl.format("call-{}", "number"), "request_kind": kind, "content_chars": pl.col("chars"),
        "tool_name": pl.col("kind").replace_strict(tools, return_dtype=pl.String),
        "is_read_only": pl.when(kind == "read").then(True).when(kind == "edit").then(False),
        "happened_at": pl.lit(BEGINS_AT).dt.cast_time_unit("us")
        + pl.duration(microseconds=(pl.col("second") * 1e3).cast(pl.Int64) * 1000, time_unit="us"),
    }  # fmt: skip


def _of_answer() -> dict[str, pl.Expr]:
    by_person, waited = ~pl.col("is_automated"), pl.col("wait")
    is_reject = pl.col("is_reject") & by_person
    is_measurable = by_person & ~is_reject & (pl.col("request_kind") != "read") & (waited <= AWAY_SECONDS)
    shown_at = pl.col("happened_at") - pl.duration(
        microseconds=(waited * 1e6).round().cast(pl.Int64), time_unit="us"
    )
    return {
        "decided_at": pl.col("happened_at"), "shown_at": pl.when(by_person).then(shown_at),
        "wait_seconds": pl.when(by_person).then(waited), "is_measurable": is_measurable,
        "wait_basis": pl.when(by_person).then(pl.lit("span")),
        "shown_evidence": pl.when(by_person).then(pl.lit("explicit")).otherwise(pl.lit("none")),
        "decision": pl.when(is_reject).then(pl.lit("reject")).otherwise(pl.lit("accept")),
        "actor": pl.when(by_person).then(pl.lit("human")).otherwise(pl.lit("policy")),
        "actor_evidence": pl.lit("explicit"), "is_fast": is_measurable & pl.col("is_careless"),
        "scope": pl.when(by_person & ~is_reject).then(pl.lit("once")),
    }  # fmt: skip
