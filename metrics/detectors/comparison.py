"""Which of two detectors is better on the same items, and what does each alone catch?

Attacks and benign items apart: a detector that flags more catches more and raises more false alarms, and one
number for both (AUC too) hides that trade. Items are paired by their id, else by the hash of their text.
Rates are stated where what is true does not depend on a verdict (labelled sets); elsewhere attacks that both
let pass were never looked for, so that only the discordant counts and their test stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.detectors.counting import Sets
from metrics.detectors.detectors import Detectors
from metrics.detectors.slicing import is_of_part, of_unit
from metrics.detectors.stating import proportion
from metrics.detectors.values import ANSWERED, KNOWN, WHOLE, Part, Unit
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.auc import Auc, paired
from metrics.statistics.differences import Limits
from metrics.statistics.mcnemar import McNemar, mcnemar
from metrics.statistics.paired_shares import (
    Clustered,
    Pairs,
    clustered_difference,
    holm,
    paired_difference,
)
from metrics.units import POINTS

Sort = Literal["attack", "benign", "presumed"]

_VERDICTS: Final = ("verdict", "verdict_second")
EVENT: Final = "event id"
CONTENT: Final = "content"
NOTHING: Final = "nothing"
NEWCOMBE: Final = "Newcombe's interval for pairs"
BY_CONVERSATION: Final = "conversations as units, t"
DELONG: Final = "DeLong"
AREA: Final = "AUC"
AREAS: Final = "AUC difference"
NO_ITEM: Final[dict[Sort, str]] = {
    "attack": "no attack that both gave a verdict on",
    "benign": "no item labelled benign that both gave a verdict on",
    "presumed": "no item presumed benign that both gave a verdict on",
}
ONE_CONVERSATION: Final = "all items are of one conversation"
NOT_LOOKED_FOR: Final = (
    "not identifiable: items that both let pass were not labelled by design, so that only what one of them "
    "alone flagged can be compared"
)
NO_DISCORDANT: Final = "no item that only one of them flagged"
NO_SCORES: Final = "no labelled set with attacks and benign items that both gave a score"
CONTRADICTING: Final = "Items left out, as labelled differently by id and by content: {}"
UNLOOKED: Final = (
    "Outside of labelled sets {} of {} items that only the first flagged are labelled, and {} of {} of those "
    "that only the second did: who labels the alarms of one alone finds the attacks of that one alone"
)
CLUSTERED: Final = "Items come from conversations: intervals and p-values allow for them"
NOT_CLUSTERED: Final = "AUC takes items as independent; those of one conversation are not"


@dataclass(frozen=True)
class Pairing:
    """Items of one sort that both gave a verdict on."""

    items: int
    both: int  # flagged by both
    neither: int
    only_first: int  # flagged by the first alone
    only_second: int
    test: McNemar | None  # None without an item that only one flagged
    first: Number  # FNR of attacks, else FPR
    second: Number
    difference: Number  # first less second
    clusters: int | None  # conversations among them; None = not told
    p: float | None  # of no difference; the larger where conversations give another
    method: str


@dataclass(frozen=True)
class AucPair:
    """Two areas under the ROC curve of the same items: DeLong, DeLong and Clarke-Pearson (1988)."""

    first: Number
    second: Number
    difference: Number
    p: float | None  # None where the areas cannot differ by chance
    positives: int
    negatives: int


@dataclass(frozen=True)
class Comparison:
    """Two units on the same items."""

    first: Unit
    second: Unit
    part: Part
    paired_by: str
    attacks: Pairing
    benign: Pairing
    presumed: Pairing
    auc: AucPair | Undefined
    shared: int  # items that both were asked about
    only_first_saw: int
    only_second_saw: int
    unanswered: int  # of the shared, those on which one erred or skipped
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A comparison in a table of them, its p-values adjusted for the table (Holm), each column for itself."""

    comparison: Comparison
    attacks_p: float | None
    benign_p: float | None
    auc_p: float | None


