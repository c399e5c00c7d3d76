"""The demo: three pilots of one invented organisation, each with another answer.

`payments` has shown that its rate is below 1 %; `search` keeps the rule but is too small to show
it; `checkout` kept the rule too, until an audit found a weakness in a sprint that had already been
watched for its 30 days. `python -m data.simulator.demo` writes data/demo again, byte for byte.
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from data.simulator.approvals.demo import write_approvals
from data.simulator.detectors.demo import write_detectors
from data.simulator.engine import simulate
from data.simulator.tools import AUDIT_SCAN, DEEP_SCAN, LINT_GUARD
from data.simulator.truth import Arm, Fate, Flow, Plant, Planted, Repository, Schedule, Tool, Truth

FOLDER: Final = Path(__file__).parents[1] / "demo"
SEED: Final = 20260817
AS_OF: Final = datetime(2026, 8, 17, tzinfo=UTC)
END: Final = AS_OF.date()


def _at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, 20, tzinfo=UTC)


def _watched(first_on: date, *failed_on: date) -> tuple[Schedule, ...]:
    """Both weekly tools, from the Monday before the first pull request on."""
    night = datetime(first_on.year, first_on.month, first_on.day, 2, tzinfo=UTC)
    deep = Schedule(DEEP_SCAN, night + timedelta(minutes=30), failed_on=failed_on)
    return (Schedule(LINT_GUARD, night), deep)


def _flows(agents: float, humans: float, start_on: date, before_on: date) -> tuple[Flow, ...]:
    """Agents work from the pilot's start; people have been at it since before."""
    mended: tuple[tuple[Fate, float], ...] = (("fixed", 0.03),)
    return (
        Flow("agent", agents, start_on, END, 0.95, mended),
        Flow("human", humans, before_on, END, 0.95, mended),
        Flow("assisted", 0.5, start_on, END),
        Flow("unknown", 0.5, start_on + timedelta(days=14), END),
        Flow("automation", 1.0, before_on, END),
    )


def _plant(at: datetime, arm: Arm, fate: Fate, tool: Tool = DEEP_SCAN, agent: str | None = None) -> Plant:
    return Plant(at, arm, fate, tool.name, agent)


PAYMENTS_API: Final = Repository(
    "acme/payments-api",
    _flows(18, 4, date(2026, 4, 20), date(2026, 3, 2)),
    _watched(date(2026, 2, 23), date(2026, 6, 15)),
    (
        _plant(_at(3, 24), "human", "escape"),
        _plant(_at(5, 5), "human", "escape"),
        _plant(_at(5, 19), "agent", "accepted", LINT_GUARD, "codex"),
        _plant(_at(5, 20), "agent", "false_alarm", DEEP_SCAN, "claude-code"),
    ),
    first_number=412,
)
PAYMENTS_LEDGER: Final = Repository(
    "acme/payments-ledger",
    _flows(18, 4, date(2026, 4, 20), date(2026, 4, 20)),
    _watched(date(2026, 4, 13)),
    (_plant(_at(6, 23), "human", "escape"), _plant(_at(7, 8), "human", "fixed", LINT_GUARD)),
    first_number=158,
)
SEARCH: Final = Repository(
    "acme/search",
    _flows(21, 5, date(2026, 6, 1), date(2026, 6, 1)),
    _watched(date(2026, 5, 25)),
    (_plant(_at(6, 17), "human", "escape"), _plant(_at(6, 30), "agent", "false_alarm", DEEP_SCAN, "devin")),
    first_number=87,
)
CHECKOUT: Final = Repository(
    "acme/checkout",
    _flows(18, 5, date(2026, 6, 1), date(2026, 5, 4)),
    (*_watched(date(2026, 4, 27)), Schedule(AUDIT_SCAN, datetime(2026, 5, 27, 5, tzinfo=UTC), 77)),
    (
        _plant(_at(5, 13), "human", "escape"),
        _plant(_at(6, 24), "agent", "escape", AUDIT_SCAN, "claude-code"),  # found on 12 August
        _plant(_at(7, 2), "human", "escape"),
        _plant(_at(7, 21), "agent", "bypass", LINT_GUARD, "cursor"),
        _plant(_at(8, 5), "agent", "untriaged", DEEP_SCAN, "copilot"),
    ),
    first_number=301,
    new_model_on=date(2026, 7, 20),
)
TRUTH: Final = Truth(
    AS_OF, (PAYMENTS_API, PAYMENTS_LEDGER, SEARCH, CHECKOUT), page_size=100, awkward_in="acme/payments-api"
)


def write_demo(out: Path = FOLDER) -> Planted:
    """Write the demo's raw files in place of those that are there."""
    for made in ("pull_requests", "scans", "approvals", "detectors"):
        shutil.rmtree(out / made, ignore_errors=True)
    write_approvals(out / "approvals", SEED)
    write_detectors(out / "detectors", SEED)
    return simulate(TRUTH, SEED, out)


if __name__ == "__main__":
    planted = write_demo()
    sys.stdout.write(f"{len(planted.changes)} pull requests written to {FOLDER}\n")
