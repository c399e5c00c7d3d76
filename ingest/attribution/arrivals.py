"""News: what a scan reports that the previous ok scan of its lane did not.

On a protected branch every piece of news is an *arrival*; what the first scan of a lane reports was
there before anybody looked (or before these rules looked) and arrives as `baseline`. On the head of
a pull request, news against the branch is a *sighting* of that pull request.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.lanes import ok_scans, on_branch, on_heads

FINDING: Final = ("repository", "finding_key")


def appearances(placed: pl.DataFrame, scan_results: pl.DataFrame) -> pl.DataFrame:
    """Results that are present, one row per scan and identity, with their scan's place.

    What the tool lists as gone since its baseline is not present.
    """
    is_present = pl.col("baseline_state").ne_missing("absent")
    present = scan_results.filter(is_present).select(
        "scan_id", "finding_key", "position", "suppressed", "path", "introduced_by"
    )
    once = present.sort("scan_id", "finding_key", "position").unique(
        ["scan_id", "finding_key"], keep="first", maintain_order=True
    )
    return once.join(placed, on="scan_id", how="inner")


def arrivals(seen: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """News and baselines of protected branches, with the window `after_at` < merged_at <= `until_at`."""
    on_main = seen.filter(pl.col("stage") == "post_merge")
    lanes = ok_scans(on_branch(placed))
    previous = lanes.select("lane", place=pl.col("place") + 1, after_at="ok_code_at")
    present_before = _presence(on_main).with_columns(place=pl.col("place") + 1)
    located = on_main.with_columns(place="ok_before", until_at="code_at")
    is_new = located.join(present_before, on=["lane", "place", "finding_key"], how="anti")
    return is_new.join(previous, on=["lane", "place"], how="left").with_columns(
        is_baseline=pl.col("place") == 0
    )


def sightings(seen: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """News and baselines of pull request heads; `is_baseline`: there was nothing to compare with.

    `base_code_at` and `base_code_place` tell the code that the head is compared with.
    """
    heads = on_heads(placed).select("scan_id", "base_place", "base_code_at", "base_code_place")
    located = seen.join(heads, on="scan_id", how="inner")
    present = _presence(seen.filter(pl.col("stage") == "post_merge"))
    is_new = located.join(
        present,
        left_on=["base_lane", "base_place", "finding_key"],
        right_on=["lane", "place", "finding_key"],
        how="anti",
    )
    return is_new.with_columns(is_baseline=pl.col("base_place").is_null())


def _presence(on_main: pl.DataFrame) -> pl.DataFrame:
    return on_main.filter("is_ok").select("lane", "finding_key", place="ok_before")
