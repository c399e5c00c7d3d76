"""Which table versions must stay because a sealed snapshot was made from them?"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import polars as pl

from ingest.errors import StoreError
from ingest.store.values import Published


def pinned(sealed: pl.DataFrame) -> dict[str, frozenset[int]]:
    """Table -> the versions of it that sealed snapshots refer to."""
    pins: dict[str, frozenset[int]] = {}
    for name, text in sealed.select("name", "pins").iter_rows():
        for table, versions in _read(name, text).items():
            pins[table] = pins.get(table, frozenset()) | versions
    return pins


def _read(name: str, text: str) -> dict[str, frozenset[int]]:
    try:
        return {table: frozenset(map(int, versions)) for table, versions in orjson.loads(text).items()}
    except (orjson.JSONDecodeError, AttributeError, ValueError, TypeError) as error:
        raise StoreError(
            f"snapshots, row {name}: `pins` is {text!r}, expected JSON of table -> versions; "
            f"restore the store from a copy"
        ) from error


def pins_of(publications: Iterable[Published]) -> str:
    """The versions of some publications, as a row of `snapshots` keeps them.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 8, 17, tzinfo=UTC)
    >>> pins_of([Published("b", at, {"scans": 3}), Published("a", at, {"scans": 1, "reviews": 1})])
    '{"reviews":[1],"scans":[1,3]}'
    """
    pins: dict[str, set[int]] = {}
    for published in publications:
        for table, version in published.versions.items():
            pins.setdefault(table, set()).add(version)
    listed = {table: sorted(versions) for table, versions in pins.items()}
    return orjson.dumps(listed, option=orjson.OPT_SORT_KEYS).decode()
