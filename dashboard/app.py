"""Which page is shown? The router: pages, the filter that they share, and what stands around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from dashboard import loading
from dashboard.components import chrome
from ingest.errors import PilotError

HERE: Final = Path(__file__).parent
# A file of our own: named icons would make browsers fetch a picture from elsewhere.
ICON: Final = HERE / "flag.svg"
LONGEST_NAME: Final = 60  # of what an address says; the rest would only push the page down


@dataclass(frozen=True)
class PageSpec:
    """One page of the dashboard."""

    file: str  # relative to this file
    title: str
    icon: str
    url_path: str
    is_by_pilot: bool  # whether the shared pilot filter means something on it


PAGES: Final = (
    PageSpec("views/readiness.py", "Readiness", ":material/flag:", "readiness", is_by_pilot=True),
    PageSpec("views/velocity.py", "Velocity", ":material/speed:", "velocity", is_by_pilot=True),
    PageSpec(
        "views/code_quality.py", "Code quality", ":material/bug_report:", "code-quality", is_by_pilot=True
    ),
    PageSpec("views/approvals.py", "Approvals", ":material/visibility:", "approvals", is_by_pilot=True),
    PageSpec("views/detectors.py", "Detectors", ":material/radar:", "detectors", is_by_pilot=True),
    PageSpec("views/labelling.py", "Labelling", ":material/label:", "labelling", is_by_pilot=True),
    PageSpec("views/escapes.py", "Escapes", ":material/crisis_alert:", "escapes", is_by_pilot=True),
    PageSpec("views/findings.py", "Findings", ":material/search:", "findings", is_by_pilot=True),
    PageSpec("views/snapshots.py", "Snapshots", ":material/inventory_2:", "snapshots", is_by_pilot=False),
    PageSpec(
        "views/data_health.py", "Data health", ":material/fact_check:", "data-health", is_by_pilot=False
    ),
    PageSpec("views/methods.py", "Methods", ":material/menu_book:", "methods", is_by_pilot=True),
)


def _page(spec: PageSpec) -> st.Page:
    return st.Page(HERE / spec.file, title=spec.title, icon=spec.icon, url_path=spec.url_path)


def _warn_of_unknown(names: Sequence[str]) -> None:
    """Say that the address names no pilot; asked before the filter, which puts the address right."""
    asked = st.query_params.get(chrome.PILOT_KEY)
    if asked is not None and asked not in names:
        # An address can hold Markdown, even a picture to fetch: as code it is only letters.
        shown = " ".join(asked.replace("`", "'").split())[:LONGEST_NAME]
        st.warning(
            f"There is no pilot `{shown or ' '}`; there are: {', '.join(names)}. This is {names[0]}.",
            icon=":material/warning:",
        )


def main() -> None:
    """Route to the page of the URL and put the shared parts around it."""
    st.set_page_config(page_title="Pilot Metrics", page_icon=str(ICON), layout="wide")
    specs = {spec.title: spec for spec in PAGES}
    chosen = st.navigation([_page(spec) for spec in PAGES], position="top")
    chrome.style()
    try:
        session = loading.session()
        chrome.banner(session)
        if specs[chosen.title].is_by_pilot and session.published:
            names = [pilot.name for pilot in session.pilots]
            _warn_of_unknown(names)
            chrome.pilot_filter(names)
        chosen.run()
    except PilotError as error:
        chrome.refusal(error)


main()
