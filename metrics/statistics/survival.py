"""How long do things wait, when some wait still, some end otherwise and some were seen only late?

Leaving out what still waits makes every wait look short. Kaplan and Meier (1958,
DOI 10.1080/01621459.1958.10501452) use each row for as long as it was watched; where several ends
compete, the share that ended in one of them is the cumulative incidence of Aalen and Johansen (1978,
Scandinavian Journal of Statistics 5(3)): one minus Kaplan-Meier of one cause is too high. Rows seen
only from some hour on (left truncation) are at risk from then on. Formulas and notation as in Klein
and Moeschberger (2003), DOI 10.1007/b97377.

With late entries the first hours may be watched by very few, and one end among them would leave
nobody waiting for ever after. An event time that empties the risk set while others have yet to enter
therefore tells nothing about them: it is listed, and the curve goes on as it was (the estimator of Lai
and Ying 1991, Annals of Statistics 19(1), with the smallest risk set that can be divided).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from metrics.statistics.special import normal_quantile

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Scale = Literal["log-log", "log", "plain"]

ROUNDING: Final = 1e-12  # shares nearer to each other than this are the same share


@dataclass(frozen=True, eq=False)
class Waits:
    """Waits in hours with what ended them; one place per row in each array.

    Raises
    ------
    ValueError
        When arrays differ in length, a wait is negative or not finite, or a row ended before anybody
        watched it.

    >>> len(Waits(np.array([0.0, 30.0]), np.array([1, 0])))
    2
    """

    hours: Floats  # from the clock's start to its end, or to the last look
    cause: Integers  # 0 = still waiting at the last look (censored), from 1 on = what ended it
    entry: Floats | None = None  # hours after the clock's start from which it was watched; 0 = always

    def __post_init__(self) -> None:
        if len(self.cause) != len(self.hours) or (
            self.entry is not None and len(self.entry) != len(self.hours)
        ):
            raise ValueError("hours, cause and entry must have one place per row")
        if not bool(np.all(np.isfinite(self.hours) & (self.hours >= 0))):
            raise ValueError("every wait must be a finite number of hours from 0 on")
        if self.entry is not None and bool(np.any(_never_watched(self.hours, self.entry))):
            raise ValueError("a wait must end after its entry: what ended before was never watched")

    def __len__(self) -> int:
        return len(self.hours)

    def take(self, rows: Integers) -> Waits:
        """Only these rows, in this order; a row named twice is there twice."""
        entry = None if self.entry is None else self.entry[rows]
        return Waits(self.hours[rows], self.cause[rows], entry)


@dataclass(frozen=True, eq=False)
class RiskSet:
    """How many are watched and still waiting at each moment."""

    ends: Floats  # sorted
    entries: Floats  # sorted; only of those not watched from the start
    order: Integers  # place of the row of each end

    @classmethod
    def of(cls, waits: Waits) -> RiskSet:
        """The risk set of these waits."""
        entries = np.empty(0) if waits.entry is None else waits.entry[waits.entry > 0]
        order = np.argsort(waits.hours)
        return cls(waits.hours[order], np.sort(entries), order)

    def at(self, hours: Floats) -> Floats:
        """Rows with entry < hours <= end; at 0 those that were watched from the start.

        >>> RiskSet.of(Waits(np.array([0.0, 2.0, 9.0]), np.array([1, 1, 0]))).at(np.array([0.0, 2.0, 5.0]))
        array([3., 2., 1.])
        """
        ended = np.searchsorted(self.ends, hours, "left")
        not_entered = len(self.entries) - np.searchsorted(self.entries, hours, "left")
        return (len(self.ends) - ended - not_entered).astype(np.float64)

    def smallest_until(self, hours: float) -> int:
        """Fewest at risk at any moment after 0 up to this one."""
        # Between two entries the set only shrinks, so its lows lie just before an entry and at the end.
        lows = np.append(self.entries[self.entries < hours], hours)
        return int(self.at(lows).min())


@dataclass(frozen=True, eq=False)
class Curve:
    """A step function of time, one row per distinct event time (of any cause), in order."""

    time: Floats  # hours
    at_risk: Floats  # watched and waiting just before
    events: Floats  # ended then, in the way that the curve is about
    share: Floats  # from then on: still waiting (start 1), or ended in this way (start 0)
    se: Floats  # standard error of share
    start: float  # share before the first event time: 1 for a falling curve, 0 for a rising one
    known_until: float  # hours; beyond, the last share is merely carried on; inf = nobody waits any more
    risk: RiskSet


def kaplan_meier(waits: Waits) -> Curve:
    """Share still waiting, whatever ends the wait; standard error by Greenwood (1926).

    >>> curve = kaplan_meier(Waits(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1, 2, 0, 1])))
    >>> curve.time.tolist(), curve.share.tolist()
    ([1.0, 2.0, 3.0], [0.75, 0.5, 0.0])
    """
    risk = RiskSet.of(waits)
    time, ended = distinct(risk.ends[waits.cause[risk.order] > 0])
    at_risk = risk.at(time)
    counted = np.where(_empties_early(time, at_risk == ended, risk), 0.0, ended)
    share = np.cumprod(1 - counted / at_risk, dtype=np.float64)
    se = share * np.sqrt(np.cumsum(_greenwood(at_risk, ended)))
    is_over = len(share) > 0 and share[-1] == 0
    last = risk.ends[-1] if len(risk.ends) else 0.0
    return Curve(time, at_risk, ended, share, se, 1.0, math.inf if is_over else float(last), risk)


def aalen_johansen(waits: Waits, cause: int, still_waiting: Curve | None = None) -> Curve:
    """Cumulative incidence: share that has ended by this cause, the others competing.

    The standard error is that of the delta method (Marubini and Valsecchi 1995, Analysing Survival
    Data, chapter 10); without late entries it is the infinitesimal jackknife of R's survfit.

    Parameters
    ----------
    still_waiting
        Their :func:`kaplan_meier`, if it is known already.

    >>> curve = aalen_johansen(Waits(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 2, 0, 1])), 1)
    >>> curve.share.tolist()
    [0.25, 0.25, 0.75]
    """
    overall = still_waiting or kaplan_meier(waits)
    risk = overall.risk
    events = counts_at(overall.time, risk.ends[waits.cause[risk.order] == cause])
    is_left_out = _empties_early(overall.time, overall.at_risk == overall.events, risk)
    counted = np.where(is_left_out, 0.0, events)
    before = np.concatenate(([1.0], overall.share[:-1]))[: len(events)]
    share = np.minimum(np.cumsum(before * counted / overall.at_risk), 1.0)  # rounding may go above
    se = np.sqrt(_incidence_variance(overall, counted, before, share))
    return replace(overall, events=events, share=share, se=se, start=0.0)


def share_at(curve: Curve, hours: float, confidence: float) -> tuple[float, float, float]:
    """The curve's share at a time with its interval, on the complementary log-log scale.

    While nothing has ended (in this way) the standard error is 0 and says nothing; the open limit is
    then the exact one of none among the fewest that were at risk until then (1 or 0 if at some time
    nobody was). When everything has ended, the limit of the step before stands: the curve cannot have
    come nearer since. Ask `known_until` before asking for a later time.

    Returns
    -------
    Share, lower and upper limit, each within 0..1.

    >>> curve = kaplan_meier(Waits(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 1, 0, 1])))
    >>> [round(number, 3) for number in share_at(curve, 2.5, 0.95)]
    [0.5, 0.058, 0.845]
    """
    row = int(np.searchsorted(curve.time, hours, "right")) - 1
    value = float(curve.share[row]) if row >= 0 else curve.start
    waiting = _waiting(curve, np.array([value]))[0]
    if waiting == 1:
        low, high = _none_of(curve.risk.smallest_until(hours), confidence), 1.0
    else:
        lows, highs = _band(curve, slice(max(row - 1, 0), row + 1), confidence, "log-log")
        low, high = float(lows[-1]), float(highs[-1])
    return (value, low, high) if curve.start else (value, 1 - high, 1 - low)


def quantile(
    curve: Curve, share: float, confidence: float, scale: Scale = "log-log"
) -> tuple[float, float, float]:
    """Hours by which this share has ended: the first time that the curve reaches it, with its interval.

    The limits are the first times that the limits of the curve reach it (Brookmeyer and Crowley 1982,
    DOI 10.2307/2530286); inf = not reached. Programs differ in the scale, so name it.

    >>> curve = kaplan_meier(Waits(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 1, 0, 0])))
    >>> quantile(curve, 0.5, 0.95)
    (2.0, 1.0, inf)
    """
    lows, highs = _band(curve, slice(None), confidence, scale)
    waiting = _waiting(curve, curve.share)
    hours = [_first(curve.time, limit <= 1 - share + ROUNDING) for limit in (waiting, lows, highs)]
    return hours[0], hours[1], hours[2]


def restricted_mean(curve: Curve, tau: float) -> tuple[float, float]:
    """Mean wait within the first tau hours, and its standard error: the area under a falling curve.

    Where the curve is known to less than tau its last share is carried on (see `known_until`).
    Klein and Moeschberger (2003), formulas 4.5.1 and 4.5.2.

    Raises
    ------
    ValueError
        For a rising curve, or a curve of no rows.

    >>> mean, se = restricted_mean(kaplan_meier(Waits(np.array([2.0, 4.0]), np.array([1, 1]))), 10.0)
    >>> mean, round(se, 6)
    (3.0, 0.707107)
    """
    if not curve.start or not len(curve.risk.ends):
        raise ValueError("a restricted mean needs the share still waiting of at least one row")
    areas = _areas(curve, tau)
    variance = np.sum(areas[1:] ** 2 * _greenwood(curve.at_risk, curve.events))
    return float(areas[0]), math.sqrt(variance)


def restricted_mean_influence(waits: Waits, curve: Curve, tau: float) -> Floats:
    """By how much each row moves the restricted mean of its curve (infinitesimal jackknife); the sum is 0.

    Without late entries the squares add up to the squared standard error. Efron (1982),
    DOI 10.1137/1.9781611970319, chapter 6.

    >>> waits = Waits(np.array([2.0, 4.0]), np.array([1, 1]))
    >>> restricted_mean_influence(waits, kaplan_meier(waits), 10.0).tolist()
    [-0.5, 0.5]
    """
    at_own_end = _over(_areas(curve, tau)[1:], curve.at_risk - curve.events)
    while_waiting = np.cumsum(np.append(0.0, at_own_end * curve.events / curve.at_risk))
    after = np.empty(len(waits), dtype=np.int64)
    after[curve.risk.order] = np.searchsorted(curve.time, curve.risk.ends, "right")
    expected = while_waiting[after]
    if waits.entry is not None:
        is_late = waits.entry > 0
        expected[is_late] -= while_waiting[np.searchsorted(curve.time, waits.entry[is_late], "right")]
    has_ended = waits.cause > 0
    expected[has_ended] -= at_own_end[after[has_ended] - 1]
    return expected


def counts_at(time: Floats, hours: Floats) -> Floats:
    """How many of these hours fall on each of the times, which are sorted and hold all of them.

    >>> counts_at(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0])).tolist()
    [0.0, 2.0, 0.0]
    """
    return np.bincount(np.searchsorted(time, hours), minlength=len(time)).astype(np.float64)


def distinct(ordered: Floats) -> tuple[Floats, Floats]:
    """The different numbers among some that are in order, and how often each is there.

    >>> [part.tolist() for part in distinct(np.array([1.0, 2.0, 2.0]))]
    [[1.0, 2.0], [1.0, 2.0]]
    """
    firsts = np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0)
    return ordered[firsts], np.diff(np.append(firsts, len(ordered))).astype(np.float64)


def rows_by_code(codes: Integers) -> Mapping[int, Integers]:
    """Places of the rows of each code, codes in order.

    >>> {code: rows.tolist() for code, rows in rows_by_code(np.array([7, 3, 7])).items()}
    {3: [1], 7: [0, 2]}
    """
    small = codes.astype(np.int16)  # sorted by counting, which takes a fifth of the time
    order = np.argsort(small if np.array_equal(small, codes) else codes, kind="stable")
    found, starts = np.unique(codes[order], return_index=True)
    return dict(zip(found.tolist(), np.split(order, starts[1:]), strict=False))


def _never_watched(hours: Floats, entry: Floats) -> Flags:
    return ~((entry < hours) | (entry <= 0))


def _empties_early(time: Floats, is_emptied: Flags, risk: RiskSet) -> Flags:
    """Event times that leave nobody at risk while others have yet to enter."""
    last_entry = risk.entries[-1] if len(risk.entries) else -math.inf
    return is_emptied & (time <= last_entry)


def _greenwood(at_risk: Floats, events: Floats) -> Floats:
    """Terms of Greenwood's sum; 0 where all end, since what follows is 0, or left out, anyway."""
    return _over(events, at_risk * (at_risk - events))


