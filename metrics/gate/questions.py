"""Does each of the gate's criteria hold for the changes of the present epoch?

An exact count where nothing is tolerated, or where the counts are the fact itself (was this
change scanned?); the bound of an interval where a share stands for a habit. Unknown is never
taken for good, and what has no source yet says which source would tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from metrics.detectors.detectors import Detectors
from metrics.detectors.known import Misses, misses_in_use
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.fatigue.retention import NO_ACTIVITY, PROMPT_LOGS, PromptLogs, log_coverage, retention_days
from metrics.gate.policy import Policy
from metrics.gate.reasons import percent
from metrics.gate.states import CriterionState
from metrics.shares import count, share

NO_CHANGES: Final = "no in-scope change merged in this epoch yet"
NONE_WATCHED: Final = "no in-scope change of this epoch has been watched to the end of its follow-up"
VERDICTS: Final = "detector verdicts and labels (tables detections, labels)"
NO_TRAFFIC: Final = "no detector gave a verdict on traffic yet"
SCANS: Final = "scans of these repositories (SARIF files or code scanning)"
HABIT: Final = 0.95  # share that checks, pre-merge scanning and prompt logs must be shown to reach
RETENTION_DAYS: Final = 30  # the pilot guidance asks for prompt logs of so many days


@dataclass(frozen=True)
class Facts:
    """What the criteria look at."""

    changes: pl.DataFrame  # in-scope changes of the epoch (metrics.escapes.described)
    findings: pl.DataFrame  # their findings
    coverage: Coverage  # of these changes
    policy: Policy
    as_of: datetime
    is_scanned: bool  # whether any scan of the changes' repositories is known, whatever came of it
    logs: PromptLogs  # of permission prompts, with the days of the epoch
    detectors: Detectors  # their verdicts of the pilot, judged

    @property
    def watched(self) -> pl.DataFrame:
        """Changes whose follow-up is over: only there is silence an answer."""
        return self.changes.filter(pl.col("watched_until") <= self.as_of)

    @property
    def is_unmeasured(self) -> bool:
        """Whether changes merged where no scan is known: that nothing looked is then not known either."""
        return not self.changes.is_empty() and not self.is_scanned


@dataclass(frozen=True)
class Judged:
    """A criterion's answer before it is named."""

    state: CriterionState
    sentence: str
    estimate: Number


def no_bypass(facts: Facts) -> Judged:
    """None may merge over a reported finding; without scans before merge nobody can tell."""
    n, bypassed = facts.changes.height, _true(facts.changes, "bypassed")
    compared = _true(facts.changes, "pre_compared")
    estimate = share(bypassed, facts.coverage, facts.policy.confidence, NO_CHANGES)
    if bypassed:
        return Judged("not_met", f"{bypassed} of {n} changes merged over a finding reported before", estimate)
    if not n:
        return Judged("not_enough_evidence", f"Cannot tell yet: {NO_CHANGES}", estimate)
    if not compared:
        return _missing("pre_merge scans of pull requests, by a tool that also scans the branch", n)
    is_enough = compared / n >= facts.policy.detection_share
    sentence = f"0 of {n} changes merged over a reported finding; {compared} were scanned before"
    return Judged("met" if is_enough else "not_enough_evidence", sentence, estimate)


def independent_detection(facts: Facts) -> Judged:
    """Something that had not looked before looked at the share that the policy asks for."""
    return _looked_at(
        facts, "independent", "looked at after merge by a tool or rules that had not looked before"
    )


def post_merge_coverage(facts: Facts) -> Judged:
    """Something looked after merge at the share that the policy asks for."""
    return _looked_at(facts, "detected", "scanned after merge within the follow-up")


def _looked_at(facts: Facts, column: str, what: str) -> Judged:
    """Judge the exact share of watched changes against the share that the policy asks for."""
    if facts.is_unmeasured:
        return _missing(SCANS, facts.changes.height)
    watched = facts.watched
    n, seen = watched.height, _true(watched, column)
    estimate = share(seen, _of_watched(facts), facts.policy.confidence, NONE_WATCHED)
    if not n:
        return Judged("not_enough_evidence", f"Cannot tell yet: {NONE_WATCHED}", estimate)
    is_enough = seen / n >= facts.policy.detection_share
    asked = f"{percent(facts.policy.detection_share)} asked"
    return Judged(
        "met" if is_enough else "not_met", f"{seen} of {n} watched changes {what}; {asked}", estimate
    )


