"""How do the answers of one batch become whole pull requests?

A pull request is asked for in several questions: itself with the first page of its lists, the
pages that follow, then its files, the state of its head and the issues it closes. Here they are
put together into one node of the shape that files have too. What no answer tells is left out of
the node, so that it reads as unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ingest.sources.github.batches import Batch, Exchange
from ingest.sources.github.check_suites import is_open, settled
from ingest.sources.github.withheld import repository_of

Node = dict[str, Any]
OWN_LISTS: Final = ("reviews", "timelineItems", "commits", "labels")
FILES: Final = "files"
CLOSES: Final = "closingIssuesReferences"
_ROLLUP: Final = "statusCheckRollup"
_OF_THE_PAGE: Final = ("repository", "baseRepository")  # would tell today's name instead of the known one


def nodes(batch: Batch) -> list[Node]:
    """All pull requests that a batch tells whole, in the order in which they were read last."""
    parts = _Parts()
    for exchange in batch.exchanges:
        take = _TAKERS.get(exchange.asked)
        if take is not None:
            take(parts, exchange)
    return [_assembled(number, parts, batch.at) for number in parts.own]


@dataclass
class _Parts:
    """Answers by the pull request that they are about; the last answer counts."""

    own: dict[Hashable, Node] = field(default_factory=dict)
    files: dict[Hashable, Node] = field(default_factory=dict)
    suites: dict[Hashable, Node] = field(default_factory=dict)
    pages: dict[tuple[Hashable, str], list[Node]] = field(default_factory=lambda: defaultdict(list))

    def forget_pages(self, number: Hashable, names: tuple[str, ...]) -> None:
        """Drop further pages of lists whose first page is told anew."""
        for name in names:
            self.pages.pop((number, name), None)


def _take_pages(parts: _Parts, exchange: Exchange) -> None:
    listed = repository_of(exchange.answer).get("pullRequests") or {}
    for node in listed.get("nodes") or ():
        _take_own(parts, node)


def _take_whole(parts: _Parts, exchange: Exchange) -> None:
    for _number, node in _by_number(exchange):
        _take_own(parts, node)


def _take_own(parts: _Parts, node: Any) -> None:
    if not isinstance(node, dict):
        return
    told = node.get("number")
    number = told if isinstance(told, int) else str(told)
    parts.own.pop(number, None)
    parts.own[number] = node
    parts.forget_pages(number, OWN_LISTS)


def _take_files(parts: _Parts, exchange: Exchange) -> None:
    for number, told in _by_number(exchange):
        parts.files[number] = told
        parts.forget_pages(number, (FILES,))


def _take_suites(parts: _Parts, exchange: Exchange) -> None:
    parts.suites.update(_by_number(exchange))


def _take_more(parts: _Parts, exchange: Exchange) -> None:
    told = repository_of(exchange.answer)
    for wanted in exchange.by["lists"]:
        page = (told.get(wanted["alias"]) or {}).get(wanted["list"])
        if page is not None:
            parts.pages[wanted["number"], wanted["list"]].append(page)


_TAKERS: Final[Mapping[str, Callable[[_Parts, Exchange], None]]] = {
    "pages": _take_pages,
    "whole": _take_whole,
    "files": _take_files,
    "suites": _take_suites,
    "more": _take_more,
}


def _by_number(exchange: Exchange) -> list[tuple[int, Node]]:
    told = repository_of(exchange.answer)
    answers = ((number, told.get(f"p{number}")) for number in exchange.by["numbers"])
    return [(number, node) for number, node in answers if isinstance(node, dict)]


def _assembled(number: Hashable, parts: _Parts, at: datetime | None) -> Node:
    node = {name: value for name, value in parts.own[number].items() if name not in _OF_THE_PAGE}
    about = parts.files.get(number, {})
    first = {name: told[name] for told, names in ((node, OWN_LISTS), (about, (FILES,)))
             for name in names if name in told}  # fmt: skip
    lists = {name: joined(name, page, parts.pages[number, name]) for name, page in first.items()}
    issues = {CLOSES: about[CLOSES]} if CLOSES in about else {}
    checks = _checks(node, about, (_head(parts.suites.get(number, {})), at))
    return _without_empty_diff({**node, **lists, **issues, **checks})


def joined(name: str, first: Any, following: list[Node]) -> Any:
    """One list from its pages, each entry once, in order; a gap in it leaves it incomplete.

    The last page says whether it goes on, so the count of all, which moves meanwhile, is left out.
    """
    if not isinstance(first, dict) or not isinstance(first.get("nodes"), list):
        return first
    parts = [first, *following]
    entries = [entry for part in parts for entry in part.get("nodes") or ()]
    unique = {
        _identity(name, entry, place): entry for place, entry in enumerate(entries) if entry is not None
    }
    told = parts[-1].get("pageInfo")
    if told is None and None not in entries:
        return {**first, "nodes": list(unique.values())}
    goes_on = bool((told or {}).get("hasNextPage")) or None in entries
    return {"nodes": list(unique.values()), "pageInfo": {"hasNextPage": goes_on}}


_IDENTITIES: Final[Mapping[str, str]] = {
    "reviews": "id", "timelineItems": "id", "commits": "oid", "labels": "name", "files": "path",
}  # fmt: skip


def _identity(name: str, entry: Any, place: int) -> Hashable:
    """What makes an entry the same on two pages; one that does not say is like no other."""
    plain = entry.get("commit") if name == "commits" and isinstance(entry, dict) else entry
    told = plain.get(_IDENTITIES[name]) if isinstance(plain, dict) else None
    return told if isinstance(told, str) else (place,)


def _head(about: Node) -> Node:
    """The head commit as it was asked for beside the files; empty when nothing is told."""
    entries = (about.get("head") or {}).get("nodes") or [None]
    commit = (entries[-1] or {}).get("commit")
    return commit if isinstance(commit, dict) else {}


def _checks(node: Node, about: Node, suites: tuple[Node, datetime | None]) -> Node:
    """Combined conclusion of the head, if the head is still the one that the pull request names."""
    head, (suited, at) = _head(about), suites
    is_of_this_head = _ROLLUP in head and head.get("oid") == node.get("headRefOid", head.get("oid"))
    if not is_of_this_head:
        return {}
    is_due_to_suites = suited.get("oid") == head.get("oid") and not is_open(suited.get("status"))
    told = suited.get("checkSuites") if is_due_to_suites else None
    return {_ROLLUP: settled(head[_ROLLUP], _whole_list(told), at)}


def _whole_list(told: Any) -> list[Node]:
    """Entries of a list that is told wholly; none otherwise, so that nothing rests on a part."""
    entries = told.get("nodes") or [] if isinstance(told, dict) else []
    is_cut = None in entries or bool(told and (told.get("pageInfo") or {}).get("hasNextPage"))
    return [] if is_cut else entries


def _without_empty_diff(node: Node) -> Node:
    """Take three zeros without any file for unknown, as a plain list of files says it.

    GitHub answers so where it has no difference to show: when the commits of a deleted fork are
    lost, or a difference was never computed. A change that is really empty looks the same.
    """
    sizes = (node.get("additions"), node.get("deletions"), node.get("changedFiles"))
    told = node.get(FILES)
    has_files = bool(told.get("nodes")) if isinstance(told, dict) else bool(told)
    is_cut = isinstance(told, dict) and bool((told.get("pageInfo") or {}).get("hasNextPage"))
    is_empty = sizes == (0, 0, 0) and FILES in node and not has_files and not is_cut
    return {**node, FILES: []} if is_empty else node
