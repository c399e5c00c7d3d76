"""Which finding is a decision about, where the finding is known by another id today?"""

from __future__ import annotations

import polars as pl


def under_todays_ids(dispositions: pl.LazyFrame, findings: pl.LazyFrame) -> pl.LazyFrame:
    """Decisions with the id that their finding has today; those about an unknown one stay as they are.

    What is the id of a finding today means that one, whoever else lists it.

    >>> findings = pl.LazyFrame({"finding_id": ["a"], "aliases": [["b"]]})
    >>> under_todays_ids(pl.LazyFrame({"finding_id": ["b", "c"]}), findings).collect()["finding_id"].to_list()
    ['a', 'c']
    """
    known = findings.select(today="finding_id", finding_id="aliases").explode("finding_id").drop_nulls()
    others = known.join(findings.select("finding_id"), on="finding_id", how="anti")
    once = others.sort("today").unique("finding_id", keep="first", maintain_order=True)
    placed = dispositions.join(once, on="finding_id", how="left", maintain_order="left")
    return placed.with_columns(finding_id=pl.coalesce("today", "finding_id")).drop("today")
