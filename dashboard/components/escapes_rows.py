"""Which changes stand behind each number of the Escapes page? As many as it says."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from dashboard.components.numbers import Rows, Select
from metrics.aftermath import HOTFIX_DAYS
from metrics.arrivals import KEY
from metrics.measures import Slice

CHANGES: Final = {
    "repository": "Repository", "number": "Number", "title": "Title", "agent": "Agent", "merged_at": "Merged",
    "sprint": "Sprint", "detecting_tools": "Looked after merge", "watched_until": "Watched until",
    "url": "Link",
}  # fmt: skip


def flagged(*flags: str) -> Select:
    """In-scope changes of which one of these is true."""
    is_so = [pl.col(flag).fill_null(value=False) for flag in flags]
    return lambda of: of.changes.filter(pl.any_horizontal(is_so)).sort("merged_at")


def in_scope(of: Slice) -> pl.DataFrame:
    """Every in-scope change."""
    return of.changes.sort("merged_at")


def reverted(of: Slice) -> pl.DataFrame:
    """In-scope changes that were taken back."""
    return _followed(of, "reverted_at").sort("merged_at")


def hotfixed(of: Slice) -> pl.DataFrame:
    """In-scope changes of known files, old enough to tell, that a hotfix followed."""
    is_old = pl.col("merged_at") + timedelta(days=HOTFIX_DAYS) <= of.as_of
    return _followed(of, "hotfixed_at").filter("files_known", is_old).sort("merged_at")


def _followed(of: Slice, moment: str) -> pl.DataFrame:
    told = of.aftermath.filter(pl.col(moment).is_not_null()).select(*KEY, moment)
    return of.changes.join(told, on=KEY, how="inner", maintain_order="left")


ROWS: Final = (
    Rows("Changes with an escape", "change", flagged("escaped_confirmed", "escaped_unreviewed"), CHANGES),
    Rows("Changes with a confirmed escape", "change", flagged("escaped_confirmed"), CHANGES),
    Rows("Bypasses", "change", flagged("bypassed"), CHANGES),
    Rows("Reverted", "change", reverted, CHANGES | {"reverted_at": "Reverted"}),
    Rows("Hotfixed", "change", hotfixed, CHANGES | {"hotfixed_at": "Hotfix"}),
    Rows("Changes in scope", "change", in_scope, CHANGES),
)
