"""What do all reports of a finding say of it together: how bad it is, and which scanners saw it?"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.arrivals import FINDING
from ingest.contracts import SEVERITIES

_TOLD: Final = ("cwe", "severity", "is_security")


def together(reports: pl.DataFrame, scan_results: pl.DataFrame) -> pl.DataFrame:
    """Per finding `tools` in the order of their first reports, and the worst that any open report says.

    A weakness is as bad as the worst report of it, and a weakness by the words of all.
    """
    told = scan_results.select("scan_id", "position", "suppressed", "severity", "is_security")
    seen = reports.with_columns(finding_key="root_key").join(told, on=["scan_id", "position"], how="inner")
    is_open = pl.col("suppressed").ne_missing(True)
    rank = pl.col("severity").replace_strict(
        {name: place for place, name in enumerate(SEVERITIES)}, return_dtype=pl.Int64
    )
    ordered = seen.filter(is_open).with_columns(rank=rank).sort("scanned_at", "tool", "scan_id", "position")
    scanners = ordered.filter(pl.col("scanner").is_not_null()).unique(
        [*FINDING, "tool"], keep="first", maintain_order=True
    )
    tools = scanners.group_by(FINDING, maintain_order=True).agg(tools="scanner")
    facts = ordered.group_by(FINDING, maintain_order=True).agg(
        cwe=pl.col("cwe").explode().drop_nulls().unique(maintain_order=True),
        worst=pl.col("rank").min(),
        is_security=pl.col("is_security").any(),
    )
    named = facts.with_columns(
        severity=pl.col("worst").replace_strict(dict(enumerate(SEVERITIES)), return_dtype=pl.String)
    )
    return named.select(*FINDING, *_TOLD).join(tools, on=list(FINDING), how="left")
