"""When did each scanner report a finding first, and when did it before that count as its report?

The table of findings says which scanners did, and when the first report was that counts; the moments of
each stand with the scans. A result is of a finding by its id, or by another id that the finding has or had.
What a scan of the head of another change reports is in that change's scan only because it was there: it
tells nothing of the change that brought it in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import polars as pl

from dashboard.composition import Session
from ingest.identity import finding_id

_OF_SCAN: Final = ("tool", "pull_request")


def first_sights_of(session: Session, repository: str) -> pl.DataFrame:
    """Earliest report of each id of a repository by each tool, for each change whose head was scanned.

    Returns
    -------
    DataFrame
        finding_id, tool, pull_request (null = a scan of a branch), first_seen_at.
    """
    published = session.published
    if published is None:
        return _first(_no_reports(), repository)
    scans = session.store.read("scans", published).filter(pl.col("repository") == repository)
    results = session.store.read("scan_results", published).select("scan_id", "finding_key")
    facts = scans.select("scan_id", "tool", "pull_request", "scanned_at")
    placed = facts.filter(pl.col("scanned_at") <= session.as_of)
    reports = results.join(placed, on="scan_id", how="inner")
    return _first(reports.collect(), repository)


def _no_reports() -> pl.DataFrame:
    texts = dict.fromkeys(("finding_key", "tool"), pl.String)
    return pl.DataFrame(schema={**texts, "pull_request": pl.Int64, "scanned_at": pl.Datetime("us", "UTC")})


def _first(reports: pl.DataFrame, repository: str) -> pl.DataFrame:
    first = reports.group_by("finding_key", *_OF_SCAN).agg(first_seen_at=pl.col("scanned_at").min())
    keys = first["finding_key"].unique().to_list()
    ids = pl.DataFrame(
        {"finding_key": keys, "finding_id": [finding_id(repository, key) for key in keys]},
        schema=dict.fromkeys(("finding_key", "finding_id"), pl.String),
    )
    return first.join(ids, on="finding_key", how="inner").select("finding_id", *_OF_SCAN, "first_seen_at")


def by_tool(sights: pl.DataFrame, row: dict[str, Any]) -> list[tuple[str, Any]]:
    """Each tool that reported a finding with its first report that counts, the earliest first.

    Where no scan of it is kept, such as for an alert, what the finding itself says.
    """
    counting = _of(sights, row).filter(pl.col("first_seen_at") >= row["first_seen_at"])
    known = dict(counting.group_by("tool").agg(pl.col("first_seen_at").min()).iter_rows())
    if row["tool"] and row["tool"] not in known:
        known[row["tool"]] = row["first_seen_at"]
    silent = [(tool, None) for tool in row["tools"] if tool not in known]
    return [*sorted(known.items(), key=lambda item: (item[1], item[0])), *silent]


def before(sights: pl.DataFrame, row: dict[str, Any]) -> list[tuple[str, int | None, datetime]]:
    """What each tool reported before what counts as the first report: tool, change of the head, moment."""
    early = _of(sights, row).filter(pl.col("first_seen_at") < row["first_seen_at"])
    first = early.sort("first_seen_at", *_OF_SCAN).unique("tool", keep="first", maintain_order=True)
    return list(first.select(*_OF_SCAN, "first_seen_at").iter_rows())


def _of(sights: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    """Reports of one finding."""
    return sights.filter(pl.col("finding_id").is_in([row["finding_id"], *(row["aliases"] or [])]))
