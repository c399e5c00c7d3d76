"""What is wrong or missing in configuration, files and data, and how is it mended?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl
from rich.table import Table
from rich.text import Text

from dashboard import wording
from dashboard.complaints import Complaint
from dashboard.composition import Session
from dashboard.doctoring_approvals import CHECKS as APPROVAL_CHECKS
from dashboard.doctoring_detections import CHECKS as DETECTION_CHECKS
from dashboard.doctoring_git import mirrors_are_kept, repositories_may_be_cloned
from dashboard.doctoring_github import GUIDE, secret_is_kept, server_answers
from dashboard.doctoring_live import RUN_LIVE, complete, kept_answers
from dashboard.printing import console, refused, say
from dashboard.renames import GITHUB, Renamed
from ingest.attribution.host_alerts import HOST_SOURCE
from ingest.errors import PilotError, SourceError
from ingest.sources import SOURCES, Source
from ingest.sources.approvals import APPROVALS_SOURCE
from ingest.sources.detections import DETECTIONS_SOURCE
from ingest.sources.git import GIT
from metrics.health import Health
from metrics.pilot import Pilot
from metrics.scope import matches
from metrics.tables import Tables

PREVIEW_ROWS: Final = 200  # pull requests shown for each kind of author
STALE_DAYS: Final = 8  # a weekly report on data older than a week misleads
NAMED: Final = 3  # examples that a line names; the rest is counted
ADD_SOURCE: Final = "take the # off [sources.github], or off the sources of your files, in pilot.toml"
REMEDIES: Final = {  # of what a live source could not read
    GITHUB: GUIDE,
    GIT.name: "see docs/history.md",
    APPROVALS_SOURCE.name: "see docs/telemetry.md and docs/privacy.md",
    DETECTIONS_SOURCE.name: "see docs/detectors.md: it names every format",
}
MEND_SCAN: Final = "scan again, or say its place in a sidecar or [[sources.sarif.place]], see docs/scans.md"


def examine(session: Session, *, offline: bool = False) -> tuple[Complaint, ...]:
    """Everything that can be known without changing anything, in reading order; offline: asking nobody."""
    checks = [check for check in CHECKS if not (offline and check in ASKING)]
    return tuple(complaint for check in checks for complaint in check(session))


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
    if not any(getattr(settings, source.name) for source in SOURCES):
        yield Complaint("error", "sources", "none is configured: nothing can be read", ADD_SOURCE)
    for source in SOURCES:
        if not getattr(settings, source.name):
            yield Complaint("ok", source.name, "not configured", "")
        elif isinstance(source, Source):
            yield _source_files(session, source)


def _source_files(session: Session, source: Source) -> Complaint:
    name = source.name
    try:
        files = source.fetch(session.ingest_settings, session.path.parent)
    except PilotError as error:
        return Complaint("error", name, str(error), f"mend [sources.{name}] paths in {session.path.name}")
    return Complaint("ok", name, wording.plural(len(files), "file"))


def _published(session: Session) -> Iterable[Complaint]:
    if session.published is None:
        yield Complaint(
            "warning", "store", f"{session.store.uri}: nothing published yet", "run `pilot ingest`"
        )
        return
    yield Complaint(
        "ok", "store", f"{session.store.uri}: published {session.published.at:%Y-%m-%d %H:%M} UTC"
    )
    health = session.health()
    refusals = health.refused.filter(~pl.col("source").is_in(_switched_off(session)))
    for source, file, reason in refusals.select("source", "file", "reason").iter_rows():
        remedy = REMEDIES.get(source, "mend the file and ingest again")
        yield Complaint("error", source, refused(file, reason), remedy)
    yield from _unread_features(health)
    yield from _quarantine(health)
    yield from _silent_scans(health)


def _switched_off(session: Session) -> list[str]:
    """Sources that are configured no more: what they refused when they last ran, nobody has to mend."""
    settings = session.configuration.sources
    return [source.name for source in SOURCES if not getattr(settings, source.name)]


def _unread_features(health: Health) -> Iterable[Complaint]:
    """What the last run was not allowed to read; what a repository has switched off is its own affair."""
    refused = health.features.filter(pl.col("status").is_in(["not_permitted", "not_found"]))
    for repository, feature, said in refused.select("repository", "feature", "said").iter_rows():
        name = wording.FEATURE_WORDS[feature].lower()
        seen = f"{name} of {repository} may not be read ({said or 'no words'}): not measured"
        yield Complaint("warning", GITHUB, seen, GUIDE)


def _quarantine(health: Health) -> Iterable[Complaint]:
    """Rows broken in any run: a file that has not changed since is not read, nor refused, again."""
    for source, table, rule, rows in health.rejects.select("source", "table", "rule", "rows").iter_rows():
        seen = f"{wording.plural(rows, 'row')} of {table} broke {rule}, over all runs"
        yield Complaint("warning", source, seen, "look at them in quarantine/")


def _silent_scans(health: Health) -> Iterable[Complaint]:
    """Scans that hold a verdict back: not read, or not placed, and no later one makes up for them."""
    for row in health.unreadable.filter(~pl.col("is_made_good")).iter_rows(named=True):
        is_read = row["status"] == "ok"
        reason = row["status_reason"] or "its repository, ref or time is not known"
        seen = f"{row['file']} is {'not placed' if is_read else row['status']}: {reason}"
        yield Complaint("warning", "scans", seen, MEND_SCAN)


def _fresh(session: Session) -> Iterable[Complaint]:
    """Old data look like good news: what has not arrived cannot be an escape."""
    if session.published is None:
        return
    newest = {"publication": session.published.at} | _newest(session.tables.cut(session.as_of))
    for what, at in newest.items():
        if at is not None and at < session.as_of - timedelta(days=STALE_DAYS):
            seen = f"newest {what} is of {wording.moment(at)}, {(session.as_of - at).days} days before as_of"
            yield Complaint("warning", "freshness", seen, _freshening(session))


def _freshening(session: Session) -> str:
    """How newer data come: files have to be brought, GitHub is asked."""
    sources = session.configuration.sources
    has_files = any(getattr(sources, source.name) for source in SOURCES if isinstance(source, Source))
    if sources.github is None:
        return "bring newer files and run `pilot ingest`"
    return f"{RUN_LIVE}; for what comes from files, bring newer ones" if has_files else RUN_LIVE


def _newest(cut: Tables) -> dict[str, datetime | None]:
    merged = cut.pull_requests.select(pl.col("merged_at").max()).collect().item()
    return {"merge": merged, "scan": cut.scans.select(pl.col("scanned_at").max()).collect().item()}


def _lost_decisions(session: Session) -> Iterable[Complaint]:
    """A mistyped id leaves its finding undecided without a word."""
    if session.published is None:
        return
    by_people = pl.col("source") != HOST_SOURCE  # the host also decides about what is only listed
    decided = session.tables.dispositions.filter(by_people).select("finding_id").unique()
    lost = decided.join(session.tables.findings, on="finding_id", how="anti").sort("finding_id").collect()
    if lost.height:
        seen = f"{wording.plural(lost.height, 'decided id')} that no finding has: {_some(lost['finding_id'])}"
        yield Complaint(
            "warning", "triage", seen, "copy the ids from the page Readiness or the JSON of the gate"
        )


def _some(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - NAMED:,} more" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more


def _pilots(session: Session) -> Iterable[Complaint]:
    """Pilots that no pull request belongs to are the commonest mistake of a first configuration."""
    if session.published is None:
        return
    known = session.tables.pull_requests.select(pl.col("repository").unique().sort()).collect()["repository"]
    moved = [each for each in session.renamed if each.first in known]
    yield from map(_moved, moved)
    for pilot in session.pilots:
        yield from _patterns(pilot, [*known, *(each.now for each in moved)])
        if session.assess(pilot.name).changes.is_empty():
            seen = f"no in-scope agent change in {', '.join(pilot.repositories)}"
            remedy = "check repositories, start_on and `pilot doctor --authorship`"
            yield Complaint("warning", f"pilot {pilot.name}", seen, remedy)


def _moved(one: Renamed) -> Complaint:
    seen = f"{one.first} is called {one.now} today; the tables keep the first name, patterns may use either"
    return Complaint("ok", "repository", seen)


def _patterns(pilot: Pilot, known: Sequence[str]) -> Iterable[Complaint]:
    for pattern in pilot.repositories:
        if not any(matches(name, [pattern]) for name in known):
            seen = f"{pattern} matches no repository with pull requests; there are: {_some(known) or 'none'}"
            yield Complaint(
                "warning", f"pilot {pilot.name}", seen, "correct `repositories`, or add its files"
            )


CHECKS: Final[tuple[Callable[[Session], Iterable[Complaint]], ...]] = (
    _configuration,
    _sources,
    secret_is_kept,
    server_answers,
    mirrors_are_kept,
    repositories_may_be_cloned,
    *APPROVAL_CHECKS,
    *DETECTION_CHECKS,
    _published,
    kept_answers,
    complete,
    _fresh,
    _lost_decisions,
    _pilots,
)


ASKING: Final = frozenset({server_answers, repositories_may_be_cloned})  # what `--offline` leaves out


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
