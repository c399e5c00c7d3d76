"""What is true of a written history: who brought in each weakness, and each line that still stands?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from data.simulator.histories.commits import Commit
from data.simulator.histories.kinds import TOOLS, Kind, rule_of
from data.simulator.histories.landing import Arrived, Pull
from data.simulator.histories.lines import Flagged, Tree, flagged, keys_of
from data.simulator.histories.scanning import Scanned
from data.simulator.histories.shifting import IGNORED
from data.simulator.histories.truth import Happening, PlantedCommit, PlantedWeakness, Sighting
from ingest.identity import bare_text

WRITES_ANEW = ("edited", "brought back")  # what blame may take for the beginning of a line


class _Beginning(NamedTuple):
    """Where a weakness was first committed."""

    commit: Commit
    pull_request: int | None
    found: Flagged


@dataclass(frozen=True)
class Told:
    """Everything that happened, in the order in which it happened."""

    arrived: Sequence[Arrived]  # at the main branch
    pulls: Sequence[Pull]
    scans: Sequence[Scanned]
    planted: Sequence[Kind]

    @cached_property
    def _landed(self) -> dict[int, _Beginning]:
        return _beginnings((one.commit, one.pull_request) for one in self.arrived)

    @cached_property
    def _branched(self) -> dict[int, _Beginning]:
        return _beginnings((commit, pull.number) for pull in self.pulls for commit in pull.commits)

    @cached_property
    def _sightings(self) -> dict[int, list[Sighting]]:
        tools: dict[tuple[str, int], dict[str, None]] = {}
        places: dict[int, dict[str, Flagged]] = {}
        for scan in self.scans:
            for one in scan.seen(self.planted):
                tools.setdefault((scan.commit.sha, one.weakness), {})[scan.tool.name] = None
                places.setdefault(one.weakness, {})[scan.commit.sha] = one
        return {
            number: [
                Sighting(sha, one.path, one.line, tuple(tools[sha, number])) for sha, one in seen.items()
            ]
            for number, seen in places.items()
        }

    @cached_property
    def _first_looks(self) -> dict[int, int]:
        """Weakness -> place of the last commit that the first scan of it can have seen."""
        # A head shows what its pull request does before that lands.
        ends = {one.pull_request: place for place, one in enumerate(self.arrived) if one.pull_request}
        looks: dict[int, int] = {}
        for scan in self.scans:
            landed = sum(one.commit.signed.committed_at <= scan.at for one in self.arrived) - 1
            for one in scan.seen(self.planted):
                looks.setdefault(one.weakness, ends.get(scan.pull_request or 0, landed))
        return looks

    @cached_property
    def _happenings(self) -> dict[int, list[tuple[int, Happening]]]:
        told: dict[int, list[tuple[int, Happening]]] = {}
        for place, one in enumerate(self.arrived):
            for number, what in _changes(one):
                told.setdefault(number, []).append((place, Happening(what, one.commit.sha)))
        return told

    def weaknesses(self) -> Iterator[PlantedWeakness]:
        """Every weakness that was committed anywhere, by number."""
        for number, kind in enumerate(self.planted, 1):
            beginning = self._landed.get(number) or self._branched.get(number)
            if beginning:
                yield self._weakness(number, kind, beginning)

    def _weakness(self, number: int, kind: Kind, beginning: _Beginning) -> PlantedWeakness:
        commit, pull_request, found = beginning
        rules = ((tool.name, rule.id) for tool in TOOLS if (rule := rule_of(tool, kind)))
        return PlantedWeakness(
            number, kind.cwe, tuple(rules), commit.sha, self._proposed(number, pull_request), pull_request,
            found.path, found.line, number in self._landed, self._also_right(number),
            tuple(self._sightings.get(number, ())),
            tuple(happening for _, happening in self._happenings.get(number, ())),
        )  # fmt: skip

    def _proposed(self, number: int, pull_request: int | None) -> str | None:
        return self._branched[number].commit.sha if pull_request else None

    def _also_right(self, number: int) -> tuple[str, ...]:
        until = self._first_looks.get(number, 0)
        happened = self._happenings.get(number, ())
        return tuple(one.commit for place, one in happened if place <= until and one.what in WRITES_ANEW)

    def commits(self, head: Tree) -> Iterator[PlantedCommit]:
        """Commits of the main branch, in the order in which they landed."""
        surviving = _surviving(self.arrived, head)
        for one in self.arrived:
            is_merge = len(one.commit.parents) > 1
            left = tuple(sorted(surviving.get(one.commit.sha, {}).items()))
            yield PlantedCommit(
                one.commit.sha, one.pull_request, one.landing, one.making, is_merge, one.reverts, left
            )


def _beginnings(commits: Iterable[tuple[Commit, int | None]]) -> dict[int, _Beginning]:
    """First commit of each weakness."""
    beginnings: dict[int, _Beginning] = {}
    for commit, pull_request in commits:
        for one in flagged({path: commit.tree[path] for path in commit.paths if path in commit.tree}):
            beginnings.setdefault(one.weakness, _Beginning(commit, pull_request, one))
    return beginnings


def _changes(one: Arrived) -> Iterator[tuple[int, str]]:
    """What a commit does to weaknesses: nothing is told of those that stand as before."""
    before = {seen.weakness: seen for seen in flagged(one.commit.before)}
    after = {seen.weakness: seen for seen in flagged(one.commit.tree)}
    for number in sorted(before.keys() | after.keys()):
        if before.get(number) != after.get(number):
            yield number, one.what


def _surviving(arrived: Sequence[Arrived], head: Tree) -> dict[str, Counter[str]]:
    """Commit -> path at the head -> lines there that it wrote: all but whitespace of each is its own.

    What a commit on the list of those to look through spells another way stays with who wrote it.
    """
    listed = {line.text for line in head[IGNORED].lines} if IGNORED in head else set[str]()
    writers: dict[int, tuple[str, str]] = {}  # key -> commit, text without whitespace
    for one in arrived:
        _note_lines(one, writers, is_listed=one.commit.sha in listed)
    left: dict[str, Counter[str]] = {}
    for path, file in head.items():
        for line in file.lines:
            left.setdefault(writers[line.key][0], Counter())[path] += 1
    return left


def _note_lines(one: Arrived, writers: dict[int, tuple[str, str]], *, is_listed: bool) -> None:
    commit = one.commit
    for key in keys_of(commit.before, commit.paths) - keys_of(commit.tree, commit.paths):
        writers.pop(key, None)
    for path in commit.paths:
        for line in commit.tree[path].lines if path in commit.tree else ():
            text = bare_text(line.text)
            if line.key not in writers or writers[line.key][1] != text:
                before = writers.get(line.key) or writers.get(line.statement) if is_listed else None
                writers[line.key] = (before[0] if before else commit.sha, text)
