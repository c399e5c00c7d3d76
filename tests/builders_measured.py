"""A session whose pilots are measured from real tables: two sides, one side, and nothing at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from metrics.gate.assessment import Ask, Case
from metrics.measuring import Measuring
from metrics.tables import Tables
from tests.builders_dashboard import AS_OF, FakeSession
from tests.builders_metrics import (
    Row,
    changed_file,
    day,
    decision,
    finding,
    head_scan,
    pull_request,
    review,
    scan,
    tables,
)

REVIEWERS = ("robin", "sam", "alex", "kim", "toni", "noor")
Rows = dict[str, list[Row]]


def waited(number: int, side: str, repository: str, **given: Any) -> Row:
    """A pull request of one side that was ready on its `opened` day and merged on its `merged` day."""
    opened, merged = given.pop("opened", number % 40), given.pop("merged", None)
    people = {"author_login": "fern", "author_kind": "user", "authorship": "human", "agent": None}
    usual = {
        "repository": repository, "created_at": day(opened), "ready_at": day(opened), "code_additions": 400,
        "additions": 400, "deletions": 0, "head_branch": f"topic/{number}",
    }  # fmt: skip
    return pull_request(number, merged, **{**usual, **(people if side == "human" else {}), **given})


def approved(rows: Rows, number: int, side: str, hours: float, repository: str) -> None:
    """Add a pull request that a person approved `hours` after it was ready, and what looked at it."""
    opened = number % 40
    at = opened + hours / 24
    rows["pull_requests"].append(waited(number, side, repository, merged=at + 0.1))
    rows["reviews"].append(
        review(number, at, repository=repository, reviewer=REVIEWERS[number % len(REVIEWERS)])
    )
    rows["scans"].append(head_scan(f"pre-{number}", number, at, repository=repository))
    rows["changed_files"].append(
        changed_file(number, f"src/part{number}.py", repository=repository, additions=400)
    )


def filled(name: str, sides: Iterable[tuple[str, float]] = (("agent", 6.0), ("human", 12.0))) -> Rows:
    """60 approved pull requests of each side, one open, one unapproved; findings, and scans of main."""
    repository = f"acme/{name}-api"
    rows: Rows = {
        key: [] for key in ("pull_requests", "reviews", "scans", "changed_files", "findings", "dispositions")
    }
    for place, (side, hours) in enumerate(sides):
        first = 100 + 100 * place
        for number in range(first, first + 60):
            approved(rows, number, side, hours * (1 + number % 7) / 4, repository)
        rows["pull_requests"] += [
            waited(first + 60, side, repository, opened=70, title=f"Waits of {side}"),
            waited(first + 61, side, repository, opened=20, merged=21),
            waited(first + 62, side, repository, opened=20, is_draft=True, ready_at=None),
        ]
        rows["findings"] += [
            finding(f"{name}{side}{number}", number, 45, repository=repository, path=f"src/part{number}.py")
            for number in range(first, first + 4)
        ]
        rows["dispositions"].append(decision(f"{name}{side}{first}", decided=50))
    rows["scans"] += [scan(f"{name}-main-{at}", at, repository=repository) for at in (-1, 20, 45, 60)]
    return rows


def together(*parts: Rows) -> Tables:
    """The tables of several pilots."""
    names = {name for part in parts for name in part}
    return tables(**{name: [row for part in parts for row in part.get(name, [])] for name in names})


def without(rows: Rows, *names: str) -> Rows:
    """The same without some tables."""
    return {name: [] if name in names else kept for name, kept in rows.items()}


def three_pilots() -> Tables:
    """Payments has both sides, search nothing, checkout agents only."""
    return together(filled("payments"), filled("checkout", (("agent", 6.0),)))


@dataclass
class MeasuredSession(FakeSession):
    """A session whose numbers are worked out from tables; counts how often they were."""

    tables: Tables = field(default_factory=three_pilots)
    setting: Measuring = field(default_factory=Measuring)
    measured_pilots: list[str] = field(default_factory=list)

    def measuring(self, name: str) -> Measuring:  # noqa: ARG002 - every pilot measures alike
        """What was put in."""
        return self.setting

    def case(self, name: str) -> Case:
        """The pilot on these tables; the question is noted."""
        self.measured_pilots.append(name)
        return Case(self.tables, self.pilot(name), self.policy(name), Ask(AS_OF), self.setting)
