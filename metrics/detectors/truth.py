"""What is true of an item, by everything that was said of it?

The latest label of each annotator stands. An adjudication wins; else people who agree; where they do not, or
are unsure, it is unclear; else the label that came with the item's set. What was planted is known. Programs
that judge are asked by nobody here.
"""

from __future__ import annotations

from functools import reduce
from typing import Final

import polars as pl

from ingest.contracts.detections import OF_CONTENT, OF_SEED

_SAID: Final = ("event_id", "annotator", "annotator_kind", "labelled_at", "label", "family", "saw_score",
                "is_adjudication")  # fmt: skip
KNOWN: Final[dict[str, pl.DataType]] = {
    "event_id": pl.String(),
    "truth": pl.String(),  # attack, benign or unclear
    "basis_kind": pl.String(),  # human, dataset or seed
    "family": pl.String(),
    "is_of_set": pl.Boolean(),  # its set gave it a label, whatever people said later
    "is_planted": pl.Boolean(),
    "label_count": pl.UInt32(),  # standing labels of people and sets
    "all_saw_score": pl.Boolean(),  # everybody who labelled it knew a verdict or score; null = not told
}


def truths(labels: pl.LazyFrame, detections: pl.LazyFrame) -> pl.DataFrame:
    """What is known of each labelled item: KNOWN, one row per event_id.

    Parameters
    ----------
    labels
        Table of labels; an item stands there by its id, by the hash of its text or by its seed's name.
    detections
        Table of verdicts, for the items that have such a hash or seed.
    """
    is_witness = (pl.col("annotator_kind") != "judge") & (pl.col("label") != "error")
    one_name = pl.col("annotator").str.to_lowercase()  # a name is one person however it is written
    said = labels.filter(is_witness).select(_SAID).with_columns(one_name).collect()
    if said.is_empty():
        return pl.DataFrame(schema=KNOWN)
    every = _planted_in_time(_of_items(said, detections))
    is_of_set = pl.col("annotator_kind") == "dataset"
    by_sets, by_people = (
        _of_sets(_standing(every.filter(is_of_set))), _of_people(_standing(every.filter(~is_of_set)))
    )  # fmt: skip
    both = by_people.join(by_sets, on="event_id", how="full", coalesce=True)
    return both.select(_known())


def _of_items(said: pl.DataFrame, detections: pl.LazyFrame) -> pl.DataFrame:
    """The same with labels of a hash or a seed given to every item that has it."""
    is_indirect = pl.col("event_id").str.starts_with(OF_CONTENT) | pl.col("event_id").str.starts_with(OF_SEED)
    indirect = said.filter(is_indirect)
    if indirect.is_empty():
        return said
    names = indirect["event_id"].unique()
    kept = []
    for prefix, column in ((OF_CONTENT, "content_sha256"), (OF_SEED, "seed_id")):
        named = detections.select("event_id", named=pl.lit(prefix) + pl.col(column))
        kept.append(named.filter(pl.col("named").is_in(names.implode())).unique())
    items = pl.concat(kept).collect()
    meant = indirect.join(items, left_on="event_id", right_on="named", how="inner")
    return pl.concat([said, meant.with_columns(event_id="event_id_right").select(_SAID)])


def _planted_in_time(said: pl.DataFrame) -> pl.DataFrame:
    """Without registrations of items that a person had labelled before: no finding becomes a planted one."""
    is_seed, is_persons = pl.col("annotator_kind") == "seed", pl.col("annotator_kind") == "human"
    if said.filter(is_seed).is_empty():
        return said
    first_at = pl.col("labelled_at").filter(is_persons).min().over("event_id")
    return said.filter(~(is_seed & (pl.col("labelled_at") > first_at)).fill_null(value=False))


def _standing(said: pl.DataFrame) -> pl.DataFrame:
    """The latest label of each annotator; adjudications stand beside what the same person said before."""
    if said["event_id"].n_unique() == said.height:
        return said
    one_voice = ["event_id", "annotator", "is_adjudication"]
    return said.sort("labelled_at", "label").unique(one_voice, keep="last", maintain_order=True)


def _of_sets(said: pl.DataFrame) -> pl.DataFrame:
    if said["event_id"].n_unique() == said.height:  # one label each, as sets usually have
        label = pl.col("label")
        return said.select(
            "event_id", set_attack=label == "attack", set_benign=label == "benign", set_family="family",
            set_count=pl.lit(1, pl.UInt32),
        )  # fmt: skip
    return said.group_by("event_id").agg(
        set_attack=(pl.col("label") == "attack").max(),
        set_benign=(pl.col("label") == "benign").max(),
        set_family=pl.col("family").max(),
        set_count=pl.len(),
    )


def _of_people(said: pl.DataFrame) -> pl.DataFrame:
    """What people said, and what is known of planted items; few rows against those of sets."""
    is_planted, is_final = pl.col("annotator_kind") == "seed", pl.col("is_adjudication")
    is_blind = ~is_planted & ~is_final
    return said.sort("labelled_at", "annotator").group_by("event_id").agg(
        final=pl.col("label").filter(~is_planted & is_final).last(),
        first_word=pl.col("label").filter(is_blind).first(),
        words=pl.col("label").filter(is_blind).n_unique(),
        planted=pl.col("label").filter(is_planted).last(),
        own_family=pl.col("family").filter(~is_planted).drop_nulls().last(),
        planted_family=pl.col("family").filter(is_planted).drop_nulls().last(),
        own_count=(~is_planted).sum(),
        all_saw_score=pl.col("saw_score").filter(~is_planted).min(),
    )  # fmt: skip


def _known() -> list[pl.Expr]:
    agreed = pl.when(pl.col("words") == 1).then("first_word").when(pl.col("words") > 1).then(pl.lit("unsure"))
    of_people = pl.coalesce("final", agreed)
    of_set = (
        pl.when(pl.col("set_attack") & pl.col("set_benign")).then(pl.lit("unsure"))
        .when("set_attack").then(pl.lit("attack"))
        .when("set_benign").then(pl.lit("benign"))
        .when(pl.col("set_count") > 0).then(pl.lit("unsure"))
    )  # fmt: skip
    found = pl.coalesce("planted", of_people, of_set)
    kinds = (("seed", pl.col("planted")), ("human", of_people), ("dataset", of_set))
    nothing = pl.lit(None, pl.String)
    kind = reduce(
        lambda later, each: pl.when(each[1].is_not_null()).then(pl.lit(each[0])).otherwise(later),
        reversed(kinds), nothing,
    )  # fmt: skip
    counted = pl.col("own_count").fill_null(0) + pl.col("set_count").fill_null(0)
    return [
        pl.col("event_id"),
        pl.when(found == "unsure").then(pl.lit("unclear")).otherwise(found).alias("truth"),
        kind.alias("basis_kind"),
        pl.coalesce("planted_family", "own_family", "set_family").alias("family"),
        pl.col("set_count").is_not_null().alias("is_of_set"),
        pl.col("planted").is_not_null().alias("is_planted"),
        counted.cast(pl.UInt32).alias("label_count"),
        pl.col("all_saw_score"),
    ]
