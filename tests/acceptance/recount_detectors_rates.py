"""What should be printed of a detector version, worked out from its verdicts by plain loops?"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property

from tests.acceptance.recount_detectors import (
    PRESUMED,
    WHOLE,
    Item,
    Part,
    Row,
    Z,
    area,
    at_or_above,
    average_precision,
    begg_greenes,
    by_squares,
    corners,
    exact_total,
    points,
    quantile,
    variance,
    wilson,
)

OTHERWISE = "not of what the rate rests on"
CHOSEN = "labelled because it was flagged"
KNOWN = ("attack", "benign")
ALLOWED = {"1": 0.01, "01": 0.001, "95": 0.95, "99": 0.99}
SET, AUDIT = "labelled set", "sampled audit"

Is = Callable[[Item], bool]
Limits = tuple[float | None, float | None]


@dataclass(frozen=True)
class Stated:
    """What a row should hold. Without a value it is undefined; without limits they are not recounted."""

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    n: int = 0
    measured: int = 0
    total: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    limits: Limits | None = None
    says: str = ""  # what the reason must hold


@dataclass(frozen=True)
class Left:
    """The items that a number rests on, and why each other one is left out."""

    on: list[Item]
    excluded: Counter[str]

    @property
    def total(self) -> int:
        return len(self.on) + self.excluded.total()

    def none(self, says: str = "") -> Stated:
        n = len(self.on)
        return Stated(n=n, measured=n, total=self.total, excluded=self.excluded, says=says)

    def share(self, x: int) -> Stated:
        n = len(self.on)
        limits = wilson(x, n)
        return Stated(x / n, x, n, n, n, self.total, self.excluded, limits)

    def share_if_any(self, counts: Is) -> Stated:
        return self.share(sum(map(counts, self.on))) if self.on else self.none()


def left(asked: Iterable[Item], rests: Is, why: Callable[[Item], str]) -> Left:
    on, out = [], Counter[str]()
    for one in asked:
        if rests(one):
            on.append(one)
        else:
            out[why(one)] += 1
    return Left(on, out)


def why_unknown(one: Item) -> str:
    if not one.is_scanned:
        return one.said
    return {"unlabelled": "unlabelled", "unclear": "unclear label", "presumed": "presumed benign"}.get(
        one.truth, OTHERWISE
    )


def why_unranked(one: Item) -> str:
    if not one.is_scanned:
        return one.said
    return "no score" if one.score is None else OTHERWISE


def is_presumed(one: Item) -> bool:
    return any(fnmatchcase(one.cohort, each) for each in PRESUMED)


@dataclass(frozen=True)
class Stratum:
    """A stratum of a draw, with its drawn items that are labelled."""

    count: int
    drawn: list[Item]

    def estimate(self, of: Is) -> float:
        """Horvitz and Thompson: every drawn item stands for as many as its stratum has for each drawn."""
        return self.count * sum(map(of, self.drawn)) / len(self.drawn)


@dataclass(frozen=True, eq=False)
class Recount:
    """All verdicts of one version, and what was drawn of the items that it passed."""

    items: list[Item]
    drawn: dict[str, Row]  # event -> its row in the draw about this version

    @cached_property
    def by_part(self) -> dict[Part, list[Item]]:
        found: dict[Part, list[Item]] = defaultdict(list)
        for one in self.items:
            for part in parts_of(one):
                found[part].append(one)
        return found

    def within(self, part: Part) -> list[Item]:
        return self.by_part.get(part, [])

    def own(self, part: Part) -> list[Item]:
        """Without planted items."""
        return [one for one in self.within(part) if one.seed is None]

    @property
    def parts(self) -> set[Part]:
        found = {part for part in self.by_part if part.by == "family" or self.own(part)}
        return found | ({Part("mean", "")} if len(self.sets) > 1 else set())

    @cached_property
    def sets(self) -> list[str]:
        """Cohorts in which every item with a verdict has a label, whatever the verdict was."""
        by: dict[str, list[Item]] = defaultdict(list)
        for one in self.items:
            if one.is_scanned and one.seed is None:
                by[one.cohort].append(one)
        return sorted(name for name, own in by.items() if all(one.is_known for one in own))

    @cached_property
    def audited(self) -> set[str]:
        return {one.cohort for one in self.items if one.event in self.drawn}

    def basis(self, part: Part) -> str:
        inside, own = self.within(part), self.own(part)
        if part.by == "mean":
            return SET
        has_set = any(one.cohort in self.sets for one in own)
        is_audited = any(one.cohort in self.audited for one in own)
        if part.by == "family":
            is_audited = bool(self.audited) and (self.has_met(part) or not has_set)
        if is_audited:
            return AUDIT
        if has_set:
            return SET
        is_seeded = any(one.is_scanned and one.seed is not None for one in inside)
        return "seeded" if is_seeded else "not identifiable"

    def has_met(self, part: Part) -> bool:
        """Whether the audit found an attack of a kind among alarms, or among what was drawn."""
        return any(
            one.cohort in self.audited and one.truth == "attack"
            and (one.said == "flag" or one.event in self.drawn)
            for one in self.own(part)
        )  # fmt: skip

    def rests_on(self, metric: str, part: Part) -> str:
        """What a number is of."""
        name, basis = metric.removeprefix("detector_"), self.basis(part)
        if name in ("fpr", "fnr", "recall", "f1"):
            return basis
        if name in ("precision", "false_alarm_share"):
            return SET if basis == SET else "reviewed alarms"
        if name in ("error_share", "unscanned_share", "labelled_share"):
            return "every verdict"
        if name == "fnr_seeded":
            return "seeded"
        return "presumed benign" if "presumed" in name else SET

    def state(self, metric: str, part: Part) -> Stated:
        name = metric.removeprefix("detector_")
        if part.by == "mean":
            return self.mean(metric)
        if name in ("fpr", "fnr", "recall"):
            return self.audit(name, part) if self.basis(part) == AUDIT else self.rate(name, part)
        apart = {
            "fnr_seeded": self.seeded,
            "fpr_presumed": self.presumed,
            "f1": self.harmonic,
            "auc": self.area,
            "average_precision": self.precise,
            "eer": self.nearest,
            "brier": self.squares,
        }
        if name in apart:
            return apart[name](part)
        if name in ("error_share", "unscanned_share", "labelled_share"):
            return silent(name, self.own(part))
        if name in ("false_alarm_share", "precision"):
            return self.alarms(name, part)
        return self.at_rate(name, part)

    # -- at the log's own threshold

    def is_of_a_set(self, one: Item) -> bool:
        return one.is_known and one.cohort in self.sets

    def why(self, basis: str) -> Callable[[Item], str]:
        def why(one: Item) -> str:
            is_chosen = one.is_known and one.said == "flag" and one.cohort not in self.sets
            return CHOSEN if is_chosen and basis != SET else why_unknown(one)

        return why

    def rate(self, name: str, part: Part) -> Stated:
        basis, other = self.basis(part), "attack" if name == "fpr" else "benign"
        asked = [one for one in self.own(part) if one.truth != other]
        found = left(asked, self.is_of_a_set, self.why(basis))
        if basis != SET:
            return found.none("not identifiable")
        return found.share_if_any(lambda one: one.said == ("pass" if name == "fnr" else "flag"))

    def alarms(self, name: str, part: Part) -> Stated:
        among = {SET: set(self.sets), AUDIT: self.audited}.get(self.basis(part))
        asked = [one for one in self.own(part) if one.said != "pass"]
        rests: Is = lambda one: one.is_known and (among is None or one.cohort in among)  # noqa: E731
        truth = "attack" if name == "precision" else "benign"
        return left(asked, rests, why_unknown).share_if_any(lambda one: one.truth == truth)

    def harmonic(self, part: Part) -> Stated:
        basis = self.basis(part)
        asked = [one for one in self.own(part) if (one.said, one.truth) != ("pass", "benign")]
        found = left(asked, lambda one: basis == SET and self.is_of_a_set(one), self.why(basis))
        if not found.on:
            return found.none()
        caught = sum(one.said == "flag" and one.truth == "attack" for one in found.on)
        low, high = (2 * each / (1 + each) for each in wilson(caught, len(found.on)))
        both = caught + len(found.on)
        return replace(
            found.share(caught),
            value=2 * caught / both,
            numerator=2 * caught,
            denominator=both,
            limits=(low, high),
        )

    def seeded(self, part: Part) -> Stated:
        planted = [one for one in self.within(part) if one.seed is not None]
        return left(planted, lambda one: one.is_scanned, why_unknown).share_if_any(
            lambda one: one.said == "pass"
        )

    def presumed(self, part: Part) -> Stated:
        asked = [one for one in self.own(part) if is_presumed(one) and one.truth != "attack"]
        return left(asked, lambda one: one.is_scanned, why_unknown).share_if_any(
            lambda one: one.said == "flag"
        )

    # -- what a draw of passed items says

    @cached_property
    def strata(self) -> list[Stratum]:
        by: dict[str, list[Item]] = defaultdict(list)
        for one in self.items:
            if one.event in self.drawn and one.is_known:
                by[self.drawn[one.event]["stratum"]].append(one)
        counts = {row["stratum"]: int(row["stratum_count"]) for row in self.drawn.values()}
        return [Stratum(counts[name], own) for name, own in sorted(by.items())]

    def audit(self, name: str, part: Part) -> Stated:
        """Of the traffic that was drawn from; flagged items count for those that nobody reviewed."""
        of_kind = self.within(part)
        inside = {one.event for one in of_kind}
        # of which kind an attack would be is known of labelled items only: all traffic is asked
        own = self.own(WHOLE) if part.by == "family" else self.own(part)
        traffic = [one for one in own if one.cohort in self.audited]
        alarms = [one for one in traffic if one.said == "flag"]
        reviewed = [one for one in alarms if one.is_known]
        sampled = [one for one in traffic if one.said == "pass" and one.event in self.drawn and one.is_known]
        each_stands_for = len(alarms) / len(reviewed) if reviewed else 1.0

        def estimated(truth: str) -> tuple[float, float]:
            is_it: Is = lambda one: one.event in inside and one.truth == truth  # noqa: E731
            others = sum(not is_it(one) for one in sampled)
            most = sum(one.said == "pass" for one in traffic) - others
            by_draw = sum(each.estimate(is_it) for each in self.strata)
            return each_stands_for * sum(map(is_it, reviewed)), min(by_draw, most)

        (caught, missed), (false, cleared) = estimated("attack"), estimated("benign")
        x, n = {
            "fnr": (missed, caught + missed),
            "recall": (caught, caught + missed),
            "fpr": (false, false + cleared),
        }[name]
        unlabelled = sum(one.said == "pass" for one in traffic) - len(sampled)
        waiting = sum(one.said == "pass" and one.event in self.drawn and not one.is_known for one in traffic)
        excluded = Counter({"passed, not drawn": unlabelled - waiting, "drawn, no label that tells": waiting})
        excluded += Counter({"flagged, not reviewed": len(alarms) - len(reviewed)})
        excluded += Counter(one.said for one in self.own(part) if not one.is_scanned)
        other = "attack" if name == "fpr" else "benign"
        excluded[OTHERWISE] = sum(
            one.is_scanned and one.cohort not in self.audited and one.truth != other for one in self.own(part)
        )
        excluded = +excluded
        labelled = len(reviewed) + len(sampled)
        made = Stated(None, None, None, labelled, labelled, labelled + excluded.total(), excluded)
        if not n:
            return made
        made = replace(made, value=x / n, numerator=x, denominator=n)
        if part.by not in ("whole", "cohort"):
            return made
        return replace(made, limits=self.exact(name, alarms, (missed, caught + missed)))

    def exact(self, name: str, alarms: list[Item], misses: tuple[float, float]) -> Limits | None:
        """Limits of a simple draw: hypergeometric where all alarms were reviewed, else Begg and Greenes'.

        With Wilson's on the estimated misses and attacks.
        """
        if len(self.strata) != 1 or name == "fpr":
            return None
        (only,) = self.strata
        found, caught = attacks_in(only.drawn), attacks_in(alarms)
        false = sum(one.truth == "benign" for one in alarms)
        if len(alarms) == caught + false:
            ends = (each / (each + caught) for each in exact_total(found, len(only.drawn), only.count))
            low, high = ends
        else:
            cleared = len(only.drawn) - found
            share, error = begg_greenes(
                (caught, false, len(alarms) - caught - false), (found, cleared, only.count - found - cleared)
            )
            low, high = (1 - share - Z * error, 1 - share + Z * error)
        low, high = by_squares((low, high), *misses)
        return (low, high) if name == "fnr" else (1 - high, 1 - low)

    # -- what the scores say

    def ranked(self, part: Part, truths: Sequence[str] = KNOWN) -> Left:
        def rests(one: Item) -> bool:
            return self.is_of_a_set(one) and one.score is not None and one.truth in truths

        return left(self.own(part), rests, why_unranked)

    def scores(self, part: Part) -> tuple[list[float], list[float]]:
        on = self.ranked(part).on
        attacks, benign = (sorted(one.score or 0.0 for one in on if one.truth == each) for each in KNOWN)
        return attacks, benign

    def unranked(self, part: Part) -> Stated:
        found = self.ranked(part)
        everything = replace(found, on=[], excluded=Counter(map(why_unranked, self.own(part))))
        return everything.none()

    def area(self, part: Part) -> Stated:
        attacks, benign = self.scores(part)
        if not attacks or not benign:
            return self.unranked(part)
        value, error = area(attacks, benign)
        pairs = len(attacks) * len(benign)
        limits = (max(value - Z * error, 0.0), min(value + Z * error, 1.0))
        return self.of_all(part, (value, value * pairs, pairs), limits)

    def of_all(self, part: Part, told: tuple[float, float, float], limits: Limits | None) -> Stated:
        found = self.ranked(part)
        return replace(found.none(), value=told[0], numerator=told[1], denominator=told[2], limits=limits)

    def precise(self, part: Part) -> Stated:
        attacks, benign = self.scores(part)
        if not attacks or not benign:
            return self.unranked(part)
        value, n = average_precision(attacks, benign), len(attacks)
        middle, reach = math.log(value / (1 - value)), Z / math.sqrt(n * value * (1 - value))
        low, high = (1 / (1 + math.exp(-each)) for each in (middle - reach, middle + reach))
        return self.of_all(part, (value, value * n, n), (low, high))

    def nearest(self, part: Part) -> Stated:
        attacks, benign = self.scores(part)
        if not attacks or not benign:
            return self.unranked(part)
        shares = [(1 - x / len(attacks), y / len(benign)) for _, x, y in corners(points(attacks, benign))]
        missed, alarmed = min(shares, key=lambda one: abs(one[0] - one[1]))
        value = (missed + alarmed) / 2
        n = len(attacks) + len(benign)
        return self.of_all(part, (value, value * n, n), (None, None))

    def squares(self, part: Part) -> Stated:
        found = self.ranked(part)
        if not found.on or self.items[0].unit.name.startswith("Lakera"):
            return self.unranked(part)
        off = [((one.score or 0.0) - (one.truth == "attack")) ** 2 for one in found.on]
        value, n = sum(off) / len(off), len(off)
        reach = Z * math.sqrt(variance(off) / n)
        return self.of_all(part, (value, sum(off), n), (value - reach, value + reach))

    def at_rate(self, name: str, part: Part) -> Stated:
        allowed = ALLOWED[name.rpartition("_")[2]]
        attacks, benign = self.scores(part)
        if name.startswith("tpr"):
            found = self.ranked(part, ("attack",))
            if not attacks or not benign:
                return self.unranked(part)
            fits = [each for each in points(attacks, benign)[1:] if each[2] / len(benign) <= allowed]
            if not fits:
                return found.none("not attainable")
            return found.share(at_or_above(attacks, fits[-1][0]))
        found = self.ranked(part, ("benign",))
        if "presumed" in name:
            found = left(self.own(part), lambda one: is_presumed(one) and one.truth != "attack", why_unranked)
        if not attacks or not found.on:
            return self.unranked(part)
        threshold = quantile(attacks, 1 - allowed)
        return found.share(sum((one.score or 0.0) >= threshold for one in found.on))

    # -- the unweighted mean of sets

    def mean(self, metric: str) -> Stated:
        """With limits by Zou and Donner: of each set how far its limits lie."""
        cohorts = self.sets
        if metric.endswith("_presumed"):
            cohorts = sorted({one.cohort for one in self.items if is_presumed(one)})
        each = [self.state(metric, Part("cohort", name)) for name in cohorts]
        values = [one.value for one in each if one.value is not None]
        left_out = sum((one.excluded for one in each), Counter[str]())
        measured = sum(one.measured for one in each)
        total = sum(values)
        return Stated(
            total / len(values), total, len(values), sum(one.n for one in each), measured,
            measured + left_out.total(), left_out, zou_donner(values, [one.limits for one in each]),
        )  # fmt: skip


def zou_donner(values: list[float], limits: list[Limits | None]) -> Limits | None:
    """Limits of a mean from those of its parts; none where a part has none."""
    known = [(low, high) for low, high in (each or (None, None) for each in limits)
             if low is not None and high is not None]  # fmt: skip
    if len(known) < len(values):
        return None, None
    mean, n = sum(values) / len(values), len(values)
    pairs = list(zip(values, known, strict=True))
    down = math.sqrt(sum((value - low) ** 2 for value, (low, _) in pairs)) / n
    up = math.sqrt(sum((high - value) ** 2 for value, (_, high) in pairs)) / n
    return mean - down, mean + up


def parts_of(one: Item) -> list[Part]:
    found = [WHOLE, Part("cohort", one.cohort), Part("surface", one.surface)]
    maybe = (("week", one.week), ("family", one.family))
    return found + [Part(by, value) for by, value in maybe if value]


def attacks_in(items: Iterable[Item]) -> int:
    return sum(one.truth == "attack" for one in items)


def silent(name: str, own: list[Item]) -> Stated:
    """Failures of all that it was asked, or labels of all that it answered."""
    if name == "labelled_share":
        return left(own, lambda one: one.is_scanned, why_unknown).share_if_any(lambda one: one.is_known)
    counted = ("error",) if name == "error_share" else ("error", "skipped")
    return Left(own, Counter()).share_if_any(lambda one: one.said in counted)
