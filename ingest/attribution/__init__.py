"""Which change introduced a finding, told from scans, pull requests and, where it is known, history?

News of a scan is what the previous ok scan of the same tool, rules version, repository and category
did not report. Which change a finding belongs to, by the best of these that applies:

1. A sidecar, a table or a person names it (`explicit`).
2. It was news on the head of a pull request that touched its path (`pull_request_head`), unless history says
   that the line came to the branch with another change since the branch was looked at.
3. The history of its line names the commit (`blame`), also for what a first scan reports: a new tool or new
   rules that report what a change brought in report that change's finding.
4. The scanner names a commit that one pull request brought in (`commit`).
5. It was news on the branch, and only one pull request merged in between (`sole_merge`), or only one of those
   that did touched the path (`sole_path`).
6. It was news on a head that is not known to have touched its path (`pull_request_head`).
7. Nobody: it was there when the looking began, or the rules changed (`baseline`); or else it is news that
   nothing explains (`unattributed`), which is counted and shown.

Limits, on purpose: one finding has one row, so a weakness that went away and came back without history keeps
its first change (a baseline that came back takes the change that brought it back).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.arrivals import FINDING, appearances, arrivals, sightings
from ingest.attribution.blamed import blamed, introduction
from ingest.attribution.changes import merges
from ingest.attribution.choice import chosen, contested, judged_arrivals, judged_sightings, with_confidence
from ingest.attribution.lanes import on_heads, placed_scans
from ingest.attribution.life import endings, first_reports, presences
from ingest.attribution.reporting import together
from ingest.contracts import FINDINGS
from ingest.identity import finding_id
from ingest.tracking import tracked, with_identities
from ingest.tracking.doubts import doubtful
from ingest.tracking.history import History
from ingest.tracking.naming import aliases

Frame = pl.DataFrame | pl.LazyFrame

_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})
_AS_REPORTED: Final = ("rule", "is_blamable", "path", "line", "message", "raw_ref")  # by the first report
_NOTHING: Final = History()


def attribute(
    scans: Frame,
    scan_results: Frame,
    pull_requests: Frame,
    changed_files: Frame,
    history: History = _NOTHING,
) -> pl.DataFrame:
    """Rows of `findings`, sorted by id; the order of the input rows does not matter.

    Scans without a repository or a time give nothing. Only ok scans end a finding; partial ones may
    add some. What a tool suppresses is remembered but is no finding until it is reported openly.
    """
    proposals = (
        pull_requests.lazy().select("repository", "number", "merged_at", "base_branch", "merge_sha").collect()
    )
    files = changed_files.lazy().select("repository", "number", "path").collect()
    runs, results = scans.lazy().collect(), scan_results.lazy().collect()
    placed, merged = placed_scans(runs, proposals, history.landed_commits), merges(proposals)
    heads = on_heads(placed)
    reports = tracked(placed, heads, results, history)
    evidence = _with_doubts(blamed(reports, history, proposals), doubtful(reports, heads))
    seen = appearances(placed, with_identities(results, reports))
    known = seen.join(evidence, on=list(FINDING), how="left")
    stories = _stories(known, placed, (merged, files), evidence)
    told = _lived(presences(seen, stories), stories, placed, merged)
    facts = evidence.join(together(reports, results), on=list(FINDING), how="left").join(
        aliases(reports, history.earlier).rename({"root_key": "finding_key"}), on=list(FINDING), how="left"
    )
    return _rows(told.join(facts, on=list(FINDING), how="left"), results, reports)


def _stories(
    known: pl.DataFrame,
    placed: pl.DataFrame,
    changes: tuple[pl.DataFrame, pl.DataFrame],
    evidence: pl.DataFrame,
) -> pl.DataFrame:
    """When each finding came, through which change; `changes` are merges and the files of pull requests."""
    merged, files = changes
    sighted = sightings(known, placed)
    head_news = judged_sightings(sighted, merged, files)
    branch_news = judged_arrivals(arrivals(known, placed), head_news, merged, files)
    rivals = contested(sighted, merged, files)
    return with_confidence(chosen(branch_news, head_news, known), files, evidence, rivals)


def _lived(
    present: pl.DataFrame, stories: pl.DataFrame, placed: pl.DataFrame, merged: pl.DataFrame
) -> pl.DataFrame:
    """Stories of what was reported openly, from the first report to the end."""
    reported = stories.join(first_reports(present, merged), on=list(FINDING), how="inner")
    return reported.join(endings(present, placed, merged), on=list(FINDING), how="left")


def _with_doubts(evidence: pl.DataFrame, doubts: pl.DataFrame) -> pl.DataFrame:
    known = doubts.select("repository", finding_key="root_key", is_doubtful=pl.lit(True))
    joined = evidence.join(known, on=list(FINDING), how="left")
    return joined.with_columns(pl.col("is_doubtful").fill_null(value=False))


def _rows(told: pl.DataFrame, results: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    reported = results.select("scan_id", "position", *_AS_REPORTED)
    placed = reports.select("scan_id", "position", tool="scanner", seen_commit="place_commit")
    columns = {name: dtype for name, dtype in FINDINGS.polars_schema.items() if name not in _SET_LATER}
    rows = (
        told.with_columns(finding_id=_ids(told))
        .join(reported, on=["scan_id", "position"], how="left")
        .join(placed, on=["scan_id", "position"], how="left")
        .with_columns(introduced_by="number")
        .with_columns(introduction())
        .with_columns(
            reported_by=pl.lit("scan"),
            first_seen_scan="scan_id",
            # What was reported openly after it seemed to end (a head scanned late) had not ended.
            gone_at=pl.when(pl.col("gone_at") > pl.col("first_seen_at")).then("gone_at"),
        )
    )
    return rows.select(pl.col(name).cast(dtype) for name, dtype in columns.items()).sort("finding_id")


def _ids(told: pl.DataFrame) -> pl.Series:
    pairs = zip(told["repository"], told["finding_key"], strict=True)
    return pl.Series([finding_id(repository, key) for repository, key in pairs], dtype=pl.String)
