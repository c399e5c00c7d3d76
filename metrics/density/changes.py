"""Which merged changes does a rate of vulnerabilities rest on, how much code and what findings have they?

Definitions 2. One row per in-scope change of every authorship; a change that arrives again counts
once. A change counts in a rate when an ok scan looked at it and it is known to have added code; any
other one says nothing, however few findings it has, and is counted by its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.density.lines import with_lines
from metrics.estimate import Coverage
from metrics.features import SCANS_UNREAD
from metrics.findings import findings_of
from metrics.gate.policy import Policy
from metrics.measuring import Measuring
from metrics.pilot import Pilot
from metrics.scope import REASONS, Scope
from metrics.tables import Tables
from metrics.windows import cut_out

NOT_LOOKED_AT: Final = "no ok scan looked at it"
FILES_UNKNOWN: Final = "files unknown"
NO_CODE_LINES: Final = "no code lines added"
ALL_REASONS: Final = (*REASONS, NOT_LOOKED_AT, FILES_UNKNOWN, NO_CODE_LINES)
CHANGE_COLUMNS: Final = (
    *KEY, "title", "url", "author_login", "authorship", "agent", "merged_at", "language", "place",
    "code_lines", "surviving_code_lines", "looked_before", "looked_after", "looked", "confirmed",
    "not_dismissed", "before_merge", "after_merge", "findings", "reason", SCANS_UNREAD,
)  # fmt: skip
LINES: Final = ("code_lines", "surviving_code_lines")
STRATUM: Final = ("repository", "language")  # there all work on the same kind of thing
COUNTS: Final = ("confirmed", "not_dismissed", "before_merge", "after_merge")


@dataclass(frozen=True)
class Density:
    """Merged changes with their lines and findings, and what was left out."""

    changes: pl.DataFrame  # CHANGE_COLUMNS by merge; `reason` says why one is in no rate (null = it is in)
    findings: pl.DataFrame  # of these changes, in lines of code, not dismissed (metrics.findings)
    listed: pl.DataFrame  # of these changes, not dismissed, but in no line that is counted: not divided
    left_out: pl.DataFrame  # repository, number, merged_at, reason, authorship, agent: out of scope

    def of(self, authorships: tuple[str, ...], agent: str | None = None) -> Density:
        """Only these classes of authorship, and one agent where named."""
        is_one = pl.lit(True) if agent is None else (pl.col("agent") == agent).fill_null(value=False)
        is_wanted = pl.col("authorship").is_in(authorships) & is_one
        own = self.changes.filter(is_wanted)
        findings, listed = (_of_these(each, own) for each in (self.findings, self.listed))
        return Density(own, findings, listed, self.left_out.filter(is_wanted))

    def between(self, start: datetime, end: datetime) -> Density:
        """Only what merged in [start, end)."""
        findings, listed = (each.filter(_is_between(start, end)) for each in (self.findings, self.listed))
        changes, left_out = (cut_out(each, "merged_at", start, end) for each in (self.changes, self.left_out))
        return Density(changes, findings, listed, left_out)

    @cached_property
    def sizes(self) -> pl.DataFrame:
        """Place, lines and counts of findings of the changes that a rate rests on."""
        rated = self.changes.lazy().filter(pl.col("reason").is_null())
        return rated.select("place", *LINES, "confirmed", "not_dismissed").collect()

    @property
    def places(self) -> pl.DataFrame:
        """Number, repository and language of every place."""
        return self.changes.select("place", *STRATUM).unique()

    @property
    def rated(self) -> pl.DataFrame:
        """The changes that a rate rests on."""
        return self.changes.filter(pl.col("reason").is_null())

    @property
    def counted(self) -> pl.DataFrame:
        """The findings of these, as many as the upper end of the band says."""
        return self.findings.join(self.rated, on=KEY, how="semi")

    @cached_property
    def in_scope(self) -> Coverage:
        """How many of the merged changes are in scope, and why the others are not."""
        return self._coverage(self.changes.height, self.left_out["reason"])

    @cached_property
    def coverage(self) -> Coverage:
        """How many of the merged changes a rate rests on, and why the others serve for none."""
        reasons = pl.concat([self.left_out["reason"], self.changes["reason"].drop_nulls()])
        return self._coverage(self.sizes.height, reasons)

    def _coverage(self, measured: int, reasons: pl.Series) -> Coverage:
        counts = dict(reasons.value_counts().iter_rows())
        excluded = tuple((reason, counts[reason]) for reason in ALL_REASONS if reason in counts)
        return Coverage(measured, self.changes.height + self.left_out.height, excluded)


def density_changes(
    cut: Tables, found: Scope, findings: tuple[pl.DataFrame, pl.DataFrame], measuring: Measuring
) -> Density:
    """Every merged change of the pilot's repositories with its lines, its findings and what looked at it.

    Parameters
    ----------
    cut
        The tables as they read at the moment of judgement.
    found
        The scope of every authorship; its changes tell what looked at them (metrics.detection).
    findings
        From :func:`density_findings`.
    """
    divided, listed = findings
    lines = with_lines(found.changes, cut, include_tests=measuring.include_tests)
    rows = _with_counts(lines, divided).with_columns(_looks())
    changes = rows.with_columns(reason=_reason(), place=_place(rows)).select(CHANGE_COLUMNS)
    return Density(changes, divided, listed, found.left_out)


def density_findings(
    cut: Tables, pilot: Pilot, rules: tuple[Policy, Measuring], found: Scope
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings of the changes that nobody dismissed: those in lines that are counted, and the others."""
    policy, measuring = rules
    dated = found.changes.with_columns(
        sprint=pl.lit(None, pl.Int64), close_at=pl.lit(None, pl.Datetime("us", "UTC"))
    )
    is_theirs = pl.col("number").is_not_null() & (pl.col("status") != "dismissed")
    theirs = findings_of(cut, pilot, policy, (found, dated)).filter(is_theirs)
    in_code = cut.findings.filter("is_blamable").select("finding_id").collect()
    is_in_code = pl.col("finding_id").is_in(in_code["finding_id"].implode())
    elsewhere = _uncounted(cut, theirs, measuring)["finding_id"].implode()
    is_divided = is_in_code & ~pl.col("finding_id").is_in(elsewhere)
    return theirs.filter(is_divided), theirs.filter(~is_divided)


