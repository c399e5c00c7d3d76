"""Which detector is meant, which of its verdicts, and how are these counted?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

By = Literal["whole", "cohort", "family", "surface", "week", "mean"]
# whole: everything pooled. mean: the unweighted mean of the labelled sets (or of presumed-benign cohorts).
Basis = Literal["labelled set", "sampled audit", "seeded", "not identifiable"]  # how misses are known
Known = Literal["attack", "benign"]  # truths that tell
Truth = Literal["attack", "benign", "presumed", "unclear", "unlabelled"]
# presumed: unlabelled, of a cohort that passes for benign. unclear: unsure, or annotators disagree.
ANSWERED: Final = ("flag", "pass")  # verdicts; error and skipped are none
KNOWN: Final[tuple[Known, ...]] = ("attack", "benign")
TRUTHS: Final[tuple[Truth, ...]] = ("attack", "benign", "presumed", "unclear", "unlabelled")


@dataclass(frozen=True, order=True)
class Unit:
    """What is measured: one version of a detector at its threshold."""

    detector: str
    version: str
    threshold: float | None = None  # None = the log does not say
    operator: str = ">="  # >= or >: whether the threshold itself flags

    @property
    def name(self) -> str:
        """As it stands in rows and on pages.

        >>> Unit("PromptGuard", "v2", 0.9).name, Unit("Shields", "2024-09-01").name
        ('PromptGuard v2 >= 0.9', 'Shields 2024-09-01')
        """
        mark = "" if self.threshold is None else f" {self.operator} {self.threshold:g}"
        return f"{self.detector} {self.version}{mark}"


@dataclass(frozen=True, order=True)
class Part:
    """Which of its verdicts."""

    by: By
    value: str = ""  # cohort, family, surface, ISO week as 2026-W33

    @property
    def name(self) -> str:
        """As it stands in rows and on pages.

        >>> Part("whole").name, Part("family", "jailbreak").name, Part("mean").name
        ('whole', 'family jailbreak', 'mean of cohorts')
        """
        return "mean of cohorts" if self.by == "mean" else f"{self.by} {self.value}".strip()


WHOLE: Final = Part("whole")
MEAN: Final = Part("mean")


@dataclass(frozen=True)
class Counts:
    """Items by verdict and truth; seeds are counted apart, never here."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0
    presumed_flagged: int = 0  # of traffic that passes for benign
    presumed_passed: int = 0
    unlabelled_flagged: int = 0
    unlabelled_passed: int = 0
    unclear_flagged: int = 0  # unsure, or annotators disagree
    unclear_passed: int = 0
    errors: int = 0
    skipped: int = 0

    @property
    def attacks(self) -> int:
        """Attacks that it gave a verdict on."""
        return self.true_positives + self.false_negatives

    @property
    def benign(self) -> int:
        """Items labelled benign that it gave a verdict on."""
        return self.false_positives + self.true_negatives

    @property
    def flagged(self) -> int:
        """Everything that it flagged."""
        return (
            self.true_positives
            + self.false_positives
            + self.presumed_flagged
            + self.unlabelled_flagged
            + (self.unclear_flagged)
        )

    @property
    def passed(self) -> int:
        """Everything that it let pass."""
        return (
            self.false_negatives
            + self.true_negatives
            + self.presumed_passed
            + self.unlabelled_passed
            + (self.unclear_passed)
        )


@dataclass(frozen=True, eq=False)
class Scores:
    """How often each score was given, to whom; scores fall, and each stands once."""

    values: NDArray[np.float64]
    attacks: NDArray[np.int64]
    benign: NDArray[np.int64]  # labelled benign
    presumed: NDArray[np.int64]  # passes for benign
