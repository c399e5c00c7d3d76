"""Did anything look at a change after its merge, was it independent, and which scans say nothing?

Definitions 5: post-merge detection ran if an ok scan of the protected branch exists within the
follow-up; it is independent if a tool or rules looked that no ok pre-merge scan of that pull
request had used. Where a version is unknown the same tool counts as the same look. An audit review
that could tell is a look too, and an independent one, if the change was drawn and the reviewer had no part
in it before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from ingest.contracts.findings import UNREAD_STATUSES
from metrics.arrivals import KEY
from metrics.audited import DRAW, TOLD, latest_reviews
from metrics.history import is_read
from metrics.keys import pull_key
from metrics.pilot import Pilot
from metrics.scope import repositories
from metrics.tables import Tables
from metrics.triage import one_person

UNKNOWN: Final = ""
AUDIT: Final = "audit"  # what an audit is called among the tools that looked
# Sources whose findings are news of one scan against the one before.
NEWS_SOURCES: Final = ("sarif", "github")
SHARED_FILE_SOURCES: Final = ("github",)  # one file holds scans of many branches, categories and times
STREAM: Final = ("repository", "tool", "branch", "rules_version", "category")
KIND: Final = ("tool", "rules_version")
SILENT_COLUMNS: Final = ("scan_id", "file", "repository", "tool", "status", "status_reason", "scanned_at")
MADE_GOOD_BY: Final = ("source", "ref", "ingested_at", "own_file", "part")


def detection(changes: pl.DataFrame, tables: Tables, follow_up: timedelta) -> pl.DataFrame:
    """Tell of each change what looked at it.

    Parameters
    ----------
    changes
        repository, number, merged_at, author_login, driver and, where known, base_branch.
    tables
        With the draws that may count (:func:`metrics.audited.of_pilot`).

    Returns
    -------
    DataFrame
        repository, number, detected, independent, pre_scanned, pre_compared (bool), detecting_tools
        (sorted list); as many rows as `changes`, in their order.

    Where `changes` tell their `base_branch`, a scan of another branch is no look at them.
    """
    rows = _rows(changes)
    after = _post_merge(tables, rows)
    before = _pre_merge(tables, rows, after)
    scanned, audited = _looks(rows, after, follow_up), _audited(rows, tables, follow_up)
    looks = pl.concat([scanned, audited])
    in_time = before.filter(pl.col("scanned_at") <= pl.col("merged_at"))
    independent = pl.concat([_independent(scanned, in_time), audited["row"]])
    return rows.select(
        *KEY,
        detecting_tools=_tools(looks, rows.height),
        detected=_among(looks["row"], rows.height),
        independent=_among(independent, rows.height),
        pre_scanned=_among(in_time["row"], rows.height),
        pre_compared=_among(in_time.filter("is_compared")["row"], rows.height),
    )


def looks_by_rules(changes: pl.DataFrame, tables: Tables, follow_up: timedelta) -> pl.DataFrame:
    """Which version of which tool's rules looked at which changes, and when.

    Parameters
    ----------
    changes, tables
        As for :func:`detection`.

    Returns
    -------
    DataFrame
        stage (pre_merge, post_merge), tool, rules_version (empty = not told), repository, number; one row
        per change and kind of look, before its merge or in the follow-up after it. Audits are looks, too.
    """
    rows = _rows(changes)
    after = _post_merge(tables, rows)
    before = _pre_merge(tables, rows, after).filter(pl.col("scanned_at") <= pl.col("merged_at"))
    late = pl.concat([_looks(rows, after, follow_up), _audited(rows, tables, follow_up)])
    staged = (
        each.select("row", *KIND, stage=pl.lit(stage))
        for each, stage in ((before, "pre_merge"), (late, "post_merge"))
    )
    looks = pl.concat(list(staged)).unique()
    named = looks.join(rows.select("row", *KEY), on="row", how="left")
    return named.select("stage", *KIND, *KEY).sort("stage", *KIND, *KEY)


def unusable_scans(tables: Tables, pilot: Pilot, start: datetime) -> pl.DataFrame:
    """Scans of the pilot, or of nobody known, that say nothing and were never made good.

    Left out are scans from before `start`, which could not have seen the pilot's changes, and
    checks of a pull request: what such a check missed is first seen after the merge, as an escape.

    Returns
    -------
    DataFrame
        scan_id, file, repository, tool, status, status_reason, scanned_at; sorted by file.
    """
    own = repositories(tables.scans, pilot)
    is_nobodys = pl.col("repository").is_null()
    is_check = ~is_nobodys & (pl.col("stage") == "pre_merge")
    is_of_interest = is_nobodys | pl.col("repository").is_in(own)
    is_recent = pl.col("scanned_at").is_null() | (pl.col("scanned_at") >= start)
    silent = silent_scans(tables.scans)
    holds_back = ~pl.col("is_made_good") & is_of_interest & is_recent & ~is_check
    return silent.filter(holds_back).drop("is_made_good", "stage")


def silent_scans(scans: pl.LazyFrame) -> pl.DataFrame:
    """Scans whose silence means nothing: not ok, or ok without a place; `is_made_good` by a later ok scan.

    Made good: a later ok scan of the same file, or of the same tool, repository and ref; where many scans
    share a file, only the latter, and in the same category.
    """
    has_branch = pl.col("ref").is_not_null() | (pl.col("stage") != "unknown")
    has_place = pl.col("repository").is_not_null() & pl.col("scanned_at").is_not_null() & has_branch
    is_ok = (pl.col("status") == "ok") & has_place
    says_nothing = pl.col("status").is_in(UNREAD_STATUSES) | ((pl.col("status") == "ok") & ~has_place)
    placed = scans.with_columns(_own_file(), part=pl.col("category").fill_null(UNKNOWN))
    bad = placed.filter(says_nothing).select(*SILENT_COLUMNS, "stage", *MADE_GOOD_BY).collect()
    needed = bad.with_columns(part=pl.when(_shares_its_file()).then("part"))
    return _with_made_good(needed, placed.filter(is_ok)).drop(MADE_GOOD_BY).sort("file", "scan_id")


def _shares_its_file() -> pl.Expr:
    return pl.col("source").is_in(SHARED_FILE_SOURCES)


def _own_file() -> pl.Expr:
    """The file that a scan came from; one that shares it is a file for itself."""
    return pl.when(_shares_its_file()).then("scan_id").otherwise("file").alias("own_file")


def _with_made_good(bad: pl.DataFrame, good: pl.LazyFrame) -> pl.DataFrame:
    stream = ("tool", "repository", "ref", "part")
    same_file = good.filter(pl.col("own_file").is_in(bad["own_file"].unique().implode())).collect()
    same_repository = good.filter(pl.col("repository").is_in(bad["repository"].unique().implode()))
    of_any_part = same_repository.with_columns(part=pl.lit(None, pl.String))
    by_stream = (
        pl.concat([same_repository, of_any_part])
        .group_by(stream)
        .agg(stream_good_at=pl.col("scanned_at").max())
        .collect()
    )
    # A file of which not even the tool could be read is made good by any; else only by the same tool.
    by_tool = pl.concat([same_file, same_file.with_columns(tool=pl.lit(None, pl.String))])
    last = {"good_at": pl.col("scanned_at").max(), "good_ingested_at": pl.col("ingested_at").max()}
    by_file = by_tool.group_by("own_file", "tool").agg(**last)
    beside = bad.join(by_file, on=("own_file", "tool"), how="left", nulls_equal=True).join(
        by_stream, on=stream, how="left", nulls_equal=True
    )
    # A scan without a time of its own (its file could not be read) is put right by reading the file again.
    read_again = pl.col("good_ingested_at") > pl.col("ingested_at")
    later = (pl.col("good_at") > pl.col("scanned_at")) | (pl.col("stream_good_at") > pl.col("scanned_at"))
    is_good = read_again.fill_null(value=False) | later.fill_null(value=False)
    return beside.with_columns(is_made_good=is_good).select(*bad.columns, "is_made_good")


def _rows(changes: pl.DataFrame) -> pl.DataFrame:
    """What is asked of each change, numbered by its place."""
    told = pl.col("base_branch") if "base_branch" in changes.columns else pl.lit(None, pl.String)
    people = [one_person(name) for name in ("author_login", "driver")]
    return changes.select(*KEY, "merged_at", *people, base=told).with_row_index("row")


def _post_merge(tables: Tables, rows: pl.DataFrame) -> pl.DataFrame:
    """Ok scans of protected branches by stream; from `since` on the stream's silence means something.

    What a stream reports is news only against its first scan, and a new version of the rules begins
    a new stream: what merged before that is in its baseline, and its silence about it means nothing.
    Rows that a warehouse delivers were compared there. Where history tells whose every line of that
    first scan is, nothing of it is mere baseline: what it does not report of a change is not there.
    """
    names = rows["repository"].unique()
    scans = _ok(tables, "post_merge").filter(pl.col("repository").is_in(names.implode()))
    columns = ("repository", "tool", "rules_version", "category", "scanned_at", "source")
    chosen = scans.select("scan_id", *columns, branch=_branch()).sort("scanned_at", "scan_id").collect()
    is_news = pl.col("source").is_in(NEWS_SOURCES) & ~_is_traced(tables)
    first = pl.col("scanned_at").min().over(STREAM)
    is_baseline = (is_news & (pl.col("scanned_at") == first)).any().over(STREAM)
    return chosen.with_columns(since=pl.when(is_baseline).then(first)).drop("scan_id")


def _is_traced(tables: Tables) -> pl.Expr:
    """Whether history tells whose everything is that a scan was the first to report.

    A repository's history must have been read; a finding of a baseline that could not be traced (a scan of
    a commit that is not at hand, a blame that failed) may be any change's, so its scan stays a baseline.
    """
    is_untraced = (pl.col("method") == "baseline") & pl.col("introduced_commit").is_null()
    counts = pl.col("is_security") & pl.col("is_blamable")
    untraced = tables.findings.filter(is_untraced & counts).select(
        pl.col("first_seen_scan").drop_nulls().unique()
    )
    in_doubt = untraced.collect()["first_seen_scan"].implode()
    return pl.col("repository").is_in(is_read(tables).implode()) & ~pl.col("scan_id").is_in(in_doubt)


def _pre_merge(tables: Tables, rows: pl.DataFrame, branch_scans: pl.DataFrame) -> pl.DataFrame:
    """Ok scans of the changes' pull requests; `is_compared`: their stream had seen a branch before."""
    names = rows["repository"].unique().sort().to_list()
    columns = ("repository", "tool", "rules_version", "category", "scanned_at", "source")
    changes = rows.lazy().select("row", "merged_at", key=pull_key(names))
    heads = _ok(tables, "pre_merge").select(*columns, key=pull_key(names, "pull_request"))
    stream = ("repository", "tool", "rules_version", "category")
    began = branch_scans.group_by(stream).agg(base_at=pl.col("scanned_at").min())
    is_compared = (pl.col("base_at") <= pl.col("scanned_at")).fill_null(value=False)
    is_given = ~pl.col("source").is_in(NEWS_SOURCES)
    return (
        heads.join(changes, on="key", how="inner")
        .join(began.lazy(), on=stream, how="left", nulls_equal=True)
        .select("row", "merged_at", *KIND, "scanned_at", is_compared=is_compared | is_given)
        .collect()
    )


