"""What did people decide inside a tool's own output?

An audit of detect-secrets leaves no name and no moment of its own: the decision counts from when the
baseline was written, and by whoever audited it. Where neither the baseline nor its place tells a moment,
the row says none, and goes to quarantine. Each baseline says all of it again: what of that counts is
settled where all decisions about a finding are known (:mod:`ingest.repeating`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from ingest.contracts import DISPOSITIONS_TABLE
from ingest.identity import finding_id
from ingest.sources.base import SourceFile
from ingest.sources.sarif.native import detect_secrets
from ingest.sources.sarif.native.loading import document_of

AUDITOR: Final = "detect-secrets audit"
CONFIRMED: Final = "confirmed"
DISMISSED: Final = "false_positive"
_SAID: Final = {
    True: (CONFIRMED, "marked as a secret in the audit of the baseline"),
    False: (DISMISSED, "marked as no secret in the audit of the baseline"),
}
_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})
Row = dict[str, Any]


def decisions_of(file: SourceFile, scans: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame | None:
    """Rows of `dispositions` of a file; null where it holds no decisions.

    Parameters
    ----------
    scans, results
        The rows of `scans` and `scan_results` that the file gave: they tell the repository, the moment
        and the identity of each result.
    """
    document = document_of(file)
    if not detect_secrets.recognises(document):
        return None
    verdicts = dict(enumerate(detect_secrets.verdicts(document)))
    decided = results.join(scans.select("scan_id", "repository"), on="scan_id", how="inner")
    rows = list(_rows(decided.filter(pl.col("repository").is_not_null()), verdicts))
    schema = {name: kind for name, kind in DISPOSITIONS_TABLE.polars_schema.items() if name not in _SET_LATER}
    return pl.DataFrame(rows, schema, orient="row") if rows else None


def _rows(decided: pl.DataFrame, verdicts: dict[int, bool | None]) -> Iterator[Row]:
    for row in decided.sort("scan_id", "position").iter_rows(named=True):
        verdict = verdicts.get(row["position"])
        if verdict is not None:
            yield _row(row, _SAID[verdict])


def _row(row: Row, said: tuple[str, str]) -> Row:
    disposition, reason = said
    return {
        "finding_id": finding_id(row["repository"], row["finding_key"]),
        "decided_at": row["scanned_at"],
        "decided_by": AUDITOR,
        "disposition": disposition,
        "reason": reason,
        "raw_ref": row["raw_ref"],
    }
