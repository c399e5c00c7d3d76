"""How far do annotators agree, on what do they disagree, and who settled it?

People and judges apart: a judge is a program, and its agreement with another says nothing of truth. Words are
the annotators' own (`choice`) where they are told, else the label; unsure is a word like any other. Of each
annotator the latest label stands; what settles a disagreement is no label of its own. No item is chosen by
how many people labelled it: where a third opinion is asked for on what two dispute, only items that nobody
doubted would be left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.detectors.stating import proportion
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.dawid_skene import fit
from metrics.statistics.kappa import Kappa, cohen, fleiss

Place = Literal["design", "cohort", "whole"]
Kind = Literal["human", "judge"]
Codes = npt.NDArray[np.int64]

KINDS: Final[tuple[Kind, ...]] = ("human", "judge")
NOBODY: Final = -1  # code of an item that an annotator did not label
LEVEL: Final = 0.95
PAIR: Final = 2
FEWEST: Final = 3  # annotators from whom it can be told who confuses what
SENSITIVITY: Final = (
    "Sensitivity analysis: assumes that annotators err independently of each other, given what the item is"
)
NO_PAIR: Final = "no item was labelled by two annotators"
TOO_FEW: Final = "fewer than three annotators labelled under one guideline"
ONE_WORD: Final = "all items were given one and the same word"
VARYING: Final = "items were labelled by different numbers of annotators, which may hang on what was said"
KAPPA: Final = "kappa"
SINGLE: Final = "labelled by one only"


@dataclass(frozen=True)
class Said:
    """What an annotator said of an item."""

    annotator: str
    word: str  # choice where given, else label


@dataclass(frozen=True)
class Disagreement:
    """An item of which not all said the same."""

    event_id: str
    said: tuple[Said, ...]  # by annotator
    settled_by: str | None  # None = still open
    settled_as: str | None


@dataclass(frozen=True)
class PairAgreement:
    """Two annotators on the items that both labelled."""

    first: str
    second: str
    agreement: Number
    kappa: Number  # Cohen's

    @property
    def named_kappa(self) -> Number:
        """Kappa that says whose it is."""
        if isinstance(self.kappa, Undefined):
            return self.kappa
        return replace(self.kappa, method=f"{self.kappa.method} of {self.first} and {self.second}")


@dataclass(frozen=True)
class Witness:
    """How an annotator's words follow from what the item is taken to be."""

    annotator: str
    confusion: tuple[tuple[float, ...], ...]  # rows: what it is; columns: what was said


@dataclass(frozen=True)
class Sensitivity:
    """What Dawid and Skene (1979, DOI 10.2307/2346806) make of the annotators; never a headline."""

    categories: tuple[str, ...]
    prevalence: tuple[float, ...]
    witnesses: tuple[Witness, ...]
    items: int
    guideline: str
    note: str = SENSITIVITY


@dataclass(frozen=True)
class Agreement:
    """The annotators of one draw, one labelled set, or all labels that are of neither."""

    by: Place
    name: str
    kind: Kind
    annotators: tuple[str, ...]
    items: int  # labelled by two or more of them
    single: int  # labelled by one only
    errors: int  # answers of judges that are no label: left out
    agreement: Number  # share of items on which all said the same
    fleiss: Number  # undefined where items were labelled by different numbers of annotators
    pairs: tuple[PairAgreement, ...]
    disagreements: tuple[Disagreement, ...]
    sensitivity: Sensitivity | Undefined

    @property
    def title(self) -> str:
        """As it stands in rows and on pages."""
        return "all labels" if self.by == "whole" else f"{self.by} {self.name}"

    @property
    def kappa(self) -> Number:
        """Cohen's for two annotators, Fleiss' for more who labelled the same items.

        Where the numbers of annotators differ, Cohen's of the two with most items in common: whether a third
        one was asked may hang on what these two said, but not which items these two labelled.
        """
        if isinstance(self.fleiss, Undefined) and self.fleiss.reason == VARYING:
            return max(self.pairs, key=lambda pair: pair.kappa.coverage.measured).named_kappa
        return self.pairs[0].kappa if len(self.pairs) == 1 else self.fleiss


@dataclass(frozen=True, eq=False)
class _Sheet:
    """Words as codes: a row per item, a column per annotator."""

    events: tuple[str, ...]
    annotators: tuple[str, ...]
    words: tuple[str, ...]
    codes: Codes

    @property
    def counts(self) -> Codes:
        """How often each word was said of each item."""
        return np.stack([(self.codes == code).sum(axis=1) for code in range(len(self.words))], axis=1)