def _branch() -> pl.Expr:
    return pl.col("ref").str.strip_prefix("refs/heads/").fill_null(UNKNOWN)


def _looks(rows: pl.DataFrame, scans: pl.DataFrame, follow_up: timedelta) -> pl.DataFrame:
    """One row per change and stream that looked at it in the follow-up: row, tool, rules_version."""
    streams = scans.select(STREAM).unique(maintain_order=True).with_row_index("stream")
    numbered = scans.join(streams, on=STREAM, maintain_order="left")
    is_own = (pl.col("base") == pl.col("branch")).fill_null(value=True) | (pl.col("branch") == UNKNOWN)
    began_before = (pl.col("since") <= pl.col("merged_at")).fill_null(value=True)
    listening = numbered.select("stream", "repository", "branch", *KIND, "since").unique()
    pairs = (
        rows.lazy().select("row", "repository", "base", "merged_at").sort("merged_at")
        .join(listening.lazy(), on="repository", how="inner", maintain_order="left")
        .filter(is_own & began_before).select("row", "merged_at", "stream", *KIND).collect()
    )  # fmt: skip
    looked = numbered.select("stream", looked_at="scanned_at")
    # Polars cannot check the order within groups and would warn: both sides are sorted above.
    seen = pairs.join_asof(
        looked, left_on="merged_at", right_on="looked_at", by="stream", strategy="forward",
        check_sortedness=False,
    )  # fmt: skip
    is_in_time = pl.col("looked_at") <= pl.col("merged_at") + follow_up
    return seen.filter(is_in_time).select("row", *KIND)


