"""Which scans of a repository are written into which file?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from data.simulator.changes import Change
from data.simulator.draws import oid, pick, stream
from data.simulator.names import AREAS, NOUNS
from data.simulator.sarif import Run
from data.simulator.truth import Repository, Rule, Schedule, Tool
from data.simulator.weaknesses import Look, Weakness, looks, weak_line

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ScanFile:
    """The runs of one SARIF file, named relative to the folder of the scans."""

    name: str
    runs: tuple[Run, ...]


def head_runs(change: Change, tools: Sequence[Tool], heads: Sequence[str]) -> Iterator[Run]:
    """Scans of the head of one pull request, one for each push, by the tools that look before the merge."""
    pull, moments = change.pull, change.pull.course.scanned_at if change.is_scanned else []
    for tool in tools:
        for place, at in enumerate(moments):
            found = [change.weakness] if change.weakness and _is_seen(change, tool, place) else []
            label, branch = f"pr-{pull.number}-{place + 1}", f"refs/pull/{pull.number}/head"
            yield Run(tool, pull.repository, heads[place], branch, at, label, found)


def _is_seen(change: Change, tool: Tool, place: int) -> bool:
    is_own = change.weakness is not None and change.weakness.tool is tool
    is_mended = change.pull.arrival.fate == "fixed" and place > 0
    return is_own and not is_mended


def branch_files(
    repository: Repository, weak: Sequence[Weakness], until: datetime, seed: int
) -> Iterator[ScanFile]:
    """Scans of the protected branch, one file for each day on which something looked."""
    rng = stream(seed, repository.name, "branch scans")
    days: dict[date, list[Run]] = {}
    for schedule in repository.schedules:
        present = [
            *_baseline(repository, schedule.tool, rng),
            *(one for one in weak if one.tool is schedule.tool),
        ]
        for look in looks(schedule, until):
            days.setdefault(look.at.date(), []).append(
                _branch_run(repository, schedule, look, present, oid(rng))
            )
    for day in sorted(days):
        yield ScanFile(f"{folder(repository.name)}/main/{day}.sarif", tuple(days[day]))


def folder(repository: str) -> str:
    """Name of a repository as a folder.

    >>> folder("acme/search")
    'acme+search'
    """
    return repository.replace("/", "+")


def week_of(moment: datetime) -> date:
    """Monday of the week of a moment.

    >>> week_of(datetime(2026, 8, 16, 23, tzinfo=UTC)).isoformat()
    '2026-08-10'
    """
    return moment.date() - timedelta(days=moment.weekday())


def _branch_run(
    repository: Repository, schedule: Schedule, look: Look, present: Sequence[Weakness], commit: str
) -> Run:
    found = [one for one in present if one.present_from <= look.at and _is_there(one, look.at)]
    label = f"main-{look.at:%Y-%m-%d}"
    return Run(
        schedule.tool, repository.name, commit, "refs/heads/main", look.at, label, found, failed=not look.ok
    )


def _is_there(weakness: Weakness, at: datetime) -> bool:
    return weakness.present_until is None or at < weakness.present_until


def _baseline(repository: Repository, tool: Tool, rng: Random) -> list[Weakness]:
    """Old weaknesses, there since before anybody looked; every rule may be among them."""
    return [_old(repository, tool, pick(rng, tool.rules), rng) for _ in range(repository.baseline_findings)]


def _old(repository: Repository, tool: Tool, rule: Rule, rng: Random) -> Weakness:
    path = f"src/legacy/{pick(rng, AREAS)}_{pick(rng, NOUNS)}_{rng.getrandbits(12):03x}.py"
    line = weak_line(repository.name, tool, path, rng)
    text = rule.text.format(name=f"legacy_{rng.getrandbits(16):04x}")
    return Weakness(line.id, tool, rule, path, text, line.line, ALWAYS, None)
