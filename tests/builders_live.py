"""Builders of kept answers: pull request nodes told in the pieces in which a live reading asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ingest.settings import IngestSettings
from ingest.sources.base import Parsed
from ingest.sources.github.batches import Batch, Exchange
from ingest.sources.github.parse import parse_batch
from ingest.sources.github.state import RepositoryState
from tests.builders_github import REPOSITORY

AT = datetime(2026, 6, 30, tzinfo=UTC)
OWN = {"reviews": 50, "timelineItems": 100, "commits": 100, "labels": 20}  # first pages
NAME = "github/R_1/00000001.jsonl"
Node = dict[str, Any]


def batch_of(exchanges: Iterable[Exchange], **fields: Any) -> Batch:
    """Build a batch of the usual repository."""
    state = fields.pop("state", RepositoryState(id="R_1", name=REPOSITORY, now=REPOSITORY, batch=1))
    return Batch(state, list(exchanges), **{"default_branch": "main", "at": AT, **fields})


def parsed(*exchanges: Exchange, settings: IngestSettings | None = None, **fields: Any) -> Parsed:
    """Rows of a batch of these answers."""
    return parse_batch(batch_of(exchanges, **fields), NAME, settings or IngestSettings())


def live(*nodes: Node, settings: IngestSettings | None = None, **fields: Any) -> Parsed:
    """Rows of whole nodes, read as the live source reads them."""
    return parsed(*told(nodes), settings=settings, **fields)


def answer(repository: Node, *errors: Node) -> Node:
    """Write an answer as it came."""
    return {"data": {"repository": repository}, "errors": list(errors)}


def told(nodes: Sequence[Node], sizes: dict[str, int] | None = None) -> list[Exchange]:
    """Tell whole nodes in pages, with what overflows told afterwards; `sizes` overrides page sizes."""
    pages = {**OWN, "files": 100, **(sizes or {})}
    return [
        pages_exchange(*(own_part(node, pages) for node in nodes)),
        files_exchange({node["number"]: files_part(node, pages) for node in nodes}),
        *more_exchanges(nodes, pages),
    ]


def pages_exchange(*nodes: Any, errors: Sequence[Node] = ()) -> Exchange:
    """Build a page of the list."""
    listed = {"pullRequests": {"nodes": list(nodes), "pageInfo": {"hasNextPage": False}}}
    return Exchange("pages", {"first": 36, "after": None}, answer(listed, *errors))


def whole_exchange(nodes: dict[int, Any], errors: Sequence[Node] = ()) -> Exchange:
    """Build pull requests that were asked for by number."""
    return _numbered("whole", nodes, errors)


def files_exchange(parts: dict[int, Any], errors: Sequence[Node] = ()) -> Exchange:
    """Build the second question: files, head and closed issues."""
    return _numbered("files", parts, errors)


def suites_exchange(number: int, *suites: Node, oid: str = "c" * 40) -> Exchange:
    """Build the check suites of a head."""
    commit = {"oid": oid, "checkSuites": {"nodes": list(suites)}}
    return _numbered("suites", {number: {"head": {"nodes": [{"commit": commit}]}}}, ())


def gone_exchange(*numbers: int) -> Exchange:
    """Build an answer about pull requests that are not there any more."""
    return Exchange("gone", {"numbers": list(numbers)}, None)


def more_exchange(number: int, name: str, entries: list[Any], *, more: bool = False) -> Exchange:
    """Build a further page of one list."""
    asked = {"alias": "m0", "number": number, "list": name, "after": "x"}
    return Exchange("more", {"lists": [asked]}, answer({"m0": {"number": number, name: page(entries, more)}}))


def page(entries: list[Any], goes_on: bool) -> Node:  # noqa: FBT001 - as GitHub says it
    """Build one page of a list."""
    return {"nodes": entries, "pageInfo": {"hasNextPage": goes_on, "endCursor": "x" if entries else None}}


def _numbered(asked: str, parts: dict[int, Any], errors: Sequence[Node]) -> Exchange:
    aliased = {f"p{number}": part for number, part in parts.items()}
    return Exchange(asked, {"numbers": list(parts)}, answer(aliased, *errors))


def own_part(node: Node, sizes: dict[str, int] = OWN) -> Node:
    """Tell what the first question asks of a node."""
    asked = {name: value for name, value in node.items() if name not in ("files", "assignees", *OWN)}
    return asked | {name: _first(name, node, sizes) for name in OWN}


def files_part(node: Node, sizes: dict[str, int] | None = None) -> Node:
    """Tell what the second question asks of a node."""
    heads = [one for one in entries(node, "commits") if one["commit"]["oid"] == node["headRefOid"]]
    head = [
        {"commit": {name: one["commit"].get(name) for name in ("oid", "statusCheckRollup")}} for one in heads
    ]
    return {
        "files": _first("files", node, sizes or {"files": 100}),
        "head": {"nodes": head[-1:]},
        "closingIssuesReferences": {"nodes": entries(node, "closingIssuesReferences")},
    }


def more_exchanges(nodes: Sequence[Node], sizes: dict[str, int]) -> list[Exchange]:
    """Tell everything beyond the first pages, a page at a time."""
    found = []
    for node in nodes:
        for name, size in sizes.items():
            whole = _entries_as_asked(name, node)
            starts = range(size, len(whole), size)
            found += [
                more_exchange(node["number"], name, whole[at : at + size], more=at + size < len(whole))
                for at in starts
            ]
    return found


def entries(node: Node, name: str) -> list[Any]:
    """List the entries of a list of a node, in either spelling."""
    given = node.get(name) or []
    return list(given["nodes"] if isinstance(given, dict) else given)


def _first(name: str, node: Node, sizes: dict[str, int]) -> Node:
    whole = _entries_as_asked(name, node)
    return page(whole[: sizes[name]], len(whole) > sizes[name])


def _entries_as_asked(name: str, node: Node) -> list[Any]:
    given = entries(node, name)
    return [_without_checks(one) for one in given] if name == "commits" else given


def _without_checks(entry: Node) -> Node:
    asked = {name: value for name, value in entry["commit"].items() if name != "statusCheckRollup"}
    return {**entry, "commit": asked}
