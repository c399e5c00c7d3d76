"""What does a file of labels, draws or planted items say, and which of its lines cannot be understood?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import polars as pl

from dashboard.labelling_files import ASKED, DRAW_HEADERS, ESCAPED, LABEL_HEADERS, TOLD
from dashboard.labelling_values import Given
from ingest.contracts import LABELS_TABLE, SELECTIONS, Table
from ingest.contracts.detections import LABELS, OF_CONTENT, OF_SEED, SHA256
from ingest.deciding import MOST_COMPLAINTS, PROVENANCE
from ingest.errors import UsageError
from ingest.sources.base import SourceFile
from ingest.sources.spreadsheets import Form, read_sheet

Kind = Literal["labels", "draws", "sheet"]
Line = Mapping[str, str]
Made = TypeVar("Made")
SYNONYMS: Final = {
    "design": "design_id", "draw": "design_id", "item": "event_id", "by": "annotator",
    "at": "labelled_at", "guideline": "guideline_version",
}  # fmt: skip
FORM: Final = Form(
    ("event_id",), {name: name for name in (*LABEL_HEADERS, *DRAW_HEADERS, *TOLD, *ASKED)}, SYNONYMS
)
SEED_FORM: Final = Form(("seed",), {name: name for name in ("seed", "family", "reason")}, {"name": "seed"})
_ORIGIN: Final = "origin"
_HEAD_BYTES: Final = 64 << 10
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXT: Final = frozenset({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})
_MAY_SAY: Final = tuple(word for word in LABELS if word != "error")  # of people
_BOOLEANS: Final = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


@dataclass(frozen=True)
class Read:
    """What stands in a file."""

    kind: Kind
    rows: Sequence[dict[str, Any]] = ()  # of a table, where it was exported; with `origin`
    given: Sequence[Given] = ()  # labels of a filled-in sheet
    waiting: int = 0  # lines that nobody has filled in


def read(path: Path, by: str = "", design_id: str = "") -> Read:
    """What a file says: exported labels or draws, or a filled-in sheet.

    Parameters
    ----------
    by, design_id
        Of the lines of a sheet that do not say it themselves.

    Raises
    ------
    RefusedFileError
        It is no table, or lacks a column.
    UsageError
        Lines that cannot be understood, each by its number; nothing is taken then.
    """
    headers, lines = _table(path, FORM)
    if "selection_probability" in headers:
        _refuse_cut(lines, SELECTIONS.key)
        return Read("draws", _each(lines, lambda line: _row(line, SELECTIONS)))
    if "label" not in headers or not lines:
        raise UsageError(f"{path.name}: the header (line 1) lacks label, or nothing stands below it")
    _refuse_cut(lines, ("event_id", "label"))
    if "annotator_kind" in headers:
        return Read("labels", _each(lines, lambda line: _row(line, LABELS_TABLE)))
    filled = [line for line in lines if line["label"].strip()]
    given = _each(filled, lambda line: _given(line, by, design_id))
    return Read("sheet", given=given, waiting=len(lines) - len(filled))


def read_seeds(path: Path, by: str) -> Sequence[Given]:
    """Planted items of a table with the columns seed, family and reason; errors as :func:`read`."""
    return _each(_lines(path, SEED_FORM), lambda line: _seed(line, by))


def _seed(line: Line, by: str) -> Given:
    made = seed(line["seed"], by, line.get("family", ""), line.get("reason", ""))
    return replace(made, origin=line[_ORIGIN])


def seed(name: str, by: str, family: str, reason: str = "") -> Given:
    """A planted item, by the name that detections have it under, or by the hash of its text.

    >>> seed("payroll-1", "sam", "exfiltration").event_id
    'seed:payroll-1'
    >>> seed(64 * "A", "sam", "exfiltration").event_id[:12]
    'sha256:aaaaa'
    """
    told = name.strip()
    if not told:
        raise UsageError("seed is empty; give the name that was planted, or the SHA-256 of its text")
    return Given(_seed_item(told), by, "attack", family=family, reason=reason)


def _seed_item(told: str) -> str:
    if told.startswith((OF_CONTENT, OF_SEED)):
        return told
    is_hash = re.fullmatch(SHA256.strip("^$"), told.lower()) is not None
    return f"{OF_CONTENT}{told.lower()}" if is_hash else f"{OF_SEED}{told}"


# -- lines -----------------------------------------------------------------------------------------


def _lines(path: Path, form: Form) -> list[dict[str, str]]:
    return _table(path, form)[1]


def _table(path: Path, form: Form) -> tuple[set[str], list[dict[str, str]]]:
    """The headers, and each line by header; a line that is cut off has not all of them."""
    if not path.is_file():
        raise UsageError(f"{path}: is no file; name a CSV")
    _refuse_binary(path)
    sheet = read_sheet(SourceFile(path.absolute(), path.name), form)
    lines = [
        {**{name: plain(value or "") for name, value in values.items()}, _ORIGIN: f"{path.name}#line {line}"}
        for line, values in sheet.rows
    ]
    return {*sheet.headers}, lines


def _refuse_binary(path: Path) -> None:
    """What holds characters that no text has is not shown, as a header or otherwise."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.startswith(_UTF16) and any(byte in _NO_TEXT for byte in head):
        raise UsageError(f"{path.name}: is no table but binary; name a CSV. Nothing was recorded.")


