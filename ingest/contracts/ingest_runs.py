"""The ledger: what each run of a source read, kept, refused and published."""

from __future__ import annotations

import dataframely as dy

from ingest.contracts.common import Table, Trusted, count, moment, one_of

RUN_STATUSES = ("ok", "failed")


class IngestRuns(Trusted):
    """One row per run of a source; its commit is what publishes the run's table versions."""

    run_id = dy.String(primary_key=True, description="run, sortable by time")
    source = dy.String(primary_key=True, description="source that ran, or 'derive' for the judging step")
    status = one_of(RUN_STATUSES, "how it ended")
    started_at = moment("started")
    published_at = moment("published")
    rows_in = count("rows read", nullable=False)
    rows_valid = count("rows that held their contract", nullable=False)
    rows_rejected = count("rows in quarantine", nullable=False)
    rejected_by_rule = dy.String(description="JSON: table -> rule -> count")
    left_out = dy.String(
        description="JSON: reason -> count of input that is no row (pending reviews, duplicates)"
    )
    unknown_columns = dy.String(description="JSON: table -> input columns without a place")
    files_read = count("files parsed", nullable=False)
    files_unchanged = count("files known already", nullable=False)
    files_withdrawn = count("unreadable scans whose file was mended or taken away", nullable=False)
    files_refused = dy.String(description="JSON: file -> why nothing of it was taken")
    cursor = dy.String(nullable=True, description="JSON: file -> content and settings digest")
    seconds = dy.Float64(min=0, description="time spent", metadata={"unit": "seconds"})
    requests = count("network requests", nullable=False)
    product_version = dy.String(description="version of this product")
    policy_digest = dy.String(nullable=True, description="digest of the gate policies in force")
    published = dy.String(description="JSON: table -> published version")


INGEST_RUNS = Table("ingest_runs", IngestRuns, "ledger", "run of a source", None, None)
