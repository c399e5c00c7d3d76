"""What do tables of verdicts and labels say that somebody keeps in a form of their own?

`[[sources.detections.mapping]]` and `[[sources.labels.mapping]]` say which of their columns is which of ours.
A table is read slice by slice, so that memory stays flat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from ingest.contracts.detections import TRAFFIC, WITH_ITS_SET
from ingest.errors import RefusedFileError
from ingest.settings import DetectionMapping
from ingest.sources.approvals.cutting import Damage
from ingest.sources.approvals.telling import blocks
from ingest.sources.detections import columns
from ingest.sources.detections.columns import REFERENCE
from ingest.sources.detections.places import inside
from ingest.sources.detections.records import (
    DETECTION_SCHEMA,
    LABEL_SCHEMA,
    UNKNOWN,
    Context,
    Found,
    Mapping_,
    Place,
    refused,
    told_of,
)
from ingest.sources.detections.shapes import Each, Table, objects

SETTING: Final = "sources.detections"
LABELS_SETTING: Final = "sources.labels"
SLICE: Final = 100_000  # rows at a time
_NOT_MAPPED: Final = {"raw_ref", "extras", "content_text"}
VERDICT_COLUMNS: Final = (*(name for name in DETECTION_SCHEMA if name not in _NOT_MAPPED), "content")
LABEL_COLUMNS: Final = tuple(name for name in LABEL_SCHEMA if name not in {"raw_ref", "extras"})
NO_LABEL: Final = "rows without a label"
_WORDS: Final = ("verdict", "score_kind", "threshold_op", "action", "surface")
_FIGURES: Final = ("score", "threshold", "content_chars")
_OWN_WORDS: Final = ("verdict_raw", "score_raw", "category")
_PLACED: Final = {"detector_version": "version"}  # our column -> name of the fact
_FACTS: Final = (
    "detector", "detector_version", "threshold", "threshold_op", "surface", "cohort", "repository",
)  # fmt: skip
_DEFAULTS: Final = {"detector_version": UNKNOWN, "surface": "unknown", "cohort": TRAFFIC}
_AT_ITS_SET: Final = f"{WITH_ITS_SET}T00:00:00Z"
_MARKS: Final = ("__mark", "__mark_too")
LABEL_WORDS: Final = {
    "1": "attack", "1.0": "attack", "true": "attack", "0": "benign", "0.0": "benign", "false": "benign",
}  # fmt: skip
_ANNOTATOR_KINDS: Final = {"llm": "judge", "code": "judge", "model": "judge", "person": "human"}


# -- slices of a file ------------------------------------------------------------------------------------


class Parquet:
    """A Parquet file, read slice by slice."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.consumed = 0
        self.cut = False
        self.damaged: list[Damage] = []
        self.damaged_count = 0

    def header(self, name: str) -> list[str]:
        """Names of its columns; RefusedFileError where it is damaged."""
        with _whole_file(name):
            return pl.scan_parquet(self.path).collect_schema().names()

    def slices(self, name: str, wanted: Collection[str]) -> Iterator[pl.DataFrame]:
        """Rows with those of the wanted columns that there are, and the number of each row."""
        scan = pl.scan_parquet(self.path).select(each for each in self.header(name) if each in wanted)
        with _whole_file(name):
            height = int(pl.scan_parquet(self.path).select(pl.len()).collect().item())
        for begin in range(0, height, SLICE):
            with _whole_file(name):
                part = scan.slice(begin, SLICE).collect()
            yield _numbered(part, name, begin)


@contextmanager
def _whole_file(name: str) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RefusedFileError(
            f"{name}: the Parquet file is cut or damaged; a whole one was expected. Copy it again"
        ) from error


def _numbered(part: pl.DataFrame, name: str, begin: int) -> pl.DataFrame:
    row = pl.int_range(begin + 1, begin + 1 + pl.len(), dtype=pl.Int64)
    return part.with_columns(pl.format("{}#row {}", pl.lit(name), row).alias(REFERENCE))


