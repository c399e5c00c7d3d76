"""What does the Detectors page answer, in sentences? Pure text; `wording` words every number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isclose
from typing import Final

from dashboard import wording
from dashboard.components.detectors_choice import Looked
from metrics.detectors.detectors import Detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.values import WHOLE, Unit
from metrics.estimate import Estimate, Number, Undefined

FPR: Final = "detector_fpr"
FPR_PRESUMED: Final = "detector_fpr_presumed"
FNR: Final = "detector_fnr"
FNR_SEEDED: Final = "detector_fnr_seeded"
FALSE_ALARMS: Final = "detector_false_alarm_share"
PRECISION: Final = "detector_precision"
RECALL: Final = "detector_recall"
AUC: Final = "detector_auc"
AVERAGE_PRECISION: Final = "detector_average_precision"
EER: Final = "detector_eer"
RATE_NAMES: Final = ("1", "01")  # ends of the metrics' ids, in the order of the settings' rates
CATCH_NAMES: Final = ("95", "99")
LABELLED: Final = "detector_labelled_share"
UNSCANNED: Final = "detector_unscanned_share"
ERRORS: Final = "detector_error_share"
# What stands beside the confusion matrix.
NUMBERS: Final = (
    ("False positive rate", FPR),
    ("of presumed benign", FPR_PRESUMED),
    ("Miss rate (FNR)", FNR),
    ("Misses among seeds", FNR_SEEDED),
    ("False-alarm share", FALSE_ALARMS),
    ("Recall", RECALL),
    ("F1", "detector_f1"),
)
NO_DETECTIONS: Final = "No verdict of a detector about this pilot has been ingested."
CONNECT: Final = (
    "Name the logs of your detectors under `[sources.detections]` and ingest: docs/detectors.md says how "
    "each is read."
)
LABEL: Final = (
    "Draw items on the page Labelling, or with `pilot label draw`, and have people label them; or ingest a "
    "labelled set: docs/labels.md."
)
MIND: Final = (
    "whoever labels only what was flagged never meets a miss: a miss rate is stated only from a labelled "
    "set, or from a drawn sample of what passed"
)
NOT_IDENTIFIABLE: Final = "not identifiable"
WHY_BELOW: Final = "what would tell them stands below the table of versions"
WAYS: Final[dict[str, str]] = {
    "labelled set": "labelled set",
    "sampled audit": "sampled audit of what passed",
    "seeded": "seeded attacks only",
    NOT_IDENTIFIABLE: NOT_IDENTIFIABLE,
}
NO_WOLF: Final = "How often benign items are flagged cannot be told yet"
NO_SLEEP: Final = "how often attacks pass is not identifiable yet"
EXPLAINED: Final = (
    "A detector cries wolf when it flags what is benign (a false alarm), and sleeps when it lets an attack "
    "pass (a miss)."
)
GOOD: Final = ("●", "fair")
MIXED: Final = ("◆", "ask")
UNKNOWN: Final = ("?", "wait")
Named = tuple[Unit, Estimate]


def told(number: Number) -> str:
    """A number with interval and counts; where there is none, why."""
    if isinstance(number, Undefined):
        return number.reason
    return f"{value(number)}, {of(number)}" if not is_counted(number) else wording.cell(number)


def is_counted(number: Estimate) -> bool:
    """Whether counts are counts; those of an audit are estimated."""
    return all(isclose(count, round(count), abs_tol=1e-6) for count in (number.numerator, number.denominator))


def value(number: Estimate) -> str:
    """A share with its interval."""
    spread = wording.span(number)
    return f"{wording.percent(number.value)}{f' ({spread})' if spread else ''}"


def of(number: Estimate) -> str:
    """Counts; estimated ones are said to be."""
    if is_counted(number):
        return wording.fraction(round(number.numerator), round(number.denominator))
    return f"about {number.numerator:,.0f} of {number.denominator:,.0f}"


def brief(number: Number) -> str:
    """A number as a wide table shows it; a long reason is told in full beside the detector's own numbers."""
    return told(number).partition(": ")[0] if isinstance(number, Undefined) else told(number)


def plain(number: Number) -> str:
    """A value with its interval where counts would say nothing, as of an area; where there is none, why."""
    if isinstance(number, Undefined):
        return number.reason
    if number.unit == "share":
        return told(number)
    ends = "" if number.low is None or number.high is None else f" ({number.low:.4f} to {number.high:.4f})"
    return f"{number.value:.4f}{ends}"


