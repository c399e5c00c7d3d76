"""How do verdicts and numbers look as files that other programs read, byte for byte the same each time?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import orjson
import polars as pl
from xlsxwriter import Workbook  # type: ignore[import-untyped]  # ships no types

from dashboard import spreadsheets
from dashboard.documents import verdict_document
from metrics.gate.states import Verdict
from metrics.results import Result

_MOMENT: Final = pl.Datetime("us", "UTC")
# One row per number, without the settings: they stand in metrics.json.
COLUMNS: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(("pilot", "metric", "arm", "segment", "window"), pl.String()),
    **dict.fromkeys(("start", "end"), _MOMENT),
    **dict.fromkeys(("value", "low", "high", "level"), pl.Float64()),
    "unit": pl.String(),
    **dict.fromkeys(("numerator", "denominator"), pl.Float64()),
    **dict.fromkeys(("n", "measured", "total"), pl.Int64()),
    **dict.fromkeys(("excluded", "method", "undefined_reason"), pl.String()),
    "as_of": _MOMENT,
}
_AS_TEXT: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def gate_json(verdicts: Sequence[Verdict]) -> bytes:
    """A list of verdicts, as `pilot gate --json` prints them."""
    documents = [verdict_document(verdict) for verdict in verdicts]
    return orjson.dumps(documents, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def metrics_json(results: Sequence[Result]) -> bytes:
    """A list of numbers, as `pilot metrics --json` prints them, but with one number on each line."""
    # moments in UTC as ISO 8601 and null for what is infinite is what orjson writes by itself
    lines = [orjson.dumps(result.as_json(), option=orjson.OPT_UTC_Z) for result in results]
    return b"[\n" + b",\n".join(lines) + b"\n]\n"


def long_table(results: Sequence[Result]) -> pl.DataFrame:
    """One row per number, with the columns of COLUMNS; what is infinite is empty."""
    table = pl.DataFrame([_row(result.as_json()) for result in results], schema=COLUMNS)
    numbers = pl.col(pl.Float64)
    return table.with_columns(pl.when(numbers.is_finite()).then(numbers))


def _row(document: dict[str, Any]) -> dict[str, Any]:
    window, coverage = document["window"], document["coverage"]
    flat = document | {
        "window": window["kind"],
        "start": window["start"],
        "end": window["end"],
        "measured": coverage["measured"],
        "total": coverage["total"],
        "excluded": _text(coverage["excluded"]),
    }
    return {name: flat[name] for name in COLUMNS}


def _text(document: Any) -> str:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


def parquet(table: pl.DataFrame) -> bytes:
    """The table with moments as moments in UTC."""
    content = BytesIO()
    table.write_parquet(content)
    return content.getvalue()


def csv(table: pl.DataFrame) -> bytes:
    """The table as CSV whose text no spreadsheet runs."""
    return spreadsheets.csv(_spelled(table))


def _spelled(table: pl.DataFrame) -> pl.DataFrame:
    """Moments as text, because spreadsheets know no time zones."""
    return table.with_columns(pl.col(_MOMENT).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"))


def xlsx(table: pl.DataFrame, made_for: datetime) -> bytes:
    """The table as a workbook whose text is never run; its time of making is said to be `made_for`."""
    content = BytesIO()
    workbook = Workbook(content, _AS_TEXT)
    workbook.set_properties({"created": made_for.replace(tzinfo=None)})
    _spelled(table).write_excel(workbook, "metrics", autofit=False, freeze_panes=(1, 0))
    workbook.close()
    return content.getvalue()
