"""Who decided, and on what evidence; was a prompt shown at all?

Explicit evidence first: a record of the decision, the span of a wait for a person, a refusal that names the
person, a question after which the tool ran. Only then what can be inferred. What nobody can know stays
unknown: that a tool ran is never an approval by a person.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.approving.inferring import inferred_actor
from ingest.approving.keys import seconds_between

FASTEST_PERSON_SECONDS: Final = 0.1  # nobody sees and answers faster: a false start in athletics
# Vendors whose question, once it was asked, only a person answers. Copilot asks its own models as well, and
# tells people apart in the record of the decision alone.
ASKING_PEOPLE: Final = ("claude_code", "codex", "gemini", "opencode")
AUTOMATIC: Final = ("policy", "hook", "model")
_HUMAN: Final = pl.lit("human")


def with_deciders(decided: pl.DataFrame) -> pl.DataFrame:
    """Add `trusts_span`, `told` (who, by records), `actor`, `actor_evidence` and `shown_evidence`.

    Needs the columns of `evidence`, `decision` and `was_asked`. `trusts_span`: there is a span in which a
    person was waited for.
    """
    told = decided.with_columns(trusts_span=_trusts_span()).with_columns(told=_told())
    return told.with_columns(actor=_actor()).with_columns(
        actor_evidence=_actor_evidence(), shown_evidence=_shown_evidence()
    )


def _trusts_span() -> pl.Expr:
    wait = seconds_between(pl.col("waited_at"), pl.col("waited_until"))
    is_of_person = (pl.col("waited_actor") == "human") & ~_is_nobody_there()
    is_told = pl.col("is_interactive").fill_null(value=False)
    return (is_of_person & (is_told | (wait >= FASTEST_PERSON_SECONDS))).fill_null(value=False)


def _is_nobody_there() -> pl.Expr:
    return ~pl.col("is_interactive").fill_null(value=True)


def _told() -> pl.Expr:
    """Who decided by what records say; null where none says it.

    Claude Code says `user_temporary` of matched rules as well when nobody sits before it: its word needs a
    session that is known to be a person's, or a wait that somebody measured.
    """
    is_measured = pl.col("trusts_span") | pl.col("was_asked")
    is_claimed = (pl.col("vendor") == "claude_code") & pl.col("decided_source").str.starts_with("user_")
    is_doubtful = is_claimed.fill_null(value=False) & pl.col("is_interactive").is_null() & ~is_measured
    decided = _no_person_where(_is_nobody_there() | is_doubtful, "decided_actor")
    waited = _no_person_where(~pl.col("trusts_span"), "waited_actor")
    ended = _no_person_where(_is_nobody_there(), "ended_actor")
    return pl.coalesce(_known(decided), _known(waited), _known(ended), _asked_and_ran())


def _no_person_where(is_nobody: pl.Expr, actor: str) -> pl.Expr:
    return pl.when(~((pl.col(actor) == "human") & is_nobody)).then(actor)


def _known(actor: pl.Expr) -> pl.Expr:
    return pl.when(actor != "unknown").then(actor)


def _asked_and_ran() -> pl.Expr:
    """No log observes the answer; but a tool that ran after a person was asked was let pass by a person."""
    ran = (pl.col("ended_decision") == "accept") & pl.col("decided_decision").is_null()
    is_of_people = pl.col("vendor").is_in(ASKING_PEOPLE) & ~_is_nobody_there()
    return pl.when(pl.col("was_asked") & ran & is_of_people).then(_HUMAN)


def _actor() -> pl.Expr:
    nobody = pl.when(pl.col("decision") == "pending").then(pl.lit("none"))
    return pl.coalesce(nobody, "told", inferred_actor(), pl.lit("unknown"))


def _actor_evidence() -> pl.Expr:
    is_told_by_nothing = (pl.col("decision") == "pending") | (pl.col("actor") == "unknown")
    by = pl.when(is_told_by_nothing).then(pl.lit("none"))
    return by.when(pl.col("told").is_null()).then(pl.lit("inferred")).otherwise(pl.lit("explicit"))


def _shown_evidence() -> pl.Expr:
    is_seen = pl.col("was_asked") | pl.col("trusts_span")
    is_human, is_inferred = pl.col("actor") == "human", pl.col("told").is_null()
    nothing, inferred, explicit = (pl.lit(word) for word in ("none", "inferred", "explicit"))
    return (
        pl.when(pl.col("actor").is_in(AUTOMATIC)).then(nothing)
        .when(is_seen).then(explicit)
        .when(is_human & is_inferred).then(inferred)
        .when(is_human).then(explicit)
        .otherwise(nothing)
    )  # fmt: skip
