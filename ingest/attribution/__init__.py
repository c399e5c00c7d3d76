"""Which change introduced a finding, told from scans alone.

News of a scan is what the previous ok scan of the same tool, rules version, repository and category
did not report. News on the head of a pull request is that pull request's; news on a protected branch
belongs to the pull request on whose head it had been seen, else to the sole one merged in between,
else to the sole one of those that touched the path, else to nobody: `unattributed`, which is counted
and shown. The first scan is a baseline, and so is the first one with new rules.

Limits, on purpose: a renamed file makes its findings news; a weakness that two tools name
differently is two findings; one finding has one row, so a weakness that went away and came back keeps
its first change (a baseline that came back takes the change that brought it back).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.arrivals import FINDING, appearances, arrivals, sightings
from ingest.attribution.changes import merges
from ingest.attribution.choice import chosen, judged_arrivals, judged_sightings, with_confidence
from ingest.attribution.lanes import placed_scans
from ingest.attribution.life import endings, first_reports, presences
from ingest.contracts import FINDINGS
from ingest.identity import finding_id

Frame = pl.DataFrame | pl.LazyFrame

_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})
_AS_REPORTED: Final = (
    "rule",
    "cwe",
    "severity",
    "is_security",
    "is_blamable",
    "path",
    "line",
    "message",
    "raw_ref",
)


def attribute(scans: Frame, scan_results: Frame, pull_requests: Frame, changed_files: Frame) -> pl.DataFrame:
    """Rows of `findings`, sorted by id; the order of the input rows does not matter.

    Scans without a repository or a time give nothing. Only ok scans end a finding; partial ones may
    add some. What a tool suppresses is remembered but is no finding until it is reported openly.
    """
    proposals = (
        pull_requests.lazy().select("repository", "number", "merged_at", "base_branch", "merge_sha").collect()
    )
    files = changed_files.lazy().select("repository", "number", "path").collect()
    runs, results = scans.lazy().collect(), scan_results.lazy().collect()
    placed, merged = placed_scans(runs, proposals), merges(proposals)
    seen = appearances(placed, results)
    head_news = judged_sightings(sightings(seen, placed), merged, files)
    branch_news = judged_arrivals(arrivals(seen, placed), head_news, merged, files)
    stories = with_confidence(chosen(branch_news, head_news, seen), files)
    present = presences(seen, stories)
    told = stories.join(first_reports(present, merged), on=list(FINDING), how="inner").join(
        endings(present, placed, merged), on=list(FINDING), how="left"
    )
    return _rows(told, results, runs)


def _rows(told: pl.DataFrame, results: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    reported = results.select("scan_id", "position", *_AS_REPORTED)
    columns = {name: dtype for name, dtype in FINDINGS.polars_schema.items() if name not in _SET_LATER}
    rows = (
        told.join(reported, on=["scan_id", "position"], how="left")
        .join(scans.select("scan_id", "tool"), on="scan_id", how="left")
        .with_columns(
            finding_id=_ids(told),
            reported_by=pl.lit("scan"),
            first_seen_scan="scan_id",
            introduced_commit="merge_sha",
            introduced_by="number",
            # What was reported openly after it seemed to end (a head scanned late) had not ended.
            gone_at=pl.when(pl.col("gone_at") > pl.col("first_seen_at")).then("gone_at"),
        )
    )
    return rows.select(pl.col(name).cast(dtype) for name, dtype in columns.items()).sort("finding_id")


def _ids(told: pl.DataFrame) -> pl.Series:
    pairs = zip(told["repository"], told["finding_key"], strict=True)
    return pl.Series([finding_id(repository, key) for repository, key in pairs], dtype=pl.String)
