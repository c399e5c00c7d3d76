"""What do the other tables of the same warehouse tell about a pull request: cut lists, draft history?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from ingest.contracts import PULL_REQUESTS
from ingest.errors import PilotError
from ingest.settings import IngestSettings, TableSettings
from ingest.sources.base import SourceFile
from ingest.sources.tables.completing_events import kind_in_snake_case
from ingest.sources.tables.places import find
from ingest.sources.tables.ready import TELLING, draft_history
from ingest.sources.tables.rows import KEY, Place, some_columns, typed

LISTS: Final = ("changed_files", "commits", "review_events", "reviews")
TIMELINE: Final = "review_events"
_MOMENT: Final = "occurred_at"
_KEY_TYPES: Final = {name: PULL_REQUESTS.polars_schema[name] for name in KEY}


def sibling_mappings(settings: IngestSettings) -> list[TableSettings]:
    """List the mappings whose rows say something about pull requests."""
    return [
        mapping
        for mapping in settings.sources.tables
        if mapping.table == TIMELINE or (mapping.table in LISTS and mapping.list_limit is not None)
    ]


def sibling_files(settings: IngestSettings, base: Path) -> list[SourceFile]:
    """Files that the pull requests of this warehouse are completed from."""
    return [file for mapping in sibling_mappings(settings) for file in find(mapping, base)]


@dataclass(frozen=True)
class Siblings:
    """Rows of the other tables as far as they tell something, each file read once."""

    told: tuple[tuple[TableSettings, pl.DataFrame], ...]

    @classmethod
    def read(cls, settings: IngestSettings, base: Path) -> Siblings:
        """Read what the mappings name; files that cannot be read have nothing to say."""
        return cls(tuple((mapping, _rows_of(mapping, base)) for mapping in sibling_mappings(settings)))

    def cut_lists(self) -> pl.DataFrame:
        """Pull requests some of whose lists stop exactly at their collector's limit, and which."""
        found = [pl.DataFrame(schema={**_KEY_TYPES, "list": pl.String})]
        for mapping, rows in self.told:
            if mapping.list_limit is not None:
                cut = at_limit(rows.select(KEY), mapping.list_limit)
                found.append(cut.with_columns(list=pl.lit(mapping.table)))
        return pl.concat(found).group_by(KEY).agg(cut_lists=pl.col("list").unique().sort())

    def draft_histories(self) -> pl.DataFrame:
        """Tell what the timelines say about drafts, one row per timeline."""
        events = [
            typed(rows, TIMELINE, [_MOMENT]) for mapping, rows in self.told if mapping.table == TIMELINE
        ]
        return draft_history(pl.concat([_no_events(), *events]))


def at_limit(keys: pl.DataFrame, limit: int) -> pl.DataFrame:
    """Keys that occur exactly `limit` times; rows without a whole key belong to nobody."""
    counted = keys.drop_nulls().group_by(keys.columns).len()
    return counted.filter(pl.col("len") == limit).drop("len")


def _no_events() -> pl.DataFrame:
    return pl.DataFrame(schema={**_KEY_TYPES, "kind": pl.String, _MOMENT: pl.Datetime("us", "UTC")})


def _rows_of(mapping: TableSettings, base: Path) -> pl.DataFrame:
    names = (*KEY, "kind", _MOMENT) if mapping.table == TIMELINE else KEY
    frames = [_columns_of(Place(file, mapping), names) for file in find(mapping, base)]
    whole = pl.concat([pl.DataFrame(schema=_KEY_TYPES), *frames], how="diagonal_relaxed")
    return _draft_moments(whole) if mapping.table == TIMELINE and frames else whole


def _columns_of(place: Place, names: Sequence[str]) -> pl.DataFrame:
    try:
        return typed(some_columns(place, names), place.mapping.table, KEY)
    except PilotError:
        # the file refuses itself when its own turn comes; here it only has nothing to say
        return pl.DataFrame(schema={**_KEY_TYPES, **{name: pl.String() for name in names if name not in KEY}})


def _draft_moments(rows: pl.DataFrame) -> pl.DataFrame:
    """Forget the moments that tell nothing about drafts before they are cast: reading moments is slow."""
    named = kind_in_snake_case(rows)
    is_telling = pl.col("kind").is_in(TELLING)
    return named.with_columns(pl.when(is_telling).then(pl.col(_MOMENT)).alias(_MOMENT))
