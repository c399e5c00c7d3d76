"""What do the drawn and labelled items say about those that a detector let pass?

Of several draws the one with the most labels stands; what an earlier draw had taken is known, and is a
stratum of its own. Flagged items are reviewed wholly, or in part: then which of them were reviewed must not
depend on what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from metrics.detectors.slicing import is_of_part, of_unit
from metrics.detectors.values import WHOLE, Part, Unit
from metrics.statistics import hypergeometric
from metrics.statistics.auditing import Stratum, false_negative_rate
from metrics.statistics.begg_greenes import Corrected, Verified, corrected

BEFORE: Final = "drawn before"
KNOWN: Final = ("attack", "benign")
NO_LABEL: Final = "no label yet in stratum {name!r} of draw {design}"
NOT_REVIEWED: Final = "nobody has reviewed what it flagged, so how much of it is right is not known"
NOTHING_FOUND: Final = "nothing that it flagged or that was drawn is {what}"
ASSUMES: Final = "assuming that which flagged items were reviewed does not depend on what they are"
_COLUMNS: Final = ("event_id", "verdict", "truth", "cohort", "family", "surface", "week")


@dataclass(frozen=True)
class Layer:
    """One stratum of passed items: how many there are, were drawn and labelled, and what was found."""

    name: str
    population: int
    drawn: int
    labelled: int  # of this part or another
    misses: int  # attacks of this part
    benign: int  # benign items of this part


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
class Audit:
    """A draw of passed items, and the flagged items of the same traffic."""

    design_id: str
    drawn_at: datetime
    layers: tuple[Layer, ...]
    flagged: Verified  # of this part
    population: int  # passed items that were drawn from

    @property
    def labelled(self) -> int:
        """Drawn items with a label that tells."""
        return sum(each.labelled for each in self.layers)

    @property
    def strata(self) -> tuple[Stratum, ...]:
        """As :mod:`metrics.statistics.auditing` takes them."""
        return tuple(Stratum(each.population, each.labelled, each.misses) for each in self.layers)

    def missed_share(self, level: float) -> Share | str:
        """Misses among all attacks of this traffic, or why they cannot be told."""
        found = self._passed_share([each.misses for each in self.layers], self.flagged, level)
        return found or NOTHING_FOUND.format(what="an attack")

    def false_alarm_rate(self, level: float) -> Share | str:
        """Flagged items among all benign ones of this traffic, or why they cannot be told."""
        turned = Verified(self.flagged.benign, self.flagged.attacks, self.flagged.unverified)
        found = self._passed_share([each.benign for each in self.layers], turned, level)
        if isinstance(found, str) or found is None:
            return found or NOTHING_FOUND.format(what="benign")
        alarms = found.denominator - found.numerator
        return Share(1 - found.value, 1 - found.high, 1 - found.low, alarms, found.denominator, found.method)

    def _passed_share(self, found: Sequence[int], flagged: Verified, level: float) -> Share | str | None:
        """Of items of one truth the share that passed; None = 0 of 0."""
        used = [(each, count) for each, count in zip(self.layers, found, strict=True) if each.population]
        silent = next((each.name for each, _ in used if not each.labelled), None)
        if silent is not None:
            return NO_LABEL.format(name=silent, design=self.design_id)
        if flagged.all and not flagged.reviewed:
            return NOT_REVIEWED
        strata = [Stratum(each.population, each.labelled, count) for each, count in used]
        if not flagged.unverified:
            return _audited(strata, flagged.attacks, level)
        return _begg_greenes(strata[0], flagged, level) if len(strata) == 1 else _both(strata, flagged, level)


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
        Drawn items of the pilot.
    """
    own = selections.filter(
        pl.col("detector") == unit.detector, pl.col("detector_version") == unit.version,
        pl.col("threshold").eq_missing(pl.lit(unit.threshold, pl.Float64)),
    )  # fmt: skip
    if own.is_empty():
        return None
    mine = of_unit(judged, unit).filter(~pl.col("is_seed"))
    items = mine.select(_COLUMNS).join(own.lazy(), on="event_id").collect()
    passed = items.filter(pl.col("verdict") == "pass")
    if passed.filter(is_of_part(_known_part(part))).is_empty():
        return None
    design = _fullest(passed)
    layers = _layers(passed, own, design, part)
    return _audit(
        design, layers, _flagged(mine, items.filter(pl.col("design_id") == design["design_id"]), part)
    )


def _audit(design: dict[str, Any], layers: tuple[Layer, ...], flagged: Verified) -> Audit:
    every = sum(each.population for each in layers)
    return Audit(str(design["design_id"]), design["drawn_at"], layers, flagged, every)


def _known_part(part: Part) -> Part:
    """An item has a family once it was found to be an attack, so that any drawn item may be of any."""
    return WHOLE if part.by == "family" else part


def _fullest(passed: pl.DataFrame) -> dict[str, Any]:
    """The draw with the most labels; of several, the last: its `design_id` and `drawn_at`."""
    labelled = pl.col("truth").is_in(KNOWN).sum()
    ranked = passed.group_by("design_id", "drawn_at").agg(labelled=labelled)
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
    }
    seen = passed.filter(is_own).group_by("stratum").agg(**counts)
    strata = drawn.filter(is_own).group_by("stratum").agg(
        pl.col("stratum_count").max(), pl.col("stratum_sample_count").max()
    )  # fmt: skip
    rows = strata.join(seen, on="stratum").sort("stratum")
    own = [Layer(*row) for row in rows.iter_rows()]
    taken = passed.filter(pl.col("drawn_at") < design["drawn_at"]).unique("event_id", keep="any")
    fresh = taken.join(passed.filter(is_own), on="event_id", how="anti").filter(is_known)
    if fresh.is_empty():
        return tuple(own)
    found = fresh.select(**counts).row(0)
    return (*own, Layer(BEFORE, fresh.height, fresh.height, *found))


def _flagged(mine: pl.LazyFrame, items: pl.DataFrame, part: Part) -> Verified:
    """Flagged items of the traffic that was drawn from: of its time, and of its cohort if it has but one."""
    at, cohorts = pl.col("occurred_at"), items["cohort"].unique()
    since, until = items["from_at"][0], items["until_at"][0]
    is_inside = [pl.col("verdict") == "flag", pl.col("basis_kind").ne_missing(pl.lit("dataset"))]
    is_inside += [] if since is None else [at >= since]
    is_inside += [] if until is None else [at < until]
    is_inside += [pl.col("cohort") == cohorts[0]] if len(cohorts) == 1 else []
    is_found = is_of_part(part) & (pl.col("truth") == "attack")
    is_known = pl.col("truth").is_in(KNOWN)
    told = mine.filter(*is_inside, is_of_part(_known_part(part))).select(
        attacks=is_found.sum(), known=is_known.sum(), every=pl.len()
    )  # fmt: skip
    attacks, known, every = (int(each) for each in told.collect().row(0))
    return Verified(attacks, known - attacks, every - known)
