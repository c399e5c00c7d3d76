"""How does one repository get from the state that was left to the state of today?

Unread ones first, then everything once (the first reading) or what changed since (a look), now and then
a sweep over all numbers, then alerts. What is read comes as batches, each with the state from which the
reading goes on after it; at the end the state that the next run starts from. There are no threads, no
store and no clock here: time is what GitHub says.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import zip_longest
from typing import Any, Final, Protocol

from msgspec.structs import replace

from ingest.errors import SourceError
from ingest.settings import GitHubSettings
from ingest.sources.base import DONE
from ingest.sources.github import questions
from ingest.sources.github.alerts.asking import Asks as AsksRest
from ingest.sources.github.alerts.reading import read_alerts
from ingest.sources.github.asking import Asker, Asks, Common, Identity
from ingest.sources.github.batches import Batch, Exchange
from ingest.sources.github.faults import HubError, UnansweredFault
from ingest.sources.github.held import Held, Light
from ingest.sources.github.incident_asking import digest_of, read_incidents
from ingest.sources.github.listing import ANCHOR_EVERY, OLDER_IN_A_ROW, Lister, Look, older_at_end
from ingest.sources.github.reading import Gathering, Page, Reader
from ingest.sources.github.state import Anchor, RepositoryState

BATCH: Final = 8 * questions.WHOLE_AT_ONCE  # pull requests: six requests for their files
PAGES_OF_A_BATCH: Final = 16  # at most: small pages must not put much at stake


Steps = Generator[Batch, None, RepositoryState]


class BothAsk(Asks, AsksRest, Protocol):
    """A connection: `connection.Connection`."""


@dataclass(frozen=True)
class Surveyed:
    """How far the reading of one repository is, for people."""

    place: str
    doing: str
    done: int = 0
    total: int | None = None
    requests: int = 0


CHECKS_FIELD: Final = "statusCheckRollup"  # what GitHub withholds from who may not read checks


@dataclass(frozen=True)
class Place:
    """Which repository is asked, as what."""

    now: str  # owner/name that requests use
    state: RepositoryState | None = None  # None = never read before
    held: Held | None = None


# The state of a repository that is met for the first time, by its answer and the name it was asked by.
Begin = Callable[[Identity, str], tuple[RepositoryState, Held]]


@dataclass(frozen=True)
class Means:
    """What a sync works with."""

    connection: BothAsk
    settings: GitHubSettings
    common: Common
    begin: Begin
    pause: Callable[[int], None]
    branches: Callable[[str, str | None], Sequence[str]] = lambda _name, _default: ()  # protected beside it
    tell: Callable[[Surveyed], None] = lambda _surveyed: None


def synced(place: Place, means: Means) -> Steps:
    """Batches of one repository, and the state after them.

    Raises
    ------
    SourceError
        It is not there or may not be read, or GitHub cannot be reached; what was yielded counts.
    OtherRepositoryFault
        The name belongs to another repository than the one whose state was given.
    """
    return _Sync(place, means).run()


class _Sync:
    """The reading of one repository."""

    def __init__(self, place: Place, means: Means) -> None:
        self._means, self._settings, self._asked_as = means, means.settings, place.now
        meant = place.state.id if place.state else None
        self._asker = Asker(means.connection, place.now, means.common, meant)
        self._reader = Reader(self._asker, means.pause, self._is_wanted)
        self._lister = Lister(self._asker, means.pause)
        self._known = place.state
        self._held = place.held or Held()
        self._is_touched_late = False  # whether anything changed while the first reading went on
        self._is_regained = False  # whether checks may be read that might not before
        self._total: int | None = None  # pull requests of the repository, as told last

    def run(self) -> Steps:
        """Read what is due."""
        yield from self._ask_unread()
        if self._known and self._known.walked:
            yield from self._look()
        else:
            yield from self._whole_repository()
        if self._is_sweep_due():
            yield from self._sweep()
        yield from self._incidents()
        yield from self._alerts()
        count = len(self._held.numbers)
        self._tell(DONE, count, count)
        return self._latest()

    # State

    @property
    def _state(self) -> RepositoryState:
        """As it is after the latest batch."""
        if self._known is None:
            raise RuntimeError("nothing was asked of the repository yet")
        return self._known

    def _begin(self) -> None:
        """Begin the state of a repository that is met for the first time: its first answer names it."""
        if self._known is None and self._asker.identity is not None:
            self._known, self._held = self._means.begin(self._asker.identity, self._asked_as)

    def _latest(self, **changes: Any) -> RepositoryState:
        """The state with what the answers say of the repository itself."""
        state = self._state
        denied = self._asker.still_denied(state.denied)
        self._is_regained |= CHECKS_FIELD in state.denied and CHECKS_FIELD not in denied
        told = {"now": self._asker.name, "denied": denied, "rollups": self._held.rollups}
        self._known = replace(state, **told, **changes)
        return self._known

    def _batch(self, exchanges: Sequence[Exchange], **changes: Any) -> Batch:
        state = self._latest(batch=self._state.batch + 1, **changes)
        exchanges = [*exchanges, *self._feature_of_checks(exchanges)]
        branch = self._asker.identity.default_branch if self._asker.identity else None
        return Batch(state, exchanges, branch, self._asker.at)

    def _feature_of_checks(self, exchanges: Sequence[Exchange]) -> list[Exchange]:
        """Whether checks may be read, where they were asked for: unread checks are no absent checks."""
        if not any(one.asked == "files" for one in exchanges):
            return []
        said = self._asker.denied.get(CHECKS_FIELD)
        told = {"status": "not_permitted", "said": said} if said else {"status": "ok", "said": None}
        return [Exchange("feature", {"feature": "checks"}, told)]

    def _gathered(self, gathering: Gathering, **changes: Any) -> Iterator[Batch]:
        """A batch of what was gathered, if anything was; its state says what remains unread."""
        absent = {*map(str, gathering.gone)}
        gathering.gone = [number for number in gathering.gone if self._held.get(number) is not None]
        self._reader.complete(gathering)
        new = [number for number in gathering.numbers if self._held.get(number) is None]
        self._held.note(gathering.exchanges)
        read = {*map(str, gathering.numbers), *absent}
        before = {number: said for number, said in self._state.unread.items() if number not in read}
        unread = before | {str(number): said for number, said in gathering.unread.items()}
        if gathering.is_empty:
            self._latest(unread=unread, **changes)
        else:
            hot = tuple(sorted({*self._state.hot, *gathering.hot}))
            set_aside = self._state.set_aside | self._not_held_before(new)
            yield self._batch(gathering.exchanges, unread=unread, hot=hot, set_aside=set_aside, **changes)

    def _not_held_before(self, numbers: Iterable[int]) -> dict[str, str]:
        """What is read for the first time: where it is not held at the next look either, it was refused."""
        lights = (self._held.get(number) for number in numbers) if self._state.walked else ()
        return {str(one.number): str(one.updated_at) for one in lights if one}

    def _tell(self, doing: str, done: int = 0, total: int | None = None) -> None:
        self._means.tell(Surveyed(self._asker.name, doing, done, total, self._asker.requests))

    # Pull requests

    def _is_wanted(self, one: Light) -> bool:
        """Whether it is young enough for the settings, or held already."""
        after = self._settings.created_after
        is_young = after is None or one.created_at is None or one.created_at >= _start_of(after)
        return is_young or self._held.get(one.number) is not None

    def _ask_unread(self) -> Iterator[Batch]:
        """Ask again for what could not be told; one by one, as one of them spoils the others' answer."""
        waiting = sorted(map(int, self._known.unread)) if self._known else []
        for number in waiting:
            gathering = Gathering()
            self._tell(f"asking again for #{number}")
            self._reader.by_number([number], gathering)
            yield from self._gathered(gathering)

    def _whole_repository(self) -> Iterator[Batch]:
        """The first reading, what changed while it went on, and whether it met them all."""
        yield from self._first_reading()
        if self._is_touched_late:
            yield from self._look()
        self._check_count()

    def _first_reading(self) -> Iterator[Batch]:
        """Everything, newest change first, from where it was left."""
        after = self._known.after if self._known else None
        goes_on, done = True, len(self._held.numbers) if after else 0
        while goes_on:
            gathering, pages = Gathering(), list[Page]()
            while goes_on and len(gathering.numbers) < BATCH and len(pages) < PAGES_OF_A_BATCH:
                pages.append(self._reader.page(after, gathering))
                self._begin()
                after, goes_on = pages[-1].after, pages[-1].goes_on and not self._is_before_start(pages)
                self._tell("reading pull requests", done + len(gathering.numbers), pages[-1].total)
            self._total, done = pages[-1].total, done + len(gathering.numbers)
            yield from self._gathered(gathering, **self._walked(pages, goes_on=goes_on))

    def _is_before_start(self, pages: Sequence[Page]) -> bool:
        """Whether nothing that the settings want can follow: what changes was created before."""
        after = self._settings.created_after
        lights = [one for page in pages for one in page.lights]
        return after is not None and older_at_end(lights, _start_of(after)) >= OLDER_IN_A_ROW

    def _walked(self, pages: Sequence[Page], *, goes_on: bool) -> dict[str, Any]:
        """What changes in the state by these pages of the first reading."""
        moments = (one.updated_at for one in pages[0].lights if one.updated_at)
        top_at = self._state.top_at or max(moments, default=None)
        changes = {"top_at": top_at, "after": pages[-1].after, **self._anchored(pages, top_at)}
        if goes_on:
            return changes
        latest_at = pages[-1].latest_at
        self._is_touched_late = latest_at is not None and (top_at is None or latest_at > top_at)
        anchors = thinned(changes["anchors"])
        return changes | {"after": None, "anchors": anchors, "walked": True, "touched_at": top_at}

    def _anchored(self, pages: Sequence[Page], top_at: datetime | None) -> dict[str, Any]:
        """Places for the looks to come, as far down as a look will go."""
        anchors, older = self._state.anchors, self._state.older_count
        for page in pages:
            older = older_at_end(page.lights, self._since(top_at), older)
            if page.after and page.lights and older < OLDER_IN_A_ROW:
                position = (anchors[-1].position if anchors else 0) + len(page.lights)
                anchors = (*anchors, Anchor(page.after, page.lights[-1].number, position))
        return {"anchors": anchors, "older_count": older}

    def _since(self, touched_at: datetime | None) -> datetime | None:
        """How far down a look goes."""
        return touched_at and touched_at - timedelta(days=self._settings.overlap_days)

    def _check_count(self) -> None:
        """Count what the first reading gave: if some are missing, or too many, a sweep is due at once."""
        if self._uncounted() in {None, 0}:
            self._latest(swept_at=self._asker.at)

    def _look(self) -> Iterator[Batch]:
        """What changed since the last look."""
        self._tell("looking for changes")
        hot, state = self._state.hot, self._begun_look()
        look = self._seen_since(state)
        self._total = look.total
        changed = [one.number for one in look.lights if self._is_changed(one)]
        changed += [number for number in hot if number not in changed]
        heads = self._heads(set(changed)) if self._settings.reread_open else {}
        changed += [number for number, one in heads.items() if one and self._is_changed(one)]
        self._held.note_rollups(filter(None, heads.values()))
        gone = [number for number, one in heads.items() if one is None]
        touched_at = max(filter(None, (look.touched_at, state.touched_at)), default=None)
        yield from self._read(changed, gone, touched_at=touched_at, anchors=look.anchors)

    def _begun_look(self) -> RepositoryState:
        """The state without what this look settles: a second reading, and what was taken in after all."""
        state = self._state
        refused = {
            number: at for number, at in state.set_aside.items() if self._held.get(int(number)) is None
        }
        self._known = replace(state, hot=(), set_aside=refused)
        return self._known

    def _seen_since(self, state: RepositoryState) -> Look:
        """A look by the places that were left, or without them where the server no longer takes them."""
        since = self._since(state.touched_at)
        try:
            return self._lister.look(state.anchors, since)
        except HubError:
            raise
        except (SourceError, UnansweredFault):
            if not state.anchors:
                raise
            return self._lister.look((), since)

    def _is_changed(self, one: Light) -> bool:
        number = str(one.number)
        was_refused = self._held.get(one.number) is None and (
            self._state.set_aside.get(number) == str(one.updated_at)
        )
        is_settled = was_refused or number in self._state.unread  # the latter is asked anyway
        return not is_settled and self._is_wanted(one) and self._held.differs(one)

    def _heads(self, changed: set[int]) -> dict[int, Light | None]:
        """Where the open ones stand: a check's result moves no date, so the list does not tell."""
        numbers = [number for number in self._held.open_numbers if number not in changed]
        return self._lister.heads(numbers)

    def _read(self, numbers: Sequence[int], gone: Sequence[int] = (), **reached: Any) -> Iterator[Batch]:
        """Read these whole, a batch at a time; `reached` holds when all are read."""
        pieces = [numbers[place : place + BATCH] for place in range(0, len(numbers), BATCH)] or [[]]
        for index, piece in enumerate(pieces):
            gathering = Gathering(gone=list(gone) if index == 0 else [])
            self._reader.by_number(piece, gathering)
            is_last = index == len(pieces) - 1
            yield from self._gathered(gathering, **(reached if is_last else {}))
            self._tell("reading changes", index * BATCH + len(piece), len(numbers))

    # Sweep and alerts

    def _is_sweep_due(self) -> bool:
        at, swept_at = self._asker.at, self._state.swept_at
        every = timedelta(days=self._settings.sweep_days)
        is_time = at is not None and (swept_at is None or at - swept_at >= every)
        return is_time or self._is_regained or self._uncounted() not in {None, self._state.uncounted}

    def _uncounted(self) -> int | None:
        """How many more GitHub counts than are known; null where it cannot be told."""
        known = self._held.numbers | set(map(int, (*self._state.unread, *self._state.set_aside)))
        is_whole = self._settings.created_after is None
        return self._total - len(known) if self._total is not None and is_whole else None

    def _sweep(self) -> Iterator[Batch]:
        """List all numbers, to find what no look found, what is gone, and how open checks ended."""
        held, listed, waiting = self._held.numbers, set[int](), list[int]()
        undecided = self._held.undecided(self._asker.at) if self._asker.at else set()
        undecided |= self._held.unchecked if self._is_regained else set()
        self._is_regained = False
        for page in self._lister.all():
            listed |= {one.number for one in page.lights}
            self._total = page.total
            self._tell("listing all numbers", len(listed), page.total)
            waiting += [one.number for one in page.lights if self._is_changed(one) or one.number in undecided]
            if len(waiting) >= BATCH:
                yield from self._read(waiting)
                waiting = []
        missing = self._lister.lights(sorted(held - listed))
        waiting += [number for number, one in missing.items() if one and self._is_changed(one)]
        gone = [number for number, one in missing.items() if one is None]
        yield from self._read(waiting, gone, swept_at=self._asker.at)
        self._latest(uncounted=self._uncounted() or 0)

    def _incidents(self) -> Iterator[Batch]:
        """Issues that tell of incidents, where labels are configured; unchanged ones are not kept again."""
        labels = self._settings.incident_labels
        exchanges = read_incidents(self._asker, labels, self._means.pause) if labels else []
        digest = digest_of(exchanges)
        if exchanges and digest != self._state.incidents_digest:
            yield self._batch(exchanges, incidents_digest=digest)

    def _alerts(self) -> Iterator[Batch]:
        """Alerts and bypassed rules, where they are due."""
        at = self._asker.at
        if at is None:
            return
        self._tell("reading alerts")
        place = Place(self._asker.name)
        default = self._asker.identity.default_branch if self._asker.identity else None
        branches = self._means.branches(self._state.name, default)
        for exchanges, state in read_alerts(
            self._means.connection, place, self._latest(), self._settings, at, branches=branches
        ):
            self._known = replace(state, batch=self._state.batch)
            if exchanges:
                yield self._batch(exchanges)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def thinned(anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    """The first of these places, then as few as leave no gap that one page could not fill.

    >>> [one.position for one in thinned([Anchor("", 1, 36), Anchor("", 2, 72), Anchor("", 3, 108)])]
    [36, 108]
    """
    kept: list[Anchor] = []
    for one, following in zip_longest(anchors, anchors[1:]):
        is_needed = not kept or following is None or following.position - kept[-1].position > ANCHOR_EVERY
        if is_needed:
            kept.append(one)
    return tuple(kept)
