"""Is the data fresh, complete and readable enough to believe the numbers?

Frames and no verdict: what each source delivered, what was refused and why, what scans of each
repository say, who makes the changes there, and what the code host shows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import loads
from typing import Any, Final

import polars as pl

from metrics.arrivals import KEY
from metrics.detection import detection, silent_scans
from metrics.features import scanned
from metrics.gate.policy import Policy
from metrics.rules import bypassing_pushes
from metrics.tables import Tables

REJECTS: Final = {"source": pl.String, "table": pl.String, "rule": pl.String, "rows": pl.Int64}
LEFT_OUT: Final = {"source": pl.String, "reason": pl.String, "rows": pl.Int64}
REFUSED: Final = {"source": pl.String, "file": pl.String, "reason": pl.String}
USUAL_FOLLOW_UP: Final = timedelta(days=Policy().follow_up_days)


@dataclass(frozen=True)
class Health:
    """What the Data health page shows; every frame is sorted and may be empty."""

    sources: (
        pl.DataFrame
    )  # source, status, started_at, published_at, age_hours, rows_in/_valid/_rejected, files_...
    rejects: pl.DataFrame  # source, table, rule, rows: over all runs
    left_out: pl.DataFrame  # source, reason, rows: input that is no row by definition, over all runs
    refused: pl.DataFrame  # source, file, reason: files of which nothing was taken, by each source's last run
    scans: pl.DataFrame  # repository (null = not placed), stage, tool, status, scans, last_scanned_at
    unreadable: (
        pl.DataFrame
    )  # scan_id, file, repository, tool, status, status_reason, scanned_at, is_made_good: not ok
    coverage: (
        pl.DataFrame
    )  # repository, merged, watched, detected, independent, pre_scanned, last_merged_at, is_scanned
    authorship: pl.DataFrame  # repository, authorship, merged, first_merged_at, last_merged_at
    unattributed: pl.DataFrame  # finding_id, repository, rule, severity, path, tool, first_seen_at
    features: pl.DataFrame  # repository, feature, status, said, asked_at: what the code host shows
    dependencies: pl.DataFrame  # repository, alerts: open ones about dependencies, charged to no change
    gone: pl.DataFrame  # repository, gone, were_open, last_gone_at: pull requests deleted or moved
    held: pl.DataFrame  # repository, pull_requests: in the tables, without those that are gone
    bypasses: pl.DataFrame  # repository, pushes, of_no_change, last_pushed_at: past the repository's rules


def health(
    tables: Tables, runs: pl.DataFrame, as_of: datetime, follow_up: timedelta = USUAL_FOLLOW_UP
) -> Health:
    """Look at the tables as they read at `as_of`, and at the ledger of runs (contract ingest_runs).

    Coverage counts merged changes of any authorship; `watched` are those whose follow-up is over,
    and `detected` and `independent` are counted among them, since silence is no answer before. Where
    no scan of a repository is known, `is_scanned` is false: its zeros are no measurement.
    """
    cut = tables.cut(as_of)
    return Health(
        sources=_sources(runs, as_of),
        rejects=_summed(runs, "rejected_by_rule", REJECTS),
        left_out=_summed(runs, "left_out", LEFT_OUT),
        refused=_refused(runs),
        scans=_scans(cut),
        unreadable=_unreadable(cut),
        coverage=_coverage(cut, as_of, follow_up),
        authorship=_authorship(cut),
        unattributed=_unattributed(cut),
        features=_features(cut),
        dependencies=_dependencies(cut),
        gone=_gone(cut),
        held=_held(cut),
        bypasses=bypassing_pushes(cut),
    )


def _last_runs(runs: pl.DataFrame) -> pl.DataFrame:
    return runs.sort("started_at", "run_id").group_by("source", maintain_order=True).last().sort("source")


def _sources(runs: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Each source's last run, with the rows and files of all its runs."""
    summed = ("rows_in", "rows_valid", "rows_rejected", "files_read")
    totals = runs.group_by("source").agg(pl.col(summed).sum(), runs=pl.len())
    last = _last_runs(runs).select(
        "source", "status", "started_at", "published_at", "seconds", "product_version"
    )
    # Runs go by the wall clock, which may lie after a fixed moment of judgement: then there is no age.
    hours = (pl.lit(as_of) - pl.col("published_at")).dt.total_seconds() / 3600
    age = pl.when(hours >= 0).then(hours)
    return last.with_columns(age_hours=age).join(totals, on="source", how="left", maintain_order="left")


