"""What are the odds that each reading of the rule lets a pilot pass, given its true escape rate?

Exact, from the product's own rule and e-value. A sprint of equal size is binomial; a chain over the
length of the run of good sprints, and for proof over the escapes so far, is followed until the
first look that passes. Every escape is taken as known when its sprint is read: with real delays
"as written", read the day a sprint ends, passes more often still (its escapes have not surfaced).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from metrics.gate.policy import Policy
from metrics.gate.rule import STRICT_CHANGES, breaks, escapes_allowed
from metrics.statistics.evalues import log_e_below
from metrics.statistics.special import binomial_at_most, binomial_probability

USUAL_SPRINT_DAYS: Final = 14


@dataclass(frozen=True)
class Odds:
    """Probabilities that a pilot passes at least once within the sprints looked at."""

    as_written: float  # the last sprints that closed keep the rule
    followed_up: float  # the same, of those that have been watched long enough by then
    proven: float  # followed up, and the evidence since the start is proof


def odds(
    rate: float, changes_per_sprint: int, sprints: int, policy: Policy, sprint_days: int = USUAL_SPRINT_DAYS
) -> Odds:
    """Odds of the three readings for a pilot with this true escape rate and volume.

    Parameters
    ----------
    rate
        True share of changes that escape, the same in every sprint.
    sprints
        How many sprints are looked at. Of these the last ones do not mature in time.

    >>> chance = odds(0.05, 20, 12, Policy())
    >>> round(chance.as_written, 3), round(chance.followed_up, 3), round(chance.proven, 3)
    (0.702, 0.588, 0.0)
    """
    mature = max(sprints - math.ceil(policy.follow_up_days / sprint_days), 0)
    good = probability_below(rate, changes_per_sprint, policy.escape_rate)
    return Odds(
        as_written=run_probability(good, sprints, policy.sprints),
        followed_up=run_probability(good, mature, policy.sprints),
        proven=proof_probability(rate, changes_per_sprint, mature, policy),
    )


def probability_below(rate: float, n: int, p0: float) -> float:
    """Chance that a sprint of n changes stays strictly below p0; an empty sprint never does.

    >>> round(probability_below(0.05, 20, 0.01), 6)
    0.358486
    """
    return binomial_at_most(escapes_allowed(n, p0), n, rate) if n else 0.0


def run_probability(good: float, sprints: int, run: int) -> float:
    """Chance of `run` good sprints in a row within `sprints`, each good independently (Feller 1968, XIII.7).

    >>> run_probability(0.5, 3, 2)
    0.375
    """
    lengths = np.zeros(run + 1)  # probability that the present run has this length; full = passed
    lengths[0] = 1.0
    for _ in range(sprints):
        passed, going = lengths[-1], lengths[:-1]
        lengths = np.concatenate(([going.sum() * (1 - good)], going * good))
        lengths[-1] += passed
    return float(min(lengths[-1], 1.0))


def proof_probability(rate: float, n: int, sprints: int, policy: Policy) -> float:
    """Chance that within `sprints` mature sprints of n changes the rule is once met and proven.

    >>> round(proof_probability(0.0, 40, 10, Policy()), 6), proof_probability(0.0, 40, 9, Policy())
    (1.0, 0.0)
    """
    ceiling = _most_escapes_at_proof(n, sprints, policy)
    if ceiling < 0:
        return 0.0
    steps = np.array([binomial_probability(x, n, rate) if x <= n else 0.0 for x in range(ceiling + 1)])
    keeps = np.array([x <= n and not breaks(x, n, policy.escape_rate) for x in range(ceiling + 1)])
    going, passed = np.zeros((policy.sprints + 1, ceiling + 1)), 0.0  # by length of run, escapes so far
    going[0, 0] = 1.0
    for number in range(1, sprints + 1):
        going = _advance(going, steps, keeps)
        proven = _most_escapes_at_proof(n, number, policy) + 1
        passed += float(going[-1, :proven].sum())
        going[-1, :proven] = 0.0
    return min(passed, 1.0)


def _advance(
    going: npt.NDArray[np.float64], steps: npt.NDArray[np.float64], keeps: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """One more sprint: a good one lengthens the run (up to the wanted length), a bad one ends it."""
    after = np.zeros_like(going)
    good, bad = np.where(keeps, steps, 0.0), np.where(keeps, 0.0, steps)
    longest, size = len(going) - 1, going.shape[1]
    for length, row in enumerate(going):
        after[min(length + 1, longest)] += np.convolve(row, good)[:size]
        after[0] += np.convolve(row, bad)[:size]
    return after


def _most_escapes_at_proof(n: int, sprints: int, policy: Policy) -> int:
    """Most escapes in so many sprints of n changes that still leave proof; -1 when not even none does."""
    weight = min(1.0, STRICT_CHANGES / n) if policy.strict and n else 1.0
    most, wanted = -1, math.log(policy.proof)
    while most < n * sprints and log_e_below(
        weight * (most + 1), weight * n * sprints, policy.escape_rate
    ) >= wanted:  # fmt: skip
        most += 1
    return most
