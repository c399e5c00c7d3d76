"""Which dismissals of alerts were taken back? The host tells only that the alert is open again."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.alert_identity import alert_finding
from ingest.attribution.host_alerts import HOST_SOURCE

REOPENED: Final = "reopened"
NOBODY_TOLD: Final = "unknown"


def reopened(alerts: pl.DataFrame, dispositions: pl.DataFrame) -> pl.DataFrame:
    """Rows of `dispositions`, but for provenance, that ask again about what is open in spite of a dismissal.

    The moment is the alert's last change; who did it is not told. What a person decided elsewhere, such
    as in a triage file, is not touched.
    """
    is_open = (pl.col("state") == "open") & pl.col("updated_at").is_not_null()
    undone = alerts.filter(is_open)
    ids = [alert_finding(*key) for key in undone.select("repository", "kind", "number").rows()]
    asked = undone.select(
        "raw_ref", finding_id=pl.Series(ids, dtype=pl.String), decided_at=pl.col("updated_at")
    )
    found = asked.join(_last_dismissals(dispositions), on="finding_id", how="inner")
    return found.filter(pl.col("decided_at") > pl.col("dismissed_at")).select(
        "finding_id",
        "decided_at",
        "raw_ref",
        decided_by=pl.lit(NOBODY_TOLD),
        disposition=pl.lit(REOPENED),
        reason=pl.lit("open again on the code host"),
        second_person=pl.lit(None, pl.String),
        expires_at=pl.lit(None, pl.Datetime("us", "UTC")),
    )


def _last_dismissals(dispositions: pl.DataFrame) -> pl.DataFrame:
    """Findings whose latest decision on the host is a dismissal."""
    on_host = dispositions.filter(pl.col("source") == HOST_SOURCE).sort("decided_at")
    last = on_host.group_by("finding_id", maintain_order=True).agg(
        dismissed_at=pl.col("decided_at").last(), disposition=pl.col("disposition").last()
    )
    return last.filter(pl.col("disposition") != REOPENED).drop("disposition")
