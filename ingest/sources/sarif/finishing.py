"""How do the rows of one run get what only all of them together can tell: ordinals, and the scan's id?

The rows of a small run are made once and kept. Those of a big one are made twice: once to learn their
identities, of which only the columns in SPINE are kept, and once more, a few at a time, to be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import polars as pl

from ingest.contracts import SCAN_RESULTS
from ingest.errors import SourceError
from ingest.settings import IngestSettings
from ingest.sources.sarif.naming import (
    SPINE,
    final_keys,
    has_one_fingerprint,
    introducers,
)
from ingest.sources.sarif.origin import Origin
from ingest.sources.sarif.results import TEXT, reader_of
from ingest.sources.sarif.scanned import CHANGED, ScannedRun

SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})
RESULT_SCHEMA: Final = {
    name: dtype for name, dtype in SCAN_RESULTS.polars_schema.items() if name not in SET_LATER
}

_FOR_KEYS: Final = ("rule", "path", TEXT)  # not needed any more when the keys are known

Frames = Callable[[], Iterator[pl.DataFrame]]


@dataclass(frozen=True)
class RunRows:
    """Rows of one run whose identities are known."""

    spine: pl.DataFrame
    frames: Frames  # its rows without those identities, in the order of the spine
    is_big: bool  # each look at the frames reads the file again

    def finished(self, scan: dict[str, Any]) -> Iterator[pl.DataFrame]:
        """Rows of `scan_results`, part by part."""
        start = 0
        for frame in self.frames():
            yield _finished(frame, self.spine.slice(start, frame.height), scan)
            start += frame.height
        if start != self.spine.height:
            raise SourceError(CHANGED.format(scan["file"]))


def rows_of(run: ScannedRun, outer: Origin, settings: IngestSettings, repository: str | None) -> RunRows:
    """Rows of a run that has a list of results."""
    reader = reader_of(run.header, outer, settings)
    if run.again is None:
        frames = [reader.rows(draft) for draft in (run.drafting.take_all() if run.drafting else ())]
        return RunRows(_identified(frames, outer, repository), lambda: iter(frames), is_big=False)
    spines = map(reader.spine, run.again(needs_messages=False))
    again = partial(run.again, needs_messages=True)
    return RunRows(_identified(spines, outer, repository), lambda: map(reader.rows, again()), is_big=True)


def _identified(frames: Iterable[pl.DataFrame], outer: Origin, repository: str | None) -> pl.DataFrame:
    """Spine with the identities of all results."""
    # of columns one by one, for whatever goes through an expression is copied
    parts = [pl.DataFrame([frame[name] for name in SPINE]) for frame in frames]
    spine = pl.concat(parts) if parts else _no_spine()
    spine.replace_column(spine.get_column_index("finding_key"), final_keys(spine))
    if has_one_fingerprint(spine):
        nothing = pl.Series("fingerprint", [None], pl.String).new_from_index(0, spine.height)
        spine.replace_column(spine.get_column_index("fingerprint"), nothing)
    told = introducers(spine, outer.introduced_by, repository)
    kept = [each for each in spine.get_columns() if each.name not in _FOR_KEYS]
    return pl.DataFrame([*kept, told])


def empty() -> pl.DataFrame:
    """No results."""
    return pl.DataFrame(schema=RESULT_SCHEMA)


def _no_spine() -> pl.DataFrame:
    schema: dict[str, pl.DataType] = {**RESULT_SCHEMA, TEXT: pl.Binary()}
    return pl.DataFrame(schema={name: schema[name] for name in SPINE})


def _finished(frame: pl.DataFrame, known: pl.DataFrame, scan: dict[str, Any]) -> pl.DataFrame:
    if not frame["position"].equals(known["position"]):
        raise SourceError(CHANGED.format(scan["file"]))
    named = frame.with_columns(
        known["finding_key"],
        known["fingerprint"],
        known["introduced_by"],
        scan_id=pl.lit(scan["scan_id"]),
        scanned_at=pl.lit(scan["scanned_at"], RESULT_SCHEMA["scanned_at"]),
        raw_ref=pl.format("{}/results/{}", pl.lit(scan["raw_ref"]), "position"),
    )
    return named.select(list(RESULT_SCHEMA))
