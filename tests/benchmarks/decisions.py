"""Permission decisions summarised: judged, counted and the headline stated, as their number grows."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.contracts.approvals import APPROVALS
from metrics.estimate import Estimate
from metrics.fatigue.curves import curves
from metrics.fatigue.grid import sensitivity
from metrics.fatigue.heat import heat_map
from metrics.fatigue.judging import judged
from metrics.fatigue.people import clustered_share
from metrics.fatigue.prompts import IS_FAST, UNLESS_EXPLICIT, coverage_of, per_person
from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.sessions_trend import session_trend
from metrics.fatigue.tally import kinds, tally
from tests.benchmarks.processes import apart

MODULE: Final = "tests.benchmarks.decisions"
MILLION: Final = 1_000_000
USUAL: Final = int(os.environ.get("BENCH_DECISIONS", "10"))  # million
SIZES: Final = (1, 10, 100)  # million decisions
PEOPLE, DAYS = 400, 180
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
RULES: Final = FatigueRules()
# Answers as they come: of rules mostly, of people, and everything that cannot be measured.
ACTORS: Final = {"policy": 0.55, "human": 0.38, "hook": 0.03, "model": 0.02, "unknown": 0.02}
KINDS: Final = {"command": 0.5, "edit": 0.3, "read": 0.15, "mcp": 0.04, "plan": 0.01}
# A person has one vendor, and a session one mode.
VENDORS_USED: Final = ("claude_code", "claude_code", "copilot", "codex")
MODES_USED: Final = ("default", "default", "default", "accept_edits", "auto", "bypass")
DECIDED: Final = {"accept": 0.92, "reject": 0.06, "pending": 0.01, "cancelled": 0.01}


def write(folder: Path, millions: int) -> None:
    """A folder of files of a million rows each, as a lake keeps them."""
    target = folder / "approvals"
    target.mkdir()
    for part in range(millions):
        rows(part, MILLION).write_parquet(target / f"{part:05}.parquet", row_group_size=MILLION // 8)


def prepare(folder: Path) -> None:
    """As many as `make bench` looks at; `growth` looks at all sizes."""
    write(folder, USUAL)


def rows(part: int, count: int) -> pl.DataFrame:
    """Decisions of a span of time in which everybody worked."""
    chance = np.random.default_rng(part)
    person = chance.integers(0, PEOPLE, count)
    at = chance.integers(0, DAYS * 86_400_000_000, count)
    session = person * DAYS + at // 86_400_000_000  # one a day
    wait = np.exp(chance.normal(2.2, 1.4, count))
    human = _drawn(chance, ACTORS, count)
    kind = _drawn(chance, KINDS, count)
    given = pl.DataFrame({
        "vendor": _chosen(person, VENDORS_USED),
        "session_id": session, "call_id": np.arange(count) + part * count, "reviewer": person, "at": at,
        "wait_seconds": wait, "actor": human, "request_kind": kind,
        "mode": _chosen(session, MODES_USED), "decision": _drawn(chance, DECIDED, count),
        "scope": _drawn(chance, {"once": 0.9, "session": 0.08, "permanent": 0.02}, count),
        "content_chars": chance.integers(10, 3_000, count),
    })  # fmt: skip
    return _as_contract(given)


def _drawn(chance: np.random.Generator, shares: dict[str, float], count: int) -> pl.Series:
    codes = chance.choice(len(shares), count, p=list(shares.values())).astype(np.uint32)
    return pl.Series(codes).replace_strict(dict(enumerate(shares)), return_dtype=pl.String)


def _chosen(codes: npt.NDArray[np.int64], words: tuple[str, ...]) -> pl.Series:
    return pl.Series(codes % len(words)).replace_strict(dict(enumerate(words)), return_dtype=pl.String)


def _as_contract(given: pl.DataFrame) -> pl.DataFrame:
    is_human = pl.col("actor") == "human"
    at = pl.lit(START) + pl.duration(microseconds="at")
    full = given.with_columns(
        session_id=pl.format("session-{}", "session_id"),
        call_id=pl.format("toolu_{}", "call_id"),
        reviewer=pl.when(is_human).then(
            pl.format("person-{}", pl.col("reviewer").cast(pl.String).str.zfill(12))
        ),
        team=pl.format("team-{}", pl.col("reviewer") % 25),
        repository=pl.format("acme/service-{}", pl.col("reviewer") % 60),
        happened_at=at,
        decided_at=at,
        shown_at=pl.when(is_human).then(at),
        wait_seconds=pl.when(is_human).then("wait_seconds"),
        wait_basis=pl.when(is_human).then(pl.lit("span")),
        shown_evidence=pl.when(is_human).then(pl.lit("explicit")).otherwise(pl.lit("none")),
        actor_evidence=pl.lit("explicit"),
        is_read_only=pl.col("request_kind") == "read",
        is_interactive=pl.lit(True),
        source=pl.lit("bench"),
        ingested_at=pl.lit(START),
        raw_ref=pl.lit("bench#1"),
    )
    schema = APPROVALS.polars_schema
    nothing = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in full.columns]
    return full.with_columns(nothing).select(pl.col(name).cast(kind) for name, kind in schema.items())


def scanned(folder: Path) -> pl.LazyFrame:
    return judged(pl.scan_parquet(folder / "approvals" / "*.parquet"), RULES)


def summary(folder: Path) -> None:
    """What every number about prompts needs, and the headline."""
    counted = tally(scanned(folder), "Europe/Berlin")
    few = kinds(counted)
    people = per_person(few, IS_FAST, UNLESS_EXPLICIT)
    x, n = people["counted"].to_list(), people["decision_count"].to_list()
    found = clustered_share(x, n, coverage_of(few, UNLESS_EXPLICIT), RULES, 0.95)
    assert isinstance(found, Estimate)
    print(f"{counted.height:,} rows of counts; {found.value:.4f} of {found.n:,} fast", end="")


def page(folder: Path) -> None:
    """What the page shows besides: grid and heat map in one pass each, sequences person by person."""
    for part, work in PARTS.items():
        began = perf_counter()
        work(scanned(folder))
        print(f"{part} {perf_counter() - began:.1f} s; ", end="")


PARTS: Final[dict[str, Callable[[pl.LazyFrame], object]]] = {
    "grid": lambda frame: sensitivity(frame, RULES),
    "heat map": lambda frame: heat_map(frame, "Europe/Berlin", RULES),
    "curves": lambda frame: curves(frame, RULES, 0.95),
    "trend": lambda frame: session_trend(frame, RULES, 0.95),
}


def growth(*wanted: str) -> None:
    """Each size in processes of its own; what was written is deleted again."""
    for millions in map(int, wanted or map(str, SIZES)):
        with tempfile.TemporaryDirectory(prefix="pilot-decisions-") as name:
            apart(MODULE, "write", name, str(millions))
            for work in ("summary", "page"):
                print(f"{millions:>4} million, {work}: {apart(MODULE, work, name)}", flush=True)
            shutil.rmtree(Path(name) / "approvals")


CASES: Final[dict[str, Callable[[Path], None]]] = {each.__name__: each for each in (summary, page)}

if __name__ == "__main__":
    name, *given = sys.argv[1:]
    if name == "write":
        write(Path(given[0]), int(given[1]))
    elif name == "growth":
        growth(*given)
    else:
        CASES[name](Path(given[0]))