def _refuse_cut(lines: Sequence[Line], needed: Sequence[str]) -> None:
    """A line without its last cells, as at the end of a file that was not copied wholly."""
    for line in lines:
        missing = [name for name in needed if name not in line]
        if missing:
            raise UsageError(
                f"{line[_ORIGIN]} ends before its {missing[0]}; the file seems cut. Nothing was recorded."
            )


def plain(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from running it.

    >>> plain("'=1+1"), plain("'tis fine")
    ('=1+1', "'tis fine")
    """
    return cell[1:] if re.match(ESCAPED, cell) else cell


def _each(lines: Sequence[Line], make: Callable[[Line], Made]) -> list[Made]:
    """What each line says; UsageError with those that cannot be understood."""
    made, complaints = [], []
    for line in lines:
        try:
            made.append(make(line))
        except UsageError as error:
            complaints.append(f"{line[_ORIGIN]}: {error}")
    if complaints:
        more = len(complaints) - MOST_COMPLAINTS
        rest = f"; and {more:,} more" if more > 0 else ""
        raise UsageError(f"{'; '.join(complaints[:MOST_COMPLAINTS])}{rest}. Nothing was recorded.")
    return made


def _given(line: Line, by: str, design_id: str) -> Given:
    told = {name: (line.get(name) or "").strip() for name in (*FORM.columns, *ASKED)}
    annotator = told["annotator"] or by
    if not annotator:
        raise UsageError("annotator is empty; say in the sheet, or with --by, who labelled it")
    _refuse_settling(told["is_adjudication"])
    word_of_people(told["label"])
    return Given(
        event_id=line["event_id"],
        annotator=annotator,
        label=told["label"],
        design_id=told["design_id"] or design_id or None,
        family=told["family"],
        choice=told["choice"],
        reason=told["reason"],
        guideline=told["guideline_version"],
        saw_score=_boolean("saw_score", told["saw_score"]) if told["saw_score"] else None,
        at=_moment("labelled_at", told["labelled_at"]) if told["labelled_at"] else None,
        origin=line[_ORIGIN],
    )


def _refuse_settling(text: str) -> None:
    """A sheet gives labels; that one of them settles would be lost without a word."""
    if text and _boolean("is_adjudication", text):
        raise UsageError(
            "is_adjudication is true, and a sheet gives no such label; settle with `pilot label adjudicate`"
        )


def word_of_people(text: str) -> None:
    """Refuse a label that people may not give.

    >>> word_of_people(" Attack")
    """
    if text.strip().lower() not in LABELS:  # an error of a judge has a sentence of its own
        raise UsageError(f"label is {text.strip()!r}, expected {', '.join(_MAY_SAY)}")


def _row(line: Line, table: Table) -> dict[str, Any]:
    names = [name for name in table.columns if name not in PROVENANCE]
    missing = [name for name in table.key if name not in line]
    if missing:
        raise UsageError(f"lacks {', '.join(missing)}; export the file anew")
    values = {name: _value(name, line.get(name) or "", table.polars_schema[name]) for name in names}
    if table is LABELS_TABLE:
        values["is_adjudication"] = bool(values["is_adjudication"])  # who does not say so settles nothing
        if values["annotator_kind"] != "judge":
            word_of_people(values["label"] or "")
    return {**values, _ORIGIN: line[_ORIGIN]}


def _value(name: str, text: str, dtype: Any) -> Any:
    if not text:
        return None
    for kind, read_as in _READERS:
        if dtype == kind:
            return read_as(name, text)
    return text


def _moment(name: str, text: str) -> datetime:
    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{name} is {text!r}, expected 2026-08-17T12:00Z") from error
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def _boolean(name: str, text: str) -> bool:
    if text.strip().lower() not in _BOOLEANS:
        raise UsageError(f"{name} is {text!r}, expected true or false")
    return _BOOLEANS[text.strip().lower()]


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(f"{name} is {text!r}, expected a whole number") from error


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"{name} is {text!r}, expected a number") from error


_READERS: Final[tuple[tuple[Any, Callable[[str, str], Any]], ...]] = (
    (pl.Datetime("us", "UTC"), _moment), (pl.Boolean(), _boolean), (pl.Int64(), _whole),
    (pl.Float64(), _number),
)  # fmt: skip
