"""What do the drawn and labelled items say about those that a detector let pass?

Of several draws the one with the most labels stands; what an earlier draw had taken is known, and is a
stratum of its own. Flagged items are reviewed wholly, or in part: then which of them were reviewed must not
depend on what they are. Where people disagree about a drawn item, are unsure, or left it out of the queue
while they labelled later ones, its truth may be either: the limits hold both ways. Items at the end of the
queue wait for their label by chance alone.

The limits are of the detector, not only of the traffic that it happened to see: at each end the distances of
what the draw leaves to chance and of Wilson's interval on the estimated counts are added by squares.

A surface or week is estimated from the whole draw, and may come out as more passed items than it has: then it
is cut to what can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from metrics.detectors.drawing import Drawable, of_drawable
from metrics.detectors.slicing import is_of_part, of_unit
from metrics.detectors.stating import as_count, widened
from metrics.detectors.values import KNOWN, WHOLE, Known, Part, Unit
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics import hypergeometric
from metrics.statistics.auditing import Stratum, false_negative_rate
from metrics.statistics.begg_greenes import Corrected, Verified, corrected

BEFORE: Final = "drawn before"
NO_LABEL: Final = "no label yet in stratum {name!r} of draw {design}"
NOT_REVIEWED: Final = "nobody has reviewed what it flagged, so how much of it is right is not known"
NOTHING_FOUND: Final = "nothing that it flagged or that was drawn is {what}"
ASSUMES: Final = "assuming that which flagged items were reviewed does not depend on what they are"
_COLUMNS: Final = ("event_id", "verdict", "truth", "cohort", "family", "surface", "week", "label_count")
_DRAW: Final = ("design_id", "drawn_at", "from_at", "until_at")
_PLACE: Final = "place"  # in the queue
BOTH_WAYS: Final = "{:,} unclear or left out counted both ways"
NOTHING: Final = Verified(0, 0, 0)
CUT: Final = "cut to the {:,} passed items here that can be so"
ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Layer:
    """One stratum of passed items: how many there are, were drawn and labelled, and what was found."""

    name: str
    population: int
    drawn: int
    labelled: int  # of this part or another
    misses: int  # attacks of this part
    benign: int  # benign items of this part
    unclear: int = 0  # of this part: people disagree, are unsure, or left it out

    def settled(self, truth: Known) -> Layer:
        """As it would be if everything unclear were of one truth."""
        more = {"misses": self.unclear if truth == "attack" else 0}
        more["benign"] = self.unclear - more["misses"]
        return Layer(
            self.name, self.population, self.drawn, self.labelled + self.unclear,
            self.misses + more["misses"], self.benign + more["benign"],
        )  # fmt: skip

    def of(self, truth: Known) -> int:
        """Items of this part that were found to be so."""
        return self.misses if truth == "attack" else self.benign


@dataclass(frozen=True)
class Share:
    """A corrected share with its limits and the estimated counts behind it."""

    value: float
    low: float
    high: float
    numerator: float
    denominator: float
    method: str


@dataclass(frozen=True)
class Taken:
    """What was drawn of a part."""

    items: int = 0  # drawn, labelled or not
    alone: int = 0  # known by the word of one person only
    draws: int = 1  # of the same detector; the fullest stands


@dataclass(frozen=True)
class Audit:
    """A draw of passed items, and the flagged items of the same traffic."""

    design_id: str
    drawn_at: datetime
    layers: tuple[Layer, ...]
    flagged: Verified  # of this part; of a kind of attack, others are "benign"
    passed: Verified  # the same of what passed, known of drawn items
    cohort: str | None = None  # that was drawn from; None = all traffic
    inside: Verified = NOTHING  # everything of this part that was drawn from or flagged there
    taken: Taken = Taken()

    @property
    def population(self) -> int:
        """Passed items of this part that were drawn from."""
        return self.passed.all

    @property
    def labelled(self) -> int:
        """Drawn items of this part with a label that tells."""
        return self.passed.reviewed

    @property
    def has_met(self) -> bool:
        """Whether any attack of this part was caught or drawn."""
        return self.flagged.attacks + self.passed.attacks > 0

    @property
    def strata(self) -> tuple[Stratum, ...]:
        """As :mod:`metrics.statistics.auditing` takes them."""
        return tuple(Stratum(each.population, each.labelled, each.misses) for each in self.layers)

    def missed_share(self, level: float) -> Share | str:
        """Misses among all attacks of this traffic, or why they cannot be told."""
        return self._within("attack", level)

    def false_alarm_rate(self, level: float) -> Share | str:
        """Flagged items among all benign ones of this traffic, or why they cannot be told."""
        return self._within("benign", level)

    def stated(self, found: Share | str, level: float) -> Number:
        """A share of this audit; its coverage is of what was drawn from and what was flagged."""
        n, waiting = self.labelled + self.flagged.reviewed, max(self.taken.items - self.labelled, 0)
        left = (
            ("drawn, no label that tells", waiting),
            ("passed, not drawn", self.population - self.labelled - waiting),
            ("flagged, not reviewed", self.flagged.unverified),
        )
        excluded = tuple(each for each in left if each[1])
        coverage = Coverage(n, n + sum(count for _, count in excluded), excluded)
        if isinstance(found, str):
            return Undefined(found, n, coverage)
        of = "" if self.cohort is None else f" of {self.cohort}"
        told = (
            f"sampled audit: {self.labelled:,} of {self.population:,} passed items{of} labelled{self._beside}"
        )
        low, high = min(found.low, found.value), max(found.high, found.value)
        return Estimate(
            found.value, low, high, level, "share", f"{found.method}, {told}",
            as_count(found.numerator), as_count(found.denominator), n, coverage,
        )  # fmt: skip

    @property
    def _beside(self) -> str:
        """What makes the labels weaker than they look."""
        alone = f", {self.taken.alone:,} by one person only" if self.taken.alone else ""
        others = (
            f"; of {self.taken.draws:,} draws the one with the most labels" if self.taken.draws > 1 else ""
        )
        return alone + others

    def _within(self, truth: Known, level: float) -> Share | str:
        """The share by what is known, within limits that what is unclear cannot leave."""
        found = self._share(self.layers, truth, level)
        if isinstance(found, str):
            return found
        unclear = sum(each.unclear for each in self.layers)
        settled = [[each.settled(so) for each in self.layers] for so in KNOWN] if unclear else []
        others = [self._share(layers, truth, level) for layers in settled]
        every = [found, *(each for each in others if isinstance(each, Share))]
        low, high = min(each.low for each in every), max(each.high for each in every)
        method = f"{found.method}, {BOTH_WAYS.format(unclear)}" if unclear else found.method
        return replace(found, low=low, high=high, method=method)

    def _share(self, layers: Sequence[Layer], truth: Known, level: float) -> Share | str:
        """What a rate states of these strata, with limits that are the detector's."""
        flagged, passed = self.flagged, self.passed
        if truth == "benign":
            flagged, passed = _other_way(flagged), _other_way(passed)
        found = self._passed_share([(each, each.of(truth)) for each in layers], flagged, level)
        if isinstance(found, str) or found is None:
            return found or NOTHING_FOUND.format(what="an attack" if truth == "attack" else "benign")
        cut = _possible(found, flagged, passed)
        return _of_detector(cut if truth == "attack" else _turned(cut), level)

    def _passed_share(
        self, found: Sequence[tuple[Layer, int]], flagged: Verified, level: float
    ) -> Share | str | None:
        """Of items of one truth the share that passed; None = 0 of 0."""
        used = [(each, count) for each, count in found if each.population]
        silent = next((each.name for each, _ in used if not each.labelled), None)
        if silent is not None:
            return NO_LABEL.format(name=silent, design=self.design_id)
        if flagged.all and not flagged.reviewed:
            return NOT_REVIEWED
        strata = [Stratum(each.population, each.labelled, count) for each, count in used]
        if not flagged.unverified:
            return _audited(strata, flagged.attacks, level)
        return _begg_greenes(strata[0], flagged, level) if len(strata) == 1 else _both(strata, flagged, level)