def _audited(rows: pl.DataFrame, tables: Tables, follow_up: timedelta) -> pl.DataFrame:
    """One row per change that a reviewer looked at in the follow-up, and could tell: row, tool, rules.

    A review counts where chance picked the change before it, and by somebody who had no part in the change.
    """
    reviews = _reviews_of_draws(tables)
    people = ("author_login", "driver")
    likely = rows.filter(pl.col("number").is_in(reviews["number"].implode())).drop("base")
    until = pl.col("merged_at") + follow_up
    is_in_time = pl.col("reviewed_at").is_between("merged_at", until, closed="right")
    is_others = pl.all_horizontal(pl.col("reviewed_by").ne_missing(pl.col(name)) for name in people)
    looked = likely.join(reviews, on=KEY, how="inner").filter(is_in_time & is_others)
    fresh = looked.join(_reviewers_before(likely, tables), on=("row", "reviewed_by"), how="anti")
    told = fresh.select("row").unique()
    return told.with_columns(tool=pl.lit(AUDIT), rules_version=pl.lit(UNKNOWN))


def _reviews_of_draws(tables: Tables) -> pl.DataFrame:
    """Reviews that could tell, made after their change was drawn: repository, number, reviewed_by, _at."""
    told = latest_reviews(tables).filter(pl.col("outcome").is_in(TOLD))
    drawn = tables.audits.select(*DRAW, "drawn_at").collect()
    made_after = told.join(drawn, on=DRAW, how="inner").filter(pl.col("reviewed_at") >= pl.col("drawn_at"))
    return made_after.select(*KEY, one_person("reviewed_by"), "reviewed_at")


