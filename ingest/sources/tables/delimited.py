"""What rows are in this delimited text?

Read by arrow rather than polars, because arrow refuses a record with too few fields, where polars
fills it up with nulls: a cut export would become unknown values. What arrow lets pass, text that
ends inside a quotation, is looked for here.
"""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any, Final

import polars as pl

from ingest.sources.tables.refusals import refused

DELIMITERS: Final = ",;\t|"
_BYTE_ORDER_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_REMEDY: Final = "Export or copy it again, as UTF-8 with one header line"


def read_delimited(content: bytes, place: str) -> pl.DataFrame:
    """All columns as text; an empty cell is null.

    The delimiter is the one of `,;|` and tab that the header holds most often outside quotations.
    """
    text = _as_utf8(content, place)
    header = _header(text, place)
    _refuse_twins(header, place)
    _refuse_open_quotation(text, place)
    try:
        table = _arrow_table(text, header)
    except ValueError as error:  # every refusal of arrow is a ValueError
        seen = f"it is no table ({error})"
        raise refused(place, seen, "as many cells in each row as in the header", _REMEDY) from error
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table gives a frame, never a series
    return frame


def sniff_delimiter(header: str) -> str:
    """Delimiter of a header line.

    >>> sniff_delimiter('"a,b";c')
    ';'
    """
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _as_utf8(content: bytes, place: str) -> bytes:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding).encode() if encoding != "utf-8" else _checked(content)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refused(place, f"line {line} is no UTF-8 text", "CSV in UTF-8", _REMEDY) from error


def _checked(content: bytes) -> bytes:
    content.decode("utf-8")
    return content


def _header(text: bytes, place: str) -> list[str]:
    line = text.partition(b"\n")[0].decode().rstrip("\r")
    header = next(csv.reader([line], delimiter=sniff_delimiter(line)), [])
    if not any(name.strip() for name in header):
        raise refused(place, "its first line is blank", "the names of the columns", _REMEDY)
    return header


def _refuse_twins(header: list[str], place: str) -> None:
    twins = sorted({name for name in header if header.count(name) > 1})
    if twins:
        seen = f"column {twins[0]!r} stands there twice"
        raise refused(place, seen, "every name once", "Rename one of them")


def _refuse_open_quotation(text: bytes, place: str) -> None:
    if text.count(b'"') % 2 == 0:
        return
    # an odd number may be an inch sign in an unquoted cell, so ask the slow reader
    try:
        for _ in csv.reader(StringIO(text.decode(), newline=""), strict=True):
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise refused(place, "it ends inside a quotation", "a whole file", _REMEDY) from error


def _arrow_table(text: bytes, header: list[str]) -> Any:
    # heavy, and only needed when there is delimited text
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415
    from pyarrow import csv as arrow_csv  # noqa: PLC0415

    line = text.partition(b"\n")[0].decode()
    return arrow_csv.read_csv(
        BytesIO(text),
        read_options=arrow_csv.ReadOptions(column_names=header, skip_rows=1),
        parse_options=arrow_csv.ParseOptions(delimiter=sniff_delimiter(line), newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
