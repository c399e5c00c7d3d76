"""Which part of a list does one page hold, and where does the Link header lead?"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from tests.github_server.rest_call import Call, Reply, refusal

Item = dict[str, Any]
MOST = 100
USUAL = 30


def numbered(call: Call, items: Sequence[Item]) -> Reply:
    """Page by its number, as most lists have it."""
    size = _size(call)
    page, last = call.number("page", 1), max(1, -(-len(items) // size))
    near = {"prev": page - 1, "next": page + 1, "first": 1, "last": last}
    before, after = ("prev", "first"), ("next", "last")
    told = (*(before if page > 1 else ()), *(after if page < last else ()))
    links = {name: call.address(page=str(near[name])) for name in told}
    return Reply(200, list(items[(page - 1) * size : page * size]), link_header(links))


def _size(call: Call) -> int:
    return min(MOST, call.number("per_page", USUAL))


def by_cursor(call: Call, items: Sequence[Item], key: Callable[[Item], str]) -> Reply:
    """Page behind an item that a cursor names, as Dependabot's list has it: numbers are refused."""
    if "page" in call.parameters:
        return refusal(400, "Pagination using the `page` parameter is not supported.")
    begin, size = _begin(call, items, key), _size(call)
    page = list(items[begin : begin + size])
    if begin + size >= len(items):
        return Reply(200, page)
    return Reply(200, page, link_header({"next": call.address(after=cursor(key(page[-1])))}))


def _begin(call: Call, items: Sequence[Item], key: Callable[[Item], str]) -> int:
    known = [cursor(key(item)) for item in items]
    after = call.parameters.get("after", "")
    return known.index(after) + 1 if after in known else 0


def cursor(key: str) -> str:
    """Opaque place behind an item."""
    return b64encode(f"v2:{key}".encode()).decode()


def link_header(links: dict[str, str]) -> dict[str, str]:
    """Write a Link header; none where there is nowhere to go."""
    written = ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items())
    return {"Link": written} if links else {}


def ordered(call: Call, items: Sequence[Item], default: str = "created") -> list[Item]:
    """Sort by `sort` and `direction`; newest first unless asked otherwise."""
    name = f"{call.parameters.get('sort') or default}_at"
    is_descending = call.parameters.get("direction", "desc") == "desc"
    return sorted(items, key=lambda item: _moment(item, name), reverse=is_descending)


def _moment(item: Item, name: str) -> tuple[str, int]:
    return item.get(name) or item.get("created_at") or "", item.get("number") or item.get("id") or 0
