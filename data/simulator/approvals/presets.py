"""Which truths are asked for often: people whose attention differs by a known amount."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from data.simulator.approvals.truth import ApprovalTruth, Policy, Reviewer, Work, Workplace
from data.simulator.draws import stream

BEGINS_ON: Final = date(2026, 1, 5)  # a Monday


def panel(
    people: int, seed: int, attention: float = 0.7, icc: float = 0.15, weeks: int = 10
) -> ApprovalTruth:
    """People of one pilot who are asked about everything, with attention drawn from a beta distribution.

    Parameters
    ----------
    people
        How many.
    seed
        Of their attention; the decisions have a seed of their own.
    attention
        Mean over all people that could be drawn: the expected share of fast approvals is 1 - attention.
    icc
        Correlation of two answers of one person; 0 = all alike.
    weeks
        How long; some nine measurable approvals per person and week.
    """
    drawn = _attentions(attention, icc, seed)
    reviewers = tuple(
        Reviewer(f"person-{place:03d}@acme.example", f"team-{place % 3}", next(drawn))
        for place in range(people)
    )
    work = Work(kinds=(("command", 0.5), ("edit", 0.5)), requests_per_session=4.0, sdk_share=0.0)
    policy = Policy(by_rule=0.0, denied_by_rule=0.0)
    ends_on = BEGINS_ON + timedelta(weeks=weeks)
    place = Workplace("panel", ("acme/panel",), "claude_code", reviewers, BEGINS_ON, ends_on, policy, work)
    return ApprovalTruth((place,))


def _attentions(mean: float, icc: float, seed: int) -> Iterator[float]:
    rng, strength = stream(seed, "panel"), 1.0 / icc - 1.0 if icc else 0.0
    while True:
        yield rng.betavariate(mean * strength, (1.0 - mean) * strength) if icc else mean
