"""What is known about the detectors of a pilot, each part worked out once?"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import polars as pl

from metrics.detectors.audits import Audit, audit_of
from metrics.detectors.counting import LABELLED, Kind, Sets, counts_of, is_of, kinds_of, sets_of
from metrics.detectors.judging import draws, judged
from metrics.detectors.measures import number_of
from metrics.detectors.rules import DetectorRules
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.slicing import is_of_part
from metrics.detectors.tally import ANSWERED, UNIT_KEY, ScoreCounts, kept, score_counts, tally, units
from metrics.detectors.values import MEAN, WHOLE, Basis, Counts, Part, Scores, Unit
from metrics.estimate import Number
from metrics.pilot import Pilot
from metrics.tables import Tables

T = TypeVar("T")
_OF_SCORES = ("whole", "mean", "cohort")  # parts that a table of scores can tell apart


@dataclass(frozen=True, eq=False)
class Detectors:
    """Judged verdicts of a pilot with their counts; slices are kept once they were asked for."""

    judged: pl.LazyFrame
    tally: pl.DataFrame
    rules: DetectorRules
    confidence: float
    selections: pl.DataFrame = field(default_factory=pl.DataFrame)
    counted: pl.LazyFrame | None = None  # the same verdicts with what is counted alone; None = `judged`
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Every version of every detector at its threshold, sorted."""
        return units(self.tally)

    def parts(self, unit: Unit) -> tuple[Part, ...]:
        """Whole, mean (of two sets or more), cohorts, families, surfaces and weeks that there are."""
        kinds, sets = self._kinds(unit), self.sets(unit)
        has_mean = len(sets.names) > 1 or len(sets.presumed) > 1
        families = [kind for kind in kinds if kind.truth == "attack"]
        found = [
            Part(by, value)  # type: ignore[arg-type]
            for by, among in (("cohort", kinds), ("family", families), ("surface", kinds), ("week", kinds))
            for value in sorted({getattr(kind, by) for kind in among} - {None})
        ]
        return (WHOLE, *((MEAN,) if has_mean else ()), *found)

    def sets(self, unit: Unit) -> Sets:
        """Which cohorts are labelled sets, or pass for benign."""
        return self._once(("sets", unit), lambda: sets_of(self._kinds(unit)))

    def span(self, unit: Unit) -> tuple[datetime | None, datetime | None]:
        """First and last verdict of a unit; None where no time is told."""
        rows = self._counted(unit)
        return rows["first_at"].min(), rows["last_at"].max()  # type: ignore[return-value]

    def slice(self, unit: Unit, part: Part = WHOLE, at: float | None = None) -> DetectorSlice:
        """One part of a unit's verdicts; `at` another threshold, by its scores.

        Raises
        ------
        ValueError
            The detectors know no such unit.
        """
        if unit not in self.units:
            names = ", ".join(each.name for each in self.units) or "none"
            raise ValueError(f"no verdicts of {unit.name}; there are those of: {names}")
        wanted = None if at is None or at == unit.threshold else at
        return self._once(("slice", unit, part, wanted), lambda: self._slice(unit, part, wanted))

    def number(self, metric: str, unit: Unit, part: Part = WHOLE, at: float | None = None) -> Number:
        """One number of the catalogue's detector metrics; KeyError where there is no such metric."""
        return self._once(
            ("number", metric, unit, part, at), lambda: number_of(metric, self.slice(unit, part, at))
        )

    def _slice(self, unit: Unit, part: Part, at: float | None) -> DetectorSlice:
        sets, is_in = self.sets(unit), is_of(part)
        kinds = [kind for kind in self._kinds_at(unit, part, at) if is_in(kind)]
        traffic = [kind for kind in kinds if not kind.is_seed]
        seeds = [kind for kind in kinds if kind.is_seed]
        audit = self._audit(unit, part)
        of_sets = [kind for kind in traffic if sets.holds(kind)]
        basis = _basis(of_sets, audit, seeds, part)
        presumed = counts_of(_presumed(traffic, sets))
        scores = self._scores(unit, part)
        return DetectorSlice(
            unit=unit, part=part, threshold=unit.threshold if at is None else at,
            counts=counts_of(traffic), based=_based(basis, traffic, of_sets, sets), seeds=counts_of(seeds),
            presumed_flagged=presumed.flagged, presumed_passed=presumed.passed,
            scores=scores[0], score_kind=self._score_kind(unit), is_binned=scores[1],
            unscored=sum(each.items for each in self._kinds(unit) if is_in(each) and _is_unscored(each)),
            audit=audit, basis=basis, only_flagged=sets.only_flagged, rules=self.rules,
            confidence=self.confidence, is_at_log=at is None, members=self._members(unit, part, at),
        )  # fmt: skip

    def _members(self, unit: Unit, part: Part, at: float | None) -> tuple[DetectorSlice, ...]:
        """Every cohort, for a mean over some of them."""
        if part.by != "mean":
            return ()
        return tuple(self.slice(unit, each, at) for each in self.parts(unit) if each.by == "cohort")

    @property
    def _rows(self) -> pl.LazyFrame:
        return self.judged if self.counted is None else self.counted

    def _counted(self, unit: Unit) -> pl.DataFrame:
        rows = self._once("by unit", lambda: _by_unit(self.tally))
        found: pl.DataFrame = rows[unit]
        return found

    def _kinds(self, unit: Unit) -> tuple[Kind, ...]:
        return self._once(("kinds", unit), lambda: kinds_of(self._counted(unit)))

    def _kinds_at(self, unit: Unit, part: Part, at: float | None) -> tuple[Kind, ...]:
        """The same as the verdicts would be at another threshold; without a score a verdict is none."""
        if at is None:
            return self._kinds(unit)
        place = part if part.by not in _OF_SCORES else WHOLE
        return self._once(("kinds at", unit, place, at), lambda: self._moved(unit, place, at))

    def _moved(self, unit: Unit, part: Part, at: float) -> tuple[Kind, ...]:
        score = pl.col("score")
        is_flagged = score > at if unit.operator == ">" else score >= at
        verdict = pl.when(is_flagged).then(pl.lit("flag")).otherwise(pl.lit("pass"))
        rows = self._score_counts(unit, part).rows.with_columns(verdict=verdict)
        keys = ("cohort", "truth", "basis_kind", "is_of_set", "is_seed", "verdict")
        counted = rows.group_by(keys).agg(pl.col("count").sum())
        counted = counted.with_columns(pl.col(pl.Categorical).cast(pl.String)).sort(keys, nulls_last=True)
        told = counted.with_columns(
            *(pl.lit(part.value if part.by == by else None, pl.String).alias(by)
              for by in ("family", "surface", "week")), has_score=pl.lit(value=True),
        )  # fmt: skip
        is_in = is_of(part)
        silent = [each for each in self._kinds(unit) if is_in(each) and each.verdict not in ANSWERED]
        return (*kinds_of(told), *silent)

    def _score_kind(self, unit: Unit) -> str:
        rows = self._counted(unit).filter(pl.col("has_score"))
        found = rows["score_kind"].unique().to_list()
        return "none" if not found else found[0] if len(found) == 1 else "mixed"

    def _score_counts(self, unit: Unit, part: Part) -> ScoreCounts:
        place = part if part.by not in _OF_SCORES else WHOLE
        return self._once(
            ("scores", unit, place),
            lambda: score_counts(self._rows.filter(is_of_part(place)), unit, self._counted(unit)),
        )

    def _scores(self, unit: Unit, part: Part) -> tuple[Scores | None, bool]:
        return self._once(("part scores", unit, part), lambda: self._part_scores(unit, part))

    def _part_scores(self, unit: Unit, part: Part) -> tuple[Scores | None, bool]:
        if self._score_kind(unit) == "none":
            return None, False
        counted = self._score_counts(unit, part)
        sets = self.sets(unit)
        rows = counted.rows.filter(~pl.col("is_seed"))
        rows = rows.filter(pl.col("cohort") == part.value) if part.by == "cohort" else rows
        return _scores(rows, sets), counted.is_binned

    def _audit(self, unit: Unit, part: Part) -> Audit | None:
        if self.selections.is_empty() or part.by == "mean":
            return None
        return self._once(("audit", unit, part), lambda: audit_of(self.judged, self.selections, unit, part))

    def _once(self, key: Hashable, work: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = work()
        found: T = self._kept[key]
        return found


def detectors(tables: Tables, pilot: Pilot, rules: DetectorRules, confidence: float) -> Detectors:
    """Everything about the detectors of a pilot.

    Parameters
    ----------
    tables
        Already cut at the moment of judgement.
    """
    rows = judged(tables, pilot, rules)
    every = int(tables.detections.select(pl.len()).collect().item())
    counted = kept(rows, every)
    return Detectors(
        rows, tally(counted), rules, confidence, draws(tables, pilot).collect(), counted
    )  # fmt: skip


def _by_unit(counted: pl.DataFrame) -> dict[Unit, pl.DataFrame]:
    parts = counted.partition_by(UNIT_KEY, as_dict=True)
    return {Unit(*key): rows for key, rows in parts.items()}


def _is_unscored(kind: Kind) -> bool:
    return kind.verdict in ANSWERED and not kind.has_score and not kind.is_seed


def _basis(of_sets: Sequence[Kind], audit: Audit | None, seeds: Sequence[Kind], part: Part) -> Basis:
    """How misses are known; a set answers for itself, an audit for the traffic of everything else."""
    is_set = any(kind.verdict in ANSWERED and kind.truth in LABELLED for kind in of_sets)
    if audit is not None and (part.by != "cohort" or not is_set):
        return "sampled audit"
    if is_set:
        return "labelled set"
    return "seeded" if any(kind.verdict in ANSWERED for kind in seeds) else "not identifiable"


def _based(basis: Basis, traffic: Sequence[Kind], of_sets: Sequence[Kind], sets: Sets) -> Counts:
    """What rates rest on; passed items that were not labelled by design count as nothing."""
    if basis == "labelled set":
        return counts_of(of_sets)
    others = counts_of(kind for kind in traffic if not sets.holds(kind))
    return replace(others, false_negatives=0, true_negatives=0)


def _presumed(traffic: Sequence[Kind], sets: Sets) -> list[Kind]:
    """Items of cohorts that pass for benign, but for attacks that were found: reviewed ones count too."""
    return [
        kind for kind in traffic
        if kind.cohort in sets.presumed and kind.truth != "attack" and not sets.holds(kind)
    ]  # fmt: skip


def _scores(rows: pl.DataFrame, sets: Sets) -> Scores:
    """Score counts of labelled sets, and of what passes for benign; scores fall."""
    cohort, truth, count = pl.col("cohort"), pl.col("truth"), pl.col("count")
    is_held = (pl.col("is_of_set") & cohort.is_in(sorted(sets.by_set))) | cohort.is_in(sorted(sets.by_people))
    is_presumed = cohort.is_in(sorted(sets.presumed)) & (truth != "attack") & ~is_held
    told = rows.select(
        "score",
        attacks=count * (is_held & (truth == "attack")),
        benign=count * (is_held & (truth == "benign")),
        presumed=count * is_presumed,
    )  # fmt: skip
    wanted = told.filter(pl.sum_horizontal("attacks", "benign", "presumed") > 0)
    return _summed(wanted.sort("score", descending=True))


def _summed(rows: pl.DataFrame) -> Scores:
    """Counts of each distinct score, of rows that are sorted by it."""
    values = rows["score"].to_numpy()
    starts = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
    counts = [rows[name].to_numpy() for name in ("attacks", "benign", "presumed")]
    summed = [np.add.reduceat(each, starts) if len(starts) else each for each in counts]
    return Scores(values[starts], *summed)
