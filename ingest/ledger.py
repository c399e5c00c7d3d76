"""What did earlier runs read, and what does this run leave behind for the next?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json import dumps, loads
from typing import Any, Final

import polars as pl

from ingest.intake import HOLDING_TABLES, Tally

ORPHANS: Final = "scan results whose scan is not there"
UNPLACED: Final = (
    "alerts that no analysis of their tool and branch explains: listed, but no finding of any change"
)
UNHEALED: Final = (
    "refused rows of the code host's alerts and analyses that no later row replaced: see the quarantine"
)
HOLDING_REASONS: Final = (ORPHANS, UNPLACED, UNHEALED)  # what derivation could not use, and might be bad news
Cursor = dict[str, str]  # file name -> digest of its content and of the settings that read it


@dataclass(frozen=True)
class RunInfo:
    """What all ledger rows of one run share."""

    run_id: str
    started_at: datetime
    product_version: str
    policy_digest: str  # JSON: pilot -> digest of its gate policy


def fingerprint(content_digest: str, settings_key: object) -> str:
    """Two parts: what the file holds, and what the settings that read it say.

    >>> fingerprint("0123456789abcdef0", {"paths": ["a"]}).partition(":")[0]
    '0123456789abcdef'
    """
    settings = sha256(dumps(settings_key, sort_keys=True, default=str).encode()).hexdigest()
    return f"{content_digest[:16]}:{settings[:12]}"


def is_same_content(mark: str, earlier: str | None) -> bool:
    """Whether the bytes are those of an earlier run, only the settings that read them differ."""
    return earlier is not None and mark.partition(":")[0] == earlier.partition(":")[0]


def last_cursor(runs: pl.DataFrame, source: str) -> Cursor:
    """The cursor that the latest published run of a source left; empty before the first."""
    mine = runs.filter(pl.col("source") == source, pl.col("cursor").is_not_null()).sort("published_at")
    return loads(mine.get_column("cursor").item(-1)) if mine.height else {}


def last_remarks(runs: pl.DataFrame, source: str) -> dict[str, int]:
    """What the latest run of a source left out, by reason; a run that did nothing keeps it."""
    mine = runs.filter(pl.col("source") == source).sort("published_at")
    return loads(mine.get_column("left_out").item(-1)) if mine.height else {}


def last_refused(runs: pl.DataFrame, source: str) -> dict[str, str]:
    """What the latest run of a source could not take in, and why."""
    mine = runs.filter(pl.col("source") == source).sort("published_at")
    return loads(mine.get_column("files_refused").item(-1)) if mine.height else {}


NO_BAD_NEWS: Final = ("approvals", "canaries")  # sources whose logs can tell of no escape


def gaps(runs: pl.DataFrame) -> tuple[str, ...]:
    """What the latest run of each source could not take in although it might have been bad news.

    Refused files, refused rows of scans and findings, results without a scan, alerts that no analysis
    explains, and refused alerts: a verdict that rests on what is left must not be better for it.
    """
    latest = runs.sort("published_at").group_by("source", maintain_order=True).last()
    found: list[str] = []
    for row in latest.iter_rows(named=True):
        found += loads(row["files_refused"]) if row["source"] not in NO_BAD_NEWS else []
        refused = loads(row["rejected_by_rule"])
        found += [
            f"{row['source']}: rows of {name} in quarantine" for name in HOLDING_TABLES if name in refused
        ]
        found += [
            f"{count} {reason}"
            for reason, count in loads(row["left_out"]).items()
            if row["source"] == "derive" and reason in HOLDING_REASONS
        ]
    return tuple(found)


def ledger_row(info: RunInfo, source: str, tally: Tally, **more: Any) -> dict[str, Any]:
    """One row of `ingest_runs`; `published` is filled by the store when it commits."""
    return {
        "run_id": info.run_id,
        "source": source,
        "status": "failed" if tally.files_refused else "ok",
        "started_at": info.started_at,
        "rows_in": tally.rows_in,
        "rows_valid": tally.rows_valid,
        "rows_rejected": tally.rows_rejected,
        "rejected_by_rule": dumps(tally.rejected_by_rule, sort_keys=True),
        "left_out": dumps(tally.left_out, sort_keys=True),
        "unknown_columns": dumps({name: sorted(found) for name, found in tally.unknown_columns.items()}),
        "files_read": tally.files_read,
        "files_unchanged": tally.files_unchanged,
        "files_refused": dumps(tally.files_refused, sort_keys=True),
        "files_withdrawn": 0,
        "requests": 0,
        "product_version": info.product_version,
        "policy_digest": info.policy_digest,
        "raw_ref": info.run_id,
        "ingested_at": info.started_at,
        "extras": None,
        **more,
    }
