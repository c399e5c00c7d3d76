"""How does a live source run: what it is given of the store, and what it leaves for the ledger?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from ingest.contracts import ERASURES, PULL_REQUESTS, SCANS
from ingest.intake import ANOTHER_COPY, Intake
from ingest.settings import IngestSettings
from ingest.sources.base import HELD, LiveSource, Outside, Parsed, Pulled, RawArea, Surroundings
from ingest.store import Store

_NOTHING_HELD: Final = {name: PULL_REQUESTS.polars_schema[name] for name in HELD}


@dataclass(frozen=True)
class Visit:
    """What one run of a live source rests on."""

    settings: IngestSettings
    cursor: Mapping[str, str]
    outside: Outside
    now: Callable[[], datetime]
    base: Path = Path()


def run_live(store: Store, source: LiveSource, intake: Intake, visit: Visit) -> Pulled:
    """Let a source pull, hand its rows on as they come, and count what it did into the tally."""

    def take(parsed: Parsed, _name: str) -> None:
        intake.take(parsed)
        intake.tally.files_read += 1

    raw: RawArea = store.raw_area
    held, known = held_pull_requests(store), known_repositories(store)
    told = (visit.base, erased_pseudonyms(store))
    around = Surroundings(raw, held, visit.cursor, visit.now, visit.outside, take, known, *told)
    try:
        pulled = source.pull(visit.settings, around)
    finally:
        # Also when it fails: other sources may publish, and then batches are there wholly or not at all.
        intake.flush()
    _gather_copies(intake.tally.left_out)
    intake.tally.files_refused.update(pulled.refused)
    intake.tally.left_out.update(pulled.left_out)
    return pulled


def _gather_copies(left_out: Counter[str]) -> None:
    """Say in one line that batches of one run told some rows again: that is no fault of anybody."""
    copies = {reason: count for reason, count in left_out.items() if reason.endswith(ANOTHER_COPY)}
    for reason in copies:
        del left_out[reason]
    left_out.update(
        Counter({"older copy of a row that was read again": sum(copies.values())} if copies else {})
    )


def held_pull_requests(store: Store) -> pl.DataFrame:
    """Pull requests as published: rows of a run that died are not held, and are read again."""
    published = store.published()
    if published is None:
        return pl.DataFrame(schema=_NOTHING_HELD)
    return store.read(PULL_REQUESTS.name, published).select(HELD).collect()


def known_repositories(store: Store) -> tuple[str, ...]:
    """Repositories of pull requests and scans, sorted; also those that this very run brought."""
    tables = (store.current(table.name).select("repository") for table in (PULL_REQUESTS, SCANS))
    names = pl.concat(tables).drop_nulls().unique().sort("repository").collect()
    return tuple(names["repository"])


def erased_pseudonyms(store: Store) -> frozenset[str]:
    """Pseudonyms of people who are to be forgotten, whatever a log still says of them."""
    return frozenset(store.current(ERASURES.name).select("pseudonym").collect()["pseudonym"])
