"""What do the columns of somebody's table say in our words: renamed, joined, constant, translated?

Whole columns at a time, so that a table of millions of rows takes seconds. A word that is none of ours stays
as written, so that its row goes to quarantine with the rule that it breaks; a text that is no word does not
go even there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import polars as pl

from ingest.errors import RefusedFileError
from ingest.redaction import without_secrets
from ingest.sources.approvals.telling import moment
from ingest.sources.detections.records import NO_WORD_HAS, WORD_CHARS, Mapping_, is_word

REFERENCE: Final = "__reference"  # where a row stands
NO_WORD: Final = "(a text, no word)"  # in quarantine, in the place of what may be somebody's text
_ISO: Final = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})$"
_WHOLE: Final = 2.0**53
_AS_SEEN: Final = {"verdict_raw": "verdict", "score_raw": "score"}  # the log's own word for what


def needed(mapping: Mapping_, extra: Iterable[str] = ()) -> set[str]:
    """Their columns that a mapping names: all of them must be there."""
    joined = {name for names in mapping.joined.values() for name in names}
    return {*mapping.rename.values(), *joined, *extra}


def refuse_foreign(mapping: Mapping_, ours: Collection[str], setting: str) -> None:
    """Refuse a mapping that names a column which is none of ours."""
    told = {*mapping.rename, *mapping.joined, *mapping.constants, *mapping.values}
    foreign = sorted(told - set(ours))
    if foreign:
        raise RefusedFileError(
            f"[[{setting}.mapping]] for {', '.join(mapping.paths)}: {', '.join(foreign)} is no column of "
            f"ours; expected: {', '.join(sorted(ours))}"
        )


def refuse_without(header: Collection[str], wanted: Collection[str], place: str, setting: str) -> None:
    """Refuse a table that lacks a column which its mapping names."""
    missing = sorted(set(wanted) - set(header))
    if missing:
        others = len(header) - len(set(header) & set(wanted))
        seen = [name for name in header if name in wanted]
        raise RefusedFileError(
            f"{place}: the header lacks {', '.join(missing)}; seen: {', '.join(seen) or 'none of them'}, and "
            f"{others} of other names. Correct its [[{setting}.mapping]]."
        )


def ours(theirs: pl.DataFrame, mapping: Mapping_, names: Iterable[str]) -> pl.DataFrame:
    """Our columns, made of theirs; what is not told is null."""
    frame = theirs.with_columns(pl.selectors.float().fill_nan(None))
    return frame.select(REFERENCE, *(_told(name, mapping, frame).alias(name) for name in names))


def _told(name: str, mapping: Mapping_, theirs: pl.DataFrame) -> pl.Expr:
    seen = _AS_SEEN.get(name)
    if seen in mapping.values and mapping.rename.get(name, name) not in theirs.columns:
        return as_text(_found(str(seen), mapping, theirs), theirs)  # what was translated, before it was
    told = _found(name, mapping, theirs)
    constant = mapping.constants.get(name)
    if constant is not None:
        told = (
            told.fill_null(constant)
            if _is_plain(told, constant, theirs)
            else _with_text(told, constant, theirs)
        )
    known = mapping.values.get(name)
    return told if known is None else _translated(as_text(told, theirs), known)


def _found(name: str, mapping: Mapping_, theirs: pl.DataFrame) -> pl.Expr:
    if name in mapping.joined:
        parts = [as_text(pl.col(each), theirs) for each in mapping.joined[name]]
        return pl.concat_str(parts, separator="/")
    column = mapping.rename.get(name, name)
    if column not in theirs.columns:
        return pl.lit(None, pl.String)
    is_text = theirs.schema[column] == pl.String
    return pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column)) if is_text else pl.col(column)


def _is_plain(told: pl.Expr, constant: Any, theirs: pl.DataFrame) -> bool:
    """Whether a constant has the type of the column that it fills up."""
    kind = _type_of(told, theirs)
    is_number = isinstance(constant, int | float) and not isinstance(constant, bool)
    return (kind.is_numeric() and is_number) or (kind == pl.String and isinstance(constant, str))


def _with_text(told: pl.Expr, constant: Any, theirs: pl.DataFrame) -> pl.Expr:
    return as_text(told, theirs).fill_null(spelled_out(constant))


def _type_of(told: pl.Expr, theirs: pl.DataFrame) -> pl.DataType:
    return theirs.lazy().select(told.alias("told")).collect_schema()["told"]


def spelled_out(value: Any) -> str:
    """A value as it stands in JSON or CSV.

    >>> spelled_out(True), spelled_out(1), spelled_out("x")
    ('true', '1', 'x')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_text(told: pl.Expr, theirs: pl.DataFrame) -> pl.Expr:
    """Values as they stand in JSON or CSV; whole numbers without a fraction."""
    kind = _type_of(told, theirs)
    if kind == pl.String:
        return told
    if kind.is_float():  # a column of whole numbers with gaps comes as fractions
        is_whole = (told == told.floor()) & (told.abs() < _WHOLE)
        return (
            pl.when(is_whole)
            .then(told.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(told.cast(pl.String))
        )
    return told.cast(pl.String)


def _translated(told: pl.Expr, known: Mapping[str, str]) -> pl.Expr:
    """Words by a table of words; `*` stands for every other, and never for what is not told."""
    plain = {seen: word for seen, word in known.items() if seen != "*"}
    found = (
        told.replace_strict(plain, default=None, return_dtype=pl.String) if plain else pl.lit(None, pl.String)
    )
    other = pl.when(told.is_not_null()).then(pl.lit(known["*"])) if "*" in known else told
    return pl.coalesce(found, other)


# -- what a column may hold ------------------------------------------------------------------------------


def word(name: str) -> pl.Expr:
    """A word of a vocabulary in small letters; what is too long to be one is not repeated."""
    plain = pl.col(name).cast(pl.String).str.strip_chars().str.to_lowercase()
    return pl.when(_is_word(plain)).then(plain).when(plain.is_not_null()).then(pl.lit(NO_WORD)).alias(name)


def _is_word(told: pl.Expr) -> pl.Expr:
    return (told.str.len_chars() <= WORD_CHARS) & ~told.str.contains(NO_WORD_HAS)


def own_word(name: str) -> pl.Expr:
    """The log's own word, where it is one."""
    plain = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(_is_word(plain)).then(plain).alias(name)


def without_text(said: str) -> str:
    """What a row in quarantine may repeat of a number or moment that is none.

    >>> without_text("yesterday"), without_text("tell me " * 20)
    ('yesterday', '(a text, no word)')
    """
    return said if is_word(said) else NO_WORD


def figure(name: str, kind: pl.DataType) -> pl.Expr:
    """A column of numbers as it stands there; what is too long to be one is not repeated."""
    told = (
        pl.when(_is_word(pl.col(name).cast(pl.String)))
        .then(pl.col(name))
        .when(pl.col(name).is_not_null())
        .then(pl.lit(NO_WORD))
    )
    return told.alias(name) if kind == pl.String else pl.col(name)


def number(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as numbers; null where it holds none."""
    told = pl.col(name).str.strip_chars() if kind == pl.String else pl.col(name)
    return told.cast(pl.Float64, strict=False)


def moments(values: pl.Series) -> pl.Series:
    """Moments from ISO 8601 or numbers since 1970; what is none stays as text, to be noticed."""
    if values.dtype == pl.Null or values.dtype.is_temporal():
        return values
    if values.dtype == pl.String and values.drop_nulls().str.contains(_ISO).all():
        return values
    told = {each: without_text(_moment(each)) for each in values.drop_nulls().unique().to_list()}
    return pl.Series(values.name, [told.get(each) for each in values.to_list()], pl.String)


def _moment(value: Any) -> str:
    at = moment(value)
    return at.isoformat() if at else str(value)


def each_once(values: pl.Series, change: Mapping[str, str | None]) -> pl.Series:
    """Values by a table that knows each of them."""
    return pl.Series(values.name, [change.get(each) for each in values.to_list()], pl.String)


def annotators(values: pl.Series) -> pl.Series:
    """Names of annotators; an address of e-mail is not kept, and then nobody is named."""
    return each_once(values, {name: annotator(name) for name in values.drop_nulls().unique().to_list()})


def annotator(name: str) -> str | None:
    """A name or login; None for an address of e-mail.

    >>> annotator(" @rosa "), annotator("rosa@acme.example")
    ('rosa', None)
    """
    plain = " ".join(name.split()).removeprefix("@")
    return plain if plain and "@" not in plain else None


def reasons(values: pl.Series) -> pl.Series:
    """Reasons without secrets and addresses."""
    return each_once(values, {text: without_secrets(text) for text in values.drop_nulls().unique().to_list()})
