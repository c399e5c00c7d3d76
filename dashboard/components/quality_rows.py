"""Which changes and findings stand behind each number of the Code quality page? As many as it says."""

from __future__ import annotations

from typing import Final

import polars as pl

from dashboard.components.numbers import Rows, Select
from metrics.measures import Slice

KEYS: Final = ("repository", "number")

FINDINGS: Final = {
    "severity": "Severity", "rule": "Rule", "status": "Status", "repository": "Repository",
    "number": "Change", "path": "Path", "line": "Line", "tool": "Tool", "stage": "Seen",
    "first_seen_at": "First seen", "url": "Link",
}  # fmt: skip
CHANGES: Final = {
    "not_dismissed": "Findings", "confirmed": "Confirmed", "code_lines": "Lines added",
    "repository": "Repository", "number": "Number", "title": "Title", "language": "Language",
    "agent": "Agent", "merged_at": "Merged", "url": "Link",
}  # fmt: skip
LEFT_OUT: Final = {
    "reason": "Why", "repository": "Repository", "number": "Number", "title": "Title",
    "merged_at": "Merged", "url": "Link",
}  # fmt: skip
SCANNED: Final = {
    "repository": "Repository", "number": "Number", "title": "Title", "merged_at": "Merged",
    "detecting_tools": "Looked after merge", "watched_until": "Watched until", "url": "Link",
}  # fmt: skip


def counted(of: Slice) -> pl.DataFrame:
    """Findings that a rate counts, with the address of their change."""
    return _with_address(of, of.density.counted)


def confirmed(of: Slice) -> pl.DataFrame:
    """Those of them that a decision confirms."""
    return counted(of).filter(pl.col("status") == "confirmed")


def looked_after(of: Slice) -> pl.DataFrame:
    """Findings of changes that a scan looked at after their merge, where late ones can be found."""
    watched = of.density.changes.filter("looked_after")
    return _with_address(of, of.density.findings.join(watched, on=KEYS, how="semi"))


def found_before(of: Slice) -> pl.DataFrame:
    """Those of them that were reported before the merge."""
    return looked_after(of).filter(pl.col("after_merge").not_())


def with_lines(of: Slice) -> pl.DataFrame:
    """In-scope changes whose added lines are known."""
    return of.density.changes.drop_nulls("code_lines").sort("code_lines", descending=True)


def listed(of: Slice) -> pl.DataFrame:
    """Findings of images and manifests: no line of code brought them in."""
    return _with_address(of, of.density.listed)


def _with_address(of: Slice, findings: pl.DataFrame) -> pl.DataFrame:
    return findings.join(of.density.changes.select(*KEYS, "url"), on=KEYS, how="left", maintain_order="left")


def rated(of: Slice) -> pl.DataFrame:
    """Changes that a rate rests on, those with most findings first."""
    return of.density.rated.sort("not_dismissed", "code_lines", descending=True)


def scanned(column: str) -> Select:
    """In-scope changes that a scan looked at."""
    return lambda of: of.changes.filter(pl.col(column).fill_null(value=False)).sort("merged_at")


def watched(of: Slice) -> pl.DataFrame:
    """Those of the changes whose follow-up is over that a scan looked at after their merge."""
    return scanned("detected")(of).filter(pl.col("watched_until") <= of.as_of)


def left_out(of: Slice) -> pl.DataFrame:
    """Merged changes that no rate rests on, with the reason."""
    unrated = of.density.changes.filter(pl.col("reason").is_not_null())
    return pl.concat([unrated, of.density.left_out], how="diagonal_relaxed").sort("reason", *KEYS)


ROWS: Final = (
    Rows("Findings counted", "finding", counted, FINDINGS),
    Rows("Confirmed findings", "finding", confirmed, FINDINGS),
    Rows("Changes counted", "change", rated, CHANGES),
    Rows("Findings seen to after merge", "finding", looked_after, FINDINGS),
    Rows("Found before merge", "finding", found_before, FINDINGS),
    Rows("Code added", "change", with_lines, CHANGES),
    Rows("Findings listed, not divided", "finding", listed, FINDINGS),
    Rows("Scanned before merge", "change", scanned("pre_scanned"), SCANNED),
    Rows("Scanned after merge", "change", watched, SCANNED),
    Rows("Left out", "change", left_out, LEFT_OUT),
)
