"""How often do detectors cry wolf, and how often do they sleep? Title, data, figures, provenance."""

from __future__ import annotations

import streamlit as st

from dashboard import loading
from dashboard.components import (
    chrome,
    detectors,
    detectors_base_rates,
    detectors_calibration,
    detectors_choice,
    detectors_curves,
    detectors_health,
    detectors_matrix,
    detectors_pair,
    detectors_parts,
    detectors_rows,
    detectors_scanners,
    detectors_text,
    detectors_threshold,
    detectors_timeline,
    numbers,
)
from dashboard.measured import Measured


def figures(pilot: str) -> None:
    """Show the answer first, then detectors, scanners and where all of it comes from."""
    measured = loading.measured(pilot)
    detectors.answer(measured)
    if detectors.has_verdicts(measured):
        of_detectors(measured)
    else:
        detectors_scanners.of_scanners(measured)
    numbers.provenance(measured, detectors_text.settings(measured.case.measuring.detectors), loading.run_id())


def of_detectors(measured: Measured) -> None:
    """Show every version, one detector in full, two compared, time, scanners, and the rows behind."""
    detectors.versions(measured)
    detectors_health.strip(measured)
    st.header("One detector in full", anchor=False)
    looked = detectors_choice.choose(measured)
    detectors_matrix.matrix(looked)
    scored = detectors_choice.of_sets(looked)
    detectors_curves.curves(scored)
    detectors_threshold.explorer(scored)
    detectors_calibration.calibrated(scored)
    detectors_base_rates.base_rates_of(looked)
    detectors_parts.parts(looked)
    detectors_pair.comparison(looked)
    detectors_timeline.over_time(looked)
    detectors_scanners.of_scanners(measured)
    detectors_scanners.unseen(measured)
    detectors_rows.behind(looked)


def page() -> None:
    """Put the page together."""
    st.title("How often do detectors cry wolf, and how often do they sleep?", anchor=False)
    session = loading.session()
    if session.published is None:
        chrome.nothing_ingested()
        return
    figures(chrome.chosen_pilot([pilot.name for pilot in session.pilots]))


page()
