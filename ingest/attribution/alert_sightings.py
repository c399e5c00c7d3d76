"""What did each analysis report, told from the alerts that a code host keeps?

An old repository has thousands of alerts and of analyses, and nearly all of these say what the one
before said. Kept are the analyses at which something changes, the one before each, and the first one of
every lane and after every merge that an alert's story rests on: the same findings follow from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from ingest.attribution.alert_identity import alert_key
from ingest.attribution.alert_stays import KIND, hosted, instances, stays
from ingest.contracts import SCAN_RESULTS

_ALERT: Final = ("repository", "number")
_FACTS: Final = (
    "rule", "cwe", "severity", "is_security", "path", "line", "is_blamable", "message", "raw_ref",
)  # fmt: skip
_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})


@dataclass(frozen=True)
class Told:
    """What alerts say of analyses."""

    results: pl.DataFrame  # rows of `scan_results`, but for provenance
    scan_ids: pl.Series  # analyses that say anything new
    unplaced: pl.DataFrame  # rows of `alerts` that no analysis explains


def told_by_alerts(alerts: pl.DataFrame, placed: pl.DataFrame, merged: pl.DataFrame) -> Told:
    """Results that the host's alerts stand for, in the analyses that say anything new.

    Parameters
    ----------
    alerts
        Rows of `alerts`; other kinds than code scanning give nothing.
    placed
        The host's own analyses, as `placed_scans` gives them.
    merged
        Merged pull requests, as `merges` gives them.
    """
    analyses = hosted(placed)
    stayed = stays(alerts, analyses, merged)
    kept = _telling(analyses, stayed, _merge_times(alerts, analyses, merged))
    of_alerts = alerts.filter(pl.col("kind") == KIND)
    unplaced = of_alerts.join(stayed, on=_ALERT, how="anti")
    return Told(_rows(stayed, kept, of_alerts), kept["scan_id"], unplaced)


def _merge_times(alerts: pl.DataFrame, analyses: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Merges of the pull requests that alerts were seen on, and looks at their heads that came later.

    What only a head showed ends with the first analysis of the branch after both.
    """
    seen = instances(alerts).select("repository", number="own_number").drop_nulls().unique()
    known = merged.join(seen, on=_ALERT, how="semi").select(*_ALERT, "merged_at")
    heads = analyses.select("repository", "scanned_at", number="pull_request").drop_nulls()
    late = known.join(heads, on=_ALERT, how="inner").filter(pl.col("scanned_at") >= pl.col("merged_at"))
    after_late = pl.col("scanned_at") + pl.duration(microseconds=1)
    return pl.concat(
        [known.select("repository", "merged_at"), late.select("repository", merged_at=after_late)]
    ).unique()


def _telling(analyses: pl.DataFrame, stayed: pl.DataFrame, merge_times: pl.DataFrame) -> pl.DataFrame:
    """Analyses of heads, and those of branches whose moment in their lane says anything new."""
    on_branch = pl.col("stage") == "post_merge"
    branches = analyses.filter(on_branch)
    moments = [
        _first_of_lanes(branches),
        _changes(branches, stayed),
        _after_merges(branches.filter("is_ok"), merge_times),
    ]
    wanted = pl.concat(moments).unique()
    told = branches.join(wanted, on=["lane", "scanned_at"], how="semi")
    return pl.concat([analyses.filter(~on_branch), told])


def _first_of_lanes(branches: pl.DataFrame) -> pl.DataFrame:
    """First moment of each lane, and its first ok one."""
    first = branches.group_by("lane", "is_ok").agg(pl.col("scanned_at").min())
    return first.select("lane", "scanned_at")


def _changes(branches: pl.DataFrame, stayed: pl.DataFrame) -> pl.DataFrame:
    """Moments at which a stay begins or ends, with the ok ones before and at or after each."""
    edges = pl.concat(
        [stayed.select("host_stream", at="begin_at"), stayed.select("host_stream", at="end_at")]
    ).drop_nulls()
    lanes = branches.select("host_stream", "lane").unique()
    wanted = edges.unique().join(lanes, on="host_stream", how="inner").sort("at")
    every, usable = (_moments(each) for each in (branches, branches.filter("is_ok")))
    return pl.concat(
        [
            _beside(wanted, every, "forward"),
            _beside(wanted, usable, "forward"),
            _beside(wanted, usable, "backward"),
        ]
    )


def _moments(branches: pl.DataFrame) -> pl.DataFrame:
    return branches.select("lane", "scanned_at").unique().sort("scanned_at")


def _beside(
    wanted: pl.DataFrame, looks: pl.DataFrame, strategy: Literal["forward", "backward"]
) -> pl.DataFrame:
    """Moment of each lane next to the wanted one; that one itself is no moment before it."""
    found = wanted.join_asof(
        looks.with_columns(look_at="scanned_at"),
        left_on="at",
        right_on="look_at",
        by="lane",
        strategy=strategy,
        allow_exact_matches=strategy == "forward",
        check_sortedness=False,
    )
    return found.select("lane", "scanned_at").drop_nulls()


def _after_merges(usable: pl.DataFrame, merge_times: pl.DataFrame) -> pl.DataFrame:
    """First moment of each lane whose code holds a merge."""
    lanes = usable.select("repository", "lane").unique()
    wanted = merge_times.join(lanes, on="repository", how="inner").sort("merged_at")
    looks = usable.select("lane", "scanned_at", "code_at").sort("code_at", "scanned_at")
    found = wanted.join_asof(
        looks, left_on="merged_at", right_on="code_at", by="lane", strategy="forward", check_sortedness=False
    )
    return found.select("lane", "scanned_at").drop_nulls()


def _rows(stayed: pl.DataFrame, kept: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    looks = kept.select("host_stream", "scan_id", "scanned_at")
    is_in_time = (pl.col("scanned_at") >= pl.col("begin_at")) & (
        pl.col("end_at").is_null() | (pl.col("scanned_at") < pl.col("end_at"))
    )
    present = stayed.join(looks, on="host_stream", how="inner").filter(is_in_time)
    once = present.select(*_ALERT, "scan_id", "scanned_at").unique()
    keys = pl.Series([alert_key(KIND, number) for number in alerts["number"]], dtype=pl.String)
    facts = alerts.select(*_ALERT, *_FACTS, finding_key=keys)
    told = once.join(facts, on=_ALERT, how="inner").rename({"number": "position"})
    schema = {name: dtype for name, dtype in SCAN_RESULTS.polars_schema.items() if name not in _SET_LATER}
    unknown = [name for name in schema if name not in told.columns]
    return told.with_columns(pl.lit(None).alias(name) for name in unknown).select(
        pl.col(name).cast(dtype) for name, dtype in schema.items()
    )