def _incidence_variance(overall: Curve, events: Floats, before: Floats, share: Floats) -> Floats:
    """Sum over earlier times v of a(v) - 2 b(v) (F(t) - F(v)) + c(v) (F(t) - F(v))^2, for every t."""
    n = overall.at_risk
    a = before**2 * events * (n - events) / n**3
    b = before * events / n**2
    c = _greenwood(n, overall.events)
    first = np.cumsum(a) - 2 * (share * np.cumsum(b) - np.cumsum(b * share))
    second = share**2 * np.cumsum(c) - 2 * share * np.cumsum(c * share) + np.cumsum(c * share**2)
    return np.maximum(first + second, 0.0)  # rounding may go below 0 where the variance is 0


def _waiting(curve: Curve, share: Floats) -> Floats:
    """The share that has not ended in this way; what rounding leaves over of nobody is nobody."""
    waiting = share if curve.start else 1 - share
    return np.where(waiting < ROUNDING, 0.0, waiting)


def _band(curve: Curve, rows: slice, confidence: float, scale: Scale) -> tuple[Floats, Floats]:
    """Limits of the share not ended yet on some rows of a curve."""
    waiting, z = _waiting(curve, curve.share[rows]), normal_quantile((1 + confidence) / 2)
    low, high = waiting.copy(), waiting.copy()
    inner = (waiting > 0) & (waiting < 1)
    low[inner], high[inner] = _limits(waiting[inner], z * curve.se[rows][inner], scale)
    if len(waiting) and waiting[-1] == 0:
        high[-1] = high[-2] if len(high) > 1 else 1 - _all_of(curve.at_risk[rows][0], confidence)
    return low, high


