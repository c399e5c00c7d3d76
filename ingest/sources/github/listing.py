"""Which pull requests changed since the last look? Asked by light lists that are not kept.

A look walks the list by last change from its top down to what is older than the last look, less an
overlap: GitHub's order is not strict, so one older entry does not end it, only a hundred in a row. The
places at which the pages of the last look began (anchors) are still places of the list, as what changes
moves to its top; so all pages are asked for in one request, and only where two of them do not meet is
the gap walked page by page.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain, repeat
from typing import Any, Final

from ingest.sources.github import questions
from ingest.sources.github.asking import Asker
from ingest.sources.github.held import Light, light
from ingest.sources.github.sizing import PageSize, adaptively
from ingest.sources.github.state import Anchor

OLDER_IN_A_ROW: Final = questions.LIGHT_AT_ONCE  # so many end a look
_FIRST_ANCHOR: Final = 50  # positions: room for as many changes before the first page has a gap behind it
ANCHOR_EVERY: Final = 90  # positions: pages of 100 overlap, so that they are seen to meet


@dataclass(frozen=True)
class LightPage:
    """A part of the list."""

    lights: list[Light]
    goes_on: bool
    end: str | None  # cursor behind it
    total: int | None = None
    start: Anchor | None = None  # where it was asked to begin; None = at the top

    def meets(self, following: LightPage) -> bool:
        """Whether nothing is between this and a page further down."""
        if not following.lights:
            return not self.goes_on
        own = {one.number for one in self.lights}
        is_overlapping = any(one.number in own for one in following.lights)
        cursor = following.start.cursor if following.start else None
        return is_overlapping or cursor in {one.cursor for one in self.lights}


@dataclass
class Look:
    """What a look saw, in order."""

    lights: list[Light] = field(default_factory=list)
    total: int | None = None  # pull requests of the repository

    @property
    def touched_at(self) -> datetime | None:
        """The latest change seen: told by the data, never by a clock."""
        return max((one.updated_at for one in self.lights if one.updated_at), default=None)

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """Places from which the next look will ask."""
        places = range(_FIRST_ANCHOR, len(self.lights) + 1, ANCHOR_EVERY)
        last = ((place, self.lights[place - 1]) for place in places)
        return tuple(Anchor(one.cursor, one.number, place) for place, one in last if one.cursor)


class Lister:
    """Asks one repository for light lists; sizes adapt, waiting is the caller's."""

    def __init__(self, asker: Asker, pause: Callable[[int], None]) -> None:
        self._asker, self._pause = asker, pause
        most = questions.PAGES_AT_ONCE * questions.LIGHT_AT_ONCE
        self._look = PageSize(most, most)
        self._page = PageSize(questions.LIGHT_AT_ONCE, questions.LIGHT_AT_ONCE)
        self._heads = PageSize(questions.HEADS_AT_ONCE, questions.HEADS_AT_ONCE)
        self._lights = PageSize(questions.LIGHT_AT_ONCE, questions.LIGHT_AT_ONCE)

    def look(self, anchors: Sequence[Anchor], since: datetime | None) -> Look:
        """Everything from the top down to what is older than `since`; all there is when that is null."""
        walk = _Walk(self._pages_behind, deque(anchors))
        look, known, older = Look(), set[int](), 0
        for page in walk.pages():
            look.total = page.total if look.total is None else look.total
            new = [one for one in page.lights if one.number not in known]
            known |= {one.number for one in new}
            look.lights += new
            older = older_at_end(new, since, older)
            if older >= OLDER_IN_A_ROW:
                break
        return look

    def _pages_behind(self, places: Sequence[Anchor | None]) -> list[LightPage]:
        """Pages behind the first of these places: as many as one request can tell."""
        return adaptively(self._look, lambda size: self._some_pages(places, size), self._pause)

    def _some_pages(self, places: Sequence[Anchor | None], size: int) -> list[LightPage]:
        some = places[: max(1, size // questions.LIGHT_AT_ONCE)]
        cursors = [None if place is None else place.cursor for place in some]
        text = questions.look(cursors, min(size, questions.LIGHT_AT_ONCE))
        told = self._asker.ask(text).repository
        pages = [(told.get(f"t{index}"), place) for index, place in enumerate(some)]
        return [_page_of_places(page or {}, place) for page, place in pages]

    def all(self) -> Iterator[LightPage]:
        """Pages with every pull request, oldest first."""
        after, goes_on = None, True
        while goes_on:
            page = adaptively(self._page, partial(self._sweep_page, after), self._pause)
            yield page
            after, goes_on = page.end, page.goes_on

    def _sweep_page(self, after: str | None, size: int) -> LightPage:
        told = self._asker.ask(questions.SWEEP, {"first": size, "after": after}).repository
        return page_of_nodes(told.get("pullRequests") or {})

    def heads(self, numbers: Sequence[int]) -> dict[int, Light | None]:
        """Where these stand, with the checks of their heads; null = there is no such pull request.

        One that may not be read is left out.
        """
        return self._numbered(numbers, self._heads, questions.heads)

    def lights(self, numbers: Sequence[int]) -> dict[int, Light | None]:
        """Where these stand, as `heads` tells it, without the checks."""
        return self._numbered(numbers, self._lights, questions.lights)

    def _numbered(
        self, numbers: Sequence[int], size: PageSize, question: Callable[[Sequence[int]], str]
    ) -> dict[int, Light | None]:
        found: dict[int, Light | None] = {}

        def ask(count: int) -> int:
            found.update(self._some(left[:count], question(left[:count])))
            return count

        left = numbers
        while left:
            left = left[adaptively(size, ask, self._pause) :]
        return found

    def _some(self, numbers: Sequence[int], text: str) -> dict[int, Light | None]:
        told = self._asker.ask(text).readable
        nodes = {number: told[f"p{number}"] for number in numbers if f"p{number}" in told}
        return {number: light(node) if node else None for number, node in nodes.items()}


class _Walk:
    """Goes down the list: from page to page, by those that were asked for together where they meet."""

    def __init__(
        self, ask: Callable[[Sequence[Anchor | None]], list[LightPage]], anchors: deque[Anchor]
    ) -> None:
        self._ask, self._anchors = ask, anchors
        self._loaded: deque[LightPage] = deque()

    def pages(self) -> Iterator[LightPage]:
        """Pages in order, overlapping; they end with the list."""
        page = self._load(None)
        yield page
        while page.goes_on:
            page = self._following(page)
            yield page

    def _load(self, place: Anchor | None) -> LightPage:
        """A page, and in the same request those behind the next anchors, unless they wait already."""
        behind = () if self._loaded else tuple(self._anchors)
        page, *more = self._ask((place, *behind))
        self._take(more)
        return page

    def _take(self, pages: Sequence[LightPage]) -> None:
        self._loaded.extend(pages)
        for _page in pages:
            self._anchors.popleft()

    def _following(self, page: LightPage) -> LightPage:
        if not self._loaded and self._anchors:
            self._take(self._ask(tuple(self._anchors)))
        while any(page.meets(one) for one in self._loaded):
            following = self._loaded.popleft()
            if page.meets(following):
                return following
        return self._load(Anchor(page.end or "", page.lights[-1].number if page.lights else 0))


def older_at_end(lights: Sequence[Light], since: datetime | None, before: int = 0) -> int:
    """How many in a row, at the end of the list so far, changed before a moment; enough remain enough."""
    count = before
    for one in lights if before < OLDER_IN_A_ROW else ():
        is_older = since is not None and one.updated_at is not None and one.updated_at < since
        count = count + 1 if is_older else 0
        if count >= OLDER_IN_A_ROW:
            break
    return count


def _page_of_places(told: dict[str, Any], start: Anchor | None) -> LightPage:
    """A page with the cursor of every entry, as far as they are told: without them a look is just slower."""
    cursors = ((edge or {}).get("cursor") or "" for edge in told.get("edges") or ())
    placed = zip(told.get("nodes") or (), chain(cursors, repeat("")), strict=False)
    return _page([light(node, cursor) for node, cursor in placed if node], told, start)


def page_of_nodes(told: dict[str, Any]) -> LightPage:
    """A page as a list of nodes tells it."""
    return _page([light(node) for node in told.get("nodes") or () if node], told, None)


def _page(lights: list[Light], told: dict[str, Any], start: Anchor | None) -> LightPage:
    info = told.get("pageInfo") or {}
    end = info.get("endCursor")
    goes_on = bool(info.get("hasNextPage")) and end is not None
    return LightPage(lights, goes_on, end, told.get("totalCount"), start)
