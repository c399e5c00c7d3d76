"""What rows are in these JSON lines, when some of them are cut, broken or of mixed types?

The fast way reads everything at once. Where lines do not agree, they are read one by one: a cut last
line is lost (and said so), a broken line in between becomes a row that holds nothing but its text,
which its contract then quarantines.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
import polars as pl

from ingest.sources.tables.refusals import refused

UNREADABLE: Final = "unreadable_line"
_SHOWN_CHARS: Final = 200
_SAFE_INT: Final = 2**63


def read_json_lines(content: bytes, place: str) -> tuple[pl.DataFrame, int]:
    """Rows of one JSON object per line, and how many cut last lines were lost (0 or 1)."""
    body = content.removeprefix(b"\xef\xbb\xbf")
    _refuse_other_json(body, place)
    whole, cut_lines = _without_cut_line(body)
    if not whole.strip():
        raise refused(place, "its only line is cut", "one JSON object per line", "Export or copy it again")
    try:
        return pl.read_ndjson(whole, infer_schema_length=None), cut_lines
    except pl.exceptions.PolarsError:
        return _line_by_line(whole), cut_lines


def _refuse_other_json(body: bytes, place: str) -> None:
    first, _, rest = body.lstrip().partition(b"\n")
    is_a_list = first.startswith(b"[")
    is_spread_out = rest.strip() != b"" and not _is_object(first)
    if is_a_list or is_spread_out:
        seen = "a JSON list" if is_a_list else "JSON spread over several lines"
        raise refused(place, f"it is {seen}", "one JSON object per line", "Convert it, as `jq -c '.[]'` does")


def _without_cut_line(body: bytes) -> tuple[bytes, int]:
    kept = body.rstrip()
    head, newline, last = kept.rpartition(b"\n")
    return (kept, 0) if _is_object(last) else (head + newline, 1)


def _is_object(line: bytes) -> bool:
    return isinstance(_loaded(line), dict)


def _loaded(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _line_by_line(body: bytes) -> pl.DataFrame:
    rows = [_row(line) for line in body.splitlines() if line.strip()]
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame([_column(name, [row.get(name) for row in rows]) for name in names])


def _row(line: bytes) -> dict[str, Any]:
    row = _loaded(line)
    return row if isinstance(row, dict) else {UNREADABLE: line.decode(errors="replace")[:_SHOWN_CHARS]}


def _column(name: str, values: list[Any]) -> pl.Series:
    """One type for all values if they have one; else each as the text that it was."""
    types = {type(value) for value in values if value is not None}
    is_of_one_type = len(types) <= 1 and types <= {str, bool, float, int}
    if is_of_one_type and not _has_huge_ints(types, values):
        return pl.Series(name, values)
    return pl.Series(name, [_as_text(value) for value in values], pl.String)


def _has_huge_ints(types: set[type], values: list[Any]) -> bool:
    return int in types and any(abs(value) >= _SAFE_INT for value in values if value is not None)


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()
