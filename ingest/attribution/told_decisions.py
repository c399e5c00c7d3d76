"""What did people decide by telling: that something is real, and that it was none after all?

Who reports an incident or finds something in a review confirms it. Taking it back needs a person and a
reason, and is a dismissal like any other: shown, by person, and late where it is late. Decisions are
appended, so an incident that stands again after it was withdrawn is confirmed once more.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.told_by_people import INCIDENT, found_in, with_ids
from ingest.contracts import DISPOSITIONS_TABLE
from ingest.contracts.people import HOST

CONFIRMED: Final = "confirmed"
DISMISSED: Final = "false_positive"
CLOSED: Final = "closed on the code host as not planned or as a duplicate"  # what an issue tells of why
_REVIEWER: Final = ("audit_id", "repository", "number", "person")
_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})
_DECIDED: Final = ("finding_id", "decided_at", "decided_by", "disposition", "reason", "raw_ref")


def people_decisions(
    incidents: pl.DataFrame, reviews: pl.DataFrame, before: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Rows of `dispositions` to append, sorted, from rows of `incidents` and `audit_reviews`.

    Parameters
    ----------
    before
        Rows of `dispositions` that people's words gave until now; None = this is the first time.
    """
    earlier = DISPOSITIONS_TABLE.schema.create_empty() if before is None else before
    decided = pl.concat([*_of_incidents(with_ids(incidents), earlier), *_of_reviews(reviews)])
    complete = decided.with_columns(
        second_person=pl.lit(None, pl.String), expires_at=pl.lit(None, pl.Datetime("us", "UTC"))
    )
    columns = [name for name in DISPOSITIONS_TABLE.polars_schema if name not in _SET_LATER]
    return complete.select(columns).sort(DISPOSITIONS_TABLE.key)


def _of_incidents(incidents: pl.DataFrame, earlier: pl.DataFrame) -> list[pl.DataFrame]:
    """First confirmations, withdrawals, and confirmations of what stands again."""
    last = earlier.sort("decided_at", "disposition").unique("finding_id", keep="last").select(
        "finding_id", last_at="decided_at", last="disposition"
    )  # fmt: skip
    told = incidents.join(last, on="finding_id", how="left", maintain_order="left").with_columns(
        told_at=pl.coalesce("reported_at", "detected_at"), **_withdrawal()
    )
    is_none = pl.col("is_withdrawn") & pl.col("by").is_not_null() & pl.col("why").is_not_null()
    news = told.filter(pl.col("last").is_null())
    withdrawn = told.filter(is_none & pl.col("last").ne_missing(DISMISSED))
    again = told.filter(~pl.col("is_withdrawn") & (pl.col("last") == DISMISSED))
    confirms = pl.format("incident {}", "incident_id")
    return [
        _rows(news, CONFIRMED, ("told_at", pl.lit(INCIDENT), confirms)),
        _rows(withdrawn.with_columns(at=_withdrawn_at()), DISMISSED, ("at", pl.col("by"), pl.col("why"))),
        _rows(again, CONFIRMED, ("ingested_at", pl.lit(INCIDENT), pl.format("{}, told again", confirms))),
    ]


def _withdrawal() -> dict[str, pl.Expr]:
    """By whom and why an incident was withdrawn: the host tells it by closing an issue."""
    is_hosts = pl.when(pl.col("source") == HOST)
    return {
        "by": pl.coalesce("withdrawn_by", is_hosts.then(pl.lit(HOST))),
        "why": pl.coalesce("withdrawn_reason", is_hosts.then(pl.lit(CLOSED))),
    }


def _withdrawn_at() -> pl.Expr:
    """When it was withdrawn; when that became known, where it cannot have been at the moment that is told."""
    told, known = pl.col("withdrawn_at"), pl.col("ingested_at")
    since = pl.max_horizontal("told_at", "last_at")
    return pl.when((told > since) & (told <= known)).then(told).otherwise(known)


def _of_reviews(reviews: pl.DataFrame) -> list[pl.DataFrame]:
    # A name is one person however it is written.
    by_person = reviews.with_columns(person=pl.col("reviewed_by").str.strip_chars().str.to_lowercase())
    found = found_in(by_person)
    confirms = pl.format("found in audit {}", "audit_id")
    taken_back = _taken_back(found, by_person)
    return [
        _rows(found, CONFIRMED, ("reviewed_at", pl.col("reviewed_by"), confirms)),
        _rows(taken_back, DISMISSED, ("back_at", pl.col("reviewed_by"), pl.col("why"))),
    ]


def _taken_back(found: pl.DataFrame, reviews: pl.DataFrame) -> pl.DataFrame:
    """What each reviewer took back, at moments when nobody else still said that it is there."""
    told = found.with_columns(_back_at(found, reviews)).rename({"notes": "said"})
    why = _retractions(reviews).select(*_REVIEWER, back_at="reviewed_at", why="notes", back_ref="raw_ref")
    own = told.drop_nulls("back_at").join(why, on=[*_REVIEWER, "back_at"], how="inner", maintain_order="left")
    others = told.select("finding_id", other_at="reviewed_at", other_back_at="back_at")
    is_held = (pl.col("other_at") <= pl.col("back_at")) & (
        pl.col("other_back_at").is_null() | (pl.col("other_back_at") > pl.col("back_at"))
    )
    held = own.join(others, on="finding_id").filter(is_held).select("finding_id", "back_at").unique()
    free = own.join(held, on=["finding_id", "back_at"], how="anti", maintain_order="left")
    return free.unique(
        ["finding_id", "back_at", "reviewed_by"], keep="first", maintain_order=True
    ).with_columns(raw_ref="back_ref")


def _retractions(reviews: pl.DataFrame) -> pl.DataFrame:
    """Clean reviews that say why; they matter where the same person had found something."""
    says_why = pl.col("notes").fill_null("").str.strip_chars() != ""
    return reviews.filter((pl.col("outcome") == "clean") & says_why)


def _back_at(found: pl.DataFrame, reviews: pl.DataFrame) -> pl.Series:
    """When each finding's reviewer next took back what was found in that draw; null = not yet."""
    rows = found.select(*_REVIEWER, "reviewed_at").with_row_index("place").sort("reviewed_at")
    backs = _retractions(reviews).select(*_REVIEWER, back_at="reviewed_at").sort("back_at")
    # Polars cannot check the order within groups and would warn: both sides are sorted above.
    after = rows.join_asof(
        backs, left_on="reviewed_at", right_on="back_at", by=list(_REVIEWER), strategy="forward",
        allow_exact_matches=False, check_sortedness=False,
    )  # fmt: skip
    return after.sort("place")["back_at"]


def _rows(about: pl.DataFrame, disposition: str, said: tuple[str, pl.Expr, pl.Expr]) -> pl.DataFrame:
    """Decisions about these, at a column's moment, by somebody, for a reason."""
    at, by, reason = said
    return about.select(
        "finding_id", "raw_ref", decided_at=at, decided_by=by, disposition=pl.lit(disposition), reason=reason
    ).select(_DECIDED)
