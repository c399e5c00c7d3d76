"""Which items should people label? A form; what the sample will buy is said before anything is recorded."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl
import streamlit as st

from dashboard import labelling, loading, wording
from dashboard.components import chrome, detectors_text, explorer_text, markup
from dashboard.components.labelling_choice import (
    DOOR,
    DRAW_KEY,
    LABEL,
    VIEW_KEY,
    Desk,
    done,
    nobody,
    refused,
)
from dashboard.labelling import Draw, Wanted
from dashboard.labelling_draws import units
from dashboard.labelling_tables import judged_now
from ingest.errors import PilotError
from metrics.detectors.slicing import is_of_unit
from metrics.detectors.values import Unit

SIZE: Final = 300
MOST: Final = 100_000
NO_SECOND: Final = "none"
EVERY: Final = "all without a set's labels"
STRATA: Final = ("Stratum", "Passed items", "To draw", "Chance of each")


def drawing(desk: Desk) -> None:
    """Ask what is wanted, say what it buys, and draw."""
    told = units(desk.session, desk.pilot)
    if not told:
        chrome.empty(detectors_text.NO_DETECTIONS, detectors_text.CONNECT)
        return
    if not desk.design:
        chrome.empty(
            "Nothing has been drawn for labelling yet.",
            "Choose a detector and how many of the items that it let pass people should label.",
        )
    if desk.session.as_of_fixed:
        st.caption(explorer_text.later(desk.session.as_of.date()))
    wanted = _asked(desk, {unit.name: unit for unit in told})
    if not desk.who:
        nobody()
        return
    _promise(desk, wanted)


def _asked(desk: Desk, told: dict[str, Unit]) -> Wanted:
    left, right = st.columns(2, gap="large")
    with left:
        unit = told[st.selectbox("Whose misses are looked for?", list(told), key="draw_unit")]
        size = int(st.number_input("Items to draw", 1, MOST, SIZE, key="draw_size"))
        second = st.selectbox("Strata by a second detector", _others(told, unit), key=f"second_{unit.name}")
        near = st.checkbox("A stratum of what scored near the threshold", key="draw_near")
    with right:
        cohort = st.selectbox("Cohort", [EVERY, *_cohorts(desk, unit)], key=f"cohort_{unit.name}")
        since = _day("Verdicts from (empty: no limit)", "draw_since")
        until = _day("Verdicts before (empty: no limit)", "draw_until")
    chosen: dict[str, Any] = {"since": since, "until": until, "near": near}
    chosen["second"] = None if second == NO_SECOND else second
    chosen["cohort"] = None if cohort == EVERY else cohort
    return Wanted(desk.pilot, unit, size, desk.who, **chosen)


def _others(told: dict[str, Unit], unit: Unit) -> list[str]:
    names = sorted({each.detector for each in told.values()} - {unit.detector})
    return [NO_SECOND, *names]


def _cohorts(desk: Desk, unit: Unit) -> list[str]:
    verdicts = judged_now(desk.session, desk.pilot).filter(is_of_unit(unit))
    return verdicts.select(pl.col("cohort").drop_nulls().unique().sort()).collect()["cohort"].to_list()


def _day(title: str, key: str) -> date | None:
    found = st.date_input(title, value=None, key=key, format="YYYY-MM-DD")
    return found if isinstance(found, date) else None


def _promise(desk: Desk, wanted: Wanted) -> None:
    """What the sample will buy; nothing is recorded by looking at it."""
    try:
        proposed = labelling.propose(desk.session, wanted)
    except PilotError as error:
        chrome.refusal(error)
        return
    with st.container(key="labelling_promise"):
        lines = (("It buys", proposed.promise), ("Recorded", "nothing yet"))
        st.html(markup.answer(_words(proposed), lines, ("○", "wait")))
        st.html(markup.table(STRATA, _rows(proposed)))
    # what is recorded is what was shown, seed and all
    st.button(
        "Draw and record", type="primary", key="draw_record", icon=":material/casino:",
        on_click=_record, args=(desk, proposed),
    )  # fmt: skip


def _words(proposed: Draw) -> str:
    population = sum(each.population for each in proposed.strata)
    return f"{wording.fraction(proposed.items.height, population)} passed items, by chance"


def _rows(proposed: Draw) -> list[tuple[str, ...]]:
    return [
        (each.name, f"{each.population:,}", f"{each.sampled:,}", wording.percent(each.probability))
        for each in proposed.strata
    ]


def _record(desk: Desk, proposed: Draw) -> None:
    try:
        labelling.draw(loading.session(), proposed, DOOR)
    except PilotError as error:
        refused(error)
        return
    st.session_state[DRAW_KEY], st.session_state[VIEW_KEY] = proposed.design_id, LABEL
    done(f"Drew {wording.plural(proposed.items.height, 'item')} as {proposed.design_id}.")
    _ = desk
