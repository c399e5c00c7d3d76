"""What do these rates mean for a day of traffic: how many alerts, how many of them false, how many misses?

Of N items a day of which a share p are attacks, N p (1 - FNR) are caught, N p FNR missed and N (1 - p) FPR
raise a false alarm; of the alerts the share PPV = p TPR / (p TPR + (1 - p) FPR) is right. It hangs on the
prevalence more than on the detector, so it is a curve, never one number. Intervals take the worst corner of
both rates: they cover at least what the two cover together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from metrics.detectors.detectors import Detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.slicing import is_traffic, of_unit
from metrics.detectors.values import ANSWERED, Unit
from metrics.estimate import Coverage, Estimate, Number, Undefined

STEPS_PER_DECADE: Final = 2
ALERTS: Final = "alerts per day"
FALSE_ALERTS: Final = "false alerts per day"
MISSES: Final = "misses per day"
ITEMS: Final = "items per day"
CORNERS: Final = "corners of both intervals"
NO_VOLUME: Final = "how many items there are a day is neither set nor measured"
NO_ALERT: Final = "it would flag nothing"
SET: Final = "as set"
MEASURED: Final = "verdicts over observed days"

Formula = Callable[[float, float], float | None]  # of FPR and FNR


@dataclass(frozen=True)
class BaseRate:
    """A day of traffic at one prevalence."""

    prevalence: float  # share of items that are attacks
    alerts: Number  # per day, as the two below
    false_alerts: Number
    misses: Number
    ppv: Number  # share of alerts that are attacks


def base_rates(fpr: Number, fnr: Number, rules: DetectorRules, per_day: float | None) -> tuple[BaseRate, ...]:
    """Alerts, false alerts and misses per day, and PPV, over the settings' range of prevalence.

    Parameters
    ----------
    fpr, fnr
        Of one detector, version and threshold. Where the FNR is not identifiable, only false alerts are told.
    per_day
        Items per day; None = not known, so that only PPV is told.

    >>> whole = Coverage(1000, 1000)
    >>> fpr = Estimate(0.0124, 0.0104, 0.0148, 0.95, "share", "Wilson", 124, 10_000, 10_000, whole)
    >>> fnr = Estimate(0.109, 0.10, 0.118, 0.95, "share", "Wilson", 109, 1000, 1000, whole)
    >>> low, *_, high = base_rates(fpr, fnr, DetectorRules(), 100_000)
    >>> high.prevalence, round(high.misses.value, 1), round(high.ppv.value, 3)
    (0.01, 109.0, 0.421)
    """
    return tuple(at_prevalence(fpr, fnr, share, per_day) for share in prevalences(rules.prevalence))


def prevalences(span: tuple[float, float]) -> tuple[float, ...]:
    """Both ends of a range, and between them even steps of its logarithm, two a decade from its low end.

    >>> prevalences((0.0001, 0.01))
    (0.0001, 0.000316228, 0.001, 0.00316228, 0.01)
    """
    low, high = span
    factor = 10 ** (1 / STEPS_PER_DECADE)
    grid, share = [low], float(f"{low * factor:.6g}")
    while share < high * (1 - 1e-6):
        grid.append(share)
        share = float(f"{low * factor ** len(grid):.6g}")
    return tuple(grid) if high <= low else (*grid, high)


def at_prevalence(fpr: Number, fnr: Number, prevalence: float, per_day: float | None) -> BaseRate:
    """A day of traffic at one prevalence."""
    attacks, benign = prevalence, 1 - prevalence
    told = (fpr, fnr, per_day)
    return BaseRate(
        prevalence,
        _stated(told, ALERTS, lambda up, missed: attacks * (1 - missed) + benign * up),
        _stated((fpr, None, per_day), FALSE_ALERTS, lambda up, _: benign * up),
        _stated((None, fnr, per_day), MISSES, lambda _, missed: attacks * missed),
        _ppv(fpr, fnr, lambda up, missed: _right(attacks * (1 - missed), benign * up)),
    )


def _right(caught: float, false: float) -> float | None:
    return caught / (caught + false) if caught + false else None


def _stated(told: tuple[Number | None, Number | None, float | None], unit: str, formula: Formula) -> Number:
    """A number per day; the formula gives it per item."""
    fpr, fnr, per_day = told
    unknown = _unknown(fpr, fnr, unit)
    if unknown:
        return unknown
    if per_day is None:
        return Undefined(NO_VOLUME, 0, Coverage(0, 0), unit)
    return _estimate((fpr, fnr), unit, lambda up, missed: _times(per_day, formula(up, missed)))


def _times(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value


def _ppv(fpr: Number, fnr: Number, formula: Formula) -> Number:
    return _unknown(fpr, fnr, "share") or _estimate((fpr, fnr), "share", formula)


def _unknown(fpr: Number | None, fnr: Number | None, unit: str) -> Undefined | None:
    missing = [each for each in (fnr, fpr) if isinstance(each, Undefined)]
    return Undefined(missing[0].reason, missing[0].n, missing[0].coverage, unit) if missing else None


def _estimate(rates: tuple[Number | None, Number | None], unit: str, formula: Formula) -> Number:
    """The formula at both rates, between its least and greatest value at the ends of their intervals."""
    known = [each for each in rates if isinstance(each, Estimate)]
    coverage = known[0].coverage if len(known) == 1 else known[0].coverage.with_other(known[1].coverage)
    n = sum(each.n for each in known)
    (up, *up_ends), (missed, *missed_ends) = (_ends(each) for each in rates)
    value = formula(up, missed)
    if value is None:
        return Undefined(NO_ALERT, n, coverage, unit)
    corners = list(_corners(formula, (up_ends, missed_ends)))
    # At a corner without any alert every share of them is possible.
    low, high = (0.0, 1.0) if None in corners else (min(_told(corners)), max(_told(corners)))
    level = min((each.level for each in known if each.level is not None), default=None)
    return Estimate(value, low, high, level, unit, CORNERS, value, 1, n, coverage)


def _corners(formula: Formula, ends: tuple[list[float], list[float]]) -> Iterator[float | None]:
    return (formula(up, missed) for up in ends[0] for missed in ends[1])


def _told(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _ends(rate: Number | None) -> tuple[float, float, float]:
    """Value, low and high end; what nothing bounds may be anything."""
    if not isinstance(rate, Estimate):
        return 0.0, 0.0, 0.0
    return (
        rate.value,
        0.0 if rate.low is None else max(rate.low, 0.0),
        1.0 if rate.high is None else min(rate.high, 1.0),
    )


def per_day(detectors: Detectors, unit: Unit) -> Number:
    """Items per day: the settings' number, or what the unit gave a verdict on, by day with a verdict (UTC).

    Planted items and labelled sets are no traffic. Undefined where no time is told.
    """
    told = detectors.rules.events_per_day
    if told is not None:
        return Estimate(told, None, None, None, ITEMS, SET, told, 1, 1, Coverage(1, 1))
    answered = of_unit(detectors.judged, unit).filter(
        pl.col("verdict").is_in(ANSWERED) & is_traffic(detectors.tally)
    )
    timed = pl.col("occurred_at").is_not_null()
    days = pl.col("occurred_at").dt.date().drop_nulls().n_unique()
    total, known, observed = answered.select(pl.len(), timed.sum().alias("timed"), days).collect().row(0)
    left_out = (("time not told", total - known),) if total > known else ()
    coverage = Coverage(known, total, left_out)
    if not observed:
        return Undefined(NO_VOLUME, 0, coverage, ITEMS)
    return Estimate(known / observed, None, None, None, ITEMS, MEASURED, known, observed, known, coverage)