def _other_way(verified: Verified) -> Verified:
    """The same, asked of benign items."""
    return Verified(verified.benign, verified.attacks, verified.unverified)


def _possible(found: Share, flagged: Verified, passed: Verified) -> Share:
    """No more passed items of one truth than this part has beside those that are known to be of the other."""
    most, caught = passed.all - passed.benign, found.denominator - found.numerator
    if found.numerator <= most + ROUNDING:
        return found
    value, highest = most / (most + caught), most / (most + flagged.attacks)
    low, high = min(found.low, value), max(value, min(found.high, highest))
    return Share(value, low, high, most, most + caught, f"{found.method}, {CUT.format(most)}")


def _of_detector(found: Share, level: float) -> Share:
    """The same with limits that hold for other traffic of the kind, too."""
    counts = found.numerator, found.denominator
    low, high, method = widened((found.low, found.high), counts, level)
    return replace(found, low=low, high=high, method=f"{found.method}, {method}")


def _turned(passed: Share) -> Share:
    """Of benign items those that were flagged, by those that passed."""
    alarms = passed.denominator - passed.numerator
    return Share(1 - passed.value, 1 - passed.high, 1 - passed.low, alarms, passed.denominator, passed.method)


def _audited(strata: Sequence[Stratum], caught: int, level: float) -> Share | None:
    made = false_negative_rate(strata, caught, level)
    if made.value is None:
        return None
    return Share(made.value, made.low, made.high, made.missed, made.missed + caught, made.method)


