"""How are pull requests read whole? Pages or numbers become the exchanges of one batch.

A pull request is whole when its scalars and first lists, its files and the state of its head, and
every part of a list beyond the first were told. One that GitHub cannot tell even alone is noted with
GitHub's words and asked again in every later run; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from ingest.errors import SourceError
from ingest.sources.github import questions
from ingest.sources.github.asking import Asker, Told
from ingest.sources.github.batches import Exchange
from ingest.sources.github.check_suites import OPEN_STATES
from ingest.sources.github.faults import UnansweredFault
from ingest.sources.github.held import Light, light, moment
from ingest.sources.github.listing import page_of_nodes
from ingest.sources.github.questions import Rest, Suites
from ingest.sources.github.sizing import PageSize, adaptively

Item = Rest | Suites
Thing = TypeVar("Thing")
FILES_UNREAD: Final = "files: "  # how GitHub's words begin where only the files were not told
_MAY_NOT: Final = "the token may not read it"
_SAME_MOMENT: Final = timedelta(seconds=2)
_OWN_LISTS: Final = tuple(questions.FIRST_OF)


@dataclass
class Gathering:
    """What is read for one batch."""

    exchanges: list[Exchange] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)  # told whole but for files and what goes on
    gone: list[int] = field(default_factory=list)
    unread: dict[int, str] = field(default_factory=dict)  # number -> GitHub's words
    hot: list[int] = field(default_factory=list)  # read within a second or so of their latest change
    following: list[Item] = field(default_factory=list)  # what is still to be asked

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not self.exchanges and not self.gone


@dataclass(frozen=True)
class Page:
    """Where a page of the first reading stood."""

    lights: list[Light]
    after: str | None  # where the next one begins
    goes_on: bool
    total: int | None
    latest_at: datetime | None = None  # latest change in the repository while it was read


class Reader:
    """Reads pull requests of one repository; sizes adapt from batch to batch."""

    def __init__(
        self,
        asker: Asker,
        pause: Callable[[int], None],
        wanted: Callable[[Light], bool] = lambda _light: True,
    ) -> None:
        self._asker, self._pause, self._wanted = asker, pause, wanted
        self._whole = PageSize(questions.WHOLE_AT_ONCE, questions.WHOLE_AT_ONCE)
        self._files = PageSize(questions.FILES_AT_ONCE, questions.FILES_AT_ONCE)
        self._follow = PageSize(questions.FOLLOWED_AT_ONCE, questions.FOLLOWED_AT_ONCE)

    def page(self, after: str | None, into: Gathering) -> Page:
        """Read a page of the list by last change; its files are still to be asked."""
        before = self._whole.now
        try:
            return adaptively(self._whole, lambda size: self._page(after, size, into), self._pause)
        except UnansweredFault as fault:
            self._whole.now = before
            return self._past(after, fault, into)

    def _page(self, after: str | None, size: int, into: Gathering) -> Page:
        told = self._asker.ask(questions.PAGE, {"first": size, "after": after})
        listed = told.repository.get("pullRequests") or {}
        page = page_of_nodes(listed)
        if None in (listed.get("nodes") or ()):
            into.unread |= self._withheld(after, size, {one.number for one in page.lights})
        # gaps, not a shorter list: errors beside the answer name entries by their place
        listed["nodes"] = [self._if_wanted(node) for node in listed.get("nodes") or ()]
        self._take_nodes(listed["nodes"], into)
        into.exchanges.append(Exchange("pages", {"first": size, "after": after}, told.kept))
        return Page(page.lights, page.end, page.goes_on, page.total, _latest_at(told))

    def _if_wanted(self, node: dict[str, Any] | None) -> dict[str, Any] | None:
        return node if node and self._wanted(light(node)) else None

    def _withheld(self, after: str | None, size: int, told: set[int]) -> dict[int, str]:
        """Pull requests of a page that came as null: the page does not tell which they are."""
        lights = self._light_page(after, size).lights
        return {one.number: _MAY_NOT for one in lights if one.number not in told and self._wanted(one)}

    def _light_page(self, after: str | None, size: int) -> Page:
        told = self._asker.ask(questions.LIGHT_PAGE, {"first": size, "after": after})
        page = page_of_nodes(told.repository.get("pullRequests") or {})
        return Page(page.lights, page.end, page.goes_on, page.total)

    def _past(self, after: str | None, fault: UnansweredFault, into: Gathering) -> Page:
        """Go on behind one that cannot be told whole: a light page of one says which it is."""
        try:
            page = adaptively(PageSize(1, 1), lambda size: self._light_page(after, size), self._pause)
        except UnansweredFault as light_fault:
            raise SourceError(
                f"{self._asker.name}: GitHub does not answer even the smallest question about the list of "
                f"pull requests ({light_fault.said}); what was read is kept, run again to go on"
            ) from light_fault
        into.unread |= {one.number: fault.said for one in page.lights if self._wanted(one)}
        return page

    def by_number(self, numbers: Sequence[int], into: Gathering) -> None:
        """Read these; their files are still to be asked. Those that are not there are noted as gone."""
        self._in_pieces(
            numbers,
            self._whole,
            lambda piece: self._some_whole(piece, into),
            lambda number, said: into.unread.update({number: said}),
        )

    def _some_whole(self, numbers: Sequence[int], into: Gathering) -> None:
        told = self._asker.ask(questions.whole(numbers))
        nodes = told.readable
        into.gone += [number for number in numbers if nodes.get(f"p{number}", ()) is None]
        into.unread |= {number: _MAY_NOT for number in numbers if f"p{number}" not in nodes}
        self._take_nodes([nodes.get(f"p{number}") for number in numbers], into)
        into.exchanges.append(Exchange("whole", {"numbers": list(numbers)}, told.kept))

    def _take_nodes(self, nodes: Iterable[dict[str, Any] | None], into: Gathering) -> None:
        for node in filter(None, nodes):
            into.numbers.append(node["number"])
            into.hot += [node["number"]] if self._is_hot(node) else []
            into.following += _rests(node, _OWN_LISTS)

    def _is_hot(self, node: Mapping[str, Any]) -> bool:
        """Whether it changed as it was read: the next change may bear the same second."""
        at, changed_at = self._asker.at, moment(node.get("updatedAt"))
        return at is not None and changed_at is not None and abs(at - changed_at) <= _SAME_MOMENT

    def complete(self, into: Gathering) -> None:
        """Ask for the files and checks of all that was read, then for whatever goes on."""
        self._in_pieces(
            list(dict.fromkeys(into.numbers)),
            self._files,
            lambda piece: self._some_files(piece, into),
            lambda number, said: into.unread.update({number: f"{FILES_UNREAD}{said}"}),
        )
        while into.following:
            items, into.following = into.following, []
            self._in_pieces(
                items,
                self._follow,
                lambda piece: self._some_following(piece, into),
                lambda item, said: into.unread.update(_unfollowed(item, said)),
            )
        if into.gone:
            into.exchanges.append(Exchange("gone", {"numbers": sorted(set(into.gone))}, None))

    def _some_files(self, numbers: Sequence[int], into: Gathering) -> None:
        told = self._asker.ask(questions.changes(numbers))
        nodes = told.readable
        into.gone += [number for number in numbers if nodes.get(f"p{number}", ()) is None]
        for node in (nodes.get(f"p{number}") for number in numbers):
            into.following += [*_rests(node or {}, ("files",)), *_suites(node or {})]
        into.exchanges.append(Exchange("files", {"numbers": list(numbers)}, told.kept))

    def _some_following(self, items: Sequence[Item], into: Gathering) -> None:
        """One question about both, kept apart: lists that go on, and check suites."""
        told = self._asker.ask(questions.follow(items))
        nodes = told.readable
        rests = [item for item in items if isinstance(item, Rest)]
        suites = [item for item in items if isinstance(item, Suites)]
        if rests:
            lists = {"lists": [item.by for item in rests]}
            into.exchanges.append(Exchange("more", lists, told.part({item.alias for item in rests})))
        if suites:
            numbers = {"numbers": [item.number for item in suites]}
            into.exchanges.append(Exchange("suites", numbers, told.part({item.alias for item in suites})))
        for item in rests:
            into.following += _rests(nodes.get(item.alias) or {}, (item.list,))

    def _in_pieces(
        self,
        things: Sequence[Thing],
        size: PageSize,
        ask: Callable[[Sequence[Thing]], None],
        give_up: Callable[[Thing, str], None],
    ) -> None:
        """Ask about all, as many at once as GitHub answers; give up on single ones only."""

        def attempt(count: int) -> int:
            ask(left[:count])
            return count

        left = things
        while left:
            before = size.now
            try:
                count = adaptively(size, attempt, self._pause)
            except UnansweredFault as fault:
                size.now, count = before, 1
                give_up(left[0], fault.said)
            left = left[count:]


def _rests(node: Mapping[str, Any], lists: Iterable[str]) -> list[Rest]:
    """Lists of a pull request that go on."""
    infos = ((name, (node.get(name) or {}).get("pageInfo") or {}) for name in lists)
    return [
        Rest(node["number"], name, info["endCursor"])
        for name, info in infos
        if info.get("hasNextPage") and info.get("endCursor")
    ]


def _suites(node: Mapping[str, Any]) -> list[Suites]:
    """The question for check suites, if the combined check of the head is open."""
    entries = (node.get("head") or {}).get("nodes") or [None]
    commit = (entries[-1] or {}).get("commit") or {}
    state = (commit.get("statusCheckRollup") or {}).get("state")
    return [Suites(node["number"])] if state in OPEN_STATES else []


def _unfollowed(item: Item, said: str) -> dict[int, str]:
    """What is missing now; undecided checks without their suites are just undecided."""
    return {item.number: f"{item.list}: {said}"} if isinstance(item, Rest) else {}


def _latest_at(told: Told) -> datetime | None:
    """The latest change of the repository at the moment of an answer."""
    nodes = (told.repository.get("top") or {}).get("nodes") or ()
    return max((at for node in nodes if node and (at := moment(node.get("updatedAt")))), default=None)
