"""Which findings has a pilot, whatever they count as, and which of them are asked for?

Frames in, frames out. The pages of the numbers list what a number counts; here stands everything that was
ever reported in the pilot's repositories, with what was decided and what it counts as.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

import polars as pl

from dashboard.components import explorer_text as text
from metrics.findings import SEVERITIES, unattributed
from metrics.gate.case import Case
from metrics.scope import matches, repositories
from metrics.triage import decisions, latest, status

ESCAPE: Final = "escape"
MERGED_OVER: Final = "merged over it"
BELOW: Final = "below what counts"
OLDER: Final = "older than the first look"
BEFORE: Final = "found before merge"
ELSEWHERE: Final = "of no change in scope"
NOT_COUNTED: Final = "dismissed"
WAITING: Final = "waiting"  # needs a decision before the verdict can get better
COUNTED_COLUMNS: Final = (
    "finding_id", "sprint", "is_escape", "is_bypass", "late_dismissal", "close_at", "unexplained",
)  # fmt: skip
CHOICES: Final = ("severity", "status", "stage", "arm", "tool", "method", "sprint")
_OF_LISTS: Final = {"tool": "tools"}  # choices that look into a list of words
_SPRINT: Final = "sprint_words"
_TEXT: Final = "text"
# What the table of the page and its download hold, in this order.
COLUMNS: Final = (
    "finding_id", "severity", "rule", "repository", "number", "path", "line", "status", "counts_as", WAITING,
    "stage", "arm", "agent", "tools", "sprint", "method", "confidence", "first_seen_at", "post_merge_seen_at",
    "gone_at", "merged_at", "disposition", "decided_by", "decided_at", "reason", "late_dismissal", "cwe",
    "reported_by", "is_security", "introduced_commit", "introduced_path", "introduced_line", "seen_commit",
    "unexplained", "title", "url", "message",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; nothing chosen of a kind = all of it."""

    words: str = ""  # each must stand somewhere in rule, path, message, id, repository or number
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # one of CHOICES -> values
    only_waiting: bool = False


def all_findings(case: Case) -> pl.DataFrame:
    """Every finding of the pilot's repositories, those that need a decision first, then the worst.

    Returns
    -------
    DataFrame
        COLUMNS and what filters look at; statuses, stages and methods as the tables spell them.
    """
    counted = _counted(case)
    found = _of_pilot(case, counted).join(counted, on="finding_id", how="left")
    with_people = _with_changes(found, case).join(_decided(found, case), on="finding_id", how="left")
    told = with_people.with_columns(status=status(), tools=_tools())
    return _ordered(told.with_columns(_waits(case)).with_columns(counts_as=_counts_as(case)))


def _counted(case: Case) -> pl.DataFrame:
    """What the gate's arithmetic says of findings, of agents first: a bare one stands with both arms."""
    both = pl.concat(
        [case.agent.findings.select(COUNTED_COLUMNS), case.human.findings.select(COUNTED_COLUMNS)]
    )
    return both.unique("finding_id", keep="first", maintain_order=True)


def _of_pilot(case: Case, counted: pl.DataFrame) -> pl.DataFrame:
    own = pl.col("repository").is_in(repositories(case.cut.findings, case.pilot))
    found = (
        case.cut.findings.filter(own)
        .rename({"introduced_by": "number", "first_seen_stage": "stage"})
        .collect()
    )
    if not case.pilot.paths:
        return found
    inside = [path for path in found["path"].drop_nulls().unique() if matches(path, case.pilot.paths)]
    is_counted = pl.col("finding_id").is_in(counted["finding_id"].implode())
    return found.filter(pl.col("path").is_in(inside) | is_counted)


def _with_changes(found: pl.DataFrame, case: Case) -> pl.DataFrame:
    """Add the change, its maker, the sprint that it merged in, and any address of the repository."""
    pulls = case.cut.pull_requests
    changes = pulls.select(
        "repository", "number", "title", "url", "agent", "merged_at", arm="authorship"
    ).collect()
    homes = pulls.group_by("repository").agg(any_url=pl.col("url").min()).collect()
    beside = found.join(changes, on=["repository", "number"], how="left").join(
        homes, on="repository", how="left"
    )
    return beside.with_columns(
        pl.coalesce("sprint", _sprint(case)), pl.col("arm").fill_null(text.NO_ARM)
    ).with_columns(pl.col("sprint").cast(pl.String).fill_null(text.OUTSIDE).alias(_SPRINT))


