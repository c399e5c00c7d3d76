"""How frequent are attacks in a detector's traffic, by what it flags and how often it errs?

Rogan and Gladen (1978): of the share that was flagged, what the false alarms explain is taken off, and what
the misses hide is put back. It stands where the rates came of a labelled set, too, whose own share of attacks
says nothing of traffic.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.detectors.detectors import Detectors
from metrics.detectors.slicing import is_traffic, of_unit
from metrics.detectors.values import Unit
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.rogan_gladen import RoganGladen, rogan_gladen

METHOD: Final = "Rogan-Gladen with Blaker's limits, which hold for these FPR and FNR as if they were exact"
NO_TRAFFIC: Final = "it gave no verdict on traffic"
USELESS: Final = "it catches attacks no more often than it raises false alarms, so that flags say nothing"


def attack_share(detectors: Detectors, unit: Unit, rates: tuple[Number, Number]) -> Number:
    """Share of attacks in the traffic that a unit gave a verdict on; undefined where FPR or FNR is.

    Parameters
    ----------
    rates
        FPR and FNR of the unit.
    """
    is_flag, is_pass = pl.col("verdict") == "flag", pl.col("verdict") == "pass"
    traffic = of_unit(detectors.judged, unit).filter(is_traffic(detectors.tally), is_flag | is_pass)
    flagged, n = traffic.select(is_flag.sum(), pl.len().alias("n")).collect().row(0)
    return of_flags((flagged, n), rates, detectors.confidence)


def of_flags(flags: tuple[int, int], rates: tuple[Number, Number], level: float) -> Number:
    """The same from counts: items flagged, and all that it gave a verdict on.

    >>> whole = Coverage(100, 100)
    >>> fpr = Estimate(0.11, 0.05, 0.2, 0.95, "share", "Wilson", 11, 100, 100, whole)
    >>> fnr = Estimate(0.04, 0.01, 0.1, 0.95, "share", "Wilson", 4, 100, 100, whole)
    >>> round(of_flags((45, 150), (fpr, fnr), 0.95).value, 4)
    0.2235
    >>> of_flags((6, 150), (fpr, fnr), 0.95).reason[:40]
    'it flags 4 % of traffic, less than its f'
    """
    flagged, n = flags
    coverage = Coverage(n, n)
    unknown = next((each for each in reversed(rates) if isinstance(each, Undefined)), None)
    if unknown or not n:
        return Undefined(unknown.reason if unknown else NO_TRAFFIC, n, coverage)
    fpr, fnr = (each.value for each in rates if isinstance(each, Estimate))
    if fpr + fnr >= 1:
        return Undefined(USELESS, n, coverage)
    return _stated(rogan_gladen(flagged, n, (1 - fnr, 1 - fpr), level), flags, level)


def _stated(found: RoganGladen, flags: tuple[int, int], level: float) -> Number:
    """What lies outside of 0 to 1 is no share, and is not moved there: the rates are those of other items."""
    flagged, n = flags
    coverage = Coverage(n, n)
    if not 0 <= found.value <= 1:
        side = "less than its false alarms alone" if found.value < 0 else "more than attacks alone"
        words = f"it flags {100 * found.apparent:.3g} % of traffic, {side} would explain"
        return Undefined(f"{words}: the rates are those of other items", n, coverage)
    low, high = max(found.low, 0.0), min(found.high, 1.0)
    return Estimate(found.value, low, high, level, "share", METHOD, flagged, n, n, coverage)