def _limits(share: Floats, reach: Floats, scale: Scale) -> tuple[Floats, Floats]:
    if scale == "plain":
        return np.maximum(share - reach, 0.0), np.minimum(share + reach, 1.0)
    if scale == "log":
        factor = np.exp(reach / share)
        return share / factor, np.minimum(share * factor, 1.0)
    power = np.exp(-reach / (share * np.log(share)))
    return share**power, share ** (1 / power)


def _none_of(n: float, confidence: float) -> float:
    """Exact lower limit of the share still waiting when none of n ended; 0 for n = 0."""
    return _all_of(n, confidence) if n > 0 else 0.0


def _all_of(n: float, confidence: float) -> float:
    """Exact lower limit of a share when all n of n have it (Clopper and Pearson 1934)."""
    return float(((1 - confidence) / 2) ** (1 / n))


def _first(time: Floats, holds: Flags) -> float:
    return float(time[np.argmax(holds)]) if holds.any() else math.inf


def _areas(curve: Curve, tau: float) -> Floats:
    """Area under the curve up to tau: from 0, then from each of its times."""
    edges = np.minimum(np.concatenate(([0.0], curve.time, [tau])), tau)
    heights = np.concatenate(([curve.start], curve.share))
    return np.cumsum((np.diff(edges) * heights)[::-1])[::-1]


def _over(numerator: Floats, denominator: Floats) -> Floats:
    """Quotient, 0 where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator > 0)
