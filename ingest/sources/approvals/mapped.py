"""What do tables of decisions say that somebody keeps in a form of their own: CSV, JSON, JSON lines?

`[[sources.approvals.mapping]]` says which of their columns is which of ours. Each row is one decision:
`asked` (or `called`, where no moment of asking is told) and `decided`. A word that is none of ours stays as
written, so that its row goes to quarantine with the rule that it breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import orjson

from ingest.errors import RefusedFileError
from ingest.settings import ApprovalMapping, ApprovalsSettings
from ingest.sources.approvals.base import WAITS, Context, Format, Found, Record, marker_in, unreadable
from ingest.sources.approvals.places import is_match
from ingest.sources.approvals.sheets import Sheet
from ingest.sources.approvals.telling import (
    Told,
    blocks,
    digest,
    mapping,
    moment,
    number,
    object_of,
    placed,
    text,
    told_by,
    truth,
    with_place,
)  # fmt: skip
from ingest.sources.approvals.tools import is_read_only, request_kind
from ingest.sources.sarif.origin import repository_name
from ingest.sources.spreadsheets import spelled

COLUMNS: Final = (
    "vendor", "session_id", "call_id", "shown_at", "decided_at", "decision", "actor", "scope", "mode",
    "source_raw", "tool_name", "request_kind", "is_read_only", "is_interactive", "content_chars", "reviewer",
    "team", "repository", "agent_version", "model",
)  # fmt: skip
NEEDED: Final = ("decided_at", "decision")
PENDING: Final = "pending"
UNENDED: Final = "the last row has no end of line, may be cut, and waits; end its line if it is whole"
NOT_TOLD: Final = "not told"  # no word of DECISIONS: the row goes to quarantine
_WORDS: Final = ("vendor", "decision", "actor", "scope", "mode", "request_kind")
_TRUTHS: Final = {"yes": True, "y": True, "1": True, "no": False, "n": False, "0": False}
_JSON_STARTS: Final = (b"{", b"[")
_DECIDED_ONLY: Final = ("decision", "actor", "scope", "source_raw")


class _UnclearError(ValueError):
    """A value is there and cannot be what its column asks for."""


# -- which mapping -----------------------------------------------------------------------------------


def mapping_of(name: str, settings: ApprovalsSettings | None) -> ApprovalMapping | None:
    """The first mapping whose `paths` match a file's name.

    >>> told = ApprovalMapping(paths=["logs/**/*.csv"])
    >>> settings = ApprovalsSettings(paths=["logs/**"], mapping=[told])
    >>> mapping_of("logs/a.csv", settings) is told, mapping_of("logs/a.json", settings)
    (True, None)
    """
    told = settings.mapping if settings else []
    return next((each for each in told if any(is_match(name, one) for one in each.paths)), None)


def is_lines(head: bytes) -> bool:
    """Whether a mapped file holds one JSON object per line; else it is a table, or one JSON list."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")


# -- rows of a file ----------------------------------------------------------------------------------


class _Lines:
    """Reads JSON lines; nothing has to be remembered between them."""

    def __init__(self, context: Context) -> None:
        self._row = _Row(context)
        self.vendor = self._row.vendor

    def left(self) -> Mapping[str, Any]:
        return {}

    def tell(self, said: Mapping[str, Any]) -> Told:
        try:
            return Told(self._row.signals(said))
        except _UnclearError:
            return Told([self._row.refused()])


def _read_lines(records: Iterable[Record], context: Context) -> Iterator[Found]:
    return told_by(_Lines(context), records, context)


def _read_sheet(records: Iterable[Record], context: Context) -> Iterator[Found]:
    """Rows of a table as records of JSON, each with the line at which it ends as its place."""
    teller, place = _Row(context), placed(context)
    for record in records:
        is_list = _is_json(record.content)
        sheet = None if is_list else _sheet(record, teller)
        numbered = _listed(record, context) if sheet is None else _tabled(sheet)
        for block in blocks(numbered):
            signals = [
                row for line, said in block for row in _signals(teller, said, f"{context.name}#{line}")
            ]
            yield Found([with_place(row, place) for row in signals])
        if sheet is not None and sheet.cut:
            yield Found(state={WAITS: UNENDED})


def _signals(teller: _Row, said: Mapping[str, Any] | None, origin: str) -> list[dict[str, Any]]:
    try:
        if said is None:
            raise _UnclearError  # noqa: TRY301 - a damaged row is refused as an unclear one is
        return [{**row, "raw_ref": origin} for row in teller.signals(said)]
    except _UnclearError:
        return [{**teller.refused(), "raw_ref": origin}]


def _is_json(content: bytes) -> bool:
    return content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(_JSON_STARTS)


def _listed(record: Record, context: Context) -> Iterator[tuple[str, Mapping[str, Any]]]:
    told = object_of(b'{"rows": ' + record.content.removeprefix(b"\xef\xbb\xbf") + b"}")
    rows = told["rows"] if told else None
    if not isinstance(rows, list):
        raise RefusedFileError(
            f"{context.name}: is no list of JSON objects; a mapped file is a table (CSV), a JSON list of "
            "objects, or JSON lines. Correct the file, or the `paths` of its mapping."
        )
    return ((f"row {place + 1}", mapping(row)) for place, row in enumerate(rows))


def _sheet(record: Record, row: _Row) -> Sheet:
    sheet = Sheet(_decoded(record.content))
    row.refuse_without_columns(sheet.header)
    return sheet


def _tabled(sheet: Sheet) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    return ((f"line {line}", cells) for line, cells in sheet)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # what spreadsheets on Windows write


# -- one row -----------------------------------------------------------------------------------------