def _uncounted(cut: Tables, findings: pl.DataFrame, measuring: Measuring) -> pl.DataFrame:
    """Findings in files whose lines are not counted: what is not divided by must not be in the rate."""
    counted = ("code", "test") if measuring.include_tests else ("code",)
    places = findings.lazy().select("finding_id", *KEY, "path")
    others = cut.changed_files.filter(~pl.col("file_class").is_in(counted)).select(*KEY, "path")
    return places.join(others, on=[*KEY, "path"], how="semi").select("finding_id").collect()


@lru_cache
def _is_between(start: datetime, end: datetime) -> pl.Expr:
    return pl.col("merged_at").is_between(start, end, closed="left")


def _of_these(findings: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Findings of these changes, in their order; few findings are looked for in many changes."""
    likely = changes.lazy().select(KEY).filter(pl.col("number").is_in(findings["number"].implode()))
    theirs = likely.join(findings.lazy().select(KEY), on=KEY, how="semi").collect()
    return findings.join(theirs, on=KEY, how="semi", maintain_order="left")


def _place(rows: pl.DataFrame) -> pl.Series:
    """Number of each change's repository and language, in the order of their names."""
    places = rows.select(STRATUM).unique().sort(STRATUM).with_row_index("place")
    return rows.select(STRATUM).join(places, on=STRATUM, how="left", maintain_order="left")["place"]


def _looks() -> list[pl.Expr]:
    """A scan of a pull request with nothing to compare it with cannot tell what is new: no look."""
    before, after = pl.col("pre_compared"), pl.col("detected")
    return [before.alias("looked_before"), after.alias("looked_after"), (before | after).alias("looked")]


def _with_counts(changes: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """Add to each change how many findings it has, and which; a change without any has 0."""
    by_change = findings.group_by(KEY).agg(
        confirmed=(pl.col("status") == "confirmed").sum().cast(pl.Int64),
        not_dismissed=pl.len().cast(pl.Int64),
        before_merge=(~pl.col("after_merge")).sum().cast(pl.Int64),
        after_merge=pl.col("after_merge").sum().cast(pl.Int64),
        findings=pl.col("finding_id").sort(),
    )
    return changes.join(by_change, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col(COUNTS).fill_null(0), pl.col("findings").fill_null(pl.lit([], pl.List(pl.String)))
    )


def _reason() -> pl.Expr:
    return (
        pl.when(~pl.col("looked")).then(pl.lit(NOT_LOOKED_AT))
        .when(pl.col("code_lines").is_null()).then(pl.lit(FILES_UNKNOWN))
        .when(pl.col("code_lines") == 0).then(pl.lit(NO_CODE_LINES))
    )  # fmt: skip
