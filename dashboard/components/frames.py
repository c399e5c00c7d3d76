"""How are rows shown in a table and handed out as a file?"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import streamlit as st

from dashboard import spreadsheets


def download(rows: Callable[[], pl.DataFrame], what: str, file_name: str) -> None:
    """Offer rows as CSV; they are worked out when somebody takes them."""
    st.download_button(
        f"Download {what} (CSV)",
        data=lambda: spreadsheets.csv(flat(rows())),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"download_{file_name}",
        width="stretch",
    )


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Join lists of words into one text per cell; what cannot be one cell is left out."""
    joined = frame.with_columns(pl.col(pl.List(pl.String)).list.join("; "))
    return joined.select(name for name, kind in joined.schema.items() if not kind.is_nested())
