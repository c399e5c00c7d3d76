"""Are permission prompts logged wherever agents work, and how long are the logs kept?

A day of a repository counts when an agent opened a pull request there, or a commit shows evidence of one;
it is logged when a session of that repository ran on it. Days are those of the pilot's zone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from metrics.calendar import local_day
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.pilot import Pilot
from metrics.scope import is_of_pilot, of_repositories, repositories
from metrics.shares import share
from metrics.tables import Tables

PROMPT_LOGS: Final = "logs of permission prompts (table approvals)"
SOURCE_MISSING: Final = f"source missing: {PROMPT_LOGS}"
NOT_PLACED: Final = "no prompt log says which of the pilot's repositories it is of"
NO_ACTIVITY: Final = "no day on which an agent opened a pull request or committed"
TOLD: Final = "smallest that settings and telemetry tell"
AT_LEAST: Final = "age of the oldest session that is known: kept at least so long"
WITH_AGENT: Final = ("agent", "assisted")  # authorship of commits that carry evidence of an agent
DAYS: Final[dict[str, pl.DataType]] = {"repository": pl.String(), "on": pl.Date(), "is_logged": pl.Boolean()}


@dataclass(frozen=True)
class PromptLogs:
    """What is known of a pilot's prompt logs."""

    days: pl.DataFrame  # DAYS: days of repositories with agent activity, in order
    session_count: int  # sessions of the pilot's repositories
    elsewhere_count: int  # sessions that name no repository
    oldest_at: datetime | None  # first sign of the oldest of them, wherever it ran
    told_days: int | None  # smallest retention that anything tells; null = nothing does
    timezone: str

    @property
    def is_there(self) -> bool:
        """Whether any prompt log is known that may be of the pilot."""
        return self.session_count + self.elsewhere_count > 0

    def between(self, start: datetime, end: datetime) -> PromptLogs:
        """The same with the days from that of `start` to before that of `end`."""
        first, after = (local_day(moment, self.timezone) for moment in (start, end))
        return replace(self, days=self.days.filter(pl.col("on").is_between(first, after, closed="left")))


def prompt_logs(tables: Tables, pilot: Pilot, as_of: datetime) -> PromptLogs:
    """Look at sessions, sightings and what agents did.

    Parameters
    ----------
    tables
        As they read at the moment of judgement, `as_of`: a session that went on has no last moment then,
        and commits are those of all times.
    """
    last_at = pl.col("last_at").fill_null(as_of)
    sessions = tables.approval_sessions.select("repository", "first_at", last_at)
    own = of_repositories(sessions, pilot).collect()
    elsewhere = sessions.filter(pl.col("repository").is_null()).collect()
    known = pl.concat([own, elsewhere])
    oldest_at = known["first_at"].min()
    return PromptLogs(
        days=_days(tables, pilot, own, as_of) if known.height else pl.DataFrame(schema=DAYS),
        session_count=own.height,
        elsewhere_count=elsewhere.height,
        oldest_at=oldest_at if isinstance(oldest_at, datetime) else None,
        told_days=_told_days(tables, pilot),
        timezone=pilot.timezone,
    )


def log_coverage(logs: PromptLogs, confidence: float) -> Number:
    """Of the days of repositories on which agents were at work, how many have a prompt log too."""
    days = logs.days.height
    if not logs.session_count:
        return Undefined(NOT_PLACED if logs.is_there else SOURCE_MISSING, 0, Coverage(0, days))
    return share(int(logs.days["is_logged"].sum()), Coverage(days, days), confidence, NO_ACTIVITY)


def retention_days(logs: PromptLogs, as_of: datetime) -> Number:
    """How many days prompt logs are kept: as told, else at least as long as the oldest session is ago.

    A vendor's default is not assumed: only what a settings file or telemetry tells counts as told.
    """
    if logs.oldest_at is None:
        return Undefined(SOURCE_MISSING, 0, Coverage(0, 0), "days")
    sessions = logs.session_count + logs.elsewhere_count
    coverage = Coverage(sessions, sessions)
    if logs.told_days is not None:
        told = logs.told_days
        return Estimate(told, None, None, None, "days", TOLD, told, 1, sessions, coverage)
    age = (as_of - logs.oldest_at) // timedelta(days=1)
    return Estimate(age, age, None, None, "days", AT_LEAST, age, 1, sessions, coverage)


def _days(tables: Tables, pilot: Pilot, sessions: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    worked = _worked(tables, pilot, as_of).collect().unique().sort("on", "repository")
    spans = sessions.select(
        "repository", on=pl.date_ranges(_day("first_at", pilot), _day("last_at", pilot), interval="1d")
    )
    logged = spans.explode("on").unique().with_columns(is_logged=pl.lit(value=True))
    told = worked.join(logged, on=("repository", "on"), how="left", maintain_order="left")
    return told.select("repository", "on", pl.col("is_logged").fill_null(value=False))


def _worked(tables: Tables, pilot: Pilot, as_of: datetime) -> pl.LazyFrame:
    """Repository and day of every pull request that an agent opened, and of commits with evidence of one."""
    pulls = of_repositories(tables.pull_requests, pilot).filter(pl.col("authorship") == "agent")
    names = repositories(tables.pull_requests, pilot)
    commits = tables.commits.filter(
        pl.col("repository").is_in(names), pl.col("authorship").is_in(WITH_AGENT),
        pl.col("committed_at") <= as_of,
    )  # fmt: skip
    return pl.concat([
        pulls.select("repository", on=_day("created_at", pilot)),
        commits.select("repository", on=_day("committed_at", pilot)),
    ])  # fmt: skip


def _day(moment: str, pilot: Pilot) -> pl.Expr:
    return pl.col(moment).dt.convert_time_zone(pilot.timezone).dt.date()


def _told_days(tables: Tables, pilot: Pilot) -> int | None:
    """Smallest retention of those that each place told last."""
    place = ("vendor", "place", "repository", "team")
    told = (
        tables.agent_sightings.filter(pl.col("kind") == "retention_days")
        .select(*place, "seen_at", days=pl.col("name").str.extract(r"^\s*(\d+)").cast(pl.Int64, strict=False))
        .filter(pl.col("days").is_not_null()).collect()
    )  # fmt: skip
    own = [name for name in told["repository"].drop_nulls().unique() if is_of_pilot(name, pilot)]
    ours = told.filter(pl.col("repository").is_null() | pl.col("repository").is_in(own))
    # Of two told at one moment the shorter one counts: the later row of the order below.
    latest = ours.sort("seen_at", "days", descending=[False, True]).unique(place, keep="last")
    smallest = latest["days"].min()
    return smallest if isinstance(smallest, int) else None