def comparisons(detectors: Detectors, units: Sequence[Unit], part: Part = WHOLE) -> tuple[Row, ...]:
    """Every pair of units, with p-values that allow for how many pairs were looked at."""
    made = [compare(detectors, first, second, part) for first, second in combinations(units, 2)]
    columns = (
        holm([each.attacks.p for each in made]),
        holm([each.benign.p for each in made]),
        holm([each.auc.p if isinstance(each.auc, AucPair) else None for each in made]),
    )
    return tuple(Row(each, *adjusted) for each, *adjusted in zip(made, *columns, strict=True))


def compare(detectors: Detectors, first: Unit, second: Unit, part: Part = WHOLE) -> Comparison:
    """Two units on the items that both were asked about; planted ones are left out.

    McNemar (1947), DOI 10.1007/BF02295996, on attacks and on benign items apart; swapping the units swaps
    counts and turns signs.
    """
    one, other = (_rows(detectors, unit, part) for unit in (first, second))
    pairs, paired_by = _paired(one, other)
    answered = pairs.filter(_is_answer("verdict") & _is_answer("verdict_second"))
    known = _sorted(answered, [detectors.sets(unit) for unit in (first, second)])
    level = detectors.confidence
    attacks, benign, presumed = (_pairing(_items(known, sort, level)) for sort in NO_ITEM)
    return Comparison(
        first, second, part, paired_by, attacks, benign, presumed,
        auc=_areas(known.filter("is_held"), level),
        shared=pairs.height,
        only_first_saw=one.height - pairs.height,
        only_second_saw=other.height - pairs.height,
        unanswered=pairs.height - answered.height,
        notes=_notes(known, (attacks, benign)),
    )  # fmt: skip


def _rows(detectors: Detectors, unit: Unit, part: Part) -> pl.DataFrame:
    """What a unit was asked about."""
    told = (
        "event_id",
        "content_sha256",
        "conversation_id",
        "cohort",
        "is_of_set",
        "verdict",
        "score",
        "truth",
    )
    asked = of_unit(detectors.judged, unit).filter(is_of_part(part) & ~pl.col("is_seed"))
    return asked.select(told).sort("event_id").collect()