def _begg_greenes(passed: Stratum, flagged: Verified, level: float) -> Share | None:
    other = passed.sampled - passed.misses
    made: Corrected = corrected(
        flagged, Verified(passed.misses, other, passed.population - passed.sampled), level
    ).sensitivity
    if made.value is None:
        return None
    missed = passed.weight * passed.misses
    every = missed + flagged.all * flagged.attacks / flagged.reviewed
    return Share(
        1 - made.value, 1 - made.high, 1 - made.low, missed, every, f"{made.method}, {ASSUMES}"
    )  # fmt: skip


def _both(strata: Sequence[Stratum], flagged: Verified, level: float) -> Share | None:
    """Strata of passed items, and flagged ones reviewed in part: each side takes half the chance of error."""
    halved = (1 + level) / 2
    few, many = hypergeometric.limits(flagged.attacks, flagged.reviewed, flagged.all, (1 - halved) / 2)
    low, high = (false_negative_rate(strata, caught, halved) for caught in (many, few))
    caught = flagged.all * flagged.attacks / flagged.reviewed
    if not low.missed + caught:
        return None
    method = f"{low.method}, with exact limits of what was caught, {ASSUMES}"
    every = low.missed + caught
    return Share(low.missed / every, low.low, high.high, low.missed, every, method)


def audit_of(judged: pl.LazyFrame, selections: pl.DataFrame, unit: Unit, part: Part = WHOLE) -> Audit | None:
    """The audit of a part of a unit's traffic; None where no passed item of it was drawn.

    Parameters
    ----------
    judged
        Judged verdicts of the pilot.
    selections
        Every drawn item, with `is_own`: what another detector's draw took was not drawn from again.
    """
    own = selections.filter(
        "is_own", pl.col("detector") == unit.detector, pl.col("detector_version") == unit.version,
        pl.col("threshold").eq_missing(pl.lit(unit.threshold, pl.Float64)),
    )  # fmt: skip
    if own.is_empty():
        return None
    passed = _drawn(of_unit(judged, unit).filter(~pl.col("is_seed"), pl.col("verdict") == "pass"), own)
    if passed.filter(is_of_part(_known_part(part))).is_empty():
        return None
    design = _fullest(passed)
    traffic = of_drawable(judged, _drawable(unit, design))
    drawn_from = _drawn(traffic.filter(pl.col("verdict") == "pass"), selections)
    layers = _layers(drawn_from, own, design, part)
    counted = _counted(traffic, part)
    population = sum(each.population for each in layers) if _is_all(part, design) else counted.passed_count
    return Audit(
        str(design["design_id"]), design["drawn_at"], layers, counted.flagged,
        _passed(drawn_from, design, part, population), design["design_cohort"], counted.inside,
        _taken(drawn_from, design, part, passed["design_id"].n_unique()),
    )  # fmt: skip


