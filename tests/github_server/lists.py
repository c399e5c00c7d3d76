"""What does a list of a node answer: which entries, from where to where, with which cursors?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.github_server.context import LONG_AGO, Info, Node, Resolver, permit
from tests.github_server.paging import Listing, Window, inner_listing


def _itself(entry: Any) -> Any:
    return entry


@dataclass
class Page:
    """One answer of a connection."""

    listing: Listing
    start: int
    end: int
    node_of: Callable[[Any], Any] = _itself

    @property
    def nodes(self) -> list[Any]:
        """Entries of this answer."""
        return [self.node_of(entry) for entry in self.listing.entries[self.start : self.end]]


def window_of(info: Info, told: Mapping[str, Any]) -> Window:
    names = ("first", "last", "after", "before")
    window = Window(info.field_name, **{name: told.get(name) for name in names})
    if not info.context.is_unlimited:
        window.check()
    return window


def page_of(listing: Listing, window: Window, node_of: Callable[[Any], Any] = _itself) -> Page:
    start, end = listing.bounds(window)
    return Page(listing, start, end, node_of)


# What entries of a list know of the thing that holds them: list -> name of that thing in each entry.
HOLDER: Final = {
    "PullRequest.reviews": "pullRequest",
    "PullRequest.timelineItems": "pullRequest",
    "PullRequest.commits": "pullRequest",
    "PullRequest.reviewRequests": "pullRequest",
    "Commit.checkSuites": "commit",
}


def connection(owner: str, name: str) -> Resolver:
    path = f"{owner}.{name}"
    holder = HOLDER.get(path)

    def resolve(node: Node, info: Info, **told: Any) -> Page:
        permit(path, info.context)
        if owner == "PullRequest":
            info.context.told.add(node["number"])
        window = window_of(info, told)
        entries = _chosen(node.get(name) or (), told)
        if holder is None:
            return page_of(inner_listing(entries), window)
        return page_of(inner_listing(entries), window, lambda entry: entry and {holder: node, **entry})

    return resolve


def _chosen(entries: Sequence[Any], told: Mapping[str, Any]) -> Sequence[Any]:
    """Entries that the arguments leave: types and times of events, states and authors of reviews."""
    if kinds := told.get("itemTypes"):
        entries = [entry for entry in entries if _item_type(entry) in kinds]
    if since := told.get("since"):
        entries = [entry for entry in entries if (entry.get("createdAt") or "") >= since]
    if states := told.get("states"):
        entries = [entry for entry in entries if entry.get("state") in states]
    if author := told.get("author"):
        entries = [entry for entry in entries if (entry.get("author") or {}).get("login") == author]
    return entries[told.get("skip") or 0 :]


def _item_type(entry: Node) -> str:
    name = entry.get("__typename", "")
    return "".join(
        f"_{each}" if each.isupper() and place else each for place, each in enumerate(name)
    ).upper()


def _page_info(page: Page) -> Node:
    is_empty = page.start == page.end
    return {
        "hasNextPage": page.end < len(page.listing.entries),
        "hasPreviousPage": page.start > 0,
        "startCursor": None if is_empty else page.listing.cursor(page.start),
        "endCursor": None if is_empty else page.listing.cursor(page.end - 1),
    }


def _edges(page: Page) -> list[Node]:
    places = range(page.start, page.end)
    return [
        {"cursor": page.listing.cursor(place), "node": node}
        for place, node in zip(places, page.nodes, strict=True)
    ]


OF_PAGES: Final[dict[str, Callable[[Page], Any]]] = {
    "nodes": lambda page: page.nodes,
    "edges": _edges,
    "pageInfo": _page_info,
    "totalCount": lambda page: len(page.listing.entries),
    "filteredCount": lambda page: len(page.listing.entries),
    "pageCount": lambda page: page.end - page.start,
    "updatedAt": lambda _page: LONG_AGO,
}


def of_page(name: str) -> Resolver:
    read = OF_PAGES[name]
    return lambda page, _info: read(page)
