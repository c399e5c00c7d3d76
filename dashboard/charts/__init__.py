"""Judged numbers as plotly figures; no streamlit here, so that snapshots can use them too."""
