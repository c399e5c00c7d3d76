"""Can the verdicts and labels of a detector be believed, and what is missing from them?

One line for each thing that can go wrong; what is in order is said too. Rows that could not be read at all
are in quarantine and on the page of data health.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from metrics.detectors.detectors import Detectors
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.slicing import is_of_unit
from metrics.detectors.tally import UNIT_KEY
from metrics.detectors.values import ANSWERED, Scores, Unit
from metrics.estimate import Estimate

State = Literal["good", "note", "warning"]

SERIOUS: Final = 0.05  # share of verdicts from which a gap is a warning
REACHABLE: Final = 0.01  # share of benign items at the highest score from which low rates cannot be reached
FEW_VALUES: Final = 20  # so few distinct scores could be somebody's levels
PURE: Final = 0.98  # share of labels that follow from the score, from which they may have been made of it
FEWEST: Final = 10  # items of each sort before anything is said of labels and scores
CERTAIN: Final = 30  # the same where scores are many: a perfect split of fewer happens
SUPPOSED: Final = (0.005, 0.01)  # shares of attacks that traffic which passes for benign may hold
UNTOLD: Final = "unknown"  # version of a detector that tells none


@dataclass(frozen=True)
class HealthLine:
    """One thing that is in order, worth knowing, or wrong."""

    unit: Unit | None  # None = of all detectors
    kind: str
    state: State
    sentence: str
    count: int  # items that it is about
    total: int  # of how many


@dataclass(frozen=True, eq=False)
class _Seen:
    """What is looked at for one unit."""

    unit: Unit
    rows: pl.DataFrame  # of the tally
    whole: DetectorSlice
    checked: dict[str, int]  # of _checked
    detectors: Detectors

    def count(self, holds: pl.Expr) -> int:
        """Verdicts for which it holds."""
        return int(self.rows.filter(holds)["count"].sum())

    def line(self, kind: str, state: State, sentence: str, count: tuple[int, int]) -> HealthLine:
        """A line about this unit."""
        return HealthLine(self.unit, kind, state, sentence, *count)


Look = Callable[[_Seen], Iterator[HealthLine]]


def health(detectors: Detectors) -> tuple[HealthLine, ...]:
    """Every line of every unit, in the order of units and of LOOKS; empty without verdicts."""
    checked = _checked(detectors)
    return tuple(
        line
        for unit in detectors.units
        for seen in (_seen(detectors, unit, checked),)
        for look in LOOKS
        for line in look(seen)
    )


def _seen(detectors: Detectors, unit: Unit, checked: pl.DataFrame) -> _Seen:
    rows = detectors.tally.filter(is_of_unit(unit))
    found = checked.filter(is_of_unit(unit)).drop(UNIT_KEY).row(0, named=True)
    return _Seen(unit, rows, detectors.slice(unit), found, detectors)


def _checked(detectors: Detectors) -> pl.DataFrame:
    """Per unit what only its rows can tell: repeated texts, verdicts against scores, labels that saw them."""
    score, threshold = pl.col("score"), pl.col("threshold")
    is_flagged = pl.when(pl.col("threshold_op") == ">").then(score > threshold).otherwise(score >= threshold)
    is_answer, is_persons = pl.col("verdict").is_in(ANSWERED), pl.col("basis_kind") == "human"
    against = is_answer & (is_flagged != (pl.col("verdict") == "flag"))
    found = detectors.judged.with_columns(pl.col("threshold_op").fill_null(">=")).group_by(UNIT_KEY).agg(
        hashed=pl.col("content_sha256").count(),
        texts=pl.col("content_sha256").drop_nulls().n_unique(),
        compared=(is_answer & is_flagged.is_not_null()).sum(),
        against=against.fill_null(value=False).sum(),
        labelled=is_persons.sum(),
        saw_score=(is_persons & pl.col("all_saw_score").fill_null(value=False)).sum(),
    )  # fmt: skip
    return found.collect(engine="streaming")


def _gap(kind: str, holds: pl.Expr, words: str, fine: str, among: pl.Expr | None = None) -> Look:
    """A share of verdicts that should be small."""

    def look(seen: _Seen) -> Iterator[HealthLine]:
        of = pl.lit(value=True) if among is None else among
        count, total = seen.count(of & holds), seen.count(of)
        if not total:
            return
        yield seen.line(kind, _state(count, total), _said(count, total, words, fine), (count, total))

    return look


def _state(count: int, total: int) -> State:
    if not count:
        return "good"
    return "warning" if count >= SERIOUS * total else "note"


def _said(count: int, total: int, words: str, fine: str) -> str:
    return f"{count:,} of {total:,} {words}" if count else fine


def _duplicates(seen: _Seen) -> Iterator[HealthLine]:
    hashed, texts = seen.checked["hashed"], seen.checked["texts"]
    again, total = hashed - texts, seen.count(pl.lit(value=True))
    if not hashed:
        words = "No hash of the texts is told: repeated ones cannot be seen"
        yield seen.line("duplicates", "note", words, (0, total))
        return
    words = "items repeat the text of another: intervals take them for independent and are too short"
    yield seen.line(
        "duplicates", _state(again, hashed), _said(again, hashed, words, "No text repeats"), (again, hashed)
    )  # fmt: skip


def _missing_scores(seen: _Seen) -> Iterator[HealthLine]:
    is_answer = pl.col("verdict").is_in(ANSWERED)
    total = seen.count(is_answer)
    without = seen.count(is_answer & ~pl.col("has_score"))
    if without == total:
        words = "It gives no scores: only its verdicts can be judged"
        yield seen.line("scores", "note", words, (without, total))
        return
    words = "verdicts have no score: curves leave them out"
    yield seen.line(
        "scores", _state(without, total), _said(without, total, words, "Every verdict has a score"),
        (without, total),
    )  # fmt: skip


def _against_score(seen: _Seen) -> Iterator[HealthLine]:
    against, compared = seen.checked["against"], seen.checked["compared"]
    words = "verdicts are not what their score gives at the threshold: scores may be of another version"
    if against:
        yield seen.line("threshold", "warning", f"{against:,} of {compared:,} {words}", (against, compared))
    elif seen.unit.threshold is None:
        words = "Its threshold is not told: numbers are of whatever it was"
        yield seen.line("threshold", "note", words, (0, compared))


def _version(seen: _Seen) -> Iterator[HealthLine]:
    total = seen.count(pl.lit(value=True))
    if seen.unit.version == UNTOLD:
        words = "Its version is not told: numbers may mix several detectors"
        yield seen.line("version", "warning", words, (total, total))


def _saw_score(seen: _Seen) -> Iterator[HealthLine]:
    saw, labelled = seen.checked["saw_score"], seen.checked["labelled"]
    if saw:
        words = "items were labelled only by people who knew a verdict or score: such labels follow it"
        state: State = "warning" if 2 * saw >= labelled else "note"
        yield seen.line("blind", state, f"{saw:,} of {labelled:,} {words}", (saw, labelled))


def _made_of_score(seen: _Seen) -> Iterator[HealthLine]:
    scores = seen.whole.scores
    if scores is None or not _follows(scores):
        return
    follow, total = _majority(scores)
    words = "labels follow from the score alone: they may have been made of it, and rates mean nothing then"
    yield seen.line("circular", "warning", f"{follow:,} of {total:,} {words}", (follow, total))


def _follows(scores: Scores) -> bool:
    """Whether labels are nearly a function of the score: of few levels, or split without any error."""
    fewest = int(min(scores.attacks.sum(), scores.benign.sum()))
    follow, total = _majority(scores)
    told = (scores.attacks + scores.benign) > 0
    is_levels = int(told.sum()) <= FEW_VALUES and fewest >= FEWEST and follow >= PURE * total
    return is_levels or (fewest >= CERTAIN and _is_split(scores))


def _majority(scores: Scores) -> tuple[int, int]:
    """How many labels are those that most items of the same score have, of how many."""
    most = np.maximum(scores.attacks, scores.benign)
    return int(most.sum()), int(scores.attacks.sum() + scores.benign.sum())


def _is_split(scores: Scores) -> bool:
    """Whether every attack has a higher score than every benign item."""
    attacks, benign = (np.flatnonzero(each) for each in (scores.attacks, scores.benign))
    return bool(attacks[-1] < benign[0])


def _saturated(seen: _Seen) -> Iterator[HealthLine]:
    scores = seen.whole.scores
    if scores is None:
        return
    for benign, words in ((scores.benign, "benign items"), (scores.presumed, "items presumed benign")):
        total = int(benign.sum())
        count = int(benign[0]) if total else 0
        if count > 1 and count >= REACHABLE * total:
            said = (
                f"have its highest score: no threshold gives a rate of false alarms below {count / total:.2%}"
            )
            yield seen.line("saturated", "warning", f"{count:,} of {total:,} {words} {said}", (count, total))


def _reversed(seen: _Seen) -> Iterator[HealthLine]:
    area = seen.detectors.number("detector_auc", seen.unit)
    if isinstance(area, Estimate) and area.high is not None and area.high < 1 / 2:
        words = (
            f"Attacks have lower scores than benign items (AUC {area.value:.3f}): is a low score risky here?"
        )
        yield seen.line("polarity", "warning", words, (area.n, area.n))


def _few_attacks(seen: _Seen) -> Iterator[HealthLine]:
    fewest = seen.detectors.rules.smallest_sample
    for part in seen.detectors.parts(seen.unit):
        attacks = seen.detectors.slice(seen.unit, part).counts.attacks if part.by == "cohort" else 0
        if 0 < attacks < fewest:
            words = f"Cohort {part.value} has {attacks} attacks: its share of misses says little"
            yield seen.line("attacks", "note", words, (attacks, fewest))


def _only_flagged(seen: _Seen) -> Iterator[HealthLine]:
    for name in sorted(seen.detectors.sets(seen.unit).names):
        is_in = (pl.col("cohort") == name) & ~pl.col("is_seed")
        flagged, passed = (seen.count(is_in & (pl.col("verdict") == verdict)) for verdict in ANSWERED)
        if not passed:
            words = "flagged items only: if it was made of what was flagged, no miss can be in it"
            yield seen.line("chosen", "warning", f"Cohort {name} has {flagged:,} {words}", (flagged, flagged))


def _presumed(seen: _Seen) -> Iterator[HealthLine]:
    counts = seen.whole.counts
    total = counts.presumed_flagged + counts.presumed_passed
    if not total:
        return
    words = f"{total:,} items are presumed benign, nobody has labelled them"
    yield seen.line("presumed", "note", words + _if_attacks(seen), (total, total))


def _if_attacks(seen: _Seen) -> str:
    """What the rate of false alarms would be, if some of them were attacks."""
    missed, observed = (
        seen.detectors.number(metric, seen.unit) for metric in ("detector_fnr", "detector_fpr_presumed")
    )
    if not isinstance(missed, Estimate) or not isinstance(observed, Estimate):
        return ""
    rate = observed.value
    rates = [max(cleaned(rate, 1 - missed.value, share), 0.0) for share in SUPPOSED]
    told = " and ".join(
        f"{cleaner:.2%} if {share:.1%} are attacks" for cleaner, share in zip(rates, SUPPOSED, strict=True)
    )
    return f": the rate of false alarms is {rate:.2%} if none is an attack, {told}"


def cleaned(observed: float, catch: float, share: float) -> float:
    """Rate of false alarms on items of which a share are attacks after all, caught as often as others.

    Below 0 there cannot be as many attacks as supposed.

    >>> [round(cleaned(0.0124, 0.891, share), 4) for share in (0.005, 0.01)]
    [0.008, 0.0035]
    """
    return (observed - share * catch) / (1 - share)


def _seeds(seen: _Seen) -> Iterator[HealthLine]:
    planted, total = seen.count(pl.col("is_seed")), seen.count(pl.lit(value=True))
    if planted:
        words = "items were planted: they are in no rate of traffic"
        yield seen.line("seeds", "note", f"{planted:,} of {total:,} {words}", (planted, total))


_IS_TRAFFIC: Final = ~pl.col("is_seed")
LOOKS: Final[tuple[Look, ...]] = (
    _version,
    _gap(
        "errors", pl.col("verdict") == "error", "items ended in an error: that is no pass",
        "No item ended in an error",
    ),
    _gap("skipped", pl.col("verdict") == "skipped", "items were skipped: nothing looked", "None was skipped"),
    _duplicates,
    _gap(
        "labels", pl.col("truth") == "unlabelled", "items have no label: what they are is not known",
        "Every item has a label", _IS_TRAFFIC & (pl.col("truth") != "presumed"),
    ),
    _gap(
        "unclear", pl.col("truth") == "unclear", "items are unclear: unsure, or annotators disagree",
        "No label is unclear", _IS_TRAFFIC & ~pl.col("truth").is_in(["unlabelled", "presumed"]),
    ),
    _missing_scores,
    _against_score,
    _gap(
        "times", pl.col("week").is_null(), "items tell no time: they are in no week",
        "Every item tells a time", ~pl.col("is_of_set"),
    ),
    _saw_score,
    _made_of_score,
    _saturated,
    _reversed,
    _few_attacks,
    _only_flagged,
    _presumed,
    _seeds,
)  # fmt: skip
