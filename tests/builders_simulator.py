"""Small truths for the simulator's tests: everything that a test does not speak of has a default."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from data.simulator.tools import AUDIT_SCAN, DEEP_SCAN, LINT_GUARD
from data.simulator.truth import Arm, Fate, Flow, Plant, Repository, Schedule, Truth

START = date(2026, 6, 1)  # a Monday
AS_OF = datetime(2026, 7, 13, tzinfo=UTC)  # six weeks later
SIX_WEEKS = 6


def moment(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def flow(arm: Arm = "agent", per_week: float = 10, **more: Any) -> Flow:
    return Flow(arm, per_week, more.pop("starts_on", START), more.pop("ends_on", AS_OF.date()), **more)


def schedules() -> tuple[Schedule, ...]:
    """Two weekly tools from the Monday before, and an audit every four weeks."""
    return (
        Schedule(LINT_GUARD, moment(5, 25, 2)),
        Schedule(DEEP_SCAN, moment(5, 25, 2, 30)),
        Schedule(AUDIT_SCAN, moment(5, 27, 5), every_days=28, finds=0.5),
    )


def plant(fate: Fate, at: datetime | None = None, tool: str | None = None, arm: Arm = "agent") -> Plant:
    default = "LintGuard" if fate in ("fixed", "accepted", "bypass") else "DeepScan"
    return Plant(at or moment(6, 3, 9), arm, fate, tool or default)


def repository(*plants: Plant, **more: Any) -> Repository:
    flows = more.pop("flows", (flow(),))
    return Repository("acme/one", flows, more.pop("schedules", schedules()), plants, **more)


def truth(*repositories: Repository, **more: Any) -> Truth:
    return Truth(more.pop("as_of", AS_OF), repositories or (repository(),), **more)


ALL_FATES: tuple[tuple[Fate, float], ...] = (
    ("escape", 0.1), ("untriaged", 0.1), ("false_alarm", 0.1),
    ("fixed", 0.1), ("accepted", 0.1), ("bypass", 0.1),
)  # fmt: skip


def lively(**more: Any) -> Truth:
    """Truth in which everything happens often."""
    flows = (
        flow("agent", 20, fates=ALL_FATES), flow("human", 8, fates=ALL_FATES), flow("assisted", 3),
        flow("unknown", 3), flow("automation", 3),
    )  # fmt: skip
    return truth(repository(flows=flows), **more)


def nodes(out: Path) -> Iterator[dict[str, Any]]:
    """Every pull request node under a folder, in the order of the files."""
    for path in sorted((out / "pull_requests").rglob("*.json")):
        yield from orjson.loads(path.read_bytes())["data"]["repository"]["pullRequests"]["nodes"]


def runs(out: Path, part: str = "**") -> Iterator[dict[str, Any]]:
    """Every SARIF run under a folder."""
    for path in sorted((out / "scans").glob(f"*/{part}/*.sarif")):
        yield from orjson.loads(path.read_bytes())["runs"]


def contents(out: Path) -> dict[str, bytes]:
    """File name -> bytes of everything under a folder."""
    return {
        str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
    }
