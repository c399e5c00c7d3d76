"""Which merged changes were taken back later, or mended in a hurry?

Signs that need no scanner (definitions 5). Reverted: a later merged pull request is titled as a code
host titles reverts and names the change, by number, by the branch that the host made for it, or by its
title; or a commit of a protected branch says that it reverts one of the change's. Mended: a later merged
change that calls itself a hotfix touches a file of class code that the change touched, within HOTFIX_DAYS.
Both are what people call them: who mends without saying so is not seen.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.scope import class_by_name
from metrics.tables import Tables

HOTFIX_DAYS: Final = 14  # later mending is maintenance; one sprint of the usual length
IS_REVERT: Final = r"(?i)^\s*reverts?\b"
QUOTED: Final = r"(?i)^\s*revert\s+[\"\u{201c}](.+)[\"\u{201d}]"  # Revert "its title"
REVERT_BRANCH: Final = r"^revert-(\d+)-"  # as GitHub's button names it
QUOTED_NUMBER: Final = r"\(#(\d+)\)\s*$"  # of a squashed change, whose title ends so
NAMED: Final = r"(?i)\breverts?\s+(?:([\w.-]+/[\w.-]+))?#(\d+)"
HOTFIX: Final = r"(?i)(?:^|[^a-z])(?:hot[-_ ]?fix|(?:urgent|emergency)[-_ /]*(?:bug[-_ ]?)?(?:fix|patch))"
_NUMBERS: Final = ("of_branch", "of_quoted", "of_named")  # columns: where a revert may name its change
_MOMENTS: Final = ("reverted_at", "hotfixed_at")
_FOUND: Final[dict[str, pl.DataType]] = {
    "repository": pl.String(), "number": pl.Int64(), "at": pl.Datetime("us", "UTC"),
}  # fmt: skip


def aftermath(merges: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    """Changes that were reverted or mended in a hurry, with the first time of either.

    Parameters
    ----------
    merges
        Every merged change of the pilot's repositories (:func:`metrics.scope.judged`).

    Returns
    -------
    DataFrame
        repository, number, reverted_at, hotfixed_at (null = never, so far); only changes that were
        either, by repository and number.
    """
    reverted = pl.concat([_by_pull_requests(merges), _by_commits(merges, cut)])
    told = [
        rows.group_by(KEY).agg(pl.col("at").min().alias(name))
        for rows, name in zip((reverted, _hotfixed(merges, cut)), _MOMENTS, strict=True)
    ]
    return told[0].join(told[1], on=KEY, how="full", coalesce=True).sort(KEY)


def _by_pull_requests(merges: pl.DataFrame) -> pl.DataFrame:
    """Changes that a later merged pull request says it reverts: repository, number, at."""
    reverts = merges.filter(pl.col("title").str.contains(IS_REVERT)).select(
        "repository", *_named_numbers(), at="merged_at", quoted=pl.col("title").str.extract(QUOTED)
    )
    each = reverts.with_row_index("row")
    by_number = _numbered(each, merges)
    by_title = _titled(each.join(by_number, on="row", how="anti"), merges)
    return pl.concat([by_number.select(*_FOUND), by_title.select(*_FOUND)])


def _named_numbers() -> list[pl.Expr]:
    """The pull requests of this repository that a revert may name, the likeliest first."""
    elsewhere = (
        pl.col("title").str.extract(NAMED, 1).str.to_lowercase() != pl.col("repository").str.to_lowercase()
    )
    named = pl.when(~elsewhere.fill_null(value=False)).then(pl.col("title").str.extract(NAMED, 2))
    branch = pl.col("head_branch").str.extract(REVERT_BRANCH)
    quoted = pl.col("title").str.extract(QUOTED).str.extract(QUOTED_NUMBER)
    told = zip(_NUMBERS, (branch, quoted, named), strict=True)
    return [number.cast(pl.Int64, strict=False).alias(name) for name, number in told]


def _numbered(reverts: pl.DataFrame, merges: pl.DataFrame) -> pl.DataFrame:
    """Of the numbers that each names the first that had merged: a branch may begin with a year."""
    named = reverts.unpivot(_NUMBERS, index=["row", "repository", "at"], value_name="number").drop_nulls()
    likely = merges.filter(pl.col("number").is_in(named["number"].implode())).select(*KEY, "merged_at")
    pairs = named.join(likely, on=KEY, how="inner").filter(pl.col("merged_at") < pl.col("at"))
    rank = pl.col("variable").cast(pl.Enum(_NUMBERS))
    return pairs.sort("row", rank).unique("row", keep="first", maintain_order=True)


def _titled(reverts: pl.DataFrame, merges: pl.DataFrame) -> pl.DataFrame:
    """Of several changes of that title the last one that had merged."""
    likely = merges.filter(pl.col("title").is_in(reverts["quoted"].drop_nulls().implode())).select(
        *KEY, "merged_at", quoted="title"
    )
    pairs = reverts.join(likely, on=("repository", "quoted"), how="inner")
    earlier = pairs.filter(pl.col("merged_at") < pl.col("at")).sort("row", "merged_at", "number")
    return earlier.group_by("row", maintain_order=True).last()


def _by_commits(merges: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    """Changes one of whose commits a later landed commit says it reverts: repository, number, at."""
    reverts = cut.landed_commits.filter(pl.col("reverts").is_not_null()).select(
        "repository", sha="reverts", at="landed_at", by="pull_request"
    ).collect()  # fmt: skip
    wanted = reverts["sha"].unique().implode()
    landed = cut.landed_commits.filter(pl.col("sha").is_in(wanted), pl.col("pull_request").is_not_null())
    merged = merges.filter(pl.col("merge_sha").is_in(wanted)).select(*KEY, sha="merge_sha")
    commits = pl.concat(
        [landed.select("repository", number="pull_request", sha="sha").collect(), merged]
    ).unique()
    pairs = reverts.join(commits, on=("repository", "sha"), how="inner")
    is_own = (pl.col("by") == pl.col("number")).fill_null(value=False)
    numbers = merges.filter(pl.col("number").is_in(pairs["number"].implode())).select(*KEY, "merged_at")
    placed = pairs.filter(~is_own).join(numbers, on=KEY, how="inner")
    return placed.filter(pl.col("merged_at") <= pl.col("at")).select(*_FOUND)


def _hotfixed(merges: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    """Changes of which a hotfix that merged soon after touches a file: repository, number, at."""
    hotfixes = _hotfixes(merges, cut)
    files = _code_files(cut)
    touched = files.join(hotfixes.lazy(), on=KEY, how="inner").collect()
    if touched.is_empty():
        return pl.DataFrame(schema=_FOUND)
    same_path = files.filter(pl.col("path").is_in(touched["path"].unique().implode())).collect()
    changes = same_path.join(merges.select(*KEY, "merged_at"), on=KEY, how="inner")
    mended = touched.select("repository", "path", at="merged_at").sort("at")
    pairs = changes.sort("merged_at").join_asof(
        mended, left_on="merged_at", right_on="at", by=["repository", "path"], strategy="forward",
        tolerance=timedelta(days=HOTFIX_DAYS), allow_exact_matches=False, check_sortedness=False,
    )  # fmt: skip
    return pairs.filter(pl.col("at").is_not_null()).select(*_FOUND)


def _code_files(cut: Tables) -> pl.LazyFrame:
    """Files that people write: a lock file is touched by every second change."""
    return cut.changed_files.filter(class_by_name(cut) == "code").select(*KEY, "path")


def _hotfixes(merges: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    """Merged changes that call themselves a hotfix in title, branch or labels."""
    says_so = pl.any_horizontal(pl.col("title", "head_branch").str.contains(HOTFIX).fill_null(value=False))
    labels = pl.col("labels").list.join(" ").str.contains(HOTFIX)
    labelled = cut.pull_requests.filter((pl.col("labels").list.len() > 0) & labels).select(KEY)
    named = labelled.collect()
    likely = merges.filter(pl.col("number").is_in(named["number"].implode()))
    by_label = likely.join(named, on=KEY, how="semi")
    both = pl.concat([merges.filter(says_so), by_label])
    return both.select(*KEY, "merged_at").unique()