def difference(number: Number) -> str:
    """A difference of two shares with its interval, or why it cannot be told."""
    if isinstance(number, Undefined):
        return number.reason
    value, low, high = (
        wording.amount(each or 0.0, wording.POINTS) for each in (number.value, number.low, number.high)
    )
    is_bounded = number.low is not None and number.high is not None
    return f"{value} ({low.removesuffix(' points')} to {high})" if is_bounded else value


def answer(found: Detectors) -> tuple[str, tuple[str, str]]:
    """The page's one sentence, and its glyph and tone."""
    misses_known = known(found, FNR)
    wolf, sleep = _wolf(found), _range(misses_known, ("misses", "miss"), "attacks")
    is_whole = len(misses_known) == len(found.units)
    look = (GOOD if is_whole else MIXED) if wolf and sleep else MIXED if wolf or sleep else UNKNOWN
    return f"{wolf or NO_WOLF}; {sleep or NO_SLEEP}.", look


def _wolf(found: Detectors) -> str:
    """False alarms among benign items; else among presumed ones; else among the alerts that were labelled."""
    kinds = ((FPR, "benign items"), (FPR_PRESUMED, "presumed benign items"))
    stated = next(((each, what) for metric, what in kinds if (each := known(found, metric))), None)
    if stated is not None:
        return _range(stated[0], ("flags", "flag"), stated[1])
    alerts = known(found, FALSE_ALARMS)
    return _range(alerts, ("has false alarms in", "have false alarms:"), "labelled alerts")


def known(found: Detectors, metric: str) -> list[Named]:
    """Detectors with a number, the lowest first."""
    stated = [(unit, found.number(metric, unit, WHOLE)) for unit in found.units]
    named = [(unit, number) for unit, number in stated if isinstance(number, Estimate)]
    return sorted(named, key=lambda each: (each[1].value, each[0].name))


def _range(stated: Sequence[Named], verbs: tuple[str, str], what: str) -> str:
    """Of one detector its number; of several the lowest and the highest."""
    if not stated:
        return ""
    first, last = stated[0], stated[-1]
    if len(stated) == 1:
        return f"{first[0].name} {verbs[0]} {_of(first[1], what)}"
    ends = f"from {_of(first[1], what)}, {first[0].name}, to {_of(last[1], '')}, {last[0].name}"
    return f"{len(stated)} detectors {verbs[1]} {ends}"


def _of(number: Estimate, what: str) -> str:
    """A share in words: 1.2 % of benign items (12 of 1,000)."""
    if number.denominator < wording.SMALL:
        return f"{of(number)} {what}".strip()
    return f"{wording.percent(number.value)}{f' of {what}' if what else ''} ({of(number)})"


def lines(found: Detectors) -> tuple[tuple[str, str], ...]:
    """What the answer rests on, and what it must not be taken for."""
    return (
        ("Mind", MIND),
        ("Misses", misses(found)),
        ("Presumed", presumed(found)),
        ("Seeds", seeds(found)),
    )


def misses(found: Detectors) -> str:
    """Of how many detectors the miss rate is known, and how; what would make it known of the others."""
    stated = [unit for unit, _ in known(found, FNR)]
    ways = [found.slice(unit).basis for unit in stated]
    named = [f"{ways.count(way)} by {words}" for way, words in WAYS.items() if way in ways]
    total = wording.plural(len(found.units), "detector version")
    said = f"known of {len(stated)} of {total}" + (f" ({', '.join(named)})" if named else "")
    open_ = [unit for unit in found.units if unit not in stated]
    if not open_:
        return said
    return f"{said}. {wording.listed([unit.name for unit in open_])}: {NOT_IDENTIFIABLE}, {WHY_BELOW}"


def presumed(found: Detectors) -> str:
    """Which cohorts pass for benign: an assumption, so it stands apart from what people labelled."""
    patterns = found.rules.presumed_benign
    if not patterns:
        return "nothing passes for benign without a label"
    return (
        f"unlabelled items of {wording.listed(patterns)} pass for benign; their false positive rate stands "
        "apart, and every attack among them makes it look worse than it is"
    )


def seeds(found: Detectors) -> str:
    """What planted attacks say: of themselves only."""
    stated = known(found, FNR_SEEDED)
    if not stated:
        return "none planted"
    said = "; ".join(f"{unit.name} missed {told(number)}" for unit, number in stated)
    return f"{said}; in no rate of traffic"