def _frames(rows: Iterable[Each], wanted: Collection[str]) -> Iterator[tuple[pl.DataFrame, list[str]]]:
    """Rows as texts by column, and where rows stand that are damaged."""
    for block in blocks(rows, SLICE):
        whole = [(place, said) for place, said in block if said is not None]
        texts = {name: [as_seen(inside(said, name)) for _, said in whole] for name in wanted}
        places = [place for place, _ in whole]
        frame = pl.DataFrame(
            {**texts, REFERENCE: places}, schema=dict.fromkeys([*wanted, REFERENCE], pl.String)
        )
        yield frame, [place for place, said in block if said is None]


def as_seen(value: Any) -> str | None:
    """A value as it stands in JSON or CSV."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, default=str).decode()


# -- reading ---------------------------------------------------------------------------------------------


def read_columns(records: Parquet, context: Context) -> Iterator[Found]:
    """Rows of a Parquet file, by the mappings that name it."""
    theirs = records.header(context.name)
    for mapping in _checked(context, theirs):
        once = _Once()
        for part in records.slices(context.name, _wanted(mapping, theirs)):
            yield once.of(_found(part, mapping, context))


def read_table(records: Table, context: Context) -> Iterator[Found]:
    """Rows of a CSV file, by the mappings that name it."""
    rows = records.rows(context.name)
    first = list(islice(rows, 1))  # now its header is known
    mappings = _checked(context, records.header)
    wanted = {name for mapping in mappings for name in _wanted(mapping, records.header)}
    yield from _of_rows(chain(first, rows), sorted(wanted), mappings, context)


def read_objects(records: Any, context: Context) -> Iterator[Found]:
    """Rows of JSON, by the mappings that name the file."""
    mappings = _checked(context, None)
    wanted = {name for mapping in mappings for name in _wanted(mapping, None)}
    yield from _of_rows(objects(records, context.name), sorted(wanted), mappings, context)


class _Once:
    """Labels of a file without those that it told before: an item stands in it once for each detector."""

    def __init__(self) -> None:
        self._seen = pl.DataFrame(schema=dict.fromkeys(_MARKS, pl.UInt64))

    def of(self, found: Found) -> Found:
        """What is new of it; two marks of 64 bits tell rows apart."""
        if not isinstance(found.labels, pl.DataFrame) or found.labels.is_empty():
            return found
        said = found.labels.drop("raw_ref")
        marks = pl.DataFrame({name: said.hash_rows(seed) for seed, name in enumerate(_MARKS)})
        new = found.labels.hstack(marks).join(self._seen, on=_MARKS, how="anti", maintain_order="left")
        self._seen = pl.concat([self._seen, new.select(_MARKS)])
        return replace(found, labels=new.drop(_MARKS))


def _of_rows(
    rows: Iterable[Each], wanted: Sequence[str], mappings: Sequence[Mapping_], context: Context
) -> Iterator[Found]:
    known = [(mapping, _Once()) for mapping in mappings]
    for part, damaged in _frames(rows, wanted):
        for mapping, once in known:
            yield once.of(_found(part, mapping, context))
        if damaged:
            yield damaged_rows(damaged, of_labels=not isinstance(mappings[0], DetectionMapping))


def damaged_rows(places: Iterable[str], *, of_labels: bool) -> Found:
    """Rows for quarantine, where a record is damaged."""
    rows = [refused(place) for place in places]
    if not of_labels:
        return Found(rows)
    labels = [
        {
            "event_id": row["event_id"],
            "label": row["verdict"],
            "raw_ref": row["raw_ref"],
            "is_adjudication": False,
        }
        for row in rows
    ]
    return Found(labels=labels)


def _checked(context: Context, header: Collection[str] | None) -> list[Mapping_]:
    """The mappings of a file, each of which can be used with it."""
    for mapping in context.mappings:
        setting = SETTING if isinstance(mapping, DetectionMapping) else LABELS_SETTING
        columns.refuse_foreign(mapping, _names(mapping), setting)
        if header is not None:
            wanted = columns.needed(mapping, _unlabelled(mapping))
            columns.refuse_without(header, wanted, context.name, setting)
    return list(context.mappings)


def _names(mapping: Mapping_) -> tuple[str, ...]:
    """Columns of ours that a mapping may name."""
    if not isinstance(mapping, DetectionMapping):
        return LABEL_COLUMNS
    return tuple(dict.fromkeys([*VERDICT_COLUMNS, *(LABEL_COLUMNS if mapping.labels else ())]))


def _unlabelled(mapping: Mapping_) -> Mapping[str, list[str]]:
    return mapping.unlabelled if isinstance(mapping, DetectionMapping) else {}


def _wanted(mapping: Mapping_, header: Collection[str] | None) -> set[str]:
    """Their columns that are read."""
    named = columns.needed(mapping, _unlabelled(mapping))
    own = {name for name in _names(mapping) if name not in mapping.rename and name not in mapping.joined}
    return named | (own if header is None else own & set(header))


def _found(part: pl.DataFrame, mapping: Mapping_, context: Context) -> Found:
    ours = columns.ours(part, mapping, _names(mapping))
    if not isinstance(mapping, DetectionMapping):
        return _labelled(ours, Found())
    detections = verdicts(ours, context)
    if not mapping.labels:
        return Found(detections)
    is_meant = ~pl.any_horizontal(
        pl.lit(False), *(_is_one_of(name, values) for name, values in mapping.unlabelled.items())
    )
    kept = ours.with_columns(cohort=detections["cohort"]).filter(
        part.select(is_meant.alias("is_meant")).to_series()
    )
    return _labelled(kept, Found(detections))


def _is_one_of(name: str, values: list[str]) -> pl.Expr:
    return pl.col(name).cast(pl.String).is_in(values).fill_null(value=False)


def _labelled(ours: pl.DataFrame, found: Found) -> Found:
    told = ours.filter(pl.col("label").is_not_null())
    left_out = Counter({NO_LABEL: ours.height - told.height}) if ours.height > told.height else Counter[str]()
    return Found(found.detections, labels(told), left_out=left_out)


# -- verdicts --------------------------------------------------------------------------------------------


def verdicts(ours: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Rows of `detections`; a verdict that is not told follows from score and threshold."""
    placed = ours.with_columns(_placed(name, context.place, ours.schema[name]) for name in _FACTS)
    figures = [columns.figure(name, placed.schema[name]) for name in _FIGURES]
    spoken = placed.with_columns(*map(columns.word, _WORDS), *map(columns.own_word, _OWN_WORDS), *figures)
    told = spoken.with_columns(
        score_order=_listed(spoken["score_order"]),
        verdict=pl.coalesce("verdict", _derived(spoken)),
        threshold_op=pl.coalesce(
            "threshold_op", pl.when(pl.col("threshold").is_not_null()).then(pl.lit(">="))
        ),
        score_kind=pl.coalesce("score_kind", _score_kind()),
        occurred_at=columns.moments(spoken["occurred_at"]),
    )
    return _whole(_with_content(told, context), DETECTION_SCHEMA)


