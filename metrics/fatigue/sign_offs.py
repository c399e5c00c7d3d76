"""Which reviews that approved a pull request show no sign of review, and took too little time for one?

Definitions 3. Time runs from the latest moment at which the reviewer can have begun: ready for review,
asked for it, last push. It is an upper bound of attention: too little of it is evidence, much of it is none.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.fatigue.canaries import seeded_since
from metrics.fatigue.pushes import with_pushes
from metrics.fatigue.review_sizes import with_sizes
from metrics.fatigue.rules import FatigueRules
from metrics.keys import pull_key
from metrics.pilot import Pilot
from metrics.reviews import is_approval, is_cut, is_human, is_involved, is_of_nobody_known
from metrics.scope import repositories
from metrics.tables import Tables
from metrics.velocity.asked import ASKED
from metrics.velocity.drafts import READY_EVENT
from metrics.velocity.population import OUT_OF_SCOPE, population

LGTM_CHARS: Final = 20  # no text is stored; a body up to here says "LGTM" or "looks good to me", no more
TIMELINE: Final = "review_events"  # what collectors call the list of timeline events

ACCOUNT_UNKNOWN: Final = "account deleted or unknown"
OWN: Final = "approved by its author or driver"
ENDED: Final = "given after it was merged or closed"
BEFORE_READY: Final = "given before it was ready"
PUSHES_UNKNOWN: Final = "pushes unknown"
REQUESTS_UNKNOWN: Final = "review requests unknown"
SIZE_UNKNOWN: Final = "size unknown"
TOO_SMALL: Final = "too few changed lines"
COMMENTS_UNKNOWN: Final = "comments or earlier reviews unknown"
SEEDED: Final = "seeded pull request (judged apart)"
# In the order in which they are asked; what has one of the first is no independent approval at all.
NO_SIGN_OFF: Final = (*OUT_OF_SCOPE, ACCOUNT_UNKNOWN, OWN, ENDED)
LEFT_OUT: Final = (
    *NO_SIGN_OFF, BEFORE_READY, PUSHES_UNKNOWN, REQUESTS_UNKNOWN, SIZE_UNKNOWN, TOO_SMALL, COMMENTS_UNKNOWN,
    SEEDED,
)  # fmt: skip

_MOMENT: Final = pl.Datetime("us", "UTC")
_ORDER: Final = ("submitted_at", "repository", "number", "review_id")
SCHEMA: Final[dict[str, pl.DataType]] = {
    "repository": pl.String(), "number": pl.Int64(), "review_id": pl.String(), "title": pl.String(),
    "url": pl.String(), "reviewer": pl.String(), "person": pl.String(), "submitted_at": _MOMENT,
    "authorship": pl.String(), "agent": pl.String(), "began_at": _MOMENT, "seconds": pl.Float64(),
    "changed_lines": pl.Int64(), "is_size_of_files": pl.Boolean(), "left_out": pl.String(),
    "is_own": pl.Boolean(), "is_silent": pl.Boolean(), "is_fast": pl.Boolean(), "is_warned": pl.Boolean(),
    "is_rushed": pl.Boolean(), "is_stale": pl.Boolean(),
}  # fmt: skip


def sign_offs(tables: Tables, pilot: Pilot, rules: FatigueRules) -> pl.DataFrame:
    """Judge every APPROVED review of the pilot's repositories that a person gave, or may have given.

    One that was dismissed later counts as given then; reviews of bots are no rows.

    Parameters
    ----------
    tables
        As they read at the moment of judgement.

    Returns
    -------
    DataFrame
        SCHEMA in the order of `submitted_at`. `left_out` says why a row is not measured (LEFT_OUT, the first
        that holds; null = it is). `person` is the reviewer's login in lower case. `began_at` and `seconds`:
        see above; `changed_lines` are those that people read, from the files, else (`is_size_of_files`
        false) all that were added and deleted. `is_silent`: no comment on lines, no text beyond an LGTM, no
        earlier review by that person; null = not known. `is_fast` and `is_warned` are null where `left_out`
        is not, but for canaries. `is_rushed`: silent, and within `rushed_minutes` in which the person
        approved more than `rushed_lines`. `is_stale`: what merged is not what was approved; null = not
        merged, or not known.
    """
    names = repositories(tables.pull_requests, pilot)
    opened = population(tables, pilot, names).rename({"left_out": "out_of_scope"})
    given = _approvals(opened, tables, names)
    begun = _with_beginnings(with_pushes(given, tables, names), tables, names)
    sized = _with_silence(with_sizes(begun, tables, names), tables, names)
    marked = sized.join(seeded_since(tables, pilot, names), on="key", how="left")
    judged = _judged(marked.sort(_ORDER), rules)
    return judged.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _approvals(opened: pl.DataFrame, tables: Tables, names: list[str]) -> pl.DataFrame:
    """Approvals by people, and by accounts that may have been people's, beside their pull request."""
    told = ("review_id", "reviewer", "reviewer_kind", "submitted_at", "commit_sha")
    approvals = tables.reviews.filter(is_approval(), is_human() | is_of_nobody_known()).select(
        *told, "comment_count", "body_chars", key=pull_key(names)
    )
    rows = approvals.join(opened.lazy(), on="key", how="inner").collect().with_row_index("row")
    person = pl.col("reviewer").str.to_lowercase()
    return rows.with_columns(person=person, is_own=is_involved())


