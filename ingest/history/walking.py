"""Which commit brought a line in, looking past those that only moved it or wrote it in another form?

Blame says who touched a line last. On real repositories 7 % of the lines that scanners report were
only moved or reformatted by that commit, so each commit that blame names is asked what it did to the
line: if the same text was there before it, blame goes on in its parent. A merge is not looked into:
blame names one only if the line is in none of its parents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from ingest.history.blame import STRONGEST, UNBLAMED, Blamed, Blamer, Place, weakest
from ingest.history.changing import Change, Did
from ingest.history.hunks import changes_of

MOST_STEPS: Final = 20
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Trail(NamedTuple):
    """Where a line comes from."""

    origin: Place | None
    level: str  # weakest form of blame on the way
    steps: tuple[str, ...] = ()  # what later commits did to it, latest first, as step:commit
    replaced: Place | None = None  # line in the parent of the origin that this one stands in for


NOWHERE: Final = Trail(None, UNBLAMED)


class _Head(NamedTuple):
    """How far back a line was followed."""

    at: Place
    level: str = STRONGEST
    steps: tuple[str, ...] = ()

    def trail(self, blamed: Blamed, did: Did) -> Trail:
        """The trail if it ends at what blame names."""
        replaced = _in_parent(blamed, did) if did.step is None else None
        return Trail(blamed.origin, weakest((self.level, blamed.level)), self.steps, replaced)

    def further(self, blamed: Blamed, did: Did) -> _Head | None:
        """Where to blame on; None where the trail ends."""
        before = _in_parent(blamed, did)
        if did.step is None or before is None or len(self.steps) >= MOST_STEPS:
            return None
        step = f"{did.step}:{blamed.origin.commit}"
        return _Head(before, weakest((self.level, blamed.level)), (*self.steps, step))


def _in_parent(blamed: Blamed, did: Did) -> Place | None:
    return None if did.before is None else Place(f"{blamed.origin.commit}^", *did.before)


@dataclass(frozen=True)
class Walker:
    """Walks back in one repository, for many lines at once."""

    blamer: Blamer
    at_once: int = 1  # blames made at the same time

    def trails(self, places: Iterable[Place]) -> dict[Place, Trail]:
        """Where every line comes from; those that no blame can answer for lead nowhere."""
        trails = dict.fromkeys(places, NOWHERE)
        heads = {place: _Head(place) for place in trails}
        while heads:
            blamed = self._blamed({head.at for head in heads.values()})
            did = self._did({found.origin for found in blamed.values()})
            heads = {start: head for start, head in heads.items() if head.at in blamed}
            told = {head.at: (blamed[head.at], did[blamed[head.at].origin]) for head in heads.values()}
            trails |= {start: head.trail(*told[head.at]) for start, head in heads.items()}
            further = {start: head.further(*told[head.at]) for start, head in heads.items()}
            heads = {start: head for start, head in further.items() if head is not None}
        return trails

    def _blamed(self, places: set[Place]) -> dict[Place, Blamed]:
        lines: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for commit, path, line in places:
            lines[commit, path].append(line)
        told = self._each(lines, lambda file: self.blamer.blame(*file, lines[file]))
        return {Place(*file, line): blamed for file, found in told for line, blamed in found.items()}

    def _did(self, origins: set[Place]) -> dict[Place, Did]:
        asked: defaultdict[str, list[Place]] = defaultdict(list)
        for place in origins:
            asked[place.commit].append(place)
        told = self._each(asked, lambda commit: dict(self._did_by(commit, asked[commit])))
        return {place: did for _, found in told for place, did in found.items()}

    def _did_by(self, commit: str, places: list[Place]) -> Iterator[tuple[Place, Did]]:
        """What one commit did; where all that it changed is too much, file by file."""
        of_all = changes_of(self.blamer.git, commit)
        change = Change(of_all or ())
        for path in sorted({place.path for place in places}):
            if of_all is None:
                change = Change(changes_of(self.blamer.git, commit, path) or ())
            yield from ((place, change.did(path, place.line)) for place in places if place.path == path)

    def _each(self, keys: Iterable[_Key], ask: Callable[[_Key], _Value]) -> list[tuple[_Key, _Value]]:
        ordered = list(keys)
        with ThreadPoolExecutor(self.at_once) as threads:
            return list(zip(ordered, threads.map(ask, ordered), strict=True))
