"""How is it known which change brought a finding in, and how sure is that?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from ingest.contracts.findings import CONFIDENCES, METHODS
from metrics.measures import Slice


@dataclass(frozen=True)
class Attribution:
    """Findings of both sides whose change is known in one way, with one confidence."""

    method: str
    confidence: str
    first: int
    second: int


NOT_KNOWN: Final = "none"


def attributions(of: Slice) -> tuple[Attribution, ...]:
    """Findings that a rate counts by method and confidence, surest first; ways that nobody used are left out.

    Parameters
    ----------
    of
        A comparison.
    """
    sides = [side.density.counted for side in (of, of.against) if side is not None]
    counts = [_counts(side) for side in sides]
    ways = ((method, confidence) for confidence in CONFIDENCES for method in METHODS)
    return tuple(
        Attribution(*way, *(each.get(way, 0) for each in counts))
        for way in ways
        if any(way in each for each in counts)
    )


def _counts(findings: pl.DataFrame) -> dict[tuple[str, str], int]:
    told = findings.with_columns(pl.col("confidence").fill_null(NOT_KNOWN))
    rows = told.group_by("method", "confidence").len().iter_rows()
    return {(method, confidence): count for method, confidence, count in rows}
