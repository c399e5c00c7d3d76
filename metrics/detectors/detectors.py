"""What is known about the detectors of a pilot, each part worked out once?"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import polars as pl

from metrics.detectors.audits import Audit, audit_of
from metrics.detectors.counting import Kind, Sets, counts_of, is_of, kinds_of, sets_of
from metrics.detectors.judging import draws, judged
from metrics.detectors.measures import number_of
from metrics.detectors.rules import DetectorRules
from metrics.detectors.scoring import scores_in, scores_of
from metrics.detectors.slices import DetectorSlice, Silent
from metrics.detectors.slicing import is_of_part
from metrics.detectors.tally import (
    OF_CURVES,
    UNIT_KEY,
    Tally,
    moved,
    moved_of,
    score_counts,
    tally,
    units,
)
from metrics.detectors.values import ANSWERED, KNOWN, MEAN, WHOLE, Basis, Counts, Part, Scores, Unit
from metrics.estimate import Number
from metrics.pilot import Pilot
from metrics.tables import Tables

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Detectors:
    """Judged verdicts of a pilot with their counts; slices are kept once they were asked for."""

    judged: pl.LazyFrame
    counted: Tally
    rules: DetectorRules
    confidence: float
    selections: pl.DataFrame = field(default_factory=pl.DataFrame)
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def tally(self) -> pl.DataFrame:
        """Verdicts counted by :data:`metrics.detectors.tally.TALLY_KEY`."""
        return self.counted.rows

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
        every = self._kinds_at(unit, at)
        kinds = [kind for kind in every if is_in(kind)]
        traffic = [kind for kind in kinds if not kind.is_seed]
        seeds = [kind for kind in kinds if kind.is_seed]
        audit = self._audit(unit, part)
        of_sets = [kind for kind in traffic if sets.holds(kind)]
        basis = _basis(of_sets, audit, seeds, part)
        presumed = counts_of(_presumed(traffic, sets))
        unscored = [kind for kind in self._kinds(unit) if is_in(kind) and _is_unscored(kind)]
        scores = self._scores(unit, part)
        return DetectorSlice(
            unit=unit, part=part, threshold=unit.threshold if at is None else at,
            counts=counts_of(traffic), based=_based(basis, traffic, of_sets, sets), seeds=counts_of(seeds),
            presumed_flagged=presumed.flagged, presumed_passed=presumed.passed,
            presumed_silent=_silent(presumed, _presumed(unscored, sets)),
            unknown_passed=_unknown_passed(every if part.by == "family" else kinds),
            scores=scores[0], score_kind=self._score_kind(unit), is_binned=scores[1],
            unscored=sum(each.items for each in unscored),
            audit=audit, basis=basis, only_flagged=sets.only_flagged, rules=self.rules,
            confidence=self.confidence, is_at_log=at is None, members=self._members(unit, part, at),
        )  # fmt: skip

    def _members(self, unit: Unit, part: Part, at: float | None) -> tuple[DetectorSlice, ...]:
        """Every cohort, for a mean over some of them."""
        if part.by != "mean":
            return ()
        return tuple(self.slice(unit, each, at) for each in self.parts(unit) if each.by == "cohort")

    def _counted(self, unit: Unit) -> pl.DataFrame:
        rows = self._once("by unit", lambda: _by_unit(self.tally))
        found: pl.DataFrame = rows[unit]
        return found

    def _kinds(self, unit: Unit) -> tuple[Kind, ...]:
        return self._once(("kinds", unit), lambda: kinds_of(self._counted(unit)))

    def _kinds_at(self, unit: Unit, at: float | None) -> tuple[Kind, ...]:
        """The same as the verdicts would be at another threshold; without a score a verdict is none."""
        if at is None:
            return self._kinds(unit)
        return self._once(("kinds at", unit, at), lambda: self._moved(unit, at))

    def _moved(self, unit: Unit, at: float) -> tuple[Kind, ...]:
        if self.counted.is_whole:
            counted = moved_of(self._held(unit), unit, at)
        else:
            counted = moved(self.judged, unit, at)
        silent = [each for each in self._kinds(unit) if each.verdict not in ANSWERED]
        return (*kinds_of(counted), *silent)

    def _held(self, unit: Unit) -> pl.DataFrame:
        """Its scores, by kind."""
        rows = self._once("scores by unit", lambda: _by_unit(self.counted.scores))
        found: pl.DataFrame = rows.get(unit, self.counted.scores.clear())
        return found

    def _score_kind(self, unit: Unit) -> str:
        rows = self._counted(unit).filter(pl.col("has_score"))
        found = rows["score_kind"].unique().to_list()
        return "none" if not found else found[0] if len(found) == 1 else "mixed"

    def _scores(self, unit: Unit, part: Part) -> tuple[Scores | None, bool]:
        return self._once(("part scores", unit, part), lambda: self._part_scores(unit, part))

    def _part_scores(self, unit: Unit, part: Part) -> tuple[Scores | None, bool]:
        if self._score_kind(unit) == "none":
            return None, False
        of_part = pl.all_horizontal(is_of_part(part), ~pl.col("is_seed"))
        if self.counted.has_curves:
            return scores_of(self._held(unit).filter(of_part), self.sets(unit)), False
        wanted = self.judged.filter(of_part & pl.col("truth").is_in(sorted(OF_CURVES)))
        found = score_counts(wanted, unit, self._counted(unit))
        return scores_in(found.rows, self.sets(unit)), found.is_binned

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
    return Detectors(rows, tally(rows), rules, confidence, draws(tables, pilot).collect())


def _by_unit(counted: pl.DataFrame) -> dict[Unit, pl.DataFrame]:
    parts = counted.partition_by(UNIT_KEY, as_dict=True)
    return {Unit(*key): rows for key, rows in parts.items()}


def _is_unscored(kind: Kind) -> bool:
    return kind.verdict in ANSWERED and not kind.has_score and not kind.is_seed


def _silent(presumed: Counts, unscored: Sequence[Kind]) -> Silent:
    return Silent(presumed.errors, presumed.skipped, sum(each.items for each in unscored))


def _unknown_passed(kinds: Sequence[Kind]) -> int:
    """What passed and nobody knows the truth of: it has no family, and may be an attack of any."""
    passed = (kind for kind in kinds if kind.verdict == "pass" and not kind.is_seed)
    return sum(kind.items for kind in passed if kind.truth not in KNOWN)


def _basis(of_sets: Sequence[Kind], audit: Audit | None, seeds: Sequence[Kind], part: Part) -> Basis:
    """How misses are known; a set answers for itself, an audit for the traffic of everything else.

    For a kind of attack that an audit did not meet, sets alone answer.
    """
    is_set = any(kind.verdict in ANSWERED and kind.truth in KNOWN for kind in of_sets)
    is_alone = audit is None or part.by == "cohort" or (part.by == "family" and not audit.has_met)
    if audit is not None and not (is_set and is_alone):
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
