"""Findings from all that reports: scan files, pages of alerts, and the code host's alerts and analyses."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ingest.attribution import Frame, attribute
from ingest.attribution.alert_places import followed_keys
from ingest.attribution.alert_sightings import Told, told_by_alerts
from ingest.attribution.changes import merges
from ingest.attribution.host_alerts import Reported
from ingest.attribution.lanes import placed_scans
from ingest.attribution.secrets import secret_findings
from ingest.attribution.told_alerts import told_findings
from ingest.contracts import SCAN_RESULTS
from ingest.tracking.history import History

_PULL_COLUMNS = ("repository", "number", "merged_at", "base_branch", "merge_sha")
_NOTHING = History()
_RESULT_COLUMNS = tuple(
    name for name in SCAN_RESULTS.polars_schema if name not in {"source", "ingested_at", "extras"}
)


def all_findings(
    reported: Reported,
    told: Told,
    scan_results: Frame,
    lists: tuple[Frame, Frame, Frame],
    history: History = _NOTHING,
) -> pl.DataFrame:
    """Rows of `findings`, sorted by id; `lists` are pull requests, changed files and commits.

    `told` is what `by_alerts` makes of the same reports; the commits of `history` are those of `lists`.

    Alerts about dependencies are no findings: the weakness was published, no change brought it in
    (definitions 2 lists them apart).
    """
    pull_requests, changed_files, commits = (each.lazy() for each in lists)
    proposals = pull_requests.select(_PULL_COLUMNS).collect()
    analyses = reported.analyses.filter(pl.col("scan_id").is_in(told.scan_ids.implode()))
    results = pl.concat([scan_results.lazy().select(_RESULT_COLUMNS).collect(), told.results])
    held = commits.select("repository", "number", "sha").collect()
    known = replace(history, commits=held, followed=followed_keys(reported.alerts))
    scans = pl.concat([reported.scans, analyses])
    from_scans = attribute(scans, results, proposals, changed_files, known)
    secrets = secret_findings(reported.alerts, held, proposals)
    on_pages = told_findings(reported.from_files, history.line_origins, history.landed_commits, proposals)
    return pl.concat([from_scans, secrets, on_pages]).sort("finding_id")


def by_alerts(reported: Reported, pull_requests: Frame, landed_commits: pl.DataFrame | None = None) -> Told:
    """What the host's alerts say of its analyses."""
    proposals = pull_requests.lazy().select(_PULL_COLUMNS).collect()
    placed = placed_scans(reported.analyses, proposals, landed_commits)
    return told_by_alerts(reported.alerts, placed, merges(proposals))