def _sprint(case: Case) -> pl.Expr:
    """The sprint that a change of any arm merged in; null = none of them."""
    merged = pl.col("merged_at")
    spans = [
        pl.when((merged >= place.start) & (merged < place.end)).then(pl.lit(place.number, pl.Int64))
        for place in case.places
    ]
    return pl.coalesce(pl.lit(None, pl.Int64), *spans)


def _decided(found: pl.DataFrame, case: Case) -> pl.DataFrame:
    every = decisions(found.select("finding_id"), case.cut.dispositions)
    return latest(every, pl.lit(True))


def _tools() -> pl.Expr:
    """Every scanner that reported it; a finding of a person has none."""
    first = pl.concat_list(pl.col("tool").fill_null(text.NO_TOOL))
    is_told = pl.col("tools").list.len().fill_null(0) > 0
    return pl.when(is_told).then("tools").otherwise(first)


def _waits(case: Case) -> pl.Expr:
    """Whether the gate waits for somebody's word about it."""
    undecided = pl.col("is_escape") | pl.col("is_bypass")
    of_gate = case.findings.filter(undecided & (pl.col("status") == "unreviewed"))
    ids = pl.concat([of_gate["finding_id"], unattributed(case.findings)["finding_id"]])
    return pl.col("finding_id").is_in(ids.implode()).alias(WAITING)


def _counts_as(case: Case) -> pl.Expr:
    counts = SEVERITIES[: SEVERITIES.index(case.policy.minimum_severity) + 1]
    is_in_scope = pl.col("is_escape").is_not_null() & pl.col("number").is_not_null()
    is_nobodys = pl.col(WAITING) & ~pl.col("is_escape") & ~pl.col("is_bypass")
    return (
        pl.when("is_escape").then(pl.lit(ESCAPE))
        .when("is_bypass").then(pl.lit(MERGED_OVER))
        .when(is_nobodys).then("unexplained")
        .when(~pl.col("is_security") | ~pl.col("severity").is_in(counts)).then(pl.lit(BELOW))
        .when(pl.col("status") == "dismissed").then(pl.lit(NOT_COUNTED))
        .when(is_in_scope).then(pl.lit(BEFORE))
        .when(pl.col("method") == "baseline").then(pl.lit(OLDER))
        .otherwise(pl.lit(ELSEWHERE))
    )  # fmt: skip


def _ordered(found: pl.DataFrame) -> pl.DataFrame:
    worst = pl.Enum([*SEVERITIES, "none"])
    change = pl.format("{}#{}", "repository", pl.col("number").fill_null(0))
    spelled = pl.concat_str("rule", "path", "message", "finding_id", change, separator=" ", ignore_nulls=True)
    ordered = found.with_columns(
        pl.col("late_dismissal").fill_null(value=False), spelled.str.to_lowercase().alias(_TEXT)
    ).sort(
        pl.col(WAITING).not_(), pl.col("severity").cast(worst), pl.col("first_seen_at"), "finding_id",
        descending=[False, False, True, False],
    )  # fmt: skip
    return ordered.select(
        *COLUMNS, _SPRINT, _TEXT, "any_url", "close_at", "tool", "aliases", "first_seen_scan"
    )


def filtered(found: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """The rows that are asked for, in their order.

    >>> rows = pl.DataFrame({"text": ["sql app.py", "xss app.py"], "severity": ["high", "low"]})
    >>> filtered(rows, Wanted("APP sql")).height, filtered(rows, Wanted("", {"severity": ("low",)})).height
    (1, 1)
    """
    words = [pl.col(_TEXT).str.contains(word, literal=True) for word in wanted.words.lower().split()]
    chosen = [_is_one_of(name, values) for name, values in wanted.chosen.items() if values]
    waiting = [pl.col(WAITING)] if wanted.only_waiting else []
    return found.filter(reduce(pl.Expr.and_, [*words, *chosen, *waiting], pl.lit(True)))


def _is_one_of(name: str, values: tuple[str, ...]) -> pl.Expr:
    if name in _OF_LISTS:
        return pl.col(_OF_LISTS[name]).list.eval(pl.element().is_in(values)).list.any()
    return pl.col(_SPRINT if name == "sprint" else name).is_in(values)


def options(found: pl.DataFrame, name: str) -> list[str]:
    """What there is to choose from of one kind: severities the worst first, sprints in their order."""
    if name == "severity":
        return [each for each in (*SEVERITIES, "none") if found.filter(pl.col(name) == each).height]
    if name == "sprint":
        numbers = found["sprint"].drop_nulls().unique().sort().cast(pl.String).to_list()
        return [*numbers, *([text.OUTSIDE] if found["sprint"].null_count() else [])]
    values = found[_OF_LISTS[name]].explode() if name in _OF_LISTS else found[name]
    return values.drop_nulls().unique().sort().to_list()