def _reviewers_before(rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Who had reviewed which change when it merged: row, reviewed_by."""
    numbers = rows["number"].unique().implode()
    given = tables.reviews.filter(pl.col("number").is_in(numbers)).select(
        *KEY, "submitted_at", reviewed_by=one_person("reviewer")
    )
    beside = rows.select("row", *KEY, "merged_at").join(given.collect(), on=KEY, how="inner")
    return beside.filter(pl.col("submitted_at") <= pl.col("merged_at")).select("row", "reviewed_by").unique()


def _independent(looks: pl.DataFrame, before: pl.DataFrame) -> pl.Series:
    """Rows of changes that a tool, or rules, looked at that had not looked before their merge."""
    kinds = (
        pl.concat([each.select(KIND).unique() for each in (looks, before)]).unique().with_row_index("kind")
    )
    after, used = (each.join(kinds, on=KIND).select("row", "kind") for each in (looks, before))

    def told(rows: pl.DataFrame, kind: str = "kind") -> pl.Series:
        """One whole number per row and kind: looked up far faster than two columns are joined."""
        return rows.select(pl.col("row").cast(pl.Int64) * kinds.height + pl.col(kind)).to_series()

    likely = after.join(_repeats(kinds), on="kind")
    repeats = likely.filter(told(likely, "kind_before").is_in(told(used).implode()))
    return after.filter(~told(after).is_in(told(repeats).implode()))["row"]


def _repeats(kinds: pl.DataFrame) -> pl.DataFrame:
    """For each kind of look the kinds of before that saw as much; an unknown version is the same."""
    versions = pl.col("rules_version", "rules_version_before")
    pairs = kinds.join(kinds, on="tool", suffix="_before")
    is_same = pl.col("rules_version") == pl.col("rules_version_before")
    is_unknown = pl.any_horizontal(versions == UNKNOWN)
    return pairs.filter(is_same | is_unknown).select("kind", "kind_before")


def _tools(looks: pl.DataFrame, height: int) -> pl.Series:
    """Names of the tools that looked at each row, in order; there are few sets of them."""
    names = looks["tool"].unique().sort().to_list()
    looked = {name: _among(looks.filter(pl.col("tool") == name)["row"], height) for name in names}
    if not names:
        return pl.repeat([], height, dtype=pl.List(pl.String), eager=True)
    sets = pl.DataFrame(looked).unique()
    lists = [[name for name, has_looked in zip(names, row, strict=True) if has_looked] for row in sets.rows()]
    named = sets.with_columns(pl.Series("set of tools", lists, pl.List(pl.String)))
    return pl.DataFrame(looked).join(named, on=names, how="left", maintain_order="left").to_series(-1)


def _among(found: pl.Series, height: int) -> pl.Series:
    """Of each row whether it was found."""
    is_found = np.zeros(height, dtype=np.bool_)
    is_found[found.to_numpy()] = True
    return pl.Series(is_found)


def _ok(tables: Tables, stage: str) -> pl.LazyFrame:
    is_placed = pl.col("repository").is_not_null() & pl.col("scanned_at").is_not_null()
    return tables.scans.filter(pl.col("status") == "ok", pl.col("stage") == stage, is_placed).with_columns(
        pl.col("tool", "rules_version", "category").fill_null(UNKNOWN)
    )  # fmt: skip
