"""How many rows of the code host were refused, so that the tables lack what they said?

A file that gave a refused row is read again in every run; a list of the host is read on from where it was
left, so only a later row of the same alert or analysis takes the refused one's place: the host changes it,
or a new version of the product understands it (`--from-raw`, `--full`). Until then it may be bad news.
Alerts about dependencies are none: no change is charged with them.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ingest.attribution.host_alerts import HOST_SOURCE
from ingest.contracts import ALERTS, SCANS
from ingest.store import Store

DEPENDENCIES = "dependabot"


def unhealed_count(store: Store) -> int:
    """Number of alerts and analyses whose latest row was refused."""
    alerts = store.quarantined(ALERTS.name).filter(pl.col("kind").ne_missing(DEPENDENCIES))
    changed_at = pl.col("updated_at").cast(pl.String)
    refused = alerts.select(*ALERTS.key, version=changed_at)
    known = store.current(ALERTS.name).select(*_texts(ALERTS.key), known_version=changed_at)
    analyses = store.quarantined(SCANS.name).filter(pl.col("source") == HOST_SOURCE)
    unversioned = pl.lit(None, pl.String)
    refused_scans = analyses.select(*SCANS.key, version=unversioned)
    known_scans = store.current(SCANS.name).select(*_texts(SCANS.key), known_version=unversioned)
    return _count(refused, known, ALERTS.key) + _count(refused_scans, known_scans, SCANS.key)


def _texts(names: Sequence[str]) -> list[pl.Expr]:
    """Columns as the quarantine spells them."""
    return [pl.col(name).cast(pl.String) for name in names]


def _count(refused: pl.LazyFrame, known: pl.LazyFrame, key: Sequence[str]) -> int:
    """Keys of refused rows, but for those whose known row is as new; one spelling sorts as its moment."""
    latest = refused.group_by(key).agg(version=pl.col("version").max())
    is_older = pl.col("known_version") < pl.col("version")
    healed = latest.join(known, on=key, how="inner").filter(~is_older.fill_null(value=False))
    unhealed = latest.join(healed, on=key, how="anti")
    return int(unhealed.select(pl.len()).collect().item())
