"""What do the other tables of the same warehouse tell about a pull request: cut lists, draft history?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from ingest.contracts import BY_NAME, PULL_REQUESTS
from ingest.errors import PilotError
from ingest.settings import IngestSettings, TableSettings
from ingest.sources.base import SourceFile
from ingest.sources.tables.completing_events import kind_in_snake_case
from ingest.sources.tables.places import find
from ingest.sources.tables.ready import draft_history
from ingest.sources.tables.rows import KEY, Place, typed_columns

LISTS: Final = ("changed_files", "commits", "review_events", "reviews")
TIMELINE: Final = "review_events"
_NO_KEYS: Final = {name: PULL_REQUESTS.polars_schema[name] for name in KEY}


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


def cut_lists(settings: IngestSettings, base: Path) -> pl.DataFrame:
    """Pull requests some of whose lists stop exactly at their collector's limit, and which."""
    found = [pl.DataFrame(schema={**_NO_KEYS, "list": pl.String})]
    for mapping in sibling_mappings(settings):
        if mapping.list_limit is not None:
            keys = _columns_of_all(mapping, base, KEY)
            found.append(at_limit(keys, mapping.list_limit).with_columns(list=pl.lit(mapping.table)))
    return pl.concat(found).group_by(KEY).agg(cut_lists=pl.col("list").unique().sort())


def at_limit(keys: pl.DataFrame, limit: int) -> pl.DataFrame:
    """Keys that occur exactly `limit` times; rows without a whole key belong to nobody."""
    counted = keys.drop_nulls().group_by(keys.columns).len()
    return counted.filter(pl.col("len") == limit).drop("len")


def draft_histories(settings: IngestSettings, base: Path) -> pl.DataFrame:
    """Tell what the timelines of this warehouse say about drafts, one row per timeline."""
    columns = (*KEY, "kind", "occurred_at")
    mappings = [mapping for mapping in sibling_mappings(settings) if mapping.table == TIMELINE]
    events = [_columns_of_all(mapping, base, columns) for mapping in mappings]
    return draft_history(kind_in_snake_case(pl.concat(events))) if events else _no_history()


def _no_history() -> pl.DataFrame:
    moment = pl.Datetime("us", "UTC")
    return draft_history(pl.DataFrame(schema={**_NO_KEYS, "kind": pl.String, "occurred_at": moment}))


def _columns_of_all(mapping: TableSettings, base: Path, names: Sequence[str]) -> pl.DataFrame:
    schema = {name: BY_NAME[mapping.table].polars_schema[name] for name in names}
    frames = [_columns_of(Place(file, mapping), names) for file in find(mapping, base)]
    return pl.concat([pl.DataFrame(schema=schema), *(frame for frame in frames if frame is not None)])


def _columns_of(place: Place, names: Sequence[str]) -> pl.DataFrame | None:
    try:
        return typed_columns(place, names)
    except PilotError:
        return None  # the file refuses itself when its own turn comes; here it only has nothing to say
