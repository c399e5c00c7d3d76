"""What of a repository could not be read, and what does the code host say why?

Definitions 0: what cannot be known is undefined, with a reason; it is never 0. A source that asks the
host says of each repository and feature whether it could be read (contract `features`). Where any scan
of a repository is known, from whatever source, its code scanning need not be readable; where none is
known, nobody can tell whether something looked.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.refusals import REFUSAL_WORDS, said
from metrics.tables import Tables

SCANS_UNREAD: Final = "scans_unread"
CHECKS_UNREAD: Final = "checks_unread"


def unread_features(changes: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    """Tell of each change what of its repository could not be read.

    Returns
    -------
    DataFrame
        repository, number, SCANS_UNREAD, CHECKS_UNREAD: the host's words after the repository's name,
        null = could be read, or nobody asked; as many rows as `changes`, in their order.
    """
    scans = unread(cut, "code_scanning").filter(~pl.col("repository").is_in(scanned(cut).implode()))
    told = changes.select(KEY)
    for name, words in ((SCANS_UNREAD, scans), (CHECKS_UNREAD, unread(cut, "checks"))):
        told = told.join(words.rename({"words": name}), on="repository", how="left", maintain_order="left")
    return told


def unread(cut: Tables, feature: str) -> pl.DataFrame:
    """Repositories of which a feature could not be read: repository, words; sorted."""
    is_refused = (pl.col("feature") == feature) & (pl.col("status") != "ok")
    its_own = pl.col("said").str.strip_chars(" \n.")
    why = pl.coalesce(
        pl.when(its_own != "").then(its_own),
        pl.col("status").replace_strict(REFUSAL_WORDS, return_dtype=pl.String),
    )
    words = pl.format("{}: {}", "repository", why)
    return cut.features.filter(is_refused).select("repository", words=words).sort("repository").collect()


def said_of(rows: pl.DataFrame, column: str) -> str:
    """What the host says of the repositories of these changes; empty where nothing was refused."""
    return said(rows[column].drop_nulls().unique().sort().to_list())


def scanned(cut: Tables) -> pl.Series:
    """Repositories that any scan is known of, ok or not; a withdrawn file was none."""
    could_look = cut.scans.filter(pl.col("status") != "withdrawn")
    return could_look.select(pl.col("repository").drop_nulls().unique()).collect()["repository"]


def is_scanned(changes: pl.DataFrame, cut: Tables) -> bool:
    """Whether any scan is known of a repository that these changes merged in."""
    return bool(changes["repository"].unique().is_in(scanned(cut).implode()).any())
