"""What came out: what the detector and others said of the items that somebody has labelled."""

from __future__ import annotations

from typing import Final

import polars as pl
import streamlit as st

from dashboard import labelling, wording
from dashboard.components import chrome, frames
from dashboard.components.labelling_choice import Desk, reveal

COLUMNS: Final = {
    "event_id": "Item", "labelled_at": "Labelled", "label": "You said", "family": "Kind",
    "verdict": "Detector's verdict", "score": "Score", "threshold": "Threshold", "stratum": "Stratum",
    "others": "Others said", "settled": "Settled",
}  # fmt: skip
HEIGHT: Final = 460  # px


def outcome(desk: Desk) -> None:
    """Show the own labels beside the detector's word and other people's; of no item before its label."""
    found = labelling.revealed(desk.session, desk.design, desk.who)
    if found.is_empty():
        chrome.empty(
            "You have labelled nothing of this draw yet.",
            "What the detector and others said of an item is shown after your own label.",
        )
        return
    reveal(desk)
    st.markdown(f"**{wording.plural(found.height, 'item')}** labelled by you, the latest first.")
    st.caption("A label that you change from now on is marked as given after you had seen this.")
    st.dataframe(_shown(found), width="stretch", height=min(HEIGHT, 40 + 35 * found.height), hide_index=True)
    frames.download(lambda: found, "these rows", f"{desk.design}-mine.csv")


def _shown(found: pl.DataFrame) -> pl.DataFrame:
    moments = pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M")
    told = frames.flat(found.with_columns(pl.col("others").list.join("; ", ignore_nulls=True)))
    return told.with_columns(moments, pl.col(pl.Float64).round(4)).select(
        pl.col(name).alias(heading) for name, heading in COLUMNS.items()
    )