def _drawn(items: pl.LazyFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Items that any draw took, once for each draw."""
    draws = own.lazy().select(*_DRAW, "event_id", "stratum", _PLACE, design_cohort="cohort")
    return items.select(_COLUMNS).join(draws, on="event_id").collect().with_columns(_is_left_out())


def _is_left_out() -> pl.Expr:
    """Drawn items without a label although a later one of the queue has one: chance did not do that."""
    is_labelled = pl.col("label_count") > 0
    last = pl.when(is_labelled).then(_PLACE).max().over("design_id")
    return (~is_labelled & (pl.col(_PLACE) < last).fill_null(value=False)).alias("is_left_out")


def _drawable(unit: Unit, design: dict[str, Any]) -> Drawable:
    window = design["from_at"], design["until_at"], design["drawn_at"]
    return Drawable(unit, design["design_cohort"], *window)


def _known_part(part: Part) -> Part:
    """An item has a family once it was found to be an attack, so that any drawn item may be of any."""
    return WHOLE if part.by == "family" else part


def _fullest(passed: pl.DataFrame) -> dict[str, Any]:
    """The draw with the most labels; of several, the last: _DRAW and `design_cohort`."""
    labelled = pl.col("truth").is_in(KNOWN).sum()
    ranked = passed.group_by(*_DRAW, "design_cohort").agg(labelled=labelled)
    return ranked.sort("labelled", "drawn_at", "design_id").row(-1, named=True)


def _layers(
    passed: pl.DataFrame, drawn: pl.DataFrame, design: dict[str, Any], part: Part
) -> tuple[Layer, ...]:
    """The strata of a draw, and what earlier draws had taken before it."""
    is_own, is_in = pl.col("design_id") == design["design_id"], is_of_part(part)
    is_known, truth = pl.col("truth").is_in(KNOWN), pl.col("truth")
    counts = {
        "labelled": is_known.sum(),
        "misses": (is_in & (truth == "attack")).sum(),
        "benign": (is_in & (truth == "benign")).sum(),
        "unclear": (is_of_part(_known_part(part)) & ((truth == "unclear") | pl.col("is_left_out"))).sum(),
    }
    seen = passed.filter(is_own).group_by("stratum").agg(**counts)
    strata = drawn.filter(is_own).group_by("stratum").agg(
        pl.col("stratum_count").max(), pl.col("stratum_sample_count").max()
    )  # fmt: skip
    rows = strata.join(seen, on="stratum").sort("stratum")
    own = [Layer(*row) for row in rows.iter_rows()]
    taken = passed.filter(pl.col("drawn_at") < design["drawn_at"]).unique("event_id", keep="any")
    fresh = taken.join(passed.filter(is_own), on="event_id", how="anti")
    if fresh.is_empty():
        return tuple(own)
    found = fresh.select(**counts).row(0)
    return (*own, Layer(BEFORE, fresh.height, fresh.height, *found))


@dataclass(frozen=True)
class _Traffic:
    """Verdicts of a part of the traffic that was drawn from."""

    flagged: Verified
    passed_count: int
    inside: Verified  # with either verdict, of this very part


def _counted(traffic: pl.LazyFrame, part: Part) -> _Traffic:
    """One pass over it; of a kind of attack everything that was flagged counts as what it may have caught."""
    place, is_of, truth = is_of_part(_known_part(part)), is_of_part(part), pl.col("truth")
    is_flag, is_pass = pl.col("verdict") == "flag", pl.col("verdict") == "pass"
    counts = {
        "caught": is_flag & is_of & (truth == "attack"),
        "reviewed": is_flag & place & truth.is_in(KNOWN),
        "flagged": is_flag & place,
        "passed": is_pass & place,
        "attacks": (is_flag | is_pass) & is_of & (truth == "attack"),
        "benign": (is_flag | is_pass) & is_of & (truth == "benign"),
        "every": (is_flag | is_pass) & is_of,
    }
    told = traffic.select(each.sum().alias(name) for name, each in counts.items()).collect()
    n = {name: int(count) for name, count in told.row(0, named=True).items()}
    return _Traffic(
        Verified(n["caught"], n["reviewed"] - n["caught"], n["flagged"] - n["reviewed"]), n["passed"],
        Verified(n["attacks"], n["benign"], n["every"] - n["attacks"] - n["benign"]),
    )  # fmt: skip


def _passed(drawn: pl.DataFrame, design: dict[str, Any], part: Part, every: int) -> Verified:
    """What passed of a part, by the drawn items that are known: those of this draw and of earlier ones."""
    is_used = (pl.col("design_id") == design["design_id"]) | (pl.col("drawn_at") < design["drawn_at"])
    is_known = pl.col("truth").is_in(KNOWN) & is_of_part(_known_part(part))
    known = drawn.filter(is_used, is_known).unique("event_id")
    attacks = known.filter(pl.col("truth") == "attack", is_of_part(part)).height
    return Verified(attacks, known.height - attacks, max(every - known.height, 0))


def _taken(drawn: pl.DataFrame, design: dict[str, Any], part: Part, draws: int) -> Taken:
    """What this draw and earlier ones took of a part; who labelled alone counts where people labelled."""
    is_used = (pl.col("design_id") == design["design_id"]) | (pl.col("drawn_at") < design["drawn_at"])
    taken = drawn.filter(is_used, is_of_part(_known_part(part))).unique("event_id")
    is_alone = pl.col("truth").is_in(KNOWN) & (pl.col("label_count") == 1)
    return Taken(taken.height, taken.filter(is_alone).height, draws)


def _is_all(part: Part, design: dict[str, Any]) -> bool:
    """Whether a draw tells of how many items a part was drawn: it is all of what was drawn from."""
    return part.by in {"whole", "family"} or part == Part("cohort", design["design_cohort"] or "")
