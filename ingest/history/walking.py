"""Which commit brought a line in, looking past those that only moved it or wrote it in another form?

Blame says who touched a line last. On real repositories 7 % of the lines that scanners report were
only moved or reformatted by that commit, so each commit that blame names is asked what it did to the
line: if the same text was there before it, blame goes on in its parent, and if a revert brought it back,
before what had taken it out. A merge is not looked into: blame names one only if the line is in none of
its parents.

Blame that looks for copies gives a copied line the origin of the original, which may still stand, and of
equal lines it may follow the one that stayed instead of the one that was moved. Whoever copies a weakness
brings one in, so a plain blame is asked too: where it names a later commit, what that one took out decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar

from ingest.history.blame import STRONGEST, UNBLAMED, Blamed, Blamer, Place, weakest
from ingest.history.changing import Change, Did
from ingest.history.hunks import changes_of
from ingest.history.returning import RETURNED, Returns, messages_of

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


class _Answer(NamedTuple):
    """The last commit that a line comes from."""

    origin: Place
    level: str
    did: Did
    step: tuple[str, ...] = ()  # what is worth telling of it

    def before(self) -> Place | None:
        """Where the line stood before that, or the one that it replaced."""
        since = self.did.since or self.origin.commit
        return None if self.did.before is None else Place(f"{since}^", *self.did.before)


class _Head(NamedTuple):
    """How far back a line was followed."""

    at: Place
    level: str = STRONGEST
    steps: tuple[str, ...] = ()
    length: int = 0  # steps that were taken, those that blame takes by itself too

    def trail(self, told: _Answer) -> Trail:
        """The trail if it ends at what is told of the line."""
        replaced = told.before() if told.did.step is None else None
        return Trail(told.origin, weakest((self.level, told.level)), self.steps, replaced)

    def further(self, told: _Answer) -> _Head | None:
        """Where to blame on; None where the trail ends."""
        before = told.before()
        if told.did.step is None or before is None or self.length >= MOST_STEPS:
            return None
        steps = (*self.steps, *told.step)
        return _Head(before, weakest((self.level, told.level)), steps, self.length + 1)


def _answer(blamed: Blamed, put: Place, did: Mapping[Place, Did]) -> _Answer:
    """The commit that put a line in, if it is known what it took out for it; else the one that blame names.

    A step that blame takes by itself is not told: it rests on whole pieces of text.
    """
    is_other = put.commit != blamed.origin.commit
    is_put = is_other and (did[put].is_anew or did[put].step is not None)
    origin = put if is_put else blamed.origin
    done = did[origin]
    is_told = done.step is not None and (not is_put or done.step == RETURNED)
    return _Answer(origin, blamed.level, done, (f"{done.step}:{origin.commit}",) if is_told else ())


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
            told = self._told({head.at for head in heads.values()})
            heads = {start: head for start, head in heads.items() if head.at in told}
            trails |= {start: head.trail(told[head.at]) for start, head in heads.items()}
            further = {start: head.further(told[head.at]) for start, head in heads.items()}
            heads = {start: head for start, head in further.items() if head is not None}
        return trails

    def _told(self, places: set[Place]) -> dict[Place, _Answer]:
        """The last commit of every line; those that no blame can answer for are left out."""
        found = self._blamed(places)
        did = self._did({place for blamed, put in found.values() for place in (blamed.origin, put)})
        return {place: _answer(blamed, put, did) for place, (blamed, put) in found.items()}

    def _blamed(self, places: set[Place]) -> dict[Place, tuple[Blamed, Place]]:
        """What blame says of each line, and where a plain one says that it was put."""
        lines: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for commit, path, line in places:
            lines[commit, path].append(line)
        told = self._each(lines, lambda file: self._both(*file, lines[file]))
        return {Place(*file, line): both for file, found in told for line, both in found.items()}

    def _both(self, commit: str, path: str, lines: list[int]) -> dict[int, tuple[Blamed, Place]]:
        blamed = self.blamer.blame(commit, path, lines)
        put = self.blamer.put_there(commit, path, blamed)
        return {line: (found, put.get(line, found.origin)) for line, found in blamed.items()}

    def _did(self, origins: set[Place]) -> dict[Place, Did]:
        asked: defaultdict[str, list[Place]] = defaultdict(list)
        for place in origins:
            asked[place.commit].append(place)
        messages = messages_of(self.blamer.git, sorted(asked))
        told = self._each(asked, lambda commit: dict(self._did_by(messages[commit], asked[commit])))
        return {place: did for _, found in told for place, did in found.items()}

    def _did_by(self, message: str, places: list[Place]) -> Iterator[tuple[Place, Did]]:
        """What one commit did; where all that it changed is too much, file by file."""
        git, commit = self.blamer.git, places[0].commit
        of_all = changes_of(git, commit)
        for path, own in groupby(sorted(places), key=attrgetter("path")):
            hunks = (changes_of(git, commit, path) if of_all is None else of_all) or ()
            change, returns = Change(hunks), Returns(git, commit, message, hunks)
            for place in own:
                did = change.did(path, place.line)
                back = returns.did(path, place.line) if did.step is None else None
                yield place, back or did

    def _each(self, keys: Iterable[_Key], ask: Callable[[_Key], _Value]) -> list[tuple[_Key, _Value]]:
        ordered = list(keys)
        with ThreadPoolExecutor(self.at_once) as threads:
            return list(zip(ordered, threads.map(ask, ordered), strict=True))
