"""How do decisions and sessions stay in line with what the logs told, without working all of them out again?

Only sessions that got signals since the last published derivation are looked at, all of whose signals are
read: by months, and in groups of sessions that follow one another in time, so that memory stays flat. A row
that better evidence made void (a question whose call turned up later) is taken away again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import polars as pl

from ingest.approving.answers import decisions
from ingest.approving.keys import SESSION
from ingest.approving.summing import sessions
from ingest.contracts import APPROVAL_SESSIONS, APPROVAL_SIGNALS, APPROVALS
from ingest.contracts.common import Table
from ingest.provenance import stamped
from ingest.store import Store

APPROVING_SOURCE: Final = "approving"
GROUP_SIGNALS: Final = 300_000  # of one group; a session is never divided


def derive_approvals(store: Store, at: datetime, since: datetime | None = None) -> int:
    """Bring `approvals` and `approval_sessions` in line with `approval_signals`; how many sessions that took.

    Parameters
    ----------
    store
        Its lock is held by the caller, who publishes.
    at
        Start of this run, with which its rows are stamped.
    since
        Start of the last published run that derived: later signals are news, also those of a run that died.
        None = all sessions are worked out again.
    """
    touched = _touched(store, at, since)
    for group in _groups(touched):
        _bring_in_line(store, group, at)
    return touched.height


def _touched(store: Store, at: datetime, since: datetime | None) -> pl.DataFrame:
    """Sessions with news, in order of time: how many signals they have, and from when to when."""
    signals = store.current(APPROVAL_SIGNALS.name)
    # A clock that was set back stamps its own run before the last one.
    is_news = (pl.col("ingested_at") > since) | (pl.col("ingested_at") == at) if since else pl.lit(value=True)
    keys = signals.filter(is_news).select(SESSION).unique()
    whole = signals.join(keys, on=SESSION, how="semi").group_by(SESSION)
    spans = whole.agg(count=pl.len(), first_at=pl.col("at").min(), last_at=pl.col("at").max())
    return spans.sort("first_at", *SESSION).collect(engine="streaming")


def _groups(touched: pl.DataFrame) -> Iterator[pl.DataFrame]:
    number = (pl.col("count").cum_sum() - 1) // GROUP_SIGNALS
    numbered = touched.with_columns(number=number)
    yield from numbered.partition_by("number", maintain_order=True)


def _bring_in_line(store: Store, group: pl.DataFrame, at: datetime) -> None:
    signals = _signals_of(store, group)
    decided = decisions(signals)
    _make(store, APPROVALS, stamped(decided, APPROVING_SOURCE, at), group)
    _make(store, APPROVAL_SESSIONS, stamped(sessions(signals, decided), APPROVING_SOURCE, at), group)


def _signals_of(store: Store, group: pl.DataFrame) -> pl.DataFrame:
    """All signals of some sessions; the span of time leaves other months unread."""
    within = pl.col("at").is_between(group["first_at"].min(), group["last_at"].max())
    signals = store.current(APPROVAL_SIGNALS.name).filter(within)
    return signals.join(group.lazy().select(SESSION), on=SESSION, how="semi").collect(engine="streaming")


def _make(store: Store, table: Table, rows: pl.DataFrame, group: pl.DataFrame) -> None:
    """Make the rows of some sessions exactly these."""
    store.replace(table, rows, APPROVING_SOURCE, group.select(SESSION))
