"""How do rows look as a CSV whose text no spreadsheet runs?"""

from __future__ import annotations

from typing import Final

import polars as pl

# A cell that begins so is run as a formula by spreadsheets that open a CSV.
FORMULA_START: Final = r"^[=+\-@\t\r]"


def csv(table: pl.DataFrame) -> bytes:
    """Rows as UTF-8 with commas; text that a spreadsheet would run has an apostrophe before it.

    >>> csv(pl.DataFrame({"title": ["=1+1", "fine"], "lines": [-1, 2]})).decode().split()
    ['title,lines', "'=1+1,-1", 'fine,2']
    """
    text = pl.col(pl.String)
    is_formula = text.str.contains(FORMULA_START)
    safe = pl.when(is_formula).then(pl.lit("'") + text).otherwise(text).name.keep()
    return table.with_columns(safe).write_csv().encode()
