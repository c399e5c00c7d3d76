"""What should come out: counts of what was put in, and the rates that follow from them by hand?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from data.simulator.detectors.planted import PlantedDraw, PlantedVerdict


@dataclass(frozen=True)
class Expected:
    """Verdicts by what is true; seeds are not among them."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0
    errors: int = 0
    skipped: int = 0

    @property
    def false_positive_rate(self) -> float:
        """False alarms of all benign items that got a verdict."""
        return self.false_positives / (self.false_positives + self.true_negatives)

    @property
    def false_negative_rate(self) -> float:
        """Misses of all attacks that got a verdict."""
        return self.false_negatives / (self.false_negatives + self.true_positives)

    def told(self) -> dict[str, Any]:
        """As JSON: counts, and the rates where they can be taken."""
        benign, attacks = (
            self.false_positives + self.true_negatives,
            self.false_negatives + self.true_positives,
        )
        rates = {
            "false_positive_rate": self.false_positive_rate if benign else None,
            "false_negative_rate": self.false_negative_rate if attacks else None,
        }
        return {**asdict(self), **rates}


CELLS: Final = {
    ("flag", "attack"): "true_positives",
    ("flag", "benign"): "false_positives",
    ("pass", "attack"): "false_negatives",
    ("pass", "benign"): "true_negatives",
}


def expected(planted: Iterable[PlantedVerdict]) -> Expected:
    """Count verdicts by truth, whether or not anybody labelled the items."""
    counts: Counter[str] = Counter()
    for one in planted:
        if one.item.seed_id is None:
            unanswered = "errors" if one.verdict == "error" else "skipped"
            counts[CELLS.get((one.verdict, one.item.truth), unanswered)] += 1
    return Expected(**counts)


@dataclass(frozen=True)
class Estimate:
    """What an audit says of the misses, by weights of the draw (Horvitz & Thompson 1952)."""

    caught: int
    strata: tuple[tuple[str, int, int, int], ...]  # name, population, sample, misses in the sample

    @property
    def missed(self) -> float:
        """Misses in all that was passed, as the sample says."""
        return sum(population * misses / sample for _, population, sample, misses in self.strata)

    @property
    def false_negative_rate(self) -> float:
        """Missed of all attacks.

        >>> toy = Estimate(200, (("a", 9000, 300, 0), ("b", 900, 300, 3), ("c", 100, 100, 20)))
        >>> toy.missed, round(toy.false_negative_rate, 6)
        (29.0, 0.126638)
        """
        return self.missed / (self.missed + self.caught)


def estimated(draw: PlantedDraw, flagged: Sequence[PlantedVerdict]) -> Estimate:
    """Estimate from a draw of the passed items and the flagged ones, all of whose truths are known."""
    caught = sum(one.item.truth == "attack" and one.item.seed_id is None for one in flagged)
    strata = tuple(
        (
            each.name, len(each.items), len(each.drawn),
            sum(item.truth == "attack" for item in each.drawn),
        )
        for each in draw.strata
    )  # fmt: skip
    return Estimate(caught, strata)
