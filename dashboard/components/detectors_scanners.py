"""The same questions of security scanners; and how many attacks may have been seen by nobody?"""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import wording
from dashboard.components import chrome, markup
from dashboard.components import detectors_text as text
from dashboard.measured import Measured
from metrics.detectors.hidden import Hidden, unseen_attacks
from metrics.detectors.scanners import Scanner, scanners
from metrics.estimate import Estimate

HEADINGS: Final = (
    "Scanner", "Confirmed", "False positives", "False-positive share of decided", "Missed, at least",
    "Decided otherwise, or not",
)  # fmt: skip
HIDDEN: Final = ("Detectors", "Confirmed and flagged by one", "Attacks in all", "Mind")
NO_SCANNERS: Final = "No scanner has reported anything of this pilot."
SCANS: Final = "Name SARIF files under `[sources.sarif]`, or read your code host, and ingest: docs/scans.md."
RULE: Final = (
    "From explicit decisions alone: what was accepted, will not be fixed or is used in tests says nothing of "
    "the scanner. Missed are confirmed findings that another tool or a person found first where it looked; "
    "what nobody found is not among them."
)
LOWER_BOUND: Final = (
    "Capture-recapture over confirmed attacks in traffic. Detectors that learned from the same examples find "
    "the same attacks, so this is a lower bound, never an estimate of all."
)


def of_scanners(measured: Measured) -> None:
    """Show every scanner and its versions, from decisions and from who found what first."""
    st.header("Scanners", anchor=False)
    found = measured.once("detectors scanners", lambda: scanners(measured.case))
    if not found:
        chrome.empty(NO_SCANNERS, SCANS)
        return
    st.html(markup.table(HEADINGS, (scanner_row(each) for each in found)))
    st.caption(RULE)


def scanner_row(each: Scanner) -> tuple[str, ...]:
    """One scanner in numbers."""
    return (
        each.tool if each.version is None else f"{each.tool} {each.version}",
        f"{each.confirmed:,}",
        f"{each.false_positives:,}",
        text.told(each.false_positive_share),
        text.told(each.miss_share),
        ", ".join(f"{count:,} {name}" for name, count in each.beside) or "none",
    )


def unseen(measured: Measured) -> None:
    """Say how many attacks there are at least; nothing where no two detectors looked at confirmed ones."""
    found = measured.once("detectors unseen", lambda: unseen_attacks(measured.case.detectors))
    if not found:
        return
    st.header("Attacks that nobody saw", anchor=False)
    st.html(markup.table(HIDDEN, (hidden_row(each) for each in found)))
    st.caption(LOWER_BOUND)


def hidden_row(each: Hidden) -> tuple[str, ...]:
    """What a group of detectors tells: at least so many, with what speaks against it."""
    number = each.at_least
    total = f"at least {number.value:,.0f}" if isinstance(number, Estimate) else number.reason
    warned = "; ".join(each.warnings) or "independent detectors are supposed"
    return wording.listed([unit.name for unit in each.units]), f"{each.seen:,}", total, warned