def _summed(runs: pl.DataFrame, column: str, schema: dict[str, Any]) -> pl.DataFrame:
    """Counts kept as JSON, flattened and added up over the runs of a source."""
    rows = [
        (source, *path)
        for source, text in runs.select("source", column).iter_rows()
        for path in _leaves(loads(text or "{}"))
    ]
    names = [name for name in schema if name != "rows"]
    return (
        pl.DataFrame(rows, schema=schema, orient="row").group_by(names).agg(pl.col("rows").sum()).sort(names)
    )


def _leaves(tree: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from ((name, *rest) for rest in _leaves(value))
        else:
            yield (name, value)


def _refused(runs: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (source, file, reason)
        for source, text in _last_runs(runs).select("source", "files_refused").iter_rows()
        for file, reason in loads(text or "{}").items()
    ]
    return pl.DataFrame(rows, schema=REFUSED, orient="row").sort("source", "file")


def _scans(cut: Tables) -> pl.DataFrame:
    by = ("repository", "stage", "tool", "status")
    counted = cut.scans.group_by(by).agg(scans=pl.len(), last_scanned_at=pl.col("scanned_at").max())
    return counted.sort(by).collect()


def _unreadable(cut: Tables) -> pl.DataFrame:
    return silent_scans(cut.scans).drop("stage")


def _coverage(cut: Tables, as_of: datetime, follow_up: timedelta) -> pl.DataFrame:
    told = (*KEY, "merged_at", "author_login", "driver")
    merged = cut.pull_requests.filter(pl.col("merged_at").is_not_null()).select(told).collect()
    seen = merged.join(detection(merged, cut, follow_up), on=KEY, how="left")
    is_watched = pl.col("merged_at") + follow_up <= as_of
    return (
        seen.group_by("repository")
        .agg(
            pl.len().alias("merged"),
            is_watched.sum().alias("watched"),
            (is_watched & pl.col("detected")).sum().alias("detected"),
            (is_watched & pl.col("independent")).sum().alias("independent"),
            pl.col("pre_scanned").sum(),
            pl.col("merged_at").max().alias("last_merged_at"),
        )
        .with_columns(is_scanned=pl.col("repository").is_in(scanned(cut).implode()))
        .sort("repository")
    )


def _authorship(cut: Tables) -> pl.DataFrame:
    by = ("repository", "authorship")
    merged = cut.pull_requests.filter(pl.col("merged_at").is_not_null())
    moments = {"first_merged_at": pl.col("merged_at").min(), "last_merged_at": pl.col("merged_at").max()}
    return merged.group_by(by).agg(merged=pl.len(), **moments).sort(by).collect()


def _unattributed(cut: Tables) -> pl.DataFrame:
    columns = ("finding_id", "repository", "rule", "severity", "path", "tool", "first_seen_at")
    is_nobodys = (pl.col("method") == "unattributed") & pl.col("introduced_by").is_null()
    open_ones = cut.findings.filter(is_nobodys & pl.col("is_security"))
    return open_ones.select(columns).sort("first_seen_at", "finding_id").collect()


def _features(cut: Tables) -> pl.DataFrame:
    by = ("repository", "feature")
    return cut.features.select(*by, "status", "said", "asked_at").sort(by).collect()


def _dependencies(cut: Tables) -> pl.DataFrame:
    """An advisory that is published later is nobody's change: counted, never charged."""
    open_ones = cut.alerts.filter(pl.col("kind") == "dependabot", pl.col("state") == "open")
    return open_ones.group_by("repository").agg(alerts=pl.len()).sort("repository").collect()


def _gone(cut: Tables) -> pl.DataFrame:
    lost = cut.pull_requests.filter(pl.col("gone_at").is_not_null())
    were_open = pl.col("closed_at").is_null().sum()
    counted = lost.group_by("repository").agg(
        gone=pl.len(), were_open=were_open, last_gone_at=pl.col("gone_at").max()
    )
    return counted.sort("repository").collect()


def _held(cut: Tables) -> pl.DataFrame:
    present = cut.pull_requests.filter(pl.col("gone_at").is_null())
    return present.group_by("repository").agg(pull_requests=pl.len()).sort("repository").collect()
