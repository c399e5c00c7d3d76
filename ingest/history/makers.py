"""Who made each commit of a branch: an agent, a person with an agent's help, automation, or a person?

By the commit's own evidence, without traces that are older than their rule. A commit without any, by an
author who made an agent-marked commit earlier in any of the repositories, is *unknown*. Corrections in the
settings win. Addresses serve to tell people apart, and end here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

import polars as pl

from ingest.authorship import actor, as_of_its_day, commit_signals
from ingest.history.log import Logged
from ingest.settings import AuthorshipOverride, AuthorshipSettings

PERSON: Final = "person"  # column that tells authors apart; never stored
MADE_AT: Final = "made_at"  # column: when a commit was written
FIRST_USE_AT: Final = "first_use_at"  # column: when its author first used an agent
_USES: Final = ("agent", "assisted")
_NOREPLY: Final = re.compile(r"(?:\d+\+)?([\w-]+(?:\[bot\])?)@users\.noreply\.github\.com", re.IGNORECASE)


@dataclass(frozen=True)
class Accounts:
    """What the settings say of accounts, in small letters."""

    human: frozenset[str]
    automation: frozenset[str]

    @classmethod
    def of(cls, settings: AuthorshipSettings) -> Accounts:
        """Read the lists of the settings."""
        return cls(frozenset(map(_plain, settings.human)), frozenset(map(_plain, settings.automation)))


def _plain(login: str) -> str:
    return login.lower().removeprefix("app/").removesuffix("[bot]")


def maker_of(commit: Logged, login: str | None, accounts: Accounts) -> dict[str, Any]:
    """Columns that say who made a commit, by itself; `login` is the account that a code host names.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 6, 1, tzinfo=UTC)
    >>> made = Logged("a" * 40, (), at, at, "Jane", "7+jane@users.noreply.github.com", "Fix")
    >>> told = maker_of(made, None, Accounts(frozenset(), frozenset()))
    >>> told["author_login"], told["authorship"], told["evidence"]
    ('jane', 'human', [])
    """
    account = login or _told_account(commit)
    spelled = actor(account)[0] if account else None
    is_listed = spelled is not None and spelled.lower() in accounts.automation
    return {
        **(_listed(spelled) if is_listed else _by_evidence(commit, _judged(account, spelled, accounts))),
        "author_login": spelled,
        PERSON: (spelled or commit.email or commit.name).lower(),
        MADE_AT: commit.authored_at or commit.committed_at,
    }


def _judged(account: str | None, spelled: str | None, accounts: Accounts) -> str | None:
    """The account as evidence; none where the settings say that its machine-like name is a person's."""
    return None if spelled is not None and spelled.lower() in accounts.human else account


def _listed(spelled: str | None) -> dict[str, Any]:
    evidence = [f"automation-list: {spelled}"]
    return {"authorship": "automation", "agent": None, "model": None, "evidence": evidence}


def _by_evidence(commit: Logged, login: str | None) -> dict[str, Any]:
    made_at = commit.authored_at or commit.committed_at
    told = commit_signals(login, commit.name, commit.email, commit.message, commit.committer)
    made = as_of_its_day(told, made_at.date() if made_at else None)
    return {
        "authorship": made.authorship,
        "agent": made.agent,
        "model": made.model,
        "evidence": made.signals,
    }


def _told_account(commit: Logged) -> str | None:
    """The account that an address or the name of a bot tells."""
    told = _NOREPLY.fullmatch(commit.email)
    if told:
        return told.group(1)
    return commit.name if commit.name.endswith("[bot]") else None


def with_history(
    commits: pl.DataFrame, settings: AuthorshipSettings, elsewhere: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Commits of all repositories, those without evidence by known users of agents marked as unknown.

    `elsewhere` are uses in repositories that are not among them: PERSON and FIRST_USE_AT.
    """
    uses = [first_uses(commits), *([] if elsewhere is None else [elsewhere])]
    first = pl.concat(uses).group_by(PERSON).agg(pl.col(FIRST_USE_AT).min())
    placed = commits.join(first, on=PERSON, how="left", maintain_order="left")
    users = list(map(_plain, settings.agent_users))
    is_named = pl.col("author_login").str.to_lowercase().is_in(users).fill_null(value=False)
    used_before = (pl.col(FIRST_USE_AT) < pl.col(MADE_AT)).fill_null(value=False)
    is_unknown = (pl.col("authorship") == "human") & (is_named | used_before)
    earlier = pl.format("agent-user: an earlier agent-marked commit, {}", pl.col(FIRST_USE_AT).dt.date())
    why = pl.when(is_named).then(pl.lit("agent-user: named in the settings")).otherwise(earlier)
    return placed.with_columns(
        authorship=pl.when(is_unknown).then(pl.lit("unknown")).otherwise("authorship"),
        evidence=pl.when(is_unknown).then(pl.concat_list(why)).otherwise("evidence"),
    ).drop(FIRST_USE_AT)


def first_uses(commits: pl.DataFrame) -> pl.DataFrame:
    """When each author first made a commit with an agent's traces: PERSON and FIRST_USE_AT."""
    used = commits.filter(pl.col("authorship").is_in(_USES)).drop_nulls(MADE_AT)
    return used.group_by(PERSON).agg(pl.col(MADE_AT).min().alias(FIRST_USE_AT))


def corrected(commits: pl.DataFrame, settings: AuthorshipSettings) -> pl.DataFrame:
    """Commits with the corrections of the settings; one that names a branch is about pull requests alone."""
    entries = [entry for entry in settings.override if entry.branch is None]
    for entry in reversed(entries):
        fits = _about(entry)
        is_corrected = pl.Series(
            [fits(*row) for row in commits.select(*_MATCHED).iter_rows()], dtype=pl.Boolean
        )
        commits = _with(commits, entry, is_corrected)
    return commits


_MATCHED: Final = ("repository", "author_login", "pull_request")


def _about(entry: AuthorshipOverride) -> Callable[[str, str | None, int | None], bool]:
    """Whether a correction is about a commit of this repository, account and pull request."""
    pattern = (entry.repository or "*").lower()

    def fits(repository: str, login: str | None, number: int | None) -> bool:
        is_author = entry.login is None or (login is not None and login.lower() == _plain(entry.login))
        is_number = entry.number is None or number == entry.number
        return is_author and is_number and fnmatchcase(repository.lower(), pattern)

    return fits


def _with(commits: pl.DataFrame, entry: AuthorshipOverride, is_corrected: pl.Series) -> pl.DataFrame:
    is_agents = entry.authorship in _USES
    why = f"override: {entry.why or 'by the settings'}"
    new = {
        "authorship": pl.lit(entry.authorship),
        "agent": pl.lit(entry.agent, pl.String),
        "model": pl.col("model") if is_agents else pl.lit(None, pl.String),
        "evidence": pl.concat_list(pl.lit(why)),
    }
    return commits.with_columns(
        pl.when(is_corrected).then(value).otherwise(name).alias(name) for name, value in new.items()
    )
