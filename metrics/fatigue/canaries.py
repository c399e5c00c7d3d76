"""What became of the requests that were seeded, and are known to be bad: missed, or caught?

The only direct measure of attention (definitions 3). Only registered ones count, and only for what was
decided from then on: else a miss could be made of anything afterwards. Of prompts every decision about one is
a row of its own; of pull requests each has one row.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

import polars as pl

from ingest.contracts.approvals import MARKER
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.keys import pull_key
from metrics.pilot import Pilot
from metrics.reviews import is_approval, is_change_request, is_cut, is_doubtful, is_human, is_independent
from metrics.scope import is_of_pilot, repositories
from metrics.shares import share
from metrics.statistics.special import normal_quantile
from metrics.tables import Tables
from metrics.units import ODDS

PROMPT: Final = "prompt"
PULL_REQUEST: Final = "pull_request"
MISSED: Final = "missed"  # a person let it through
CAUGHT: Final = "caught"  # a person stopped it
WAITING: Final = "waiting for an answer"
UNSEEN_PASSED: Final = "passed without a person"
UNSEEN_STOPPED: Final = "stopped without a person"
WITHDRAWN: Final = "cancelled"
UNKNOWN: Final = "not known who decided"
NO_CANARIES: Final = "no canaries: docs/canaries.md"
NO_ANSWERS: Final = "no person has answered a canary yet"
NO_TABLE: Final = "canaries of which the time is known must have been both missed and caught"
ODDS_RATIO: Final = "odds ratio, logit interval with one half added"

_MOMENT: Final = pl.Datetime("us", "UTC")
SCHEMA: Final[dict[str, pl.DataType]] = {
    "canary_id": pl.String(), "kind": pl.String(), "repository": pl.String(), "number": pl.Int64(),
    "session_id": pl.String(), "call_id": pl.String(), "happened_at": _MOMENT, "outcome": pl.String(),
    "is_fast": pl.Boolean(),
}  # fmt: skip


def canary_outcomes(
    tables: Tables, pilot: Pilot, approvals: pl.LazyFrame, sign_offs: pl.DataFrame
) -> pl.DataFrame:
    """What became of each registered canary that met somebody in the pilot's repositories.

    Parameters
    ----------
    tables
        As they read at the moment of judgement.
    approvals
        Permission decisions of the pilot's repositories, after :func:`with_known_canaries` and judged
        (metrics.fatigue.judging).
    sign_offs
        From :func:`metrics.fatigue.sign_offs.sign_offs`.

    Returns
    -------
    DataFrame
        SCHEMA in the order of `happened_at`: when it was answered, or came up. `is_fast` says whether it was
        answered too fast for a look; null = not known.
    """
    known = _registered(tables, pilot)
    prompts = _prompts(approvals)
    pulls = _pull_requests(known.filter(pl.col("kind") == PULL_REQUEST), tables, pilot, sign_offs)
    found = [
        rows.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()) for rows in (prompts, pulls)
    ]
    return pl.concat(found).sort("happened_at", "canary_id", "call_id")


def with_known_canaries(approvals: pl.LazyFrame, tables: Tables, pilot: Pilot) -> pl.LazyFrame:
    """Permission decisions, `canary_id` null where none was registered for prompts at or before that moment.

    Such decisions are ordinary ones: neither judged apart, nor missed or caught.
    """
    known = _registered(tables, pilot).filter(pl.col("kind") == PROMPT)
    ids, moments = known["canary_id"], known["registered_at"]
    since = pl.col("canary_id").replace_strict(ids, moments, default=None, return_dtype=_MOMENT)
    return approvals.with_columns(
        pl.when(since <= pl.col("happened_at")).then("canary_id").alias("canary_id")
    )


def has_canaries(outcomes: pl.DataFrame) -> bool:
    """Whether people have answered any: only then may a page say "fatigue" instead of "fast approvals".

    >>> has_canaries(pl.DataFrame({"outcome": ["waiting for an answer"]}))
    False
    """
    return bool(outcomes["outcome"].is_in([MISSED, CAUGHT]).any())


def miss_share(outcomes: pl.DataFrame, kind: str, confidence: float) -> Number:
    """Of the canaries of a kind that people answered, how many they let through.

    >>> nothing = pl.DataFrame(schema=SCHEMA)
    >>> miss_share(nothing, "prompt", 0.95).reason
    'no canaries: docs/canaries.md'
    """
    of_kind = outcomes.filter(pl.col("kind") == kind)
    counts = Counter(of_kind["outcome"].to_list())
    answered = counts[MISSED] + counts[CAUGHT]
    others = tuple(sorted((what, n) for what, n in counts.items() if what not in {MISSED, CAUGHT}))
    coverage = Coverage(answered, of_kind.height, others)
    return share(counts[MISSED], coverage, confidence, NO_ANSWERS if of_kind.height else NO_CANARIES)


def fast_odds_ratio(outcomes: pl.DataFrame, confidence: float) -> Number:
    """By what factor the odds of having been answered fast are higher for missed prompts than for caught.

    Above 1 the rule flags what people miss. One half is added to each cell, so that an empty one gives a
    number: Gart and Zweifel 1967, DOI 10.1093/biomet/54.1-2.181.

    >>> rows = [("missed", True)] * 7 + [("missed", False)] * 2 + [("caught", True)] + [("caught", False)] * 9
    >>> told = pl.DataFrame(rows, schema=["outcome", "is_fast"], orient="row")
    >>> found = fast_odds_ratio(told.with_columns(kind=pl.lit("prompt")), 0.95)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 1)
    (19.0, 2.02, 178.3)
    """
    answered = outcomes.filter(pl.col("kind") == PROMPT, pl.col("outcome").is_in([MISSED, CAUGHT]))
    timed = answered.filter(pl.col("is_fast").is_not_null())
    coverage = Coverage(answered.height, answered.height).narrowed(timed.height, "wait not known")
    cells = Counter(timed.select("outcome", "is_fast").rows())
    missed, caught = (cells[what, True] + cells[what, False] for what in (MISSED, CAUGHT))
    if outcomes.filter(pl.col("kind") == PROMPT).is_empty():
        return Undefined(NO_CANARIES, 0, coverage, ODDS)
    if not missed or not caught:
        return Undefined(NO_TABLE, timed.height, coverage, ODDS)
    a, b, c, d = (cells[what, fast] + 0.5 for what in (MISSED, CAUGHT) for fast in (True, False))
    log, reach = math.log(a * d / (b * c)), normal_quantile((1 + confidence) / 2) * _spread(a, b, c, d)
    low, value, high = (math.exp(each) for each in (log - reach, log, log + reach))
    return Estimate(
        value, low, high, confidence, ODDS, ODDS_RATIO, cells[MISSED, True], missed, timed.height, coverage
    )  # fmt: skip


def _spread(*cells: float) -> float:
    return math.sqrt(sum(1 / cell for cell in cells))


def seeded_since(tables: Tables, pilot: Pilot, names: list[str]) -> pl.DataFrame:
    """Pull requests that are canaries: key (`pull_key` of `names`), and seeded_at, from when on they are."""
    told = _seeded(_registered(tables, pilot).filter(pl.col("kind") == PULL_REQUEST), tables, names)
    return told.group_by("key").agg(seeded_at=pl.col("registered_at").min())


def _registered(tables: Tables, pilot: Pilot) -> pl.DataFrame:
    """Canaries of the pilot; one that names no repository is for every pilot."""
    told = ("canary_id", "kind", "repository", "number", "registered_at")
    known = tables.canaries.select(told).collect()
    places = known["repository"].drop_nulls().unique()
    own = [name for name in places if is_of_pilot(name, pilot)]
    return known.filter(pl.col("repository").is_null() | pl.col("repository").is_in(own))


def _prompts(approvals: pl.LazyFrame) -> pl.DataFrame:
    return approvals.filter(pl.col("canary_id").is_not_null()).select(
        "canary_id", "repository", "session_id", "call_id", "happened_at", "is_fast", kind=pl.lit(PROMPT),
        number=pl.lit(None, pl.Int64), outcome=_answer(),
    ).collect()  # fmt: skip


def _answer() -> pl.Expr:
    decision, actor = pl.col("decision"), pl.col("actor")
    is_human, is_accept = actor == "human", decision == "accept"
    return (
        pl.when(decision == "pending").then(pl.lit(WAITING))
        .when(decision == "cancelled").then(pl.lit(WITHDRAWN))
        .when(is_human).then(pl.when(is_accept).then(pl.lit(MISSED)).otherwise(pl.lit(CAUGHT)))
        .when(actor == "unknown").then(pl.lit(UNKNOWN))
        .when(is_accept).then(pl.lit(UNSEEN_PASSED))
        .otherwise(pl.lit(UNSEEN_STOPPED))
    )  # fmt: skip


def _pull_requests(
    known: pl.DataFrame, tables: Tables, pilot: Pilot, sign_offs: pl.DataFrame
) -> pl.DataFrame:
    names = repositories(tables.pull_requests, pilot)
    seeded = _seeded(known, tables, names)
    told = seeded.join(_verdicts(seeded, tables, names), on="key", how="left")
    first = sign_offs.filter(pl.col("is_fast").is_not_null()).select("review_id", "is_fast")
    answered = told.join(first, left_on="approval_id", right_on="review_id", how="left")
    open_then = answered.filter(_was_undecided())
    return open_then.with_columns(_became(), kind=pl.lit(PULL_REQUEST)).with_columns(
        happened_at=_when(), session_id=pl.lit(None, pl.String), call_id=pl.lit(None, pl.String)
    )


def _seeded(known: pl.DataFrame, tables: Tables, names: list[str]) -> pl.DataFrame:
    """Pull requests that are registered by number, or carry a registered marker in title or branch."""
    by_number = known.filter(pl.col("number").is_not_null()).select("canary_id", key=pull_key(names))
    ids = known["canary_id"].to_list()
    opened = tables.pull_requests.filter(pl.col("repository").is_in(names)).select(
        "repository", "number", "author_login", "driver", "created_at", "closed_at", "merged_at", "cut_lists",
        key=pull_key(names), marked=_marker(ids),
    )  # fmt: skip
    likely = opened.filter(
        pl.col("key").is_in(by_number["key"].implode()) | pl.col("marked").is_not_null()
    ).collect()
    told = likely.join(by_number.unique("key"), on="key", how="left")
    named = told.with_columns(canary_id=pl.coalesce("canary_id", "marked"))
    places = known.select("canary_id", "registered_at", registered_in="repository")
    placed = named.join(places, on="canary_id", how="left")
    is_there = pl.col("registered_in").is_null() | (pl.col("registered_in") == pl.col("repository"))
    return placed.filter(is_there)


def _marker(ids: list[str]) -> pl.Expr:
    """The registered marker that the title or the branch carries."""
    told = [pl.col(name).str.extract(MARKER, 0) for name in ("title", "head_branch")]
    return pl.coalesce(pl.when(marker.is_in(ids)).then(marker) for marker in told)


def _verdicts(seeded: pl.DataFrame, tables: Tables, names: list[str]) -> pl.DataFrame:
    """First approval, and first request for changes, by an independent person from registering to the end."""
    rows = seeded.lazy().select("key", "author_login", "driver", "closed_at", "registered_at")
    reviews = tables.reviews.select(
        "review_id", "reviewer", "reviewer_kind", "state", "state_before_dismissal", "submitted_at",
        key=pull_key(names),
    )  # fmt: skip
    is_in_time = pl.col("closed_at").is_null() | (pl.col("submitted_at") <= pl.col("closed_at"))
    is_since = pl.col("submitted_at") >= pl.col("registered_at")
    is_persons = is_human() & is_independent()
    counts = is_persons & is_since
    given = reviews.join(rows, on="key", how="inner").filter(is_in_time).sort("submitted_at", "review_id")
    return (
        given.group_by("key", maintain_order=True)
        .agg(
            approval_id=pl.col("review_id").filter(counts & is_approval()).first(),
            approved_at=pl.col("submitted_at").filter(counts & is_approval()).first(),
            refused_at=pl.col("submitted_at").filter(counts & is_change_request()).first(),
            was_approved_before=(is_persons & is_approval() & ~is_since).any(),
            has_doubtful=(is_doubtful() & is_since).any(),
        )
        .collect()
    )


def _was_undecided() -> pl.Expr:
    """What had ended before it was registered is none, nor what a person approved then, and nobody after."""
    had_ended = (pl.col("closed_at") < pl.col("registered_at")).fill_null(value=False)
    is_answered = pl.any_horizontal(pl.col("approved_at", "refused_at").is_not_null())
    was_approved = pl.col("was_approved_before").fill_null(value=False)
    return ~had_ended & (is_answered | ~was_approved)


def _became() -> pl.Expr:
    """An approval is a miss, whoever had asked for changes before it."""
    is_unclear = pl.col("has_doubtful").fill_null(value=False) | is_cut()
    is_merged, is_closed = pl.col("merged_at").is_not_null(), pl.col("closed_at").is_not_null()
    return (
        pl.when(pl.col("approved_at").is_not_null()).then(pl.lit(MISSED))
        .when(is_unclear).then(pl.lit(UNKNOWN))
        .when(is_merged).then(pl.lit(UNSEEN_PASSED))
        .when(pl.col("refused_at").is_not_null() | is_closed).then(pl.lit(CAUGHT))
        .otherwise(pl.lit(WAITING)).alias("outcome")
    )  # fmt: skip


def _when() -> pl.Expr:
    return pl.coalesce("approved_at", "merged_at", "refused_at", "closed_at", "created_at")
