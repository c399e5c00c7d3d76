"""What was read of the history of repositories that nobody wants any more?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import polars as pl

from ingest.contracts import FILE_MARKS, LANDED_COMMITS, LINE_ORIGINS
from ingest.contracts.common import Table
from ingest.store import Store

SOURCE: Final = "git"  # the source of all rows that mirrors tell
LANDED: Final = (LANDED_COMMITS, FILE_MARKS)  # what a look at a branch tells
EVERY: Final = (*LANDED, LINE_ORIGINS)
_IS_OURS: Final = pl.col("source") == SOURCE


def repositories_read(store: Store, tables: Sequence[Table] = EVERY) -> frozenset[str]:
    """Repositories of which any row of history is known."""
    told = (store.current(table.name).filter(_IS_OURS).select("repository") for table in tables)
    return frozenset(pl.concat(told).unique().collect()["repository"])


def forget_all_but(store: Store, wanted: Collection[str], tables: Sequence[Table] = EVERY) -> dict[str, int]:
    """Take out what mirrors told of other repositories: what is judged by history follows from the settings.

    Without `[sources.git]` no repository is wanted. The mirrors themselves stay; nothing is to be said of it.
    """
    if repositories_read(store, tables) - frozenset(wanted):
        for table in tables:
            own = store.current(table.name).filter(_IS_OURS)
            kept = own.filter(pl.col("repository").is_in(list(wanted))).collect()
            store.replace(table, kept.select(list(table.columns)), SOURCE)
    return {}
