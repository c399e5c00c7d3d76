"""What did people, judges and makers of labelled sets say of items, and which items were drawn for it?

Tables that anybody can keep in a spreadsheet (CSV), JSON lines, JSON or Parquet: one label per row, appended
and never changed. A file whose header names `selection_probability` is one of draws. Tables in words of their
own are read by `[[sources.labels.mapping]]`. No copies are kept, as such tables may hold the items' texts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, ClassVar, Final

import polars as pl

from ingest.contracts import SELECTIONS
from ingest.errors import RefusedFileError
from ingest.settings import IngestSettings, LabelsSettings
from ingest.sources.approvals.telling import blocks
from ingest.sources.base import LiveSource, Pulled, Surroundings
from ingest.sources.detections import mapped, places
from ingest.sources.detections.columns import REFERENCE, annotators, moments
from ingest.sources.detections.kinds import mapped as mapped_kind
from ingest.sources.detections.kinds import opened
from ingest.sources.detections.mapped import LABEL_COLUMNS, Parquet, damaged_rows, labels
from ingest.sources.detections.pulling import mark_of, parsed
from ingest.sources.detections.records import Context, Found, Kind, Log, is_word, schema_of
from ingest.sources.detections.shapes import Each, Table, objects
from ingest.sources.detections.words import label_of
from ingest.sources.spreadsheets import spelled
from ingest.sources.tailing import Block, Cut, Reading, Tail

SETTING: Final = "[sources.labels]"
REQUIRED: Final = ("event_id", "annotator", "label")
PROBABILITY: Final = "selection_probability"  # only draws have one
HEADERS: Final = {  # other spellings of a column
    "event": "event_id", "item": "event_id", "id": "event_id", "by": "annotator", "who": "annotator",
    "labeller": "annotator", "labeler": "annotator", "reviewer": "annotator", "at": "labelled_at",
    "labeled_at": "labelled_at", "time": "labelled_at", "date": "labelled_at", "kind": "annotator_kind",
    "verdict": "label", "adjudicates": "is_adjudication", "adjudication": "is_adjudication",
    "design": "design_id", "guideline": "guideline_version", "notes": "reason", "comment": "reason",
}  # fmt: skip
_PROVENANCE: Final = ("source", "ingested_at", "raw_ref", "extras")  # of an exported table
_SELECTION_SCHEMA: Final = schema_of(SELECTIONS)
_MOMENTS: Final = ("from_at", "until_at", "drawn_at")


def pull(settings: IngestSettings, around: Surroundings) -> Pulled:
    """Read what is new in the files that [sources.labels] names; SourceError when no file matches."""
    wanted = settings.sources.labels
    if wanted is None or around.outside.from_raw:  # no copies are kept, so there is nothing to parse
        return Pulled(around.cursor)
    return _Run(around, settings=wanted).all()


# -- tables in our own words -----------------------------------------------------------------------------


def _read(records: Any, context: Context) -> Iterator[Found]:
    """Labels or draws of one file; its header says which."""
    if isinstance(records, Parquet):
        header = records.header(context.name)
        for part in records.slices(context.name, header):
            yield _found(part, header, context)
        return
    rows = records.rows(context.name) if isinstance(records, Table) else objects(records, context.name)
    first = list(islice(rows, 1))  # now the header of a table is known
    names = records.header if isinstance(records, Table) else []
    for block in blocks(chain(first, rows), mapped.SLICE):
        yield from _of_block(block, names, context)


def _of_block(block: Sequence[Each], header: Sequence[str], context: Context) -> Iterator[Found]:
    whole = [(place, said) for place, said in block if said is not None]
    names = header or list(dict.fromkeys(name for _, said in whole for name in said))
    texts = {name: [mapped.as_seen(said.get(name)) for _, said in whole] for name in names}
    told = pl.DataFrame(
        {**texts, REFERENCE: [place for place, _ in whole]},
        schema_overrides=dict.fromkeys([*names, REFERENCE], pl.String),
    )
    yield _found(told, names, context)
    damaged = [place for place, said in block if said is None]
    if damaged:
        yield damaged_rows(damaged, of_labels=True)


def _found(part: pl.DataFrame, header: Collection[str], context: Context) -> Found:
    spellings = {name: _spelled(name) for name in header}
    table = "selections" if PROBABILITY in spellings.values() else "labels"
    ours = _SELECTION_SCHEMA if table == "selections" else dict.fromkeys(LABEL_COLUMNS)
    _refuse_bad_header(spellings, _needed(table), context.name)
    renamed = part.rename(spellings)
    texts = [name for name in spellings.values() if renamed.schema[name] == pl.String]
    filled = renamed.with_columns(map(_filled, texts))
    others = sorted(filter(_is_name, set(spellings.values()) - set(ours) - set(_PROVENANCE)))
    aside = {table: others} if others else {}
    if table == "selections":
        return Found(selections=_drawn(filled), unknown_columns=aside)
    return Found(labels=_given(filled), unknown_columns=aside)


def _filled(name: str) -> pl.Expr:
    """An empty cell is no text."""
    return pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)).alias(name)


def _spelled(name: str) -> str:
    plain = spelled(name)
    return HEADERS.get(plain, plain)


def _needed(table: str) -> tuple[str, ...]:
    required = [name for name, column in SELECTIONS.columns.items() if not column.nullable]
    drawn = tuple(name for name in required if name not in _PROVENANCE)
    return drawn if table == "selections" else REQUIRED


def _refuse_bad_header(spellings: Mapping[str, str], needed: Sequence[str], place: str) -> None:
    seen = list(spellings.values())
    missing = [name for name in needed if name not in seen]
    twice = sorted({name for name in seen if seen.count(name) > 1})
    if missing or twice:
        what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(filter(_is_name, twice))} twice"
        names = [name for name in spellings if _is_name(name)]
        raise RefusedFileError(
            f"{place}: the header {what}; seen: {', '.join(names) or 'nothing'}; expected: "
            f"{', '.join(needed)}. Mend the header, or name its columns by [[sources.labels.mapping]]; "
            "nothing was taken."
        )


def _is_name(column: str) -> bool:
    """Whether a header may be repeated; a table without one has somebody's texts in its place."""
    return is_word(column) and column.replace("_", "").replace(" ", "").isalnum()