def agreements(labels: pl.LazyFrame | pl.DataFrame, level: float = LEVEL) -> tuple[Agreement, ...]:
    """How far the annotators of each draw, and of each labelled set, agree.

    Parameters
    ----------
    labels
        Rows of the contract Labels. Labels that came with a set, and of planted items, have no annotator.
    level
        Confidence of the intervals.

    Returns
    -------
    By place and kind of annotator. With one annotator, or no item in common, every number is undefined.

    Sources: Cohen (1960), DOI 10.1177/001316446002000104; Fleiss (1971), DOI 10.1037/h0031619.

    >>> rows = {"event_id": ["e1", "e2", "e1", "e2"], "annotator": ["ann", "ann", "bob", "bob"],
    ...         "label": ["attack", "benign", "attack", "attack"]}
    >>> shared = {"annotator_kind": "human", "labelled_at": None, "choice": None, "cohort": "set",
    ...           "design_id": None, "guideline_version": None, "is_adjudication": False}
    >>> labels = pl.DataFrame(rows).with_columns(pl.lit(word).alias(name) for name, word in shared.items())
    >>> (found,) = agreements(labels)
    >>> found.title, found.agreement.value, found.disagreements[0].event_id
    ('cohort set', 0.5, 'e2')
    """
    given = _given(labels.lazy())
    settled = _settled(given.filter("is_adjudication"))
    standing = _standing(given.filter(~pl.col("is_adjudication")))
    groups = standing.partition_by("by", "name", "annotator_kind", maintain_order=True)
    return tuple(_agreement(group, settled, level) for group in groups)


def _given(labels: pl.LazyFrame) -> pl.DataFrame:
    """Labels of people and judges, with the place that each belongs to."""
    is_drawn, is_of_set = pl.col("design_id").is_not_null(), pl.col("cohort").is_not_null()
    by = pl.when(is_drawn).then(pl.lit("design")).when(is_of_set).then(pl.lit("cohort"))
    return (
        labels.filter(pl.col("annotator_kind").is_in(KINDS))
        .select(
            "event_id", "annotator", "annotator_kind", "labelled_at", "label", "guideline_version",
            "is_adjudication", word=pl.coalesce("choice", "label"),
            by=by.otherwise(pl.lit("whole")), name=pl.coalesce("design_id", "cohort", pl.lit("")),
        )
        .sort("by", "name", "annotator_kind", "event_id", "annotator", "labelled_at")
        .collect()
    )  # fmt: skip


def _standing(given: pl.DataFrame) -> pl.DataFrame:
    """The latest label of each annotator."""
    own = ("by", "name", "annotator_kind", "event_id", "annotator")
    return given.group_by(own, maintain_order=True).last()


def _settled(adjudications: pl.DataFrame) -> dict[str, Said]:
    """Who settled an item last, and as what."""
    latest = adjudications.sort("labelled_at", "annotator").select("event_id", "annotator", "word")
    return {event: Said(annotator, word) for event, annotator, word in latest.iter_rows()}


def _agreement(group: pl.DataFrame, settled: dict[str, Said], level: float) -> Agreement:
    by, name, kind = group.select("by", "name", "annotator_kind").row(0)
    answers = group.filter(pl.col("label") != "error")
    sheet = _sheet(answers)
    many = (sheet.codes != NOBODY).sum(axis=1) >= PAIR
    return Agreement(
        by=by,
        name=name,
        kind=kind,
        annotators=tuple(group["annotator"].unique().sort()),
        items=int(many.sum()),
        single=int((~many).sum()),
        errors=group.height - answers.height,
        agreement=_agreed(sheet, level),
        fleiss=_fleiss(sheet, level),
        pairs=tuple(_pairs(sheet, level)),
        disagreements=tuple(_disagreements(sheet, settled)),
        sensitivity=_sensitivity(answers),
    )


def _sheet(answers: pl.DataFrame) -> _Sheet:
    events, annotators, words = (answers[name].unique().sort() for name in ("event_id", "annotator", "word"))
    codes = np.full((len(events), len(annotators)), NOBODY, dtype=np.int64)
    rows, columns, said = (
        answers[name].replace_strict(known, range(len(known)), return_dtype=pl.Int64).to_numpy()
        for name, known in (("event_id", events), ("annotator", annotators), ("word", words))
    )
    codes[rows, columns] = said
    return _Sheet(tuple(events), tuple(annotators), tuple(words), codes)


