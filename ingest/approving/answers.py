"""What was decided on each call that signals tell of?"""

from __future__ import annotations

import polars as pl

from ingest.approving.deciders import with_deciders
from ingest.approving.evidence import evidence
from ingest.approving.keys import CALL, DECISION_COLUMNS
from ingest.approving.waits import with_moments, with_waits
from ingest.contracts import APPROVALS


def decisions(signals: pl.DataFrame) -> pl.DataFrame:
    """Permission decisions that signals tell of, whatever their order, copies and files.

    Parameters
    ----------
    signals
        Rows of `approval_signals` (the contract's columns); of each session all there are.

    Returns
    -------
    DataFrame
        Rows of `approvals` without `source`, `ingested_at` and `extras`, one per call that was answered or
        asked about; `raw_ref` is that of what tells the decision.
    """
    known = evidence(signals).with_columns(was_asked=pl.col("asked_at").is_not_null())
    decided = known.with_columns(decision=_decision()).filter(pl.col("decision").is_not_null())
    return _in_contract(with_waits(with_moments(with_deciders(decided))))


def _decision() -> pl.Expr:
    """What was decided; a question without any answer is pending, a call without either is nothing."""
    asked = pl.when("was_asked").then(pl.lit("pending"))
    return pl.coalesce("decided_decision", "waited_decision", "ended_decision", asked)


def _in_contract(waited: pl.DataFrame) -> pl.DataFrame:
    types = APPROVALS.polars_schema
    told = waited.with_columns(decided_at=pl.col("answered_at"))
    return told.select(pl.col(name).cast(types[name]) for name in DECISION_COLUMNS).sort(CALL)