def human_approval(facts: Facts) -> Judged:
    """None may merge without the approval of a human who is neither author nor driver."""
    return _each(facts.changes, "human_approved", ("merged without a human's approval", "reviews"), facts)


def sensitive_sign_off(facts: Facts) -> Judged:
    """None that touches a sensitive area may merge without a human's approval."""
    sensitive = facts.changes.filter(pl.col("sensitive_areas").list.len() > 0)
    n, unknown = facts.changes.height, facts.changes.filter(~pl.col("files_known")).height
    if sensitive.is_empty() and unknown:
        return _missing(f"the files of {unknown} of {n} changes (changed_files)", n)
    if sensitive.is_empty() and n:
        nothing = Undefined("no change touched a sensitive area", 0, Coverage(0, 0))
        return Judged("met", f"None of {n} changes touched a sensitive area", nothing)
    words = ("touched a sensitive area and merged without a human's approval", "reviews")
    return _each(sensitive, "human_approved", words, facts)


def _each(rows: pl.DataFrame, column: str, words: tuple[str, str], facts: Facts) -> Judged:
    """Tolerate none: every row must hold, and an unknown one is not taken for good."""
    fault, table = words
    known = rows.filter(pl.col(column).is_not_null())
    unknown, failed = rows.height - known.height, known.height - _true(known, column)
    coverage = _coverage(known.height, rows.height, f"{table} unknown")
    estimate = share(failed, coverage, facts.policy.confidence, f"{table} of these changes are not known")
    if failed:
        return Judged("not_met", f"{failed} of {known.height} changes {fault}", estimate)
    if rows.is_empty():
        return Judged("not_enough_evidence", f"Cannot tell yet: {NO_CHANGES}", estimate)
    if known.is_empty():
        return _missing(table, rows.height)
    if unknown:
        return Judged(
            "not_enough_evidence", f"0 of {known.height} {fault}; {unknown} are not known", estimate
        )
    return Judged("met", f"0 of {known.height} changes {fault}", estimate)


def checks_at_merge(facts: Facts) -> Judged:
    """Checks pass at merge as a habit: the interval says so."""
    told = facts.changes.filter(pl.col("checks_at_merge").is_not_null())
    passing = told.filter(pl.col("checks_at_merge") == "success").height
    coverage = _coverage(told.height, facts.changes.height, "checks unknown")
    if told.is_empty() and not facts.changes.is_empty():
        return _missing("check conclusions of the pull requests' last commits", facts.changes.height)
    return _habit(passing, coverage, "merged with all checks passing", facts)


def pre_merge_scanning(facts: Facts) -> Judged:
    """Pull requests are scanned before merge as a habit: the interval says so."""
    if facts.is_unmeasured:
        return _missing(SCANS, facts.changes.height)
    return _habit(_true(facts.changes, "pre_scanned"), facts.coverage, "were scanned before merge", facts)


def _habit(holds: int, coverage: Coverage, what: str, facts: Facts) -> Judged:
    """Judge by the interval: met when its low end reaches HABIT, not met when its high end stays below."""
    estimate = share(holds, coverage, facts.policy.confidence, NO_CHANGES)
    if isinstance(estimate, Undefined):
        return Judged("not_enough_evidence", f"Cannot tell yet: {NO_CHANGES}", estimate)
    sentence = f"{holds} of {coverage.measured} changes {what}; {percent(HABIT)} asked"
    return Judged(_by_bounds(estimate), sentence, estimate)


def _by_bounds(estimate: Estimate) -> CriterionState:
    if estimate.low is not None and estimate.low >= HABIT:
        return "met"
    return "not_met" if estimate.high is not None and estimate.high < HABIT else "not_enough_evidence"


