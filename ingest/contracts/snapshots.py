"""The list of sealed weeks: which snapshot was sealed when, from which table versions, after which other."""

from __future__ import annotations

import dataframely as dy

from ingest.contracts.common import Table, Trusted, moment


class Snapshots(Trusted):
    """One row per sealed snapshot; as long as it stands, clean-up keeps the table versions it names."""

    name = dy.String(primary_key=True, description="snapshot: its week, and .2, .3 ... for restatements")
    week = dy.String(description="ISO week, such as 2026-W34")
    restatement = dy.Int64(
        min=1, description="1 as first sealed, 2 after the first restatement", metadata={"unit": "ordinal"}
    )
    sealed_at = moment("sealed")
    manifest_digest = dy.String(description="SHA-256 of manifest.json, in hexadecimal digits")
    run_id = dy.String(description="ingest run whose publication the snapshot rests on")
    published_at = moment("when that run was published")
    versions = dy.String(description="JSON: table -> version of that publication")
    pins = dy.String(description="JSON: table -> every version that the snapshot was made from")
    previous = dy.String(nullable=True, description="snapshot sealed before this one; null for the first")
    product_version = dy.String(description="version of this product")


SNAPSHOTS = Table("snapshots", Snapshots, "ledger", "sealed snapshot", None, None)
