"""How many items of each verdict and truth does a number rest on, and which labels make a labelled set?

A cohort is a labelled set where the truth of its items does not depend on what the detector said: nearly
everything is labelled, passed items as well as flagged ones, by labels that came with the set or by people.
In a half-labelled set it may be the misses that lack a label. That is judged for the whole cohort: items
without a label have no family, so that within a family everything is labelled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from metrics.detectors.values import ANSWERED, KNOWN, Counts, Part

NEARLY_ALL: Final = 0.99  # share of a cohort's items, of each verdict, that must be labelled


class Kind(NamedTuple):
    """Verdicts of one kind; the fields are columns of the tally."""

    cohort: str
    family: str | None
    surface: str | None
    week: str | None
    verdict: str
    truth: str
    basis_kind: str | None
    is_of_set: bool
    is_seed: bool
    has_score: bool
    items: int  # how many


def kinds_of(counted: pl.DataFrame) -> tuple[Kind, ...]:
    """A unit's rows of the tally; what a table of scores does not tell is none."""
    told = counted.with_columns(
        pl.lit(None, pl.String).alias(name)
        for name in ("family", "surface", "week")
        if name not in counted.columns
    )
    return tuple(Kind(*row) for row in told.rename({"count": "items"}).select(Kind._fields).iter_rows())


@dataclass(frozen=True)
class Sets:
    """Which cohorts of a unit are labelled sets."""

    by_set: frozenset[str]  # their own labels say what is true
    by_people: frozenset[str]  # people labelled nearly everything
    presumed: frozenset[str]  # cohorts that pass for benign
    only_flagged: bool = False  # the log tells of no passed item at all

    @property
    def names(self) -> frozenset[str]:
        """All labelled sets."""
        return self.by_set | self.by_people

    def holds(self, kind: Kind) -> bool:
        """Whether an item is of a labelled set."""
        of_own = kind.is_of_set and kind.cohort in self.by_set
        return not kind.is_seed and (of_own or kind.cohort in self.by_people)


def sets_of(kinds: Sequence[Kind]) -> Sets:
    """The labelled sets of a unit, by its verdicts at the log's threshold."""
    answered = [kind for kind in kinds if kind.verdict in ANSWERED and not kind.is_seed]
    if not any(kind.verdict == "pass" for kind in answered):
        return Sets(frozenset(), frozenset(), _presumed(answered), only_flagged=bool(answered))
    cohorts = {kind.cohort for kind in answered}
    by_set = frozenset(name for name in cohorts if _has_own_labels([k for k in answered if k.cohort == name]))
    by_people = frozenset(
        name for name in cohorts - by_set if _is_labelled([k for k in answered if k.cohort == name])
    )
    return Sets(by_set, by_people, _presumed(answered))


def _presumed(kinds: Iterable[Kind]) -> frozenset[str]:
    return frozenset(kind.cohort for kind in kinds if kind.truth == "presumed")


def _has_own_labels(kinds: Sequence[Kind]) -> bool:
    """Labels that came with a set, at nearly all of its items of either verdict."""
    verdicts = {kind.verdict for kind in kinds}
    return all(_own_share(kinds, verdict) >= NEARLY_ALL for verdict in verdicts)


def _own_share(kinds: Sequence[Kind], verdict: str) -> float:
    """Share of the items of a verdict with a label of the set."""
    of_verdict = [kind for kind in kinds if kind.verdict == verdict]
    return _sum(kind for kind in of_verdict if kind.is_of_set) / _sum(of_verdict)


def _is_labelled(kinds: Sequence[Kind]) -> bool:
    """A cohort of flagged items only shows nothing that was passed, however well it is labelled."""
    for verdict in ANSWERED:
        of_verdict = [kind for kind in kinds if kind.verdict == verdict]
        every, known = _sum(of_verdict), _sum(kind for kind in of_verdict if kind.truth in KNOWN)
        if (verdict == "pass" and not known) or known < NEARLY_ALL * every:
            return False
    return True


def _sum(kinds: Iterable[Kind]) -> int:
    return sum(kind.items for kind in kinds)


def is_of(part: Part) -> Callable[[Kind], bool]:
    """Whether a kind is of a part."""
    if part.by in {"whole", "mean"}:
        return lambda _: True
    return lambda kind: bool(getattr(kind, part.by) == part.value)


_NAMES: Final = {
    ("flag", "attack"): "true_positives",
    ("flag", "benign"): "false_positives",
    ("pass", "attack"): "false_negatives",
    ("pass", "benign"): "true_negatives",
    **{
        (verdict, truth): f"{truth}_{word}"
        for verdict, word in (("flag", "flagged"), ("pass", "passed"))
        for truth in ("presumed", "unlabelled", "unclear")
    },
}


def counts_of(kinds: Iterable[Kind]) -> Counts:
    """Items by verdict and truth."""
    found: Counter[str] = Counter()
    for kind in kinds:
        usual = {"error": "errors", "skipped": "skipped"}.get(kind.verdict)
        found[usual or _NAMES[kind.verdict, kind.truth]] += kind.items
    return Counts(**found)
