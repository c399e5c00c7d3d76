"""What kinds of accounts stand in these columns?"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ingest.authorship import People, actor
from ingest.casting import as_text
from ingest.settings import AuthorshipSettings


@dataclass(frozen=True)
class ActorColumns:
    """A login and its kind; `absent` is the kind of a row without a login."""

    login: str
    kind: str
    absent: str = "deleted"  # on GitHub a null login is a deleted account, except for commits


def people_of(settings: AuthorshipSettings) -> People:
    """Corrections of what a login is, as `actor` takes them."""
    lowered = [frozenset(name.lower() for name in names) for names in (settings.human, settings.automation)]
    return People(*lowered)


def with_actor(rows: pl.DataFrame, columns: ActorColumns, people: People) -> pl.DataFrame:
    """Rows with logins in one spelling and the kind of account beside each.

    Without a login column the kind is "unknown" unless it was mapped. A mapped kind (User, bot, ...)
    counts as what the source says about the account.
    """
    if columns.login not in rows.columns:
        kind = pl.col(columns.kind) if columns.kind in rows.columns else pl.lit("unknown")
        return rows.with_columns(kind.alias(columns.kind))
    typename = as_text(rows[columns.kind]) if columns.kind in rows.columns else None
    told = pl.DataFrame({"login": as_text(rows[columns.login]), "typename": typename}).cast(pl.String)
    judged = told.join(_judged(told, columns.absent, people), on=["login", "typename"], nulls_equal=True,
                       how="left", maintain_order="left")  # fmt: skip
    return rows.with_columns(judged["name"].alias(columns.login), judged["kind"].alias(columns.kind))


def _judged(told: pl.DataFrame, absent: str, people: People) -> pl.DataFrame:
    """One row per distinct account, because a million rows name a few thousand people."""
    distinct = told.unique(maintain_order=True)
    answers = [_answer(login, typename, absent, people) for login, typename in distinct.iter_rows()]
    names = [name for name, _ in answers]
    kinds = [kind for _, kind in answers]
    return distinct.with_columns(pl.Series("name", names, pl.String), pl.Series("kind", kinds, pl.String))


def _answer(login: str | None, typename: str | None, absent: str, people: People) -> tuple[str | None, str]:
    if not login:
        return None, absent
    return actor(login, typename.title() if typename else None, people)