def _with_beginnings(rows: pl.DataFrame, tables: Tables, names: list[str]) -> pl.DataFrame:
    """Add `began_at` and whether the requests are known (`requests_known`)."""
    timeline = _timeline(rows, tables, names)
    is_request = (pl.col("kind") == ASKED) & (pl.col("subject") == pl.col("person"))
    is_ready = pl.col("kind") == READY_EVENT
    latest = timeline.filter(is_request | is_ready).group_by("row").agg(called_at=pl.col("occurred_at").max())
    told = tables.review_events.filter(pl.col("repository").is_in(names)).select("repository")
    is_collected = pl.col("repository").is_in(told.unique().collect()["repository"].implode())
    is_whole = ~pl.col("cut_lists").list.contains(TIMELINE).fill_null(value=False)
    first_at = pl.coalesce("ready_at", "created_at")
    return rows.join(latest, on="row", how="left").with_columns(
        began_at=pl.max_horizontal(first_at, "called_at", "pushed_at"), requests_known=is_collected & is_whole
    )


def _timeline(rows: pl.DataFrame, tables: Tables, names: list[str]) -> pl.DataFrame:
    """Requests and turns to ready before each approval: row, person, kind, subject, occurred_at."""
    reviews = rows.lazy().select("row", "key", "person", "submitted_at")
    events = tables.review_events.filter(pl.col("kind").is_in([ASKED, READY_EVENT])).select(
        "kind", "occurred_at", key=pull_key(names), subject=pl.col("subject").str.to_lowercase()
    )
    return (
        events.join(reviews, on="key", how="inner")
        .filter(pl.col("occurred_at") <= pl.col("submitted_at")).collect()
    )  # fmt: skip


def _with_silence(rows: pl.DataFrame, tables: Tables, names: list[str]) -> pl.DataFrame:
    """Add `is_silent` and `is_first`: no review by the same person before it; null = not known."""
    theirs = tables.reviews.select(
        "submitted_at", "review_id", key=pull_key(names), person=pl.col("reviewer").str.to_lowercase()
    )
    pairs = theirs.join(rows.lazy().select("row", "key", "person", at="submitted_at", id="review_id"),
                        on=("key", "person"), how="inner")  # fmt: skip
    is_before = (pl.col("submitted_at") < pl.col("at")) | (
        (pl.col("submitted_at") == pl.col("at")) & (pl.col("review_id") < pl.col("id"))
    )
    again = pairs.filter(is_before).select(pl.col("row").unique()).collect()["row"].implode()
    is_again = pl.col("row").is_in(again)
    is_first = pl.when(is_again).then(statement=False).when(~is_cut() & pl.col("person").is_not_null()).then(
        statement=True
    )  # fmt: skip
    is_wordless = (pl.col("comment_count") == 0) & (pl.col("body_chars") <= LGTM_CHARS)
    return rows.with_columns(is_first=is_first).with_columns(is_silent=is_wordless & pl.col("is_first"))