class _Row:
    """Reads one row after another by the mapping of its file."""

    def __init__(self, context: Context) -> None:
        told = mapping_of(context.name, context.settings)
        if told is None:
            raise RefusedFileError(
                f"{context.name}: no [[sources.approvals.mapping]] names this file; expected one whose "
                "`paths` match it. Add it, or take the file out of `paths`."
            )
        self._map, self._context = told, context
        self._session = PurePosixPath(context.name).stem or "unknown"
        self.vendor = told.vendor
        self._refuse_foreign_columns()

    def _refuse_foreign_columns(self) -> None:
        told = {*self._map.rename, *self._map.constants, *self._map.values}
        foreign = sorted(told - set(COLUMNS))
        if foreign:
            raise RefusedFileError(
                f"[[sources.approvals.mapping]] for {', '.join(self._map.paths)}: {', '.join(foreign)} is no "
                f"column of ours; expected: {', '.join(COLUMNS)}"
            )

    def refuse_without_columns(self, header: Sequence[str]) -> None:
        """Refuse a table that lacks a column which the mapping names, or which every decision needs."""
        theirs = {self._map.rename.get(name, name) for name in NEEDED if name not in self._map.constants}
        missing = sorted((theirs | set(self._map.rename.values())) - set(header))
        if missing:
            raise RefusedFileError(
                f"{self._context.name}: the header (line 1) lacks {', '.join(missing)}; seen: "
                f"{self._known_of(header)}. Correct `rename` of its [[sources.approvals.mapping]]."
            )

    def _known_of(self, header: Sequence[str]) -> str:
        """Columns that a mapping may name; where there is no header, the others are what people wrote."""
        names = {*COLUMNS, *self._map.rename.values()}
        known = [name for name in header if name in names]
        others = len(header) - len(known)
        return ", ".join([*known, *([f"{others} of other names"] if others else [])]) or "nothing"

    def refused(self) -> dict[str, Any]:
        """A row that no contract takes, in the place of one that cannot be understood."""
        return unreadable(self._context, Record(b"", 0), self.vendor)

    def signals(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Signals of one row; _UnclearError where a value cannot be what its column asks for."""
        told = {name: self._value(name, said) for name in COLUMNS}
        row = self._common(told, said)
        shown_at, decided_at = _moment(told["shown_at"]), _moment(told["decided_at"])
        decision = told["decision"] or NOT_TOLD
        first = {**row, "kind": "asked" if shown_at else "called", "at": shown_at or decided_at}
        if decision == PENDING and shown_at:
            return [first]
        words = {name: told[name] for name in _DECIDED_ONLY}
        return [first, {**row, **words, "decision": decision, "kind": "decided", "at": decided_at}]

    def _value(self, name: str, said: Mapping[str, Any]) -> Any:
        """What a row tells of one of our columns, in our words; None = it does not."""
        seen = _inside(said, self._map.rename.get(name, name))
        seen = self._map.constants.get(name) if seen is None or seen == "" else seen
        translated = self._map.values.get(name, {}).get(_as_seen(seen), seen)
        return (spelled(text(translated)) or None) if name in _WORDS else translated

    def _common(self, told: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
        tool = text(told["tool_name"])
        reads = _truth(told["is_read_only"])
        size = _count(told["content_chars"])
        return {
            "vendor": told["vendor"] or self.vendor,
            "session_id": text(told["session_id"]) or self._session,
            "call_id": text(told["call_id"]) or _name_of(said),
            "tool_name": tool, "mode": told["mode"], "content_chars": size,
            "request_kind": told["request_kind"] or request_kind(tool),
            "is_read_only": is_read_only(tool) if reads is None else reads,
            "is_interactive": _truth(told["is_interactive"]),
            "reviewer": self._context.person(text(told["reviewer"])), "team": text(told["team"]),
            "repository": _repository(told["repository"]), "agent_version": text(told["agent_version"]),
            "model": text(told["model"]), "canary_id": _marker(said),
        }  # fmt: skip


def _inside(said: Mapping[str, Any], path: str) -> Any:
    """A value by its name, or by the names on the way to it: `request.tool` reaches into objects."""
    if path in said:
        return said[path]
    head, _, rest = path.partition(".")
    return _inside(mapping(said.get(head)), rest) if rest else None


def _as_seen(value: Any) -> str:
    """A value as it stands in JSON or CSV, to be looked up in `values`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _checked(value: Any, read: Callable[[Any], Any]) -> Any:
    is_told = value is not None and value != ""
    found = read(value) if is_told else None
    if is_told and found is None:
        raise _UnclearError
    return found


def _moment(value: Any) -> Any:
    return _checked(value, moment)


def _count(value: Any) -> int | None:
    told = _checked(value, number)
    return None if told is None else int(told)


def _truth(value: Any) -> bool | None:
    told: bool | None = _checked(value, _as_truth)
    return told


def _as_truth(value: Any) -> bool | None:
    told = truth(value)
    return _TRUTHS.get((text(value) or "").lower()) if told is None else told


def _repository(value: Any) -> str | None:
    told = text(value)
    return repository_name(told) or told


def _name_of(said: Mapping[str, Any]) -> str:
    """A name for a row that has none: the same row always has the same one."""
    return digest(orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode())


def _marker(said: Mapping[str, Any]) -> str | None:
    return marker_in(orjson.dumps(said))


def _never(_head: bytes, _name: str) -> bool:
    return False  # the settings choose these, not the content


MAPPED: Final = Format(
    "mapped_lines", "JSON lines of one's own, by [[sources.approvals.mapping]]", "lines", _never, _read_lines
)
MAPPED_TABLE: Final = Format(
    "mapped_table", "tables (CSV) and JSON lists of one's own, by [[sources.approvals.mapping]]", "whole",
    _never, _read_sheet,
)  # fmt: skip
