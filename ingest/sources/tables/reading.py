"""What rows are in this file, whatever it is: Parquet, delimited text or JSON lines?

The content decides, not the name: warehouses export `part-0000` and gzip without telling. Delimited
text is read as text throughout; what a value means is the contract's business.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from ingest.errors import SourceError
from ingest.settings import TableSettings
from ingest.sources.base import SourceFile
from ingest.sources.tables.delimited import read_delimited
from ingest.sources.tables.json_lines import read_json_lines
from ingest.sources.tables.refusals import refused

FORMATS: Final = "Parquet, CSV or JSON lines (gzip or not)"
ROW: Final = "__row"
EXACT_COPY: Final = "exact copy of another row"
CUT_LINE: Final = "last line is cut"

_PARQUET: Final = b"PAR1"
_GZIP: Final = b"\x1f\x8b"
# what people hand over by mistake, by its first bytes
_FOREIGN: Final = (
    (b"PK\x03\x04", "a zip archive or a spreadsheet"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"<", "a page of HTML or XML"),
)


@dataclass(frozen=True)
class Rows:
    """All rows of one file, as delivered."""

    frame: pl.DataFrame  # column __row: place of the row in the file, from 1
    cut_lines: int = 0  # 1 when the last line of JSON was cut and lost

    def distinct(self) -> pl.DataFrame:
        """Rows without exact copies of earlier ones; no column is left to tell such copies apart."""
        return self.frame.unique(pl.exclude(ROW), keep="first", maintain_order=True)


def read_rows(file: SourceFile, mapping: TableSettings) -> Rows:
    """Every row of a file, with the texts that mean "unknown" turned into nulls.

    Raises RefusedFileError when the file is none of the formats, or empty, cut or damaged.
    """
    frame, cut_lines = _read(file)
    if frame.width == 0:
        raise refused(file.name, "it has no columns", FORMATS, "Export it again with its header")
    return Rows(_with_unknowns(frame, mapping.null_values).with_row_index(ROW, offset=1), cut_lines)


def _read(file: SourceFile) -> tuple[pl.DataFrame, int]:
    start = _first_bytes(file)
    if start.startswith(_PARQUET):
        return _read_parquet(file.path, file.name), 0
    content = _unpacked(file) if start.startswith(_GZIP) else file.read()
    _refuse_foreign(content, file.name)
    return _text_reader(content)(content, file.name)


def _text_reader(content: bytes) -> Callable[[bytes, str], tuple[pl.DataFrame, int]]:
    first = content[:256].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return read_json_lines if first in (b"{", b"[") else _read_delimited


def _read_delimited(content: bytes, place: str) -> tuple[pl.DataFrame, int]:
    return read_delimited(content, place), 0


def _first_bytes(file: SourceFile) -> bytes:
    try:
        with file.path.open("rb") as stream:
            return stream.read(16)
    except OSError as error:
        raise SourceError(f"{file.name}: cannot be read ({error.strerror}); check its permissions") from error


def _read_parquet(path: Path, place: str) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise refused(
            place, f"the Parquet file is cut or damaged ({error})", "a whole one", "Export or copy it again"
        ) from error


def _unpacked(file: SourceFile) -> bytes:
    try:
        return gzip.decompress(file.read())
    except (EOFError, OSError, zlib.error) as error:
        raise refused(
            file.name, f"the gzip file is cut or damaged ({error})", "a whole one", "Copy it again"
        ) from error


def _refuse_foreign(content: bytes, place: str) -> None:
    if not content.strip():
        raise refused(place, "the file is empty", FORMATS, "Export it again, or take it off `paths`")
    seen = next((what for start, what in _FOREIGN if content.startswith(start)), None)
    if seen is None and b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        seen = "binary data"
    if seen is not None:
        raise refused(place, f"it is {seen}", FORMATS, "Export it in one of these formats")


def _with_unknowns(frame: pl.DataFrame, null_values: list[str]) -> pl.DataFrame:
    floats = pl.selectors.float().fill_nan(None)  # pandas writes "unknown" as NaN
    if not null_values:
        return frame.with_columns(floats)
    texts = pl.selectors.string()
    return frame.with_columns(floats, pl.when(~texts.is_in(null_values)).then(texts).name.keep())