def triage_age(facts: Facts) -> Judged:
    """No escape waits for a decision longer than the policy allows."""
    open_ones = facts.findings.filter(pl.col("is_escape") & (pl.col("status") == "unreviewed"))
    oldest = open_ones["first_seen_at"].min()
    estimate = count(open_ones.height, Coverage(open_ones.height, open_ones.height), "findings")
    if not isinstance(oldest, datetime):
        return Judged("met", "No finding waits for triage", estimate)
    age, limit = facts.as_of - oldest, facts.policy.triage_days
    waiting = "1 finding waits" if open_ones.height == 1 else f"{open_ones.height} findings wait"
    sentence = f"{waiting} for triage, the oldest for {age.days} days; at most {limit} days asked"
    return Judged("met" if age <= timedelta(days=limit) else "not_met", sentence, estimate)


def prompt_log_coverage(facts: Facts) -> Judged:
    """Where agents are at work their prompts are logged as a habit: the interval says so."""
    if not facts.logs.is_there:
        return _missing(PROMPT_LOGS, facts.changes.height)
    estimate = log_coverage(facts.logs, facts.policy.confidence)
    if isinstance(estimate, Undefined):
        is_silent = estimate.reason == NO_ACTIVITY
        state: CriterionState = "not_enough_evidence" if is_silent else "not_measurable"
        words = "Cannot tell yet: " if is_silent else "Not measurable, "
        return Judged(state, f"{words}{estimate.reason}", estimate)
    days = f"{int(estimate.numerator)} of {estimate.n} days of repositories on which agents were at work"
    return Judged(_by_bounds(estimate), f"{days} have a prompt log; {percent(HABIT)} asked", estimate)


def prompt_retention(facts: Facts) -> Judged:
    """Prompt logs are kept for the days that are asked for, as settings tell, or as their age shows."""
    if not facts.logs.is_there:
        return _missing(PROMPT_LOGS, facts.changes.height)
    estimate, told = retention_days(facts.logs, facts.as_of), facts.logs.told_days
    asked = f"{RETENTION_DAYS} days asked"
    if told is not None:
        is_enough = told >= RETENTION_DAYS
        kept = f"Prompt logs are kept {told} days, as settings or telemetry tell; {asked}"
        return Judged("met" if is_enough else "not_met", kept, estimate)
    is_old = isinstance(estimate, Estimate) and estimate.value >= RETENTION_DAYS
    age = f"{estimate.value:g} days" if isinstance(estimate, Estimate) else "of unknown age"
    known = f"Nothing tells how long prompt logs are kept; the oldest known is {age} old; {asked}"
    return Judged("met" if is_old else "not_enough_evidence", known, estimate)


def detector_misses(facts: Facts) -> Judged:
    """Of every detector on traffic the share of misses is known well enough, whatever it is."""
    if not facts.detectors.units:
        return _missing(VERDICTS, facts.changes.height)
    found = misses_in_use(facts.detectors)
    unknown = [each for each in found if each.unknown]
    n = len(found)
    estimate = share(n - len(unknown), Coverage(n, n), facts.policy.confidence, NO_TRAFFIC)
    if not found:
        return Judged("not_enough_evidence", f"Cannot tell yet: {NO_TRAFFIC}", estimate)
    reach = percent(facts.detectors.rules.known_half_width)
    if not unknown:
        known = f"The misses of {_units(n)} on traffic are known to {reach} either side, or better"
        return Judged("met", known, estimate)
    sentence = f"The misses of {len(unknown)} of {_units(n)} on traffic are not known: {_first(unknown)}"
    return Judged("not_met", sentence, estimate)


def _units(n: int) -> str:
    return "1 detector version" if n == 1 else f"{n} detector versions"


def _first(unknown: list[Misses]) -> str:
    """The first of them in words, and how many more there are."""
    more = f"; and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    return f"{unknown[0].unit.name}, {unknown[0].unknown}{more}"


def _missing(source: str, n: int) -> Judged:
    reason = f"source missing: {source}"
    return Judged("not_measurable", f"Not measurable, {reason}", Undefined(reason, 0, Coverage(0, n)))


def _coverage(measured: int, total: int, reason: str) -> Coverage:
    return Coverage(measured, total, ((reason, total - measured),) if total > measured else ())


def _of_watched(facts: Facts) -> Coverage:
    return _coverage(facts.watched.height, facts.changes.height, "follow-up not over")


def _true(rows: pl.DataFrame, column: str) -> int:
    return rows.filter(pl.col(column)).height