def _placed(name: str, place: Place, kind: pl.DataType) -> pl.Expr:
    """A column; what it does not tell, the settings tell of its file, or a default."""
    fact = getattr(place, _PLACED.get(name, name))
    known = _DEFAULTS.get(name) if fact is None else fact
    if known is None:
        return pl.col(name)
    if kind.is_numeric():
        return pl.col(name).fill_null(known)
    return pl.col(name).cast(pl.String).fill_null(columns.spelled_out(known))


def _listed(told: pl.Series) -> pl.Series:
    """Levels of an ordinal score, riskiest last; as text they are parted by `|`."""
    return told.str.split("|") if told.dtype == pl.String else told


def _derived(rows: pl.DataFrame) -> pl.Expr:
    score = columns.number("score", rows.schema["score"])
    threshold = columns.number("threshold", rows.schema["threshold"])
    is_flag = pl.when(pl.col("threshold_op") == ">").then(score > threshold).otherwise(score >= threshold)
    return pl.when(is_flag).then(pl.lit("flag")).when(~is_flag).then(pl.lit("pass"))


def _score_kind() -> pl.Expr:
    return pl.when(pl.col("score").is_null()).then(pl.lit("none")).otherwise(pl.lit("other"))


def _with_content(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Hash and size in the place of the text."""
    if rows["content"].null_count() == rows.height:
        return rows.with_columns(content_text=pl.lit(None, pl.String))
    told = [told_of(text, keep_text=context.keep_text) for text in rows["content"].cast(pl.String).to_list()]
    made = {
        "content_sha256": pl.Series([each.get("content_sha256") for each in told], dtype=pl.String),
        "content_text": pl.Series([each.get("content_text") for each in told], dtype=pl.String),
    }
    size = pl.Series([each.get("content_chars") for each in told], dtype=pl.Int64)
    return rows.with_columns(
        content_sha256=pl.coalesce(made["content_sha256"], pl.col("content_sha256").cast(pl.String)),
        content_chars=pl.coalesce(size, pl.col("content_chars").cast(pl.Int64, strict=False)),
        content_text=made["content_text"],
    )


def _whole(rows: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """All columns that a reader fills."""
    told = rows.rename({REFERENCE: "raw_ref"})
    absent = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in told.columns]
    return told.with_columns(absent).select(list(schema))


# -- labels ----------------------------------------------------------------------------------------------


def labels(ours: pl.DataFrame, *, is_dated: bool = False) -> pl.DataFrame:
    """Rows of `labels`: who said it, when and what; those that say the same of one item are one.

    With `is_dated`, a label of a person needs its moment; else what is not told came with its set.
    """
    named = ours.with_columns(columns.annotators(ours["annotator"].cast(pl.String)).alias("annotator"))
    is_named = ours["annotator"].is_not_null()
    usual = pl.when(is_named).then(pl.lit("human")).otherwise(pl.lit("dataset"))
    kind = pl.coalesce(columns.word("annotator_kind"), usual)
    kinds = named.with_columns(annotator_kind=kind.replace(_ANNOTATOR_KINDS))
    is_of_set = (pl.col("annotator_kind") == "dataset") & ~is_named
    own = pl.format("{} labels", pl.coalesce(pl.col("cohort").cast(pl.String), pl.lit("dataset")))
    told = kinds.with_columns(
        annotator=pl.when(is_of_set).then(own).otherwise(pl.col("annotator")),
        labelled_at=columns.moments(ours["labelled_at"]),
        label=columns.word("label").replace(LABEL_WORDS),
        choice=columns.own_word("choice"),
        reason=columns.reasons(ours["reason"].cast(pl.String)),
        is_adjudication=pl.col("is_adjudication").fill_null(_no(ours.schema["is_adjudication"])),
    )
    is_of_person = (pl.col("annotator_kind") == "human") & is_dated
    at = pl.when(is_of_person).then(None).otherwise(pl.lit(_AT_ITS_SET))
    timed = told.with_columns(_at(told, at).alias("labelled_at"), label=_of_judge())
    return _whole(timed, LABEL_SCHEMA).unique(pl.exclude("raw_ref"), keep="first", maintain_order=True)


def _no(kind: pl.DataType) -> Any:
    return "false" if kind == pl.String else False


def _at(rows: pl.DataFrame, usual: pl.Expr) -> pl.Expr:
    """When something was said; a column of moments is told throughout."""
    if rows.schema["labelled_at"].is_temporal():
        return pl.col("labelled_at")
    return pl.col("labelled_at").cast(pl.String).fill_null(usual)


def _of_judge() -> pl.Expr:
    """A judge's answer that is no label is an error, and no label."""
    is_no_label = ~pl.col("label").is_in(["attack", "benign", "unsure"])
    return (
        pl.when((pl.col("annotator_kind") == "judge") & is_no_label).then(pl.lit("error")).otherwise("label")
    )
