"""Which agents, versions, models, modes, servers and rules are at work, since when, and which need a look?"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from metrics.estimate import Coverage, Undefined
from metrics.pilot import Pilot
from metrics.scope import is_of_pilot
from metrics.tables import Tables

NO_SIGHTINGS: Final = "no telemetry, transcript or settings file of an agent has been read: docs/telemetry.md"
NEW_DAYS: Final = 30
SESSIONS: Final = "sessions"  # place of what the sessions themselves tell

BYPASS: Final = "prompts can be bypassed"
ALLOWS_ALL: Final = "allows everything"
NEW_SERVER: Final = f"new in the last {NEW_DAYS} days"
OLD_VERSION: Final = "older than a version seen before its last use"

_ANYTHING: Final = r"\(\s*(?:\*|:\*|\*\*|\*:\*)?\s*\)"
_ALL_RULES: Final = re.compile(rf"^allow\s+(?:\*|(?:Bash|Shell|shell|run_shell_command)(?:{_ANYTHING})?)$")
_BYPASSING: Final = re.compile(
    r"bypass_?permissions|danger-full-access|dangerously|\byolo\b|allow-all"
    r"|approval_(?:policy|mode)\s*=\s*\"?never|enableAllProjectMcpServers\s*=\s*\"?true",
    re.IGNORECASE,
)
_FORBIDS: Final = re.compile(r"disable", re.IGNORECASE)  # a setting that takes the way round away
_FACT: Final = ("vendor", "kind", "name")
_MOMENT: Final = pl.Datetime("us", "UTC")
_SEEN: Final[dict[str, pl.DataType]] = {
    "vendor": pl.String(), "kind": pl.String(), "name": pl.String(), "place": pl.String(),
    "repository": pl.String(), "team": pl.String(), "first_at": _MOMENT, "last_at": _MOMENT,
}  # fmt: skip


def inventory(tables: Tables, pilot: Pilot, as_of: datetime) -> pl.DataFrame | Undefined:
    """List every fact about agents once.

    Parameters
    ----------
    tables
        As they read at `as_of`.

    Returns
    -------
    DataFrame
        vendor, kind, name, repositories, teams, places (sorted lists), first_seen_at, last_seen_at (null =
        not known), flags (why it needs a look; mostly none), by vendor, kind and name. Undefined where
        nothing has been seen.
    """
    seen = pl.concat([_sightings(tables, as_of), _told_by_sessions(tables)]).collect()
    own = [name for name in seen["repository"].drop_nulls().unique() if is_of_pilot(name, pilot)]
    ours = seen.filter(pl.col("repository").is_null() | pl.col("repository").is_in(own))
    if ours.is_empty():
        return Undefined(NO_SIGHTINGS, 0, Coverage(0, 0), "facts")
    facts = ours.group_by(_FACT).agg(
        repositories=_words("repository"), teams=_words("team"), places=_words("place"),
        first_seen_at=pl.col("first_at").min(), last_seen_at=pl.col("last_at").max(),
    ).sort(_FACT)  # fmt: skip
    return facts.with_columns(pl.Series("flags", _flags(facts, as_of), dtype=pl.List(pl.String)))


def _sightings(tables: Tables, as_of: datetime) -> pl.LazyFrame:
    """Facts that were told; since when is not known of settings files that were read later than `as_of`."""
    seen_at = pl.when(pl.col("seen_at") <= as_of).then("seen_at")
    told = tables.agent_sightings.with_columns(first_at=seen_at, last_at=seen_at)
    return told.select(pl.col(name).cast(kind) for name, kind in _SEEN.items())


def _told_by_sessions(tables: Tables) -> pl.LazyFrame:
    """Versions, models and modes as the sessions tell them."""
    sessions = tables.approval_sessions.with_columns(place=pl.lit(SESSIONS))
    told = (
        sessions.with_columns(kind=pl.lit("agent_version"), name="agent_version"),
        sessions.with_columns(kind=pl.lit("model"), name="model"),
        sessions.explode("modes").with_columns(kind=pl.lit("mode"), name="modes"),
    )
    # What is still running at the moment of judgement has been seen, but not for how long.
    last_at = pl.coalesce("last_at", "first_at")
    return pl.concat([
        each.with_columns(last_at=last_at).select(pl.col(name).cast(kind) for name, kind in _SEEN.items())
        for each in told
    ]).filter(pl.col("name").is_not_null())  # fmt: skip


def _words(column: str) -> pl.Expr:
    return pl.col(column).drop_nulls().unique().sort()


def _flags(facts: pl.DataFrame, as_of: datetime) -> list[list[str]]:
    rows = facts.rows(named=True)
    watched_since = min((row["first_seen_at"] for row in rows if row["first_seen_at"]), default=as_of)
    new_since = as_of - timedelta(days=NEW_DAYS)
    # Where watching began later, everything is new, and nothing is known to be.
    recent = new_since if watched_since < new_since else as_of
    asked: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
        (BYPASS, _bypasses),
        (ALLOWS_ALL, _allows_all),
        (NEW_SERVER, lambda row: row["kind"] == "mcp_server" and (row["first_seen_at"] or recent) > recent),
        (OLD_VERSION, lambda row: row["kind"] == "agent_version" and _is_outdated(row, rows)),
    )
    return [[flag for flag, holds in asked if holds(row)] for row in rows]


def _bypasses(row: dict[str, Any]) -> bool:
    if row["kind"] == "mode":
        return row["name"] == "bypass" or bool(_BYPASSING.search(row["name"]))
    is_setting = row["kind"] == "setting" and not _FORBIDS.search(row["name"])
    return is_setting and bool(_BYPASSING.search(row["name"]))


def _allows_all(row: dict[str, Any]) -> bool:
    return row["kind"] == "permission_rule" and bool(_ALL_RULES.match(row["name"].strip()))


def _is_outdated(row: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    """Whether it was still used after a newer one of the same agent had been seen."""
    dated = [other for other in rows if other["first_seen_at"]] if row["last_seen_at"] else []
    return any(
        other["kind"] == "agent_version" and other["vendor"] == row["vendor"]
        and _numbers(other["name"]) > _numbers(row["name"])
        and other["first_seen_at"] < row["last_seen_at"]
        for other in dated
    )  # fmt: skip


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, in which 10 is more than 9.

    >>> _numbers("2.1.10") > _numbers("2.1.9")
    True
    """
    return tuple(int(digits) for digits in re.findall(r"\d+", version)[:4])