def _given(rows: pl.DataFrame) -> pl.DataFrame:
    """Labels as people write them; one of unknown words stays, and goes to quarantine."""
    absent = [pl.lit(None, pl.String).alias(name) for name in LABEL_COLUMNS if name not in rows.columns]
    whole = rows.with_columns(absent)
    known = {word: label_of(word) for word in whole["label"].cast(pl.String).drop_nulls().unique().to_list()}
    told = whole.with_columns(
        label=pl.col("label").cast(pl.String).replace_strict(known, default=None, return_dtype=pl.String)
    )
    return labels(told.select(REFERENCE, *LABEL_COLUMNS), is_dated=True)


def _drawn(rows: pl.DataFrame) -> pl.DataFrame:
    """Draws, as they were exported."""
    absent = [
        pl.lit(None, kind).alias(name) for name, kind in _SELECTION_SCHEMA.items() if name not in rows.columns
    ]
    whole = (
        rows.drop("raw_ref", strict=False)
        .rename({REFERENCE: "raw_ref"})
        .with_columns(each for each in absent if each.meta.output_name() != "raw_ref")
    )
    moment_columns = [moments(whole[name]).alias(name) for name in _MOMENTS]
    people = annotators(whole["drawn_by"].cast(pl.String)).alias("drawn_by")
    return whole.with_columns(*moment_columns, people, extras=pl.lit(None, pl.String)).select(
        list(_SELECTION_SCHEMA)
    )


# -- the run ---------------------------------------------------------------------------------------------


def kind_of(head: bytes, *, has_mapping: bool) -> Kind:
    """How a file is read: by mappings, or in our own words."""
    kind = mapped_kind(head)
    return kind if has_mapping else Kind(kind.name.replace("mapped", "labels"), "labels", kind.framing, _read)


@dataclass(kw_only=True)
class _Run(Tail[Log, Kind]):
    """What one call of `pull` works with, and what it did so far."""

    settings: LabelsSettings

    place: ClassVar[str] = "files of labels"
    guide: ClassVar[str] = "docs/detectors.md"

    def logs(self) -> Iterable[Log]:
        return places.logs(self.settings, [], self.around.base, SETTING)

    def no_files(self) -> Mapping[str, str]:
        return places.no_files(self.settings, self.around.base)

    def format_of(self, beginning: bytes, log: Log) -> Kind:
        return kind_of(beginning, has_mapping=bool(log.mappings))

    def is_whole(self, name: str) -> bool:
        return name.endswith(("_whole", "_table", "_columns"))

    def records(self, reading: Reading[Log, Kind]) -> Cut:
        return opened(reading.format, reading.log, reading.start, is_growing=False)

    def blocks(self, reading: Reading[Log, Kind], records: Any) -> Iterator[Block]:
        context = Context(reading.log.name, mappings=reading.log.mappings)
        for found in reading.format.read(records, context):
            yield Block(parsed(found))

    def told(self, log: Log) -> str:
        return mark_of([each.model_dump_json() for each in log.mappings])

    def unknown(self) -> str:
        return f"is no table of labels; expected columns: {', '.join(REQUIRED)}"


LABELS_SOURCE: Final = LiveSource(
    "labels",
    "files of labels of items (event_id, annotator, labelled_at, label), and of draws for labelling",
    pull,
)
