"""How is a share stated whose unit is the person, and when are people too few to state one?

Decisions of one person resemble each other, so the interval is drawn over people, not over decisions; of
few decisions or few people the counts are told and no rate (definitions 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.fatigue.rules import FatigueRules
from metrics.statistics.people import AS_UNITS, RATIO, cluster_ratio

CLUSTERED: Final = f"{RATIO}; {AS_UNITS} where all are alike"
NONE_MEASURABLE: Final = "no measurable decision in this window"


def clustered_share(
    fast: Sequence[int], n: Sequence[int], coverage: Coverage, rules: FatigueRules, confidence: float
) -> Number:
    """State how many decisions of all people were fast, with an interval over the people.

    Cochran (1977), Sampling Techniques, 3rd edition, section 11.8 (ratio estimator).

    Parameters
    ----------
    fast, n
        Of each person, in the same order: fast decisions, and all of them. Who has none is no person.
    coverage
        Of the decisions; `measured` is the sum of `n`.

    Returns
    -------
    A share between 0 and 1; undefined below `minimum_approvals` decisions or `minimum_people` people.

    >>> few = clustered_share([12, 0, 0, 0], [40, 30, 16, 10], Coverage(96, 96), FatigueRules(), 0.95)
    >>> few.reason
    '12 of 96, 4 people: no rate below 30 decisions or 5 people'
    >>> clustered_share([], [], Coverage(0, 3, (("wait not known", 3),)), FatigueRules(), 0.95).reason
    'no measurable decision in this window'
    """
    people = [(x, size) for x, size in zip(fast, n, strict=True) if size]
    x, total = sum(each for each, _ in people), sum(size for _, size in people)
    if not total:
        return Undefined(NONE_MEASURABLE, 0, coverage)
    if total < rules.minimum_approvals or len(people) < rules.minimum_people:
        return Undefined(too_few((x, total), len(people), rules), total, coverage)
    found = cluster_ratio([each for each, _ in people], [size for _, size in people], confidence)
    return Estimate(
        found.value, found.low, found.high, confidence, "share", found.method, x, total, total, coverage
    )  # fmt: skip


def too_few(
    counted: tuple[int, int], people: int, rules: FatigueRules, no: tuple[str, str] = ("rate", "decisions")
) -> str:
    """Say the counts, and of how few decisions or people nothing more is stated.

    >>> too_few((1, 7), 1, FatigueRules(), ("trend", "approvals"))
    '1 of 7, 1 person: no trend below 30 approvals or 5 people'
    """
    whose = f"{people} {'person' if people == 1 else 'people'}"
    needed = f"{rules.minimum_approvals} {no[1]} or {rules.minimum_people} people"
    return f"{counted[0]:,} of {counted[1]:,}, {whose}: no {no[0]} below {needed}"
