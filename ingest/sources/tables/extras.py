"""How are columns without a place here kept, so that nothing is lost and nothing is given away?"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.casting import as_text

_LONGEST: Final = 200  # characters of one value: enough to recognise it, too little for a document
_ADDRESS: Final = r"[^\s<>@\"',;:()]+@[^\s<>@\"',;:()]+\.[A-Za-z]{2,}"


def with_extras(rows: pl.DataFrame, left_over: pl.DataFrame) -> pl.DataFrame:
    """Rows with `extras`: what is left over as a JSON object, long texts cut, e-mail addresses taken out.

    >>> rows, left_over = pl.DataFrame({"number": [1]}), pl.DataFrame({"lead": ["jane@example.org"]})
    >>> with_extras(rows, left_over)["extras"].item()
    '{"lead":"(address)"}'
    """
    if left_over.width == 0:
        return rows.with_columns(extras=pl.lit(None, pl.String))
    plain = left_over.select(_plain(column) for column in left_over.get_columns())
    return rows.with_columns(plain.select(extras=pl.struct(pl.all()).struct.json_encode()))


def _plain(column: pl.Series) -> pl.Series:
    is_number = column.dtype.is_numeric() and not isinstance(column.dtype, pl.Decimal)
    if is_number or column.dtype == pl.Boolean:
        return column
    return as_text(column).str.slice(0, _LONGEST).str.replace_all(_ADDRESS, "(address)")