def _is_unanimous(sheet: _Sheet) -> npt.NDArray[np.bool_]:
    highest = np.where(sheet.codes == NOBODY, NOBODY, sheet.codes).max(axis=1, initial=NOBODY)
    said = np.where(sheet.codes == NOBODY, highest[:, None], sheet.codes)
    agreed: npt.NDArray[np.bool_] = (said == highest[:, None]).all(axis=1)
    return agreed


def _agreed(sheet: _Sheet, level: float) -> Number:
    many = (sheet.codes != NOBODY).sum(axis=1) >= PAIR
    n, agreed = int(many.sum()), int((_is_unanimous(sheet) & many).sum())
    left_out = ((SINGLE, len(many) - n),) if len(many) > n else ()
    return proportion(agreed, Coverage(n, len(many), left_out), level, NO_PAIR)


def _fleiss(sheet: _Sheet, level: float) -> Number:
    """Fleiss' kappa, where every item with two labels or more has the same number of them."""
    counts = sheet.counts
    raters = counts.sum(axis=1)
    is_told, total = raters >= PAIR, len(raters)
    n = int(is_told.sum())
    if not n:
        return Undefined(NO_PAIR, 0, Coverage(0, total), KAPPA)
    coverage = Coverage(n, total, ((SINGLE, total - n),) if total > n else ())
    if len(np.unique(raters[is_told])) > 1:
        return Undefined(VARYING, 0, coverage, KAPPA)
    return _stated(fleiss(counts[is_told], level), coverage, level)


def _pairs(sheet: _Sheet, level: float) -> Iterator[PairAgreement]:
    for first, second in combinations(range(len(sheet.annotators)), 2):
        both = sheet.codes[:, [first, second]]
        yield _pair(sheet, both[(both != NOBODY).all(axis=1)], (first, second), level)


def _pair(sheet: _Sheet, both: Codes, who: tuple[int, int], level: float) -> PairAgreement:
    first, second = (sheet.annotators[place] for place in who)
    n = len(both)
    coverage = Coverage(n, n)
    if not n:
        nothing = Undefined(NO_PAIR, 0, coverage)
        return PairAgreement(first, second, nothing, Undefined(NO_PAIR, 0, coverage, KAPPA))
    table = np.zeros((len(sheet.words),) * 2, dtype=np.int64)
    np.add.at(table, (both[:, 0], both[:, 1]), 1)
    same = proportion(int(np.trace(table)), coverage, level, NO_PAIR)
    return PairAgreement(first, second, same, _stated(cohen(table, level), coverage, level))


def _stated(kappa: Kappa | None, coverage: Coverage, level: float) -> Number:
    if kappa is None:
        return Undefined(ONE_WORD, coverage.measured, coverage, KAPPA)
    return Estimate(
        kappa.value, kappa.low, kappa.high, level, KAPPA, kappa.method,
        round(kappa.agreement * kappa.n), kappa.n, kappa.n, coverage,
    )  # fmt: skip


def _disagreements(sheet: _Sheet, settled: dict[str, Said]) -> Iterator[Disagreement]:
    for row in np.flatnonzero(~_is_unanimous(sheet)):
        event = sheet.events[row]
        said = tuple(
            Said(who, sheet.words[code])
            for who, code in zip(sheet.annotators, sheet.codes[row], strict=True)
            if code != NOBODY
        )
        by = settled.get(event)
        yield Disagreement(event, said, by.annotator if by else None, by.word if by else None)


def _sensitivity(answers: pl.DataFrame) -> Sensitivity | Undefined:
    """Under the guideline that most labels were given under, of those with enough annotators."""
    told = answers.filter(pl.col("guideline_version").is_not_null())
    by = told.group_by("guideline_version").agg(people=pl.col("annotator").n_unique(), labels=pl.len())
    enough = by.filter(pl.col("people") >= FEWEST).sort("labels", "guideline_version")
    if enough.is_empty():
        return Undefined(TOO_FEW, answers.height, Coverage(0, answers.height))
    guideline = enough["guideline_version"][-1]
    return _dawid_skene(_sheet(told.filter(pl.col("guideline_version") == guideline)), guideline)


def _dawid_skene(sheet: _Sheet, guideline: str) -> Sensitivity:
    found = fit(sheet.codes, len(sheet.words))
    witnesses = tuple(
        Witness(who, tuple(tuple(float(share) for share in row) for row in confusion))
        for who, confusion in zip(sheet.annotators, found.confusion, strict=True)
    )
    shares = tuple(float(share) for share in found.marginals)
    return Sensitivity(sheet.words, shares, witnesses, len(sheet.events), guideline)
