"""What is left of a node that has another shape than GitHub gives it?

One bad value must not cost the file: entries of lists that do not fit are taken out and written
as rows of their own text, so that the check sends them to quarantine; if the node itself does not
fit, its own row goes there, and its lists are counted.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import DecodeError, Raw, ValidationError, convert
from msgspec.json import Decoder, decode

from ingest.sources.github_export.collected import Collected, Place, Row
from ingest.sources.github_export.rows import add_pull_request
from ingest.sources.github_export.shapes import (
    ChangedFile,
    CommitEntry,
    Event,
    PullRequest,
    Review,
    Shape,
)

UNREADABLE_LISTS: Final = "list entry of a pull request that could not be read"
NULL_NODE: Final = "null in place of a pull request"
_NODE: Final = Decoder(PullRequest)
_LISTS: Final[tuple[tuple[str, str, type[Shape]], ...]] = (
    ("files", "changed_files", ChangedFile),
    ("reviews", "reviews", Review),
    ("timelineItems", "review_events", Event),
    ("commits", "commits", CommitEntry),
)
# Column -> field, by table: what a person needs to see again in quarantine.
_SHOWN: Final[dict[str, dict[str, str]]] = {
    "pull_requests": {
        "title": "title", "url": "url", "created_at": "createdAt", "closed_at": "closedAt",
        "merged_at": "mergedAt", "updated_at": "updatedAt",
        "additions": "additions", "deletions": "deletions",
    },
    "changed_files": {"path": "path", "additions": "additions", "deletions": "deletions"},
    "reviews": {"review_id": "id", "state": "state", "submitted_at": "submittedAt"},
    "review_events": {"event_id": "id", "kind": "__typename", "occurred_at": "createdAt"},
    "commits": {"sha": "oid", "committed_at": "committedDate"},
}  # fmt: skip
MARK: Final = "malformed"  # column that keeps rows without a type apart until frames are made


def add_node(raw: Raw, place: Place, into: Collected) -> None:
    """Write the rows of one node, whatever state it is in."""
    try:
        node = _NODE.decode(raw)
    except (ValidationError, DecodeError) as error:
        _add_malformed(_as_written(raw), place, into, str(error))
        return
    add_pull_request(node, place, into)


def add_told(told: Any, place: Place, into: Collected) -> None:
    """Write the rows of one node that is decoded already, whatever state it is in."""
    try:
        node = convert(told, PullRequest)
    except ValidationError as error:
        _add_malformed(told, place, into, str(error))
        return
    add_pull_request(node, place, into)


def _as_written(raw: Raw) -> Any:
    """Decode without any shape; text that no decoder takes leaves an empty object."""
    try:
        return decode(raw)
    except DecodeError:
        return {}


def _add_malformed(value: Any, place: Place, into: Collected, why: str) -> None:
    if value is None:
        into.left_out[NULL_NODE] += 1
        return
    fields: dict[str, Any] = value if isinstance(value, dict) else {}
    key = {"repository": _repository(fields, place), "number": _text(fields.get("number"))}
    kept = fields | {entry[0]: _sifted(fields, entry, (key, place), into) for entry in _LISTS}
    try:
        add_pull_request(convert(kept, PullRequest), place, into)
    except ValidationError:
        into.left_out[UNREADABLE_LISTS] += sum(_length(kept[name]) for name, _, _ in _LISTS)
        into.rows["pull_requests"].append(_shown("pull_requests", fields, key, place.ref) | {MARK: why})


def _repository(fields: dict[str, Any], place: Place) -> str | None:
    told = fields.get("repository")
    own = told.get("nameWithOwner") if isinstance(told, dict) else None
    return own if isinstance(own, str) else place.repository


def _sifted(
    fields: dict[str, Any], entry: tuple[str, str, type[Shape]], where: tuple[Row, Place], into: Collected
) -> Any:
    """Keep what fits of one list; write the rest as rows of text."""
    name, table, shape = entry
    key, place = where
    given = fields.get(name)
    items = given.get("nodes") if isinstance(given, dict) else given
    if not isinstance(items, list):
        return None
    kept = []
    for index, item in enumerate(items):
        try:
            kept.append(convert(item, shape | None))
        except ValidationError as error:
            plain = _inner(item) if name == "commits" else item
            row = _shown(table, plain if isinstance(plain, dict) else {}, key, f"{place.ref}/{name}/{index}")
            into.rows[table].append(row | {MARK: str(error)})
    return {**given, "nodes": kept} if isinstance(given, dict) else kept


def _length(entries: Any) -> int:
    return len(entries["nodes"] if isinstance(entries, dict) else entries or ())


def _inner(item: Any) -> Any:
    return item.get("commit", item) if isinstance(item, dict) else item


def _shown(table: str, fields: dict[str, Any], key: Row, ref: str) -> Row:
    told = {column: _text(fields.get(name)) for column, name in _SHOWN[table].items()}
    return key | told | {"raw_ref": ref}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
