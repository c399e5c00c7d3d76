"""Has a detector become better or worse, from version to version and from week to week?

A change is marked only where the interval of the difference excludes 0. Two points are compared only where
they were measured on the same cohorts, and rates of attacks or benign items only where they are known in the
same way: else the difference is one of the items, not of the detector. Where two versions as a whole rest on
other items, they are compared on each labelled set that both were run on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.detectors.detectors import Detectors
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.slicing import is_of_part, is_of_unit, is_traffic, of_unit
from metrics.detectors.stating import proportion
from metrics.detectors.values import WHOLE, Basis, Part, Unit
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.differences import Limits, combined
from metrics.statistics.drift import kolmogorov_distance
from metrics.units import POINTS

FPR: Final = "detector_fpr"
PRESUMED: Final = "detector_fpr_presumed"
FNR: Final = "detector_fnr"
FLAGS: Final = "flag share"
ERRORS: Final = "detector_error_share"
METRICS: Final = (FPR, PRESUMED, FNR, FLAGS, ERRORS)
OF_TRUTH: Final = (FPR, FNR)  # rest on what is known of attacks and benign items
COMBINED: Final = "limits of both sides combined"
DISTANCE: Final = "Kolmogorov distance"
BANDS: Final = "Dvoretzky-Kiefer-Wolfowitz bands"
NO_VERDICT: Final = "it gave no verdict on traffic"
NO_SCORE: Final = "one of the two gave no score"
OTHER_KIND: Final = "scores of another kind"
OTHER_COHORTS: Final = "measured on other cohorts: {} before, {} after"
OTHER_BASIS: Final = "known in another way: {} before, {} after"
NO_INTERVAL: Final = "without limits on both sides"


@dataclass(frozen=True)
class Point:
    """A version of a detector, as a whole or in one week."""

    unit: Unit
    part: Part
    fpr: Number
    fpr_presumed: Number
    fnr: Number
    basis: Basis  # how misses are known
    flag_share: Number  # of its verdicts on traffic
    error_share: Number
    cohorts: tuple[str, ...]  # that it was asked about
    traffic: tuple[str, ...]  # of these, what came without labels of its own
    sets: tuple[str, ...]  # labelled sets
    presumed: tuple[str, ...]  # cohorts that pass for benign
    audited: tuple[str, ...]  # of traffic, what an audit was drawn from
    first_at: datetime | None
    last_at: datetime | None

    def number(self, metric: str) -> Number:
        """One of METRICS."""
        return {
            FPR: self.fpr, PRESUMED: self.fpr_presumed, FNR: self.fnr,
            FLAGS: self.flag_share, ERRORS: self.error_share,
        }[metric]  # fmt: skip

    def rests_on(self, metric: str) -> tuple[str, ...]:
        """Cohorts that one of METRICS is of."""
        of_audit = self.audited if self.basis == "sampled audit" else self.traffic
        of_truth = self.sets if self.basis == "labelled set" else of_audit
        return {
            FPR: of_truth, PRESUMED: self.presumed, FNR: of_truth, FLAGS: self.traffic, ERRORS: self.cohorts,
        }[metric]  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One number at two consecutive points."""

    metric: str
    earlier: Point
    later: Point
    difference: Number  # later less earlier
    is_marked: bool


@dataclass(frozen=True)
class Drift:
    """How far apart the scores of two consecutive points on traffic lie: from 0, alike, to 1.

    It tells that something changed, items or detector; not whether that is good.
    """

    earlier: Point
    later: Point
    distance: Number
    earlier_count: int
    later_count: int
    is_marked: bool


@dataclass(frozen=True)
class Timeline:
    """A detector's points in order of time, and what changed between them."""

    detector: str
    versions: tuple[Point, ...]
    weeks: tuple[Point, ...]
    changes: tuple[Change, ...]
    drifts: tuple[Drift, ...]


def timeline(detectors: Detectors, detector: str) -> Timeline:
    """Points of every version, and of every week of each, with the changes between consecutive ones.

    Versions stand in the order of their first verdicts; those that tell no time stand last. Weeks are
    compared within a version. Where two versions rest on other items, each labelled set of both is compared.
    Of a detector that nobody knows every tuple is empty.
    """
    units = [unit for unit in detectors.units if unit.detector == detector]
    versions = sorted((_point(detectors, unit, WHOLE) for unit in units), key=_in_time)
    weeks = [_weeks(detectors, point.unit) for point in versions]
    steps = [*pairwise(versions), *(step for points in weeks for step in pairwise(points))]
    changes = [change for step in steps for change in _changes(*step)]
    changes += [change for step in pairwise(versions) for change in _on_sets(detectors, *step)]
    drifts = tuple(_drift(detectors, *step) for step in steps)
    every_week = tuple(point for points in weeks for point in points)
    return Timeline(detector, tuple(versions), every_week, tuple(changes), drifts)


def _in_time(point: Point) -> tuple[bool, float, Unit]:
    first = point.first_at
    known = first.timestamp() if first else 0.0
    return first is None, known, Unit(*_named(point.unit))


def _named(unit: Unit) -> tuple[Any, ...]:
    """A unit as it can be ordered: None stands for no threshold."""
    lowest = float("-inf") if unit.threshold is None else unit.threshold
    return unit.detector, unit.version, lowest, unit.operator


def _weeks(detectors: Detectors, unit: Unit) -> list[Point]:
    weeks = sorted(part for part in detectors.parts(unit) if part.by == "week")
    return [_point(detectors, unit, part) for part in weeks]