def _paired(one: pl.DataFrame, other: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Both units' rows side by side: by id, and what is left by content, each text once."""
    by_id = one.join(other, on="event_id", how="inner", suffix="_second", maintain_order="left")
    rest = [
        rows.join(by_id, on="event_id", how="anti", maintain_order="left")
        .filter(pl.col("content_sha256").is_not_null())
        .unique("content_sha256", keep="first", maintain_order=True)
        for rows in (one, other)
    ]
    by_text = rest[0].join(rest[1], on="content_sha256", how="inner", suffix="_second", maintain_order="left")
    pairs = pl.concat([by_id, by_text], how="diagonal")
    words = [word for word, rows in ((EVENT, by_id), (CONTENT, by_text)) if rows.height]
    return pairs, " and ".join(words) or NOTHING


def _is_answer(column: str) -> pl.Expr:
    return pl.col(column).is_in(ANSWERED)


def _truth() -> pl.Expr:
    """What the item is; a label that only one of the ids carries holds for both, a contradiction for none."""
    mine, theirs = pl.col("truth").cast(pl.String), pl.col("truth_second").cast(pl.String)
    is_mine, is_theirs = (each.is_in(KNOWN) for each in (mine, theirs))
    return (
        pl.when(is_mine & is_theirs & (mine != theirs)).then(pl.lit("contradicting"))
        .when(is_mine).then(mine).when(is_theirs).then(theirs)
        .when(mine == theirs).then(mine).otherwise(pl.lit("unlabelled"))
    )  # fmt: skip


def _sorted(answered: pl.DataFrame, sets: Sequence[Sets]) -> pl.DataFrame:
    """Pairs with what the item is, whether sets of both hold it, or whether it passes for benign."""
    cohort, is_own = pl.col("cohort"), pl.col("is_of_set")
    held = (
        (is_own & cohort.is_in(sorted(each.by_set))) | cohort.is_in(sorted(each.by_people)) for each in sets
    )
    passes = cohort.is_in(sorted(frozenset.union(*(each.presumed for each in sets))))
    told = answered.with_columns(truth=_truth(), is_held=pl.all_horizontal(held))
    return told.with_columns(is_presumed=passes & ~pl.col("is_held") & (pl.col("truth") != "attack"))


@dataclass(frozen=True, eq=False)
class _Items:
    """Items of one sort with both verdicts, and why rates cannot be told of them."""

    sort: Sort
    rows: pl.DataFrame
    level: float
    unknown: str  # empty = rates can be told

    def flagged(self, column: str) -> npt.NDArray[np.bool_]:
        """Which items a verdict flags."""
        return (self.rows[column] == "flag").to_numpy()

    @property
    def errors(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which items each of the two got wrong: attacks that passed, others that were flagged."""
        flags = self.flagged("verdict"), self.flagged("verdict_second")
        return (~flags[0], ~flags[1]) if self.sort == "attack" else flags

    @property
    def pairs(self) -> Pairs:
        """Items by who got them wrong."""
        one, other = self.errors
        cells = (one & other, one & ~other, ~one & other, ~one & ~other)
        return Pairs(*(int(cell.sum()) for cell in cells))

    @property
    def conversations(self) -> int | None:
        """How many conversations they come from; None where none is told, or each is of one item."""
        told = self.rows["conversation_id"].drop_nulls()
        is_told = told.n_unique() < len(told)
        return told.n_unique() + self.rows.height - len(told) if is_told else None

    @property
    def clustered(self) -> Clustered | None:
        """The difference with conversations as units, where they are told; None also for a single one."""
        if self.conversations is None:
            return None
        one, other = self.errors
        own = pl.coalesce("conversation_id", pl.format("item {}", "event_id"))
        cluster = self.rows.select(own.rank("dense") - 1).to_series().cast(pl.Int64).to_numpy()
        return clustered_difference(one.astype(np.int64) - other.astype(np.int64), cluster, self.level)


def _items(known: pl.DataFrame, sort: Sort, level: float) -> _Items:
    """Those of labelled sets; where there are none, all, of which no rate can be told."""
    if sort == "presumed":
        return _Items(sort, known.filter("is_presumed"), level, "")
    of_sort = known.filter(pl.col("truth") == sort)
    held = of_sort.filter("is_held")
    is_known = held.height > 0 or of_sort.is_empty()
    return _Items(sort, held, level, "") if is_known else _Items(sort, of_sort, level, NOT_LOOKED_FOR)


def _pairing(items: _Items) -> Pairing:
    wrong = items.pairs
    flags = [items.flagged(column) for column in ("verdict", "verdict_second")]
    only_first, only_second = (int((one & ~other).sum()) for one, other in (flags, flags[::-1]))
    test = mcnemar(only_first, only_second) if only_first + only_second else None
    p, method = _p_value(test, items)
    return Pairing(
        items=wrong.items,
        both=int((flags[0] & flags[1]).sum()),
        neither=int((~flags[0] & ~flags[1]).sum()),
        only_first=only_first,
        only_second=only_second,
        test=test,
        first=_rate(items, wrong.both + wrong.only_first),
        second=_rate(items, wrong.both + wrong.only_second),
        difference=_difference(items),
        clusters=items.conversations,
        p=p,
        method=method,
    )


def _rate(items: _Items, wrong: int) -> Number:
    n = items.rows.height
    if items.unknown:
        return Undefined(items.unknown, n, Coverage(0, n))
    return proportion(wrong, Coverage(n, n), items.level, NO_ITEM[items.sort])


def _difference(items: _Items) -> Number:
    """First rate less second; where conversations are told the wider interval stands."""
    pairs, coverage = items.pairs, Coverage(items.pairs.items, items.pairs.items)
    plain = paired_difference(pairs, items.level)
    if items.unknown or plain is None:
        reason = items.unknown or NO_ITEM[items.sort]
        return Undefined(reason, pairs.items, coverage, POINTS)
    limits, method = _wider(plain, items)
    return Estimate(
        limits.value, limits.low, limits.high, items.level, POINTS, method,
        pairs.only_first - pairs.only_second, pairs.items, pairs.items, coverage,
    )  # fmt: skip


def _wider(plain: Limits, items: _Items) -> tuple[Limits, str]:
    if items.conversations is None:
        return plain, NEWCOMBE
    clustered = items.clustered
    if clustered is None:
        return Limits(plain.value, -1.0, 1.0), ONE_CONVERSATION
    other = clustered.difference
    is_wider = other.high - other.low > plain.high - plain.low
    return (other, BY_CONVERSATION) if is_wider else (plain, NEWCOMBE)


def _p_value(test: McNemar | None, items: _Items) -> tuple[float | None, str]:
    """McNemar's, exact where few items are discordant; never smaller than conversations allow."""
    if test is None:
        return None, NO_DISCORDANT
    if items.conversations is None:
        return test.p, test.method
    clustered = items.clustered
    if clustered is None:
        return None, ONE_CONVERSATION
    if clustered.p is not None and clustered.p <= test.p:
        return test.p, test.method
    return clustered.p, BY_CONVERSATION


def _areas(known: pl.DataFrame, level: float) -> AucPair | Undefined:
    is_told = pl.col("truth").is_in(KNOWN)
    rows = known.filter(is_told & pl.all_horizontal(pl.col("score", "score_second").is_not_null()))
    is_attack = (rows["truth"] == "attack").to_numpy()
    coverage = Coverage(rows.height, known.height)
    if not is_attack.any() or is_attack.all():
        return Undefined(NO_SCORES, rows.height, coverage, AREA)
    found = paired(rows["score"].to_numpy(), rows["score_second"].to_numpy(), is_attack)
    low, high = found.interval(level)
    difference = Estimate(
        found.difference, low, high, level, AREAS, DELONG,
        found.difference, 1, rows.height, coverage,
    )  # fmt: skip
    one, other = (_area(each, coverage, level) for each in (found.first, found.second))
    return AucPair(one, other, difference, found.p, int(is_attack.sum()), int((~is_attack).sum()))


def _area(found: Auc, coverage: Coverage, level: float) -> Estimate:
    low, high = found.interval(level)
    return Estimate(
        found.value, low, high, level, AREA, DELONG, found.value, 1, coverage.measured, coverage
    )  # fmt: skip


def _notes(known: pl.DataFrame, pairings: tuple[Pairing, Pairing]) -> tuple[str, ...]:
    contradicting = known.filter(pl.col("truth") == "contradicting").height
    is_clustered = any(each.clusters is not None for each in pairings)
    first, second = (_alone(known, *names) for names in (_VERDICTS, reversed(_VERDICTS)))
    told = (
        (contradicting > 0, CONTRADICTING.format(contradicting)),
        (first[0] < first[1] or second[0] < second[1], UNLOOKED.format(*first, *second)),
        (is_clustered, CLUSTERED),
        (is_clustered, NOT_CLUSTERED),
    )
    return tuple(sentence for holds, sentence in told if holds)


def _alone(known: pl.DataFrame, verdict: str, other: str) -> tuple[int, int]:
    """Items outside of labelled sets that one flagged and the other did not: labelled ones, and all."""
    alone = known.filter((pl.col(verdict) == "flag") & (pl.col(other) == "pass") & ~pl.col("is_held"))
    return alone.filter(pl.col("truth") != "unlabelled").height, alone.height