def _judged(rows: pl.DataFrame, rules: FatigueRules) -> pl.DataFrame:
    spent = pl.col("submitted_at") - pl.col("began_at")
    timed = rows.with_columns(seconds=spent.dt.total_microseconds() / 1e6)
    reasoned = timed.with_columns(left_out=_reason(rules), is_stale=_is_stale())
    is_measured = pl.col("left_out").is_null() | (pl.col("left_out") == SEEDED)
    fast_below = _seconds_for(rules.review_lines_per_hour, rules)
    warned_below = _seconds_for(rules.review_warning_lines_per_hour, rules)
    is_fast = pl.col("is_silent") & (pl.col("seconds") < fast_below)
    is_warned = pl.col("is_silent") & pl.col("seconds").is_between(fast_below, warned_below, closed="left")
    return reasoned.with_columns(
        is_fast=pl.when(is_measured).then(is_fast),
        is_warned=pl.when(is_measured).then(is_warned),
        is_rushed=pl.col("is_silent") & _in_a_rush(reasoned, rules),
    )


def _seconds_for(lines_per_hour: float, rules: FatigueRules) -> pl.Expr:
    """How long these lines take at so many an hour, and no less than a look at anything does."""
    return pl.max_horizontal(
        pl.col("changed_lines") * 3600 / lines_per_hour, pl.lit(rules.review_floor_seconds)
    )


def _reason(rules: FatigueRules) -> pl.Expr:
    submitted_at = pl.col("submitted_at")
    asked: tuple[tuple[str, pl.Expr], ...] = (
        (ACCOUNT_UNKNOWN, is_of_nobody_known() | pl.col("person").is_null()),
        (OWN, pl.col("is_own")),
        (ENDED, (submitted_at > pl.col("ended_at")).fill_null(value=False)),
        (BEFORE_READY, (submitted_at < pl.col("ready_at")).fill_null(value=False)),
        (PUSHES_UNKNOWN, ~pl.col("pushes_known")),
        (REQUESTS_UNKNOWN, ~pl.col("requests_known")),
        (SIZE_UNKNOWN, pl.col("changed_lines").is_null()),
        (TOO_SMALL, pl.col("changed_lines") < rules.review_smallest_lines),
        (COMMENTS_UNKNOWN, pl.col("is_silent").is_null()),
        (SEEDED, (submitted_at >= pl.col("seeded_at")).fill_null(value=False)),
    )
    return pl.coalesce("out_of_scope", *(pl.when(holds).then(pl.lit(why)) for why, holds in asked))


def _is_stale() -> pl.Expr:
    """Whether something was pushed after it that merged; the commits say it exactly."""
    is_merged = pl.col("merged_at").is_not_null()
    is_other_head = pl.col("commit_sha") != pl.col("head_sha")
    is_before_merge = pl.col("last_push_at") <= pl.col("merged_at")
    is_later_push = pl.when(is_before_merge).then(pl.col("last_push_at") > pl.col("submitted_at"))
    return pl.when(is_merged).then(pl.coalesce(is_other_head, is_later_push))


def _in_a_rush(rows: pl.DataFrame, rules: FatigueRules) -> pl.Series:
    """Whether an approval lies within minutes in which its person approved too many lines.

    Lines count once, however often somebody approves them again.
    """
    period = f"{rules.rushed_minutes}m"
    lines = pl.when(pl.col("is_first").fill_null(value=True)).then("changed_lines").fill_null(0)
    own = rows.filter(pl.col("person").is_not_null()).select("row", "person", "submitted_at", lines=lines)
    sums = own.with_columns(
        lines=pl.col("lines").rolling_sum_by("submitted_at", period, closed="right").over("person")
    )
    ends = sums.filter(pl.col("lines") > rules.rushed_lines).select("person", "submitted_at")
    near = own.join_asof(
        ends.with_columns(end_at=pl.col("submitted_at")), on="submitted_at", by="person", strategy="forward",
        check_sortedness=False,  # in the order of the moment throughout
    )  # fmt: skip
    is_near = pl.col("end_at") - pl.col("submitted_at") < pl.duration(minutes=rules.rushed_minutes)
    rushed = near.filter(is_near)["row"].implode()
    return rows.select(is_rushed=pl.col("row").is_in(rushed))["is_rushed"]
