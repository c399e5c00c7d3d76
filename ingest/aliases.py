"""Which finding is a decision about, where the finding is known by another id today?

Ids are joined when it turns out that they mean one weakness; until then people decided about each of them.
Where they contradict one another, what is worse holds: what was confirmed under one id is not dismissed by
a decision about another, however late, but by dismissing it under that id, too.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_FINDING: Final = "finding_id"
_MILDNESS: Final = {"reopened": 1, "false_positive": 2}  # whatever else is decided says that it is real
_PLACE: Final = "_place"
_TOLD: Final = "_told"  # the id that the decision names
_MILD: Final = "_mild"


def under_todays_ids(dispositions: pl.LazyFrame, findings: pl.LazyFrame) -> pl.LazyFrame:
    """Decisions with the id that their finding has today; those about an unknown one stay as they are.

    What is the id of a finding today means that one, whoever else lists it. Left out is what says less than
    what stood, at its moment, under another id of the finding.

    Parameters
    ----------
    dispositions
        Rows of `dispositions`.
    findings
        finding_id and aliases.

    >>> findings = pl.LazyFrame({"finding_id": ["a"], "aliases": [["b"]]})
    >>> decided = {"finding_id": ["b", "c"], "disposition": "confirmed", "decided_at": [1, 2], "reason": ""}
    >>> under_todays_ids(pl.LazyFrame(decided), findings).collect()["finding_id"].to_list()
    ['a', 'c']
    """
    known = findings.select(today=_FINDING, finding_id="aliases").explode(_FINDING).drop_nulls()
    others = known.join(findings.select(_FINDING), on=_FINDING, how="anti")
    once = others.sort("today").unique(_FINDING, keep="first", maintain_order=True)
    placed = (
        dispositions.with_row_index(_PLACE)
        .join(once, on=_FINDING, how="left", maintain_order="left")
        .with_columns(pl.coalesce("today", _FINDING).alias(_FINDING), pl.col(_FINDING).alias(_TOLD))
    )
    outweighed = _outweighed(placed)
    counting = placed.join(outweighed, on=_PLACE, how="anti", maintain_order="left")
    return counting.drop("today", _PLACE, _TOLD)


def _outweighed(placed: pl.LazyFrame) -> pl.LazyFrame:
    """Places of decisions that say less than what stood under another id of the same finding."""
    has_several = pl.col(_TOLD).n_unique().over(_FINDING) > 1
    mildness = pl.col("disposition").replace_strict(_MILDNESS, default=0, return_dtype=pl.Int8)
    rows = placed.filter(has_several, _is_told()).select(
        _PLACE, _FINDING, _TOLD, "decided_at", mildness.alias(_MILD)
    )
    ordered = rows.sort("decided_at", -pl.col(_MILD), _PLACE)
    ids = ordered.select(_FINDING, _other=_TOLD).unique()
    asked = ordered.filter(pl.col(_MILD) > 0).join(ids, on=_FINDING, maintain_order="left")
    elsewhere = asked.filter(pl.col("_other") != pl.col(_TOLD))
    stood = ordered.select(_FINDING, "decided_at", _other=_TOLD, _stood=_MILD)
    # Polars cannot check the order within groups and would warn: both sides are sorted above.
    beside = elsewhere.join_asof(stood, on="decided_at", by=[_FINDING, "_other"], check_sortedness=False)
    return beside.filter(pl.col("_stood") < pl.col(_MILD)).select(_PLACE)


def _is_told() -> pl.Expr:
    """Whether a decision is one: a dismissal without a reason changes nothing, under whatever id."""
    says_why = pl.col("reason").fill_null("").str.strip_chars() != ""
    return (pl.col("disposition") != "false_positive") | says_why
