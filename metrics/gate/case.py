"""What is known about one pilot at one moment, each part worked out once?

The moment is handed in; nothing here reads a clock. Parts are worked out when first asked for, so
the verdict and the table of results can share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import polars as pl

from metrics.aftermath import aftermath
from metrics.arrivals import KEY
from metrics.audited import drawn_changes, of_pilot
from metrics.calendar import EpochWindow, epoch_at, epoch_of, epochs, matures_at, sprints
from metrics.density.changes import Density, density_changes, density_findings
from metrics.detection import detection, unusable_scans
from metrics.detectors.detectors import Detectors
from metrics.detectors.detectors import detectors as known_detectors
from metrics.escapes import Marked, described, mark
from metrics.fatigue.canaries import canary_outcomes, with_known_canaries
from metrics.fatigue.judging import judged as judged_prompts
from metrics.fatigue.retention import PromptLogs, prompt_logs
from metrics.fatigue.sign_offs import sign_offs
from metrics.fatigue.tally import tally
from metrics.features import is_scanned, unread_features
from metrics.gate.policy import Policy
from metrics.gate.questions import Facts
from metrics.gate.states import SprintCount
from metrics.measuring import USUAL_MEASURING, Measuring
from metrics.pilot import Pilot
from metrics.rules import rule_bypasses
from metrics.scope import all_arms, arms, judged, of_repositories, scope
from metrics.sprint_counts import Place, count_sprints
from metrics.tables import Tables
from metrics.velocity.waits import pull_request_waits
from metrics.young_sprints import delays, with_nowcasts


@dataclass(frozen=True)
class Ask:
    """The moment of judgement, and when the gate's policy has changed before."""

    as_of: datetime
    known_at: datetime | None = None
    policy_changes: tuple[date, ...] = ()
    gathered_at: datetime | None = None  # last time that anything was read; nobody watched after it
    gaps: tuple[str, ...] = ()  # files and rows that were delivered and could not be taken in


