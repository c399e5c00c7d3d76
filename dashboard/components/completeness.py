"""How completely was each repository read live? A part of the Data health page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.completeness import Completeness
from dashboard.components.health import listing

MOMENT: Final = pl.Datetime("us", "UTC")
COLUMNS: Final = {
    "repository": "Repository",
    "held": "Pull requests held",
    "read_once": "Everything read once",
    "listed_at": "All numbers listed",
    "unread": "Could not be read",
    "looked_at": "Last look",
}


def completeness(read: Sequence[Completeness], requests: int | None) -> None:
    """Show how completely each repository was read live; nothing where none was.

    `requests` are those of the last run.
    """
    if not read:
        return
    st.header("Read live from GitHub", anchor=False)
    unfinished = sum(not each.is_read_once for each in read)
    if unfinished:
        count = wording.plural(unfinished, "repository", "repositories")
        st.markdown(f"**{count} not read to the end yet**: run `pilot ingest github`, it goes on from there")
    listing(_rows(read), COLUMNS)
    if requests is not None:
        st.markdown(f"The last run took {wording.plural(requests, 'request')}.")


def _rows(read: Sequence[Completeness]) -> pl.DataFrame:
    rows = [asdict(each) | {"read_once": "yes" if each.is_read_once else "not yet"} for each in read]
    return pl.DataFrame(rows, infer_schema_length=None).cast({"listed_at": MOMENT, "looked_at": MOMENT})