def false_positive_metric(looked: Looked) -> str:
    """The rate on labelled benign items; where there is none, that on presumed ones."""
    return FPR if isinstance(looked.number(FPR), Estimate) else FPR_PRESUMED


def false_positive_rate(looked: Looked) -> tuple[Number, str]:
    """The rate on labelled benign items; where there is none, that on presumed ones; and whose it is."""
    labelled = looked.number(FPR)
    if isinstance(labelled, Estimate):
        return labelled, "items labelled benign"
    presumed_rate = looked.number(FPR_PRESUMED)
    return (presumed_rate, "presumed benign items") if isinstance(presumed_rate, Estimate) else (labelled, "")


def way(found: Detectors, unit: Unit) -> str:
    """How the miss rate of a detector is known; where it is not, how many of what passed have a label."""
    of = found.slice(unit)
    if isinstance(found.number(FNR, unit, WHOLE), Undefined):
        return _not_known(of.counts.false_negatives + of.counts.true_negatives, of.counts.passed)
    return WAYS[of.basis]


def _not_known(labelled: int, passed: int) -> str:
    """In a few words; the whole sentence stands below the table.

    >>> _not_known(0, 180), _not_known(12, 180), _not_known(0, 0)
    ('none of 180 passed items is labelled', '12 of 180 passed items labelled, not drawn', 'no passed item')
    """
    if not passed:
        return "no passed item"
    if not labelled:
        return f"none of {wording.plural(passed, 'passed item')} is labelled"
    return f"{labelled:,} of {wording.plural(passed, 'passed item')} labelled, not drawn"


def reasons(found: Detectors) -> tuple[tuple[str, str], ...]:
    """Why misses are not known and what would tell them: each sentence once, with the detectors it is of."""
    stated = [(unit, found.number(FNR, unit, WHOLE)) for unit in found.units]
    why: dict[str, list[str]] = {}
    for unit, number in stated:
        if isinstance(number, Undefined):
            why.setdefault(number.reason, []).append(unit.name)
    return tuple((wording.listed(names), reason) for reason, names in why.items())


def version_row(found: Detectors, unit: Unit) -> tuple[str, ...]:
    """One detector version in the table of all; every number with its counts."""
    number: Callable[[str], Number] = lambda metric: found.number(metric, unit, WHOLE)  # noqa: E731
    fnr = number(FNR)
    return (
        unit.name,
        brief(number(FPR)),
        told(fnr) if isinstance(fnr, Estimate) else NOT_IDENTIFIABLE,
        way(found, unit),
        counted(number(LABELLED)),
        scanned(number(UNSCANNED), found.slice(unit).counts.errors, found.slice(unit).counts.skipped),
        brief(number(FPR_PRESUMED)),
        brief(number(FALSE_ALARMS)),
    )


VERSIONS: Final = (
    "Detector, version, threshold", "False positive rate", "Miss rate (FNR)", "How misses are known",
    "Labelled", "Scanned", "False positive rate, presumed benign", "False-alarm share",
)  # fmt: skip


def counted(number: Number) -> str:
    """How many of how many."""
    if isinstance(number, Undefined):
        return number.reason
    return wording.share(number.numerator, number.denominator)


def scanned(unscanned: Number, errors: int, skipped: int) -> str:
    """How much of what it was asked it gave a verdict on, and what became of the rest."""
    if isinstance(unscanned, Undefined):
        return unscanned.reason
    done = unscanned.denominator - unscanned.numerator
    rest = f"; {wording.plural(errors, 'error')}, {skipped:,} skipped" if errors or skipped else ""
    return f"{wording.share(done, unscanned.denominator)}{rest}"


def settings(rules: DetectorRules) -> tuple[str, ...]:
    """Settings that only this page's numbers depend on."""
    low, high = (f"{100 * share:.3g} %" for share in rules.prevalence)
    volume = "items a day as measured"
    if rules.events_per_day is not None:
        volume = f"{rules.events_per_day:,.0f} items a day"
    return (
        f"presumed benign: {wording.listed(rules.presumed_benign) or 'nothing'}",
        f"attacks {low} to {high} of traffic",
        volume,
        f"a miss costs {rules.miss_cost:g}, a false alarm {rules.false_alarm_cost:g}",
        f"fewer than {rules.smallest_sample} items are marked",
        "seeds are in no rate of traffic",
    )