@dataclass(frozen=True)
class Case:
    """One pilot at one moment, each of its parts worked out once."""

    tables: Tables
    pilot: Pilot
    policy: Policy
    ask: Ask
    measuring: Measuring = USUAL_MEASURING

    @cached_property
    def cut(self) -> Tables:
        """The tables as they read at the moment of judgement."""
        return self.tables.cut(self.ask.as_of)

    @cached_property
    def merges(self) -> pl.DataFrame:
        """Every merged change of the pilot's repositories, of any authorship.

        With what looked at it, whether it bypassed rules, and what of its repository could not be read.
        """
        merges = judged(self.cut, self.pilot)
        own = of_pilot(self.cut, self.pilot.name)
        seen = detection(merges, own, timedelta(days=self.policy.follow_up_days))
        beside = (seen, rule_bypasses(merges, self.cut), unread_features(merges, self.cut))
        return pl.concat([merges, *(part.drop(KEY) for part in beside)], how="horizontal")

    @cached_property
    def agent(self) -> Marked:
        """The agent arm."""
        return self._marked("agent")

    @cached_property
    def human(self) -> Marked:
        """Human changes of the same repositories."""
        return self._marked("human")

    @cached_property
    def changes(self) -> pl.DataFrame:
        """The agent arm's changes with what looked at them."""
        return described(self.agent, self.cut, self.policy, self.ask.as_of)

    @cached_property
    def human_changes(self) -> pl.DataFrame:
        """Human changes of the same repositories with what looked at them."""
        return described(self.human, self.cut, self.policy, self.ask.as_of)

    @cached_property
    def aftermath(self) -> pl.DataFrame:
        """Changes of any authorship that were reverted or mended in a hurry (metrics.aftermath)."""
        return aftermath(self.merges, self.cut)

    @cached_property
    def drawn(self) -> pl.DataFrame:
        """Changes of any pilot that were drawn for an audit, and what came of it (metrics.audited)."""
        return drawn_changes(self.cut, self.policy.minimum_severity)

    @cached_property
    def waits(self) -> pl.DataFrame:
        """Every pull request of the pilot's repositories, and how long it waited for whom."""
        return pull_request_waits(self.cut, self.pilot, self.measuring, self.ask.as_of)

    @cached_property
    def density(self) -> Density:
        """Every merged change in scope, whoever made it, with its lines and findings."""
        everybody = scope(self.merges, *all_arms(self.policy))
        found = density_findings(self.cut, self.pilot, (self.policy, self.measuring), everybody)
        return density_changes(self.cut, everybody, found, self.measuring)

    @cached_property
    def approvals(self) -> pl.LazyFrame:
        """Permission decisions of the pilot's repositories, judged (metrics.fatigue.judging)."""
        logged = of_repositories(self.cut.approvals, self.pilot)
        marked = with_known_canaries(logged, self.cut, self.pilot)
        return judged_prompts(marked, self.measuring.fatigue)

    @cached_property
    def prompts(self) -> pl.DataFrame:
        """How many of them there are of each kind, by day and person (metrics.fatigue.tally)."""
        return tally(self.approvals, self.pilot.timezone)

    @cached_property
    def sessions(self) -> pl.DataFrame:
        """Sessions of agents in the pilot's repositories."""
        return of_repositories(self.cut.approval_sessions, self.pilot).sort("first_at").collect()

    @cached_property
    def sign_offs(self) -> pl.DataFrame:
        """Reviews of people that approved (metrics.fatigue.sign_offs)."""
        return sign_offs(self.cut, self.pilot, self.measuring.fatigue)

    @cached_property
    def canaries(self) -> pl.DataFrame:
        """What became of the requests that were seeded (metrics.fatigue.canaries)."""
        return canary_outcomes(self.cut, self.pilot, self.approvals, self.sign_offs)

    @cached_property
    def detectors(self) -> Detectors:
        """Verdicts of detectors about items, judged and counted (metrics.detectors.detectors)."""
        rules, level = self.measuring.detectors, self.measuring.confidence
        return known_detectors(self.cut, self.pilot, rules, level)

    @cached_property
    def prompt_logs(self) -> PromptLogs:
        """Where permission prompts are logged, and for how long (metrics.fatigue.retention)."""
        return prompt_logs(self.cut, self.pilot, self.ask.as_of)

    @cached_property
    def in_sprints(self) -> pl.DataFrame:
        """Those of them that merged while the pilot ran."""
        return self.changes.filter(pl.col("sprint").is_not_null())

    @cached_property
    def findings(self) -> pl.DataFrame:
        """Findings of changes that merged while the pilot ran, and unattributed ones."""
        is_of_pilot = pl.col("sprint").is_not_null() | pl.col("number").is_null()
        return self.agent.findings.filter(is_of_pilot)

    @cached_property
    def epochs(self) -> tuple[EpochWindow, ...]:
        """All epochs, future ones too."""
        return epochs(self.pilot, self.ask.policy_changes)

    @cached_property
    def epoch(self) -> EpochWindow:
        """The epoch that evidence is collected for now."""
        return epoch_at(self.epochs, self.ask.as_of)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every sprint that has started."""
        return tuple(
            Place(
                window.number,
                window.start,
                window.end,
                epoch_of(window, self.epochs),
                window.end <= self.ask.as_of,
                matures_at(window.end, self.policy.follow_up_days, self.pilot.timezone) <= self.watched_until,
            )
            for window in sprints(self.pilot, self.ask.as_of)
        )

    @cached_property
    def sprints(self) -> tuple[SprintCount, ...]:
        """Every sprint that has started, counted."""
        counted = count_sprints(self.changes, self.places, self.agent.scope.coverage, self.policy)
        past = delays((self.agent.findings, self.human.findings), self.ask.as_of)
        return with_nowcasts(counted, self.changes, past, (self.policy, self.ask.as_of))

    @cached_property
    def unusable(self) -> pl.DataFrame:
        """Scans that say nothing and were never made good."""
        return unusable_scans(self.cut, self.pilot, self.started_at)

    def _marked(self, arm: str) -> Marked:
        found = scope(self.merges, arms(self.policy, arm))
        return mark(self.cut, self.pilot, self.policy, self.ask.as_of, found)

    @property
    def watched_until(self) -> datetime:
        """The moment of judgement, or the last ingest if nobody looked since."""
        return min(self.ask.as_of, self.ask.gathered_at or self.ask.as_of)

    @property
    def started_at(self) -> datetime:
        """The pilot's first moment."""
        return self.epochs[0].start_at

    @property
    def ended_at(self) -> datetime:
        """End of the last sprint that has started."""
        return self.places[-1].end if self.places else self.started_at

    @cached_property
    def facts(self) -> Facts:
        """What the criteria look at: the changes of the present epoch."""
        since = self.epoch.start_at
        changes = self.in_sprints.filter(pl.col("merged_at") >= since)
        coverage = self.agent.scope.coverage(since, self.ended_at)
        return Facts(
            changes=changes,
            findings=self.findings,
            coverage=coverage,
            policy=self.policy,
            as_of=self.ask.as_of,
            is_scanned=is_scanned(changes, self.cut),
            logs=self.prompt_logs.between(since, self.ended_at),
            detectors=self.detectors,
        )
