"""What is one whole simulated pull request, and what became of the weakness that it carries?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from data.simulator.arrivals import Arrival, arrivals
from data.simulator.authors import Author, Authors
from data.simulator.content import Content, content
from data.simulator.course import Course, cut, run
from data.simulator.draws import hours_after, pick, stream
from data.simulator.truth import BEFORE_MERGE, PlantedChange, PlantedFinding, Repository, Truth
from data.simulator.weaknesses import Decision, Watch, Weakness, weak_line

ACCEPTED_DAYS = 180
MENDED_DAYS = 24.0  # median from the decision to the mended code
UNTRIAGED_DAYS = 90
REASONS = {
    "confirmed": ("Reproduced by hand; a fix is on its way", "Reachable from a public address"),
    "false_positive": ("The value comes from a constant list, never from input",),
    "accepted": ("Reachable from the internal network only; replaced with the next release",),
}


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as everybody can see it."""

    repository: str
    number: int
    arrival: Arrival
    author: Author
    course: Course
    content: Content

    @property
    def merged_at(self) -> datetime | None:
        """Moment of the merge; None = not merged."""
        return self.course.merged_at


@dataclass(frozen=True, slots=True)
class Change:
    """A pull request and the truth behind it."""

    pull: Pull
    is_scanned: bool  # the tools looked at its head
    weakness: Weakness | None = None
    seen_at: datetime | None = None  # first report; None = nothing has had the chance yet
    decision: Decision | None = None

    @property
    def reaches_branch(self) -> bool:
        """Whether the weakness is on the protected branch after the merge."""
        is_merged = self.pull.merged_at is not None
        return self.weakness is not None and is_merged and self.pull.arrival.fate != "fixed"

    def told(self) -> PlantedChange:
        """The change as the truth lists it."""
        pull, held = self.pull, self.pull.content
        is_relevant = held.base == "main" and not held.is_generated_only
        return PlantedChange(
            pull.repository, pull.number, pull.author.arm, pull.author.agent, pull.merged_at,
            is_relevant and pull.merged_at is not None, pull.arrival.fate, self._finding(),
        )  # fmt: skip

    def _finding(self) -> PlantedFinding | None:
        weak, decision = self.weakness, self.decision
        if weak is None:
            return None
        return PlantedFinding(
            weak.id, weak.tool.name, weak.rule.id, weak.path, self.seen_at,
            decision.disposition if decision else None, decision.at if decision else None,
        )  # fmt: skip


def changes(truth: Truth, repository: Repository, seed: int) -> Iterator[Change]:
    """Yield the pull requests of one repository in order of opening, in bounded memory."""
    rng = stream(seed, repository.name)
    outcomes = _Outcomes(repository, Watch.of(repository, truth.as_of), truth.as_of)
    authors = Authors(repository)
    opened = arrivals(repository, truth.as_of, stream(seed, repository.name, "arrivals"))
    for number, arrival in enumerate(opened, repository.first_number):
        pull = _pull(repository, (number, arrival), authors.draw(arrival, rng), truth.as_of, rng)
        is_scanned = arrival.fate in BEFORE_MERGE or rng.random() < truth.head_scans_share
        yield Change(pull, is_scanned) if arrival.fate == "clean" else outcomes.of(pull, is_scanned, rng)


def _pull(
    repository: Repository, opened: tuple[int, Arrival], author: Author, as_of: datetime, rng: Random
) -> Pull:
    number, arrival = opened
    course = cut(run(arrival, author, repository.reviewed(author.arm), rng), as_of)
    held = content(repository, number, arrival, author, rng)
    return Pull(repository.name, number, arrival, author, course, held)


@dataclass(frozen=True)
class _Outcomes:
    """What follows from the fate of a change: the weak line, its first report, the decision."""

    repository: Repository
    watch: Watch
    as_of: datetime

    def of(self, pull: Pull, is_scanned: bool, rng: Random) -> Change:  # noqa: FBT001 - a drawn fact
        fate = pull.arrival.fate
        tool = self.watch.tool(rng, fate, pull.arrival.tool)
        line = weak_line(self.repository.name, tool, pull.content.files[0].path, rng)
        seen_at = self._seen_at(pull, line)
        decision = self._decision(pull, line.id, seen_at, rng)
        if pull.merged_at and fate != "fixed":
            line = replace(
                line, present_from=pull.merged_at, present_until=_mended(pull.merged_at, decision, rng)
            )
        return Change(pull, is_scanned, line, seen_at, decision)

    def _seen_at(self, pull: Pull, line: Weakness) -> datetime | None:
        if pull.arrival.fate in BEFORE_MERGE:
            return pull.course.scanned_at[0] if pull.course.scanned_at else None
        return self.watch.first_after(line.tool, pull.merged_at) if pull.merged_at else None

    def _decision(self, pull: Pull, finding: str, seen_at: datetime | None, rng: Random) -> Decision | None:
        if pull.arrival.fate == "accepted":
            return self._accepted(finding, pull.course.accepted_at)
        if seen_at is None or pull.arrival.fate not in ("escape", "false_alarm", "bypass"):
            return None
        disposition = "false_positive" if pull.arrival.fate == "false_alarm" else "confirmed"
        triage = self.repository.triage
        # A bypass is noticed once it is merged; nobody decides about it before that.
        at = hours_after(rng, max(seen_at, pull.merged_at or seen_at), 24 * triage.days, triage.spread)
        who, why = pick(rng, triage.by), pick(rng, REASONS[disposition])
        return Decision(finding, disposition, at, who, why) if at < self.as_of else None

    def _accepted(self, finding: str, at: datetime | None) -> Decision | None:
        if at is None:
            return None
        first, second = self.repository.triage.by[:2]
        why = REASONS["accepted"][0]
        return Decision(finding, "accepted", at, first, why, second, at + timedelta(days=ACCEPTED_DAYS))


def _mended(merged_at: datetime, decision: Decision | None, rng: Random) -> datetime:
    if decision is None:
        return merged_at + timedelta(days=UNTRIAGED_DAYS)
    return hours_after(rng, max(decision.at, merged_at), 24 * MENDED_DAYS, 0.3)
