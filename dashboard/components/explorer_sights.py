"""When did each scanner first report a finding?

The table of findings says which scanners did; the moments stand with the scans. A result is of a finding
by its id, or by another id that the finding has or had.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from dashboard.composition import Session
from ingest.identity import finding_id


def first_sights_of(session: Session, repository: str) -> pl.DataFrame:
    """Earliest report of each id of a repository by each tool: finding_id, tool, first_seen_at."""
    published = session.published
    if published is None:
        return _first(_no_reports(), repository)
    scans = session.store.read("scans", published).filter(pl.col("repository") == repository)
    results = session.store.read("scan_results", published).select("scan_id", "finding_key")
    placed = scans.select("scan_id", "tool", "scanned_at").filter(pl.col("scanned_at") <= session.as_of)
    reports = results.join(placed, on="scan_id", how="inner")
    return _first(reports.collect(), repository)


def _no_reports() -> pl.DataFrame:
    texts = dict.fromkeys(("finding_key", "tool"), pl.String)
    return pl.DataFrame(schema={**texts, "scanned_at": pl.Datetime("us", "UTC")})


def _first(reports: pl.DataFrame, repository: str) -> pl.DataFrame:
    first = reports.group_by("finding_key", "tool").agg(first_seen_at=pl.col("scanned_at").min())
    keys = first["finding_key"].unique().to_list()
    ids = pl.DataFrame(
        {"finding_key": keys, "finding_id": [finding_id(repository, key) for key in keys]},
        schema=dict.fromkeys(("finding_key", "finding_id"), pl.String),
    )
    return first.join(ids, on="finding_key", how="inner").select("finding_id", "tool", "first_seen_at")


def by_tool(sights: pl.DataFrame, row: dict[str, Any]) -> list[tuple[str, Any]]:
    """Each tool that reported a finding with its first report, the earliest first.

    Where no scan of it is kept, such as for an alert, what the finding itself says.
    """
    ids = [row["finding_id"], *(row["aliases"] or [])]
    mine = sights.filter(pl.col("finding_id").is_in(ids)).group_by("tool").agg(pl.col("first_seen_at").min())
    known = dict(mine.iter_rows())
    if row["tool"] and row["tool"] not in known:
        known[row["tool"]] = row["first_seen_at"]
    silent = [(tool, None) for tool in row["tools"] if tool not in known]
    return [*sorted(known.items(), key=lambda item: (item[1], item[0])), *silent]
