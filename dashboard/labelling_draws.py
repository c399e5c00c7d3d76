"""Which items are drawn for labelling, and what will they tell? Said before anything is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from secrets import randbelow
from typing import Any, Final

import polars as pl

from dashboard import wording
from dashboard.composition import Session, clock
from dashboard.labelling_tables import judged_now, known_pilot
from dashboard.labelling_values import Draw, Wanted
from dashboard.recording import Door, enter_selections
from ingest.deciding import Recorded, person
from ingest.errors import UsageError
from metrics.calendar import day_start
from metrics.detectors.drawing import (
    STRATUM,
    Drawable,
    Planned,
    allocated,
    drawn,
    of_drawable,
    population,
    stratified,
)
from metrics.detectors.drawing_precision import (
    RISKY_SHARE,
    USUAL_FNR,
    Assumed,
    Caught,
    Precision,
    is_risky,
    precision,
)
from metrics.detectors.slicing import is_of_unit
from metrics.detectors.values import Unit

SEEDS: Final = 2**31
NO_DETECTOR: Final = "no detector has said anything yet; name its logs in [sources.detections] and ingest"


def propose(session: Session, wanted: Wanted) -> Draw:
    """Draw passed items that nobody has drawn before; records nothing.

    Raises
    ------
    UsageError
        The pilot, the detector or the second one is unknown, or nothing can be drawn.
    """
    by = person(wanted.by, "by")
    _refuse_impossible(wanted)
    judged = judged_now(session, known_pilot(session, wanted.pilot))
    _refuse_unknown(judged, wanted)
    drawable = _drawable(session, wanted)
    items = _items(session, judged, (wanted, drawable))
    plan = _plan(items, wanted.size)
    foreseen, words = foresee(session, judged, drawable, (wanted.pilot, plan, wanted.assumed_fnr))
    seed = randbelow(SEEDS) if wanted.seed is None else wanted.seed
    at = clock()
    return Draw(
        design_id=_name(session, wanted.pilot, at),
        wanted=wanted,
        by=by,
        at=at,
        window=(drawable.since, drawable.until),
        items=drawn(items, plan, seed),
        strata=plan,
        precision=foreseen,
        promise=words,
        seed=seed,
    )


def draw(session: Session, drawn_items: Draw, door: Door) -> Recorded:
    """Record a draw as it was proposed; refused where somebody has drawn one of its items meanwhile."""
    return enter_selections(session, rows_of(drawn_items), door)


def rows_of(made: Draw) -> list[dict[str, Any]]:
    """The draw as rows of `selections`."""
    wanted = made.wanted
    shared = {
        "design_id": made.design_id, "pilot": wanted.pilot, "detector": wanted.unit.detector,
        "detector_version": wanted.unit.version, "threshold": wanted.unit.threshold,
        "second_detector": wanted.second, "from_at": made.window[0], "until_at": made.window[1],
        "cohort": wanted.cohort, "drawn_at": made.at, "drawn_by": made.by,
    }  # fmt: skip
    return [{**row, **shared} for row in made.items.to_dicts()]


def units(session: Session, pilot: str) -> tuple[Unit, ...]:
    """Every detector, version and threshold that has said something in a pilot."""
    names = ("detector", "detector_version", "threshold", "threshold_op")
    told = judged_now(session, known_pilot(session, pilot)).select(names).unique().collect()
    found = {Unit(name, version, at, operator or ">=") for name, version, at, operator in told.iter_rows()}
    return tuple(sorted(found, key=lambda each: each.name))


def unit(session: Session, pilot: str, detector: str, version: str | None, at: float | None) -> Unit:
    """The one that is meant; version and threshold are needed only where there are several."""
    told = units(session, pilot)
    meant = [
        each
        for each in told
        if each.detector == detector and version in {None, each.version} and at in {None, each.threshold}
    ]
    if len(meant) == 1:
        return meant[0]
    if not told:
        raise UsageError(NO_DETECTOR)
    few = f"several are called {detector!r}; add --version or --threshold:" if meant else (
        f"no detector {detector!r} with that version and threshold in {pilot}; there are:"
    )  # fmt: skip
    raise UsageError(f"{few} {wording.listed([each.name for each in meant or told])}")


# -- what is drawn from ----------------------------------------------------------------------------


def _refuse_impossible(wanted: Wanted) -> None:
    if wanted.size < 1:
        raise UsageError(f"size is {wanted.size}; a draw has at least 1 item")
    if wanted.seed is not None and wanted.seed < 0:
        raise UsageError(f"seed is {wanted.seed}; expected 0 or more")
    if wanted.assumed_fnr is not None and not 0 < wanted.assumed_fnr < 1:
        raise UsageError(f"the assumed miss rate is {wanted.assumed_fnr}; expected more than 0 and below 1")


def _refuse_unknown(judged: pl.LazyFrame, wanted: Wanted) -> None:
    if judged.filter(is_of_unit(wanted.unit)).head(1).collect().is_empty():
        raise UsageError(f"{wanted.unit.name} has said nothing in {wanted.pilot}; `pilot label list` helps")
    names = judged.filter(~is_of_unit(wanted.unit)).select("detector").unique().collect()["detector"].sort()
    if wanted.second is not None and wanted.second not in set(names):
        there = ", ".join(names) or "none"
        raise UsageError(f"no other detector is called {wanted.second!r}; there are: {there}")


def _drawable(session: Session, wanted: Wanted) -> Drawable:
    zone = session.pilot(wanted.pilot).timezone
    since, until = (None if on is None else day_start(on, zone) for on in (wanted.since, wanted.until))
    if since is not None and until is not None and since >= until:
        raise UsageError(f"from {wanted.since} until {wanted.until} is no time at all")
    return Drawable(wanted.unit, wanted.cohort, since, until)


def _items(session: Session, judged: pl.LazyFrame, asked: tuple[Wanted, Drawable]) -> pl.DataFrame:
    wanted, drawable = asked
    items = population(judged, session.tables.selections, drawable)
    if items.is_empty():
        raise UsageError(
            f"{wanted.pilot}: {wanted.unit.name} let nothing pass that could be drawn: planted items, items "
            "drawn before, and labelled sets (unless one is named as the cohort) are left out; choose "
            "another cohort or time"
        )
    return stratified(items, judged, wanted.unit, wanted.second, near=wanted.near)


def _plan(items: pl.DataFrame, size: int) -> tuple[Planned, ...]:
    counts = dict(items.group_by(STRATUM).len().iter_rows())
    try:
        return allocated(counts, size)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _name(session: Session, pilot: str, at: datetime) -> str:
    """Day, pilot and running number: 2026-08-17-payments-labels-1."""
    first = f"{at:%Y-%m-%d}-{pilot}-labels-"
    known = session.tables.selections.filter(pl.col("design_id").str.starts_with(first))
    return f"{first}{known.select(pl.col('design_id').n_unique()).collect().item() + 1}"


# -- what it will tell -----------------------------------------------------------------------------


def foresee(
    session: Session,
    judged: pl.LazyFrame,
    drawable: Drawable,
    asked: tuple[str, tuple[Planned, ...], float | None],
) -> tuple[Precision, str]:
    """What a planned sample will tell, as numbers and in words; asked: pilot, strata, assumed miss rate."""
    pilot, plan, fnr = asked
    found = caught(judged, drawable)
    assumed = Assumed(found.count, fnr or USUAL_FNR, session.policy(pilot).confidence)
    foreseen = precision(plan, assumed, session.measuring(pilot).detectors.half_width)
    return foreseen, in_words(foreseen, plan, found)


def caught(judged: pl.LazyFrame, drawable: Drawable) -> Caught:
    """What the detector flagged among what is drawn from."""
    flagged = of_drawable(judged, drawable).filter(pl.col("verdict") == "flag")
    told: dict[str, int] = dict(flagged.group_by("truth").len().collect().iter_rows())
    return Caught(sum(told.values()), told.get("attack", 0), told.get("benign", 0))


def in_words(foreseen: Precision, plan: Iterable[Planned], found: Caught) -> str:
    """What a sample will buy, and on which assumptions that rests.

    >>> plan = (Planned("all", 9_900, 300),)
    >>> in_words(precision(plan, Assumed(80.0), 0.05), plan, Caught(80, 0, 0))[:44]
    'If no attack is found in 300 items of 9,900,'
    """
    return " ".join(_sentences(foreseen, tuple(plan), found))


def _sentences(foreseen: Precision, plan: tuple[Planned, ...], found: Caught) -> Iterable[str]:
    of = " and ".join(
        f"{each.sampled:,} items of {each.population:,}{'' if len(plan) == 1 else f' {each.name}'}"
        for each in plan
    )
    level = wording.percent(foreseen.assumed.level)
    if foreseen.half_width is None or foreseen.high_if_none is None:
        yield (
            f"Nothing that it flagged is known to be an attack, so no miss rate can be told. If no attack is "
            f"found in {of}, fewer than {wording.percent(foreseen.elusion_if_none)} of what passed are "
            f"attacks, at {level}."
        )
        return
    yield (
        f"If no attack is found in {of}, the miss rate is at most {wording.percent(foreseen.high_if_none)}, "
        f"at {level}."
    )
    yield (
        f"Expected is {_points(foreseen.half_width)} to either side of this traffic's miss rate, "
        f"if {wording.percent(foreseen.assumed.fnr)} of attacks pass{_spread(plan)}; {_basis(found)}."
    )
    yield f"{_points(foreseen.wanted_half_width)} would take {wording.plural(foreseen.needed or 0, 'item')}."


def _points(half_width: float) -> str:
    return f"{100 * half_width:.1f} points"


def _spread(plan: tuple[Planned, ...]) -> str:
    risky = [each.name for each in plan if is_risky(each.name)]
    return (
        f" and {wording.percent(RISKY_SHARE)} of these are {' or '.join(risky)} (assumed)"
        if risky
        else " (assumed)"
    )


def _basis(found: Caught) -> str:
    if not found.reviewed:
        return (
            f"nobody has reviewed its {wording.plural(found.flagged, 'alarm')}, so all are taken for attacks"
        )
    return (
        f"{found.attacks:,} of {found.reviewed:,} alarms that were reviewed are attacks, of {found.flagged:,}"
    )
