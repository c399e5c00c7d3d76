"""When was a prompt shown and answered, and how long did the answer take?

The best of: the span of the wait; the records of question and answer; the hook of the question and the end of
the run; call and refusal in a transcript; call and result of an edit. Whose run was not timed took as long as
the person and the tool together: an upper bound, as all waits are upper bounds of attention.
"""

from __future__ import annotations

import polars as pl

from ingest.approving.inferring import gap_seconds
from ingest.approving.keys import seconds_between


def with_moments(decided: pl.DataFrame) -> pl.DataFrame:
    """Add `shown_at`, `answered_at` and `happened_at` to what `with_deciders` gave."""
    is_human, is_reject = pl.col("actor") == "human", pl.col("decision") == "reject"
    in_span, until = (pl.when("trusts_span").then(name) for name in ("waited_at", "waited_until"))
    by_call = pl.when(is_human & (is_reject | pl.col("told").is_null())).then("called_at")
    shown = pl.when(pl.col("shown_evidence") != "none").then(pl.coalesce(in_span, "asked_at", by_call))
    refused = pl.when(is_reject).then("ended_at")
    before_run = pl.when(is_human).then(pl.col("ended_at") - _run())
    answered = pl.coalesce("decided_at", until, refused, before_run)
    dated = decided.with_columns(shown_at=shown, answered_at=answered)
    happened = pl.coalesce("answered_at", "asked_at", "called_at", "waited_at", "ended_at")
    return dated.with_columns(happened_at=happened)


def with_waits(dated: pl.DataFrame) -> pl.DataFrame:
    """Add `wait_seconds` and `wait_basis`: the best one that applies; a negative one is none."""
    waits = _waits()
    basis = pl.coalesce(pl.when(applies).then(pl.lit(name)) for name, applies, _ in waits)
    seconds = pl.coalesce(pl.when(applies).then(wait) for _, applies, wait in waits)
    measured = dated.with_columns(wait_basis=basis, wait_seconds=seconds)
    kept = (
        pl.when(pl.col("wait_seconds") >= 0).then(name).alias(name) for name in ("wait_basis", "wait_seconds")
    )
    return measured.with_columns(kept)


def _waits() -> tuple[tuple[str, pl.Expr, pl.Expr], ...]:
    """Basis, whether it applies, and the wait by it; the best first."""
    is_human, is_told = pl.col("actor") == "human", pl.col("told").is_not_null()
    may_be_person = pl.col("actor").is_in(["human", "unknown"])  # rules, hooks and models wait for nobody
    was_hooked = is_human & pl.col("was_asked") & pl.col("ended_at").is_not_null()
    has_records = pl.col("was_asked") & pl.col("decided_at").is_not_null() & may_be_person
    is_reject = is_human & is_told & (pl.col("decision") == "reject")
    by_hook = seconds_between(pl.col("asked_at"), pl.col("ended_at") - _run())
    refused_at = pl.coalesce("ended_at", "decided_at")
    in_span = seconds_between(pl.col("waited_at"), pl.col("waited_until"))
    return (
        ("span", is_human & pl.col("trusts_span"), in_span),
        ("records", has_records, seconds_between(pl.col("asked_at"), pl.col("decided_at"))),
        ("hook", was_hooked & _is_run_timed(), by_hook),
        ("upper_bound", was_hooked, by_hook),
        ("transcript", is_reject, seconds_between(pl.col("called_at"), refused_at)),
        ("upper_bound", is_human & ~is_told, gap_seconds()),
    )


def _is_run_timed() -> pl.Expr:
    """Whether the run's own time is known: refused calls and edits take none."""
    takes_none = (pl.col("decision") == "reject") | (pl.col("request_kind") == "edit")
    return pl.col("run_seconds").is_not_null() | takes_none.fill_null(value=False)


def _run() -> pl.Expr:
    ran = pl.when(pl.col("decision") == "accept").then("run_seconds").fill_null(0.0)
    return pl.duration(microseconds=(ran * 1e6).round())
