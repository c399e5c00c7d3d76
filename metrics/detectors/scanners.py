"""How often do security scanners cry wolf, and how much do they miss?

The same questions as of detectors, from decisions about findings and from who found them first. Only explicit
decisions count: a finding that was accepted, will not be fixed or is used in tests says nothing of the
scanner and stands beside. A scanner missed what another or a person found first, if it looked at the same
change or branch while that was there and never reported it; what nobody found is not among them, so misses
are "at least" so many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from metrics.detectors.stating import proportion
from metrics.estimate import Coverage, Number, Undefined
from metrics.gate.case import Case
from metrics.scope import repositories
from metrics.triage import decisions, latest

CONFIRMED: Final = "confirmed"
FALSE: Final = "false positive"
ACCEPTED: Final = "accepted"
WONT_FIX: Final = "won't fix"
IN_TESTS: Final = "used in tests"
UNDECIDED: Final = "undecided"
BESIDE: Final = (ACCEPTED, WONT_FIX, IN_TESTS, UNDECIDED)
NO_DECISION: Final = "nobody decided that a finding of it is real, or false"
NOBODY_ELSE: Final = "no confirmed finding that another tool or a person found first where it looked"
NEVER_LOOKED: Final = "no ok scan of it is known"


@dataclass(frozen=True)
class Scanner:
    """One tool, as a whole or in one version."""

    tool: str
    version: str | None  # None = all versions
    false_positive_share: Number  # of the findings that were decided to be real or false
    miss_share: Number  # of the confirmed ones where it looked: at least
    confirmed: int
    false_positives: int
    beside: tuple[tuple[str, int], ...]  # decisions that are neither; only those that there are


def scanners(case: Case) -> tuple[Scanner, ...]:
    """Every scanner that reported, or looked at, the pilot's repositories; then its versions.

    A version counts for findings that it was the first to report, as only of the first report the version is
    known; misses are those of the tool.

    Returns
    -------
    By tool, all versions first. Empty without security findings.
    """
    found, scans = _found(case), _scans(case)
    tools = sorted({*found["tools"].explode().drop_nulls(), *scans["tool"].drop_nulls()})
    level = case.measuring.confidence
    return tuple(each for tool in tools for each in _of_tool(tool, found, scans, level))


def _found(case: Case) -> pl.DataFrame:
    """Security findings of the pilot with their class, the tools that reported them, and first version."""
    own = repositories(case.cut.findings, case.pilot)
    is_own = pl.col("is_security") & pl.col("repository").is_in(own)
    first = pl.concat_list("tool").list.drop_nulls()
    rows = case.cut.findings.filter(is_own).select(
        "finding_id", "repository", "introduced_by", "tool", "reported_by", "first_seen_at", "gone_at",
        "first_seen_scan", tools=pl.coalesce("tools", first),
    ).collect()  # fmt: skip
    decided = decisions(rows.select("finding_id"), case.cut.dispositions)
    last = latest(decided, pl.lit(value=True)).select("finding_id", "disposition", "reason")
    versions = case.cut.scans.select(first_seen_scan="scan_id", version="tool_version").collect()
    beside = rows.join(last, on="finding_id", how="left", maintain_order="left").join(
        versions, on="first_seen_scan", how="left", maintain_order="left"
    )
    return beside.with_columns(decided=_class())


def _class() -> pl.Expr:
    """What was decided; a reason of tests tells won't-fix apart."""
    said = pl.col("disposition")
    spelled = pl.col("reason").fill_null("").str.to_lowercase().str.replace_all("[_-]", " ")
    return (
        pl.when(said.is_in(["confirmed", "fixed"])).then(pl.lit(CONFIRMED))
        .when(said == "false_positive").then(pl.lit(FALSE))
        .when(said == "accepted").then(pl.lit(ACCEPTED))
        .when((said == "wont_fix") & spelled.str.starts_with(IN_TESTS)).then(pl.lit(IN_TESTS))
        .when(said == "wont_fix").then(pl.lit(WONT_FIX))
        .otherwise(pl.lit(UNDECIDED))
    )  # fmt: skip


def _scans(case: Case) -> pl.DataFrame:
    """Scans whose silence means something."""
    own = repositories(case.cut.scans, case.pilot)
    is_ok = (pl.col("status") == "ok") & pl.col("tool").is_not_null() & pl.col("repository").is_in(own)
    told = ("tool", "repository", "stage", "pull_request", "scanned_at")
    return case.cut.scans.filter(is_ok).select(told).collect()


def _of_tool(tool: str, found: pl.DataFrame, scans: pl.DataFrame, level: float) -> Iterator[Scanner]:
    own = found.filter(pl.col("tools").list.contains(tool).fill_null(value=False))
    missed = _miss_share(tool, found, scans.filter(pl.col("tool") == tool), level)
    yield _scanner((tool, None), own, missed, level)
    first = own.filter(pl.col("tool") == tool)
    for version in first["version"].drop_nulls().unique().sort():
        unknown = Undefined("misses are told of all versions together", 0, Coverage(0, 0))
        yield _scanner((tool, version), first.filter(pl.col("version") == version), unknown, level)


def _scanner(name: tuple[str, str | None], own: pl.DataFrame, missed: Number, level: float) -> Scanner:
    counts = dict(own.group_by("decided").len().iter_rows())
    real, false = counts.get(CONFIRMED, 0), counts.get(FALSE, 0)
    beside = tuple((word, counts[word]) for word in BESIDE if word in counts)
    coverage = Coverage(real + false, own.height, beside)
    share = proportion(false, coverage, level, NO_DECISION)
    return Scanner(*name, share, missed, real, false, beside)


def _miss_share(tool: str, found: pl.DataFrame, scans: pl.DataFrame, level: float) -> Number:
    """Of the confirmed findings where it looked, those that it never reported."""
    confirmed = found.filter(pl.col("decided") == CONFIRMED)
    reported = pl.col("tools").list.contains(tool).fill_null(value=False)
    caught, others = confirmed.filter(reported), confirmed.filter(~reported)
    missed = _looked_at(others, scans).height
    was_first = (pl.col("tool") == tool) & (pl.col("reported_by") == "scan")
    by_others = missed + caught.filter(~was_first.fill_null(value=False)).height
    total = missed + caught.height
    unseen = others.height - missed
    coverage = Coverage(total, confirmed.height, (("it did not look there", unseen),) if unseen else ())
    if scans.is_empty():
        return Undefined(NEVER_LOOKED, 0, coverage)
    if not by_others:
        return Undefined(NOBODY_ELSE, 0, coverage)
    return proportion(missed, coverage, level, NOBODY_ELSE)


def _looked_at(findings: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """Findings of which it scanned the change, or the branch while they were there."""
    of_branch = scans.filter(pl.col("stage") == "post_merge").sort("scanned_at")
    after = findings.sort("first_seen_at").join_asof(
        of_branch.select("repository", "scanned_at"), left_on="first_seen_at", right_on="scanned_at",
        by="repository", strategy="forward", check_sortedness=False,
    )  # fmt: skip
    was_there = pl.col("gone_at").is_null() | (pl.col("scanned_at") < pl.col("gone_at"))
    on_branch = after.filter(pl.col("scanned_at").is_not_null() & was_there)["finding_id"]
    of_change = scans.select("repository", introduced_by="pull_request").drop_nulls()
    on_change = findings.join(of_change, on=("repository", "introduced_by"), how="semi")["finding_id"]
    return findings.filter(pl.col("finding_id").is_in(pl.concat([on_branch, on_change]).implode()))
