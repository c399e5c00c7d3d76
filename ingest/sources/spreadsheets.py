"""What stands in a table that people keep in a spreadsheet, whatever program wrote it?

Spreadsheets write commas, semicolons or tabs, a byte order mark, UTF-16 or the code page of Windows, and
headers in words of their own. All of that is read the same way for every source of such tables.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Final

import polars as pl

from ingest.errors import RefusedFileError
from ingest.redaction import without_secrets
from ingest.sources.base import Parsed, SourceFile

_DELIMITERS: Final = (",", ";", "\t")
ToRow = Callable[[Mapping[str, str], Sequence[str]], Mapping[str, Any]]


@dataclass(frozen=True)
class Form:
    """Which columns a table has."""

    required: Sequence[str]  # headers
    columns: Mapping[str, str]  # header -> column of the contract
    synonyms: Mapping[str, str] = field(default_factory=dict)  # other spelling of a header -> header


@dataclass(frozen=True)
class Sheet:
    """One table as it stands in its file."""

    others: Sequence[str]  # headers without a place in the contract
    rows: Sequence[tuple[int, Mapping[str, str]]]  # line, text by header; blank lines are none
    headers: Sequence[str] = ()  # all of them; a line that was cut off has the first ones only


def read_sheet(file: SourceFile, form: Form) -> Sheet:
    """Rows of a table.

    Raises
    ------
    RefusedFileError
        A required column is missing, a column is there twice, or the file is no table.
    """
    text = _text(file)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = [_header(name, form) for name in next(reader, [])]
        _refuse_bad_header(header, form, file)
        rows = [
            (reader.line_num, dict(zip(header, values, strict=False)))
            for values in reader
            if any(value.strip() for value in values)
        ]
    except csv.Error as error:
        raise RefusedFileError(
            f"{file.name}: line {reader.line_num} is no CSV ({error}); expected {', '.join(form.required)}, "
            "quoted where they contain quotes or line breaks. Mend the line and ingest again."
        ) from error
    return Sheet([name for name in header if name not in form.columns], rows, header)


def told(values: Mapping[str, str], form: Form) -> dict[str, str | None]:
    """Text by column of the contract; null where a cell is empty."""
    return {column: (values.get(name) or "").strip() or None for name, column in form.columns.items()}


def parsed_sheet(file: SourceFile, form: Form, table: str, row: ToRow, schema: Mapping[str, Any]) -> Parsed:
    """Rows of one table from a file of such a form; RefusedFileError as :func:`read_sheet`.

    Parameters
    ----------
    row
        From the texts of a line and the headers without a place to a row of `schema` without `raw_ref`.
    """
    sheet = read_sheet(file, form)
    written = [
        {**row(values, sheet.others), "raw_ref": f"{file.name}#line {line}"} for line, values in sheet.rows
    ]
    unknown = {table: list(sheet.others)} if sheet.others else {}
    return Parsed({table: pl.DataFrame(written, schema=schema)}, unknown_columns=unknown)


def somebody(name: str | None) -> str | None:
    """A person's name or login; an e-mail address is not kept, and then nobody is named.

    >>> somebody(" @rosa "), somebody("rosa@acme.example"), somebody(None)
    ('rosa', None, None)
    """
    plain = " ".join((name or "").split()).removeprefix("@")
    return plain if plain and without_secrets(plain) == plain else None


def clean_aside(values: Mapping[str, str], others: Sequence[str]) -> str | None:
    """What has no place, without secrets and addresses of people."""
    clean = {name: without_secrets(values[name]) for name in others if values.get(name)}
    return set_aside(clean, others)


def set_aside(values: Mapping[str, str], others: Collection[str]) -> str | None:
    """JSON of what has no place in the contract."""
    aside = {name: values[name] for name in others if values.get(name)}
    return json.dumps(aside, ensure_ascii=False) if aside else None


def spelled(word: str | None) -> str:
    """One spelling of a word or header: small letters, underscores, no apostrophes.

    >>> spelled("Won't fix"), spelled(None)
    ('wont_fix', '')
    """
    plain = (word or "").strip().lower().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    return plain.replace(" ", "_").replace("-", "_")


def _text(file: SourceFile) -> str:
    content = file.read()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # what spreadsheets on Windows write


def _delimiter(text: str) -> str:
    """Take the separator that the header uses most; a comma when it uses none."""
    header = text.lstrip("\r\n").partition("\n")[0]
    return max(_DELIMITERS, key=header.count)


def _header(name: str, form: Form) -> str:
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    return form.synonyms.get(plain, plain)


def _refuse_bad_header(header: Sequence[str], form: Form, file: SourceFile) -> None:
    missing = [name for name in form.required if name not in header]
    twice = sorted({name for name in header if name in form.columns and header.count(name) > 1})
    if missing or twice:
        what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(twice)} twice"
        raise RefusedFileError(
            f"{file.name}: the header (line 1) {what}; seen: {', '.join(header) or 'nothing'}; "
            f"expected: {', '.join(form.required)}. Mend the header and ingest again; nothing was taken."
        )
