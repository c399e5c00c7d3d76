"""What is wrong or missing in configuration, files and data, and how is it mended?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
import polars as pl
from rich.table import Table
from rich.text import Text

from dashboard.composition import Session
from dashboard.printing import console, say
from ingest.errors import PilotError, SourceError
from ingest.sources import SOURCES

Level = Literal["ok", "warning", "error"]
PREVIEW_ROWS: Final = 200  # pull requests shown for each kind of author
STALE_DAYS: Final = 8  # a weekly report on data older than a week misleads


@dataclass(frozen=True)
class Complaint:
    """One thing that was looked at: what was seen, and what to do about it."""

    level: Level
    about: str
    seen: str
    remedy: str = ""


def examine(session: Session) -> tuple[Complaint, ...]:
    """Everything that can be known without changing anything, in reading order."""
    return tuple(complaint for check in CHECKS for complaint in check(session))


def exit_code(found: Sequence[Complaint]) -> int:
    """11 if a source is in error, else 0: warnings are for people."""
    return SourceError.exit_code if any(complaint.level == "error" for complaint in found) else 0


def _configuration(session: Session) -> Iterable[Complaint]:
    names = ", ".join(pilot.name for pilot in session.pilots)
    yield Complaint("ok", "configuration", f"{session.path}: pilots {names}")
    if session.as_of_fixed:
        yield Complaint(
            "warning",
            "configuration",
            f"as_of is fixed at {session.as_of:%Y-%m-%d}",
            "remove as_of to judge now",
        )


def _sources(session: Session) -> Iterable[Complaint]:
    settings = session.configuration.sources
    for source in SOURCES:
        if getattr(settings, source.name):
            yield _source_files(session, source.name)
        else:
            yield Complaint("ok", source.name, "not configured", "")


def _source_files(session: Session, name: str) -> Complaint:
    source = next(each for each in SOURCES if each.name == name)
    try:
        files = source.fetch(session.ingest_settings, session.path.parent)
    except PilotError as error:
        return Complaint("error", name, str(error), f"mend [sources.{name}] paths in {session.path.name}")
    return Complaint("ok", name, f"{len(files):,} files")


def _published(session: Session) -> Iterable[Complaint]:
    if session.published is None:
        yield Complaint(
            "warning", "store", f"{session.store.uri}: nothing published yet", "run `pilot ingest`"
        )
        return
    yield Complaint(
        "ok", "store", f"{session.store.uri}: published {session.published.at:%Y-%m-%d %H:%M} UTC"
    )
    last = session.runs.filter(pl.col("run_id") == session.published.run_id)
    for row in last.iter_rows(named=True):
        yield from _last_run(row)


def _last_run(row: dict[str, Any]) -> Iterable[Complaint]:
    for name, why in orjson.loads(row["files_refused"]).items():
        yield Complaint("error", row["source"], f"refused {name}: {why}", "mend the file and ingest again")
    for table, rules in orjson.loads(row["rejected_by_rule"]).items():
        for rule, count in rules.items():
            yield Complaint(
                "warning",
                row["source"],
                f"{count:,} rows of {table} break {rule}",
                "look at them in quarantine/",
            )


def _placed_repositories(session: Session) -> Iterable[Complaint]:
    """Pilots that no pull request belongs to are the commonest mistake of a first configuration."""
    if session.published is None:
        return
    for pilot in session.pilots:
        changes = session.assess(pilot.name).changes
        if changes.is_empty():
            seen = f"no in-scope agent change in {', '.join(pilot.repositories)}"
            yield Complaint(
                "warning",
                f"pilot {pilot.name}",
                seen,
                "check repositories, start_on and `pilot doctor --authorship`",
            )


CHECKS: Final[tuple[Callable[[Session], Iterable[Complaint]], ...]] = (
    _configuration,
    _sources,
    _published,
    _placed_repositories,
)


def print_examination(found: Sequence[Complaint]) -> None:
    """One line per thing looked at."""
    styles = {"ok": "green", "warning": "yellow", "error": "bold red"}
    for complaint in found:
        remedy = f" -> {complaint.remedy}" if complaint.remedy else ""
        console.print(Text(f"{complaint.level:8}", style=styles[complaint.level]), end="")
        say(f"{complaint.about}: {complaint.seen}{remedy}")


@dataclass(frozen=True)
class Classed:
    """One pull request with how it was classed and why."""

    pull_request: str
    authorship: str
    agent: str | None
    rule: str | None
    evidence: tuple[str, ...]
    author: str | None
    correct_with: str  # the line of configuration that would change it


@dataclass(frozen=True)
class Preview:
    """How all pull requests were classed, and the latest of each class with the reason."""

    counts: tuple[tuple[str, str | None, int], ...]  # authorship, rule, pull requests
    pull_requests: tuple[Classed, ...]


def authorship_preview(session: Session) -> Preview:
    """Who was classed how and why: counts by rule, the latest of each class, a line to correct each."""
    pulls = session.tables.pull_requests
    counts = pulls.group_by("authorship", "rule").len().sort("authorship", "rule", nulls_last=True).collect()
    columns = ("repository", "number", "authorship", "agent", "rule", "evidence", "author_login")
    latest = (
        pulls.sort("created_at", descending=True)
        .group_by("authorship", maintain_order=True)
        .head(PREVIEW_ROWS)
        .select(columns)
        .sort("authorship", "repository", "number")
        .collect()
    )
    return Preview(tuple(counts.iter_rows()), tuple(_classed(row) for row in latest.iter_rows(named=True)))


def _classed(row: dict[str, Any]) -> Classed:
    place = f'repository = "{row["repository"]}", number = {row["number"]}'
    return Classed(
        f"{row['repository']}#{row['number']}", row["authorship"], row["agent"], row["rule"],
        tuple(row["evidence"]), row["author_login"], f'{{ {place}, authorship = "human" }},',
    )  # fmt: skip


def print_authorship(preview: Preview) -> None:
    """Counts by class and rule, then the pull requests, then how to correct one."""
    for authorship, rule, count in preview.counts:
        say(f"{count:>8,} {authorship} by {rule or 'no rule: nothing pointed elsewhere'}")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("pull request", "classed", "agent", "rule", "evidence"):
        table.add_column(heading, overflow="fold")
    for each in preview.pull_requests:
        evidence = Text("; ".join(each.evidence))
        table.add_row(each.pull_request, each.authorship, each.agent or "", each.rule or "", evidence)
    console.print(table)
    if preview.pull_requests:
        say("to correct one, add its line to `override = [ ]` under [authorship] in pilot.toml, for example:")
        say(f"  {preview.pull_requests[-1].correct_with}")
