"""What does this loosely typed value mean in the contract's type: one value at a time, never a guess.

A cast answers null where it cannot tell; :mod:`ingest.checking` then compares with the original,
so that a value which was there and got lost quarantines its row instead of becoming an unknown.
What is refused although polars would take it: fractions as whole numbers, numbers as moments (seconds,
milliseconds or microseconds?), and numbers other than 0 and 1 as truth values.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
import polars as pl

_EMPTY: Final = ""
_TRUTH: Final = {"true": True, "false": False, "1": True, "0": False}
_MOMENT_FORMATS: Final = ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z")
_INT64_EDGE: Final = 2.0**63
_READ_AS_TEXT: Final = (pl.Categorical, pl.Enum, pl.Object)
_VALUE: Final = "value"  # the one column of the frame that a cast works in


def cast_leniently(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Values in the contract's type; null where a value is absent or cannot be taken for one.

    Empty text is an absent value for every type but text, as in any CSV.

    >>> cast_leniently(pl.Series(["7", "7.0", "7.5", "many"]), pl.Int64()).to_list()
    [7, 7, None, None]
    >>> cast_leniently(pl.Series(["2026-08-03T10:00:00+02:00"]), pl.Datetime("us", "UTC")).dt.hour().item()
    8
    """
    if values.dtype == dtype:
        return values
    if values.dtype == pl.Null:
        return values.cast(dtype)
    plain = as_text(values) if values.dtype in _READ_AS_TEXT else values
    if isinstance(dtype, pl.List):
        return _to_list(plain)
    frame = plain.alias(_VALUE).to_frame()
    return frame.select(_cast_of(plain.dtype, dtype)).to_series().alias(values.name)


def is_absent(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Where the input says nothing: null, or empty text for a type that is not text."""
    if values.dtype != pl.String or dtype == pl.String:
        return values.is_null()
    return values.is_null() | (values.str.strip_chars() == _EMPTY)


def as_text(values: pl.Series) -> pl.Series:
    """Values as a person would recognise them again: text as it was, lists and records as JSON."""
    if values.dtype == pl.String:
        return values
    has_no_text_of_its_own = values.dtype in (pl.Object, pl.Binary, pl.Duration)
    if values.dtype.is_nested() or has_no_text_of_its_own:
        return pl.Series(values.name, [_spelled(value) for value in values.to_list()], pl.String)
    return values.cast(pl.String)


def _spelled(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, default=str, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _cast_of(given: pl.DataType, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return _to_moment(given, dtype)
    is_readable = given in (pl.String, pl.Boolean) or given.is_numeric()
    is_a_day = given.is_temporal() and given != pl.Duration and dtype == pl.String
    if not (is_readable or is_a_day):
        return _unknown(dtype)
    if dtype == pl.Boolean:
        return _to_truth(given)
    if dtype.is_integer():
        return _to_whole_number(given, dtype)
    return _stripped(given, dtype).cast(dtype, strict=False)


def _unknown(dtype: pl.DataType) -> pl.Expr:
    return pl.repeat(None, pl.len(), dtype=dtype)


def _stripped(given: pl.DataType, dtype: pl.DataType) -> pl.Expr:
    is_text_for_a_number = given == pl.String and dtype != pl.String
    return pl.col(_VALUE).str.strip_chars() if is_text_for_a_number else pl.col(_VALUE)


def _to_whole_number(given: pl.DataType, dtype: pl.DataType) -> pl.Expr:
    if given == pl.Boolean:
        return _unknown(dtype)  # a truth value is not a count
    direct = _stripped(given, dtype).cast(dtype, strict=False)
    if given.is_integer():
        return direct
    # pandas turns columns of whole numbers with gaps into floats, so "7.0" is seven
    number = _stripped(given, dtype).cast(pl.Float64, strict=False)
    is_whole = (number == number.floor()) & (number.abs() < _INT64_EDGE)
    from_float = pl.when(is_whole).then(number).cast(dtype, strict=False)
    return pl.coalesce(direct, from_float) if given == pl.String else from_float


def _to_truth(given: pl.DataType) -> pl.Expr:
    is_a_number = given.is_numeric()
    spelled = _to_whole_number(given, pl.Int64()) if is_a_number else pl.col(_VALUE)
    word = spelled.cast(pl.String).str.strip_chars().str.to_lowercase()
    return word.replace_strict(_TRUTH, default=None, return_dtype=pl.Boolean)


def _to_moment(given: pl.DataType, dtype: pl.Datetime) -> pl.Expr:
    value = pl.col(_VALUE)
    if given == pl.String:
        return _from_iso(value, dtype)
    if isinstance(given, pl.Datetime):
        zoned = value.dt.replace_time_zone("UTC") if given.time_zone is None else value
        return zoned.dt.convert_time_zone("UTC").cast(dtype, strict=False)
    if given == pl.Date:
        return value.cast(pl.Datetime("us"), strict=False).dt.replace_time_zone("UTC").cast(dtype)
    return _unknown(dtype)


def _from_iso(text: pl.Expr, dtype: pl.Datetime) -> pl.Expr:
    """Read ISO 8601 with `Z`, an offset or neither (then UTC, the zone of the tables); a date is midnight."""
    spelled = (
        text.str.strip_chars()
        .str.replace(r"^(\d{4}-\d\d-\d\d)[ t](\d)", "${1}T${2}")
        .str.replace(r"^(\d{4}-\d\d-\d\d)$", "${1}T00:00:00")
        .str.replace(r" ?(?:[zZ]|UTC)$", "+00:00")
        .str.replace(r"(T[\d:.,]+)$", "${1}+00:00")
        .str.replace(r"(T[^+-]+) ?([+-]\d\d)$", "${1}${2}:00")
        .str.replace(",", ".", literal=True)
    )
    zoned = pl.Datetime("us", "UTC")
    attempts = [spelled.str.to_datetime(form, time_unit="us", strict=False) for form in _MOMENT_FORMATS]
    return pl.coalesce(attempts).cast(zoned).cast(dtype)


def _to_list(values: pl.Series) -> pl.Series:
    """Take lists of plain values; text that holds a JSON list (as in CSV) is read as one."""
    if isinstance(values.dtype, pl.List | pl.Array) and _is_plain(values.dtype.inner):
        return values.cast(pl.List(pl.String), strict=False)
    if values.dtype == pl.String:
        read = [_list_in(text) for text in values.to_list()]
        return pl.Series(values.name, read, pl.List(pl.String))
    return pl.Series(values.name, [None] * values.len(), pl.List(pl.String))


def _is_plain(inner: Any) -> bool:
    return inner in (pl.String, pl.Boolean, pl.Null) or bool(inner.is_numeric())


def _list_in(text: str | None) -> list[str] | None:
    try:
        items = orjson.loads(text or _EMPTY)
    except orjson.JSONDecodeError:
        return None
    is_words = isinstance(items, list) and all(isinstance(item, str) for item in items)
    return items if is_words else None