def _point(detectors: Detectors, unit: Unit, part: Part) -> Point:
    sliced = detectors.slice(unit, part)
    asked = detectors.tally.filter(is_of_unit(unit) & is_of_part(part) & ~pl.col("is_seed"))
    traffic = asked.filter(is_traffic(detectors.tally))
    cohorts, own = (_cohorts(rows) for rows in (asked, traffic))
    sets, level = detectors.sets(unit), detectors.confidence
    first, last = asked.select(pl.col("first_at").min(), pl.col("last_at").max()).row(0)
    fpr, presumed, fnr, errors = (
        detectors.number(metric, unit, part) for metric in (FPR, PRESUMED, FNR, ERRORS)
    )
    labelled, passing = (
        tuple(name for name in cohorts if name in some) for some in (sets.names, sets.presumed)
    )
    return Point(
        unit, part, fpr, presumed, fnr, sliced.basis, _flag_share(traffic, level), errors,
        cohorts=cohorts, traffic=own, sets=labelled, presumed=passing, audited=_audited(sliced, own),
        first_at=first, last_at=last,
    )  # fmt: skip


def _audited(sliced: DetectorSlice, traffic: tuple[str, ...]) -> tuple[str, ...]:
    cohort = None if sliced.audit is None else sliced.audit.cohort
    return traffic if cohort is None else (cohort,)


def _cohorts(rows: pl.DataFrame) -> tuple[str, ...]:
    return tuple(rows["cohort"].unique().sort())


def _flag_share(traffic: pl.DataFrame, level: float) -> Number:
    counts = dict(traffic.group_by("verdict").agg(pl.col("count").sum()).iter_rows())
    excluded = tuple((verdict, counts[verdict]) for verdict in ("error", "skipped") if verdict in counts)
    flagged, total = counts.get("flag", 0), sum(counts.values())
    answered = total - sum(n for _, n in excluded)
    return proportion(flagged, Coverage(answered, total, excluded), level, NO_VERDICT)


def _changes(earlier: Point, later: Point) -> Iterator[Change]:
    for metric in METRICS:
        difference = _difference(metric, earlier, later)
        yield Change(metric, earlier, later, difference, _excludes_0(difference))


def _on_sets(detectors: Detectors, earlier: Point, later: Point) -> Iterator[Change]:
    """What two versions showed on each labelled set of both, where they rest on other items as a whole."""
    apart = [metric for metric in OF_TRUTH if _incomparable(metric, earlier, later)]
    both = sorted({*earlier.sets} & {*later.sets}) if apart else []
    for part in (Part("cohort", name) for name in both):
        points = [_point(detectors, each.unit, part) for each in (earlier, later)]
        yield from (each for each in _changes(*points) if each.metric in apart)


def _excludes_0(number: Number) -> bool:
    if isinstance(number, Undefined):
        return False
    is_above = number.low is not None and number.low > 0
    is_below = number.high is not None and number.high < 0
    return is_above or is_below


def _difference(metric: str, earlier: Point, later: Point) -> Number:
    """Zou and Donner (2008), DOI 10.1002/sim.3095; of two Wilson intervals it is Newcombe's."""
    before, after = earlier.number(metric), later.number(metric)
    coverage = after.coverage.with_other(before.coverage)
    missing = [each for each in (before, after) if isinstance(each, Undefined)]
    if missing or isinstance(before, Undefined) or isinstance(after, Undefined):
        return Undefined(missing[0].reason, 0, coverage, POINTS)
    why_not = _incomparable(metric, earlier, later)
    one, other = _limits(after), _limits(before)
    if why_not or one is None or other is None:
        return Undefined(why_not or NO_INTERVAL, before.n + after.n, coverage, POINTS)
    found = combined(one, other)
    return Estimate(
        found.value, found.low, found.high, after.level, POINTS, COMBINED,
        after.numerator, before.numerator, before.n + after.n, coverage,
    )  # fmt: skip


def _limits(number: Estimate) -> Limits | None:
    return (
        None if number.low is None or number.high is None else Limits(number.value, number.low, number.high)
    )


def _incomparable(metric: str, earlier: Point, later: Point) -> str:
    cohorts = [point.rests_on(metric) for point in (earlier, later)]
    if cohorts[0] != cohorts[1]:
        return OTHER_COHORTS.format(*(", ".join(names) or "none" for names in cohorts))
    if metric in OF_TRUTH and earlier.basis != later.basis:
        return OTHER_BASIS.format(earlier.basis, later.basis)
    return ""


def _drift(detectors: Detectors, earlier: Point, later: Point) -> Drift:
    (before, kinds), (after, other_kinds) = (_scores(detectors, point) for point in (earlier, later))
    counts = len(before), len(after)
    coverage = Coverage(sum(counts), sum(counts))
    why_not = OTHER_KIND if kinds != other_kinds else _incomparable(FLAGS, earlier, later)
    found = None if why_not else kolmogorov_distance(before, after, detectors.confidence)
    if found is None:
        unknown = Undefined(NO_SCORE if not all(counts) else why_not, sum(counts), coverage, DISTANCE)
        return Drift(earlier, later, unknown, *counts, is_marked=False)
    distance = Estimate(
        found.value, found.low, found.high, detectors.confidence, DISTANCE, BANDS,
        found.value, 1, sum(counts), coverage,
    )  # fmt: skip
    return Drift(earlier, later, distance, *counts, is_marked=found.low > 0)


def _scores(detectors: Detectors, point: Point) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Its scores on traffic, and of which kinds they are."""
    is_wanted = is_of_part(point.part) & is_traffic(detectors.tally)
    asked = of_unit(detectors.judged, point.unit).filter(is_wanted)
    rows = asked.filter(pl.col("score").is_not_null()).select("score", "score_kind").collect()
    return rows["score"].to_numpy(), tuple(rows["score_kind"].unique().sort())
