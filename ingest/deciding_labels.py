"""What must hold of a label, and of items drawn for labelling, beyond what their contracts can see?

A label is about an item that is known, and of a draw only if that drew it. A disagreement is settled where
there is one, by somebody else than those who disagree or with a reason. What was drawn stays as it was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from ingest.contracts import DETECTIONS, LABELS_TABLE, SELECTIONS
from ingest.contracts.detections import OF_CONTENT, OF_SEED, SHA256
from ingest.store import Store

Row = Mapping[str, Any]
Complaints = Iterator[tuple[int, str]]  # which row of the act, and what is wrong with it
NEXT: Final = timedelta(microseconds=1)
HUMAN: Final = "human"
ATTACK: Final = "attack"
TOLD: Final = (ATTACK, "benign")  # labels that say what an item is
LIST: Final = "`pilot label list` names the draws"
_EXACT: Final = 1e-12  # as near as a division comes
_SAID: Final = (
    "annotator_kind", "label", "choice", "family", "cohort", "design_id", "guideline_version", "saw_score",
    "is_adjudication", "reason",
)  # fmt: skip


# -- labels ----------------------------------------------------------------------------------------


def of_labels(store: Store, rows: Sequence[Row]) -> Complaints:
    """What is wrong with labels that people give."""
    yield from _of_items(store, rows)
    for place, row in enumerate(rows):
        yield from ((place, words) for words in _of_words(row))
    yield from _of_adjudications(store, rows)


def _of_words(row: Row) -> Iterator[str]:
    label, kind = row["label"], row["annotator_kind"]
    if row.get("family") is not None and label != ATTACK:
        yield f"family is {row['family']!r} of an item that is {label}; only an attack has one, leave it out"
    if label == "error" and kind != "judge":
        yield "label is 'error', which only a program's answer can be; say attack, benign or unsure"
    if kind == "seed" and label != ATTACK:
        yield f"a planted item is an attack, not {label}; only attacks are planted"
    if row.get("is_adjudication") and kind != HUMAN:
        yield f"a disagreement is settled by a person, not by a {kind}"


def _of_items(store: Store, rows: Sequence[Row]) -> Complaints:
    """A label of a draw is about what that drew; any other about an item that somebody has seen."""
    drawn = _drawn(store, {row["design_id"] for row in rows if row.get("design_id")})
    designs = {design for design, _ in drawn}
    free = {row["event_id"] for row in rows if not row.get("design_id") and not _is_named(row["event_id"])}
    known = _known_items(store, free)
    for place, row in enumerate(rows):
        design, item = row.get("design_id"), row["event_id"]
        if design and design not in designs:
            yield place, f"no draw is called {design}; {LIST}"
        elif design and (design, item) not in drawn:
            yield place, f"{item} was not drawn in {design}; {LIST}"
        elif item in free - known:
            yield place, f"no detector has seen {item}; give an event's id, sha256:<hash> or seed:<name>"


def _drawn(store: Store, designs: Collection[str]) -> set[tuple[str, str]]:
    if not designs:
        return set()
    selections = store.current(SELECTIONS.name).filter(pl.col("design_id").is_in(sorted(designs)))
    return set(selections.select("design_id", "event_id").collect().iter_rows())


def _is_named(item: str) -> bool:
    """Whether an item is named by its content or as planted, which needs no verdict.

    >>> _is_named("seed:payroll"), _is_named("sha256:12"), _is_named("event-7")
    (True, False, False)
    """
    if item.startswith(OF_CONTENT):
        return re.fullmatch(SHA256.strip("^$"), item.removeprefix(OF_CONTENT)) is not None
    return bool(item.startswith(OF_SEED) and item.removeprefix(OF_SEED).strip())


def _known_items(store: Store, wanted: Collection[str]) -> set[str]:
    if not wanted:
        return set()
    seen = store.current(DETECTIONS.name).filter(pl.col("event_id").is_in(sorted(wanted)))
    return set(seen.select(pl.col("event_id").unique()).collect()["event_id"])


# -- disagreements ---------------------------------------------------------------------------------


def _of_adjudications(store: Store, rows: Sequence[Row]) -> Complaints:
    """There is something to settle, and whoever settles it is no party, or says why."""
    settling = [place for place, row in enumerate(rows) if row.get("is_adjudication")]
    if not settling:
        return
    told = [*_recorded_of(store, {rows[place]["event_id"] for place in settling}), *rows]
    for place in settling:
        yield from ((place, words) for words in _of_adjudication(rows[place], told))


def _of_adjudication(row: Row, told: Iterable[Row]) -> Iterator[str]:
    said = _said_before(row, told)
    words = set(said.values())
    is_agreed = len(words) <= 1 and words <= {*TOLD}
    if is_agreed:
        how = f"everybody says {words.pop()}" if words else "nobody has labelled it"
        yield f"there is no disagreement about {row['event_id']} to settle: {how}"
    elif row["label"] not in TOLD:
        yield f"a disagreement is settled as attack or benign, not as {row['label']}"
    elif row["annotator"].casefold() in said and not row.get("reason"):
        yield (
            f"{row['annotator']} is one of those who labelled {row['event_id']}; name somebody else who "
            "settles it, or say in the reason why one of them does"
        )


def _said_before(row: Row, told: Iterable[Row]) -> dict[str, str]:
    """What each person said of the item last, before it was settled."""
    own = [each for each in told if _is_opinion(each, row)]
    ordered = sorted(own, key=lambda each: each["labelled_at"])
    return {each["annotator"].casefold(): each["label"] for each in ordered}


def _is_opinion(each: Row, row: Row) -> bool:
    is_of_item = each["event_id"] == row["event_id"] and each["annotator_kind"] == HUMAN
    return bool(is_of_item and not each.get("is_adjudication") and each["labelled_at"] <= row["labelled_at"])


def _recorded_of(store: Store, items: Collection[str]) -> list[Row]:
    labels = store.current(LABELS_TABLE.name)
    is_wanted = pl.col("event_id").is_in(sorted(items)) & (pl.col("annotator_kind") == HUMAN)
    return [*labels.filter(is_wanted).collect().iter_rows(named=True)]


# -- moments ---------------------------------------------------------------------------------------


def at_free_moments(labels: pl.LazyFrame, rows: Sequence[Row]) -> list[Row]:
    """Rows at a moment at which the same person has said nothing else of the item."""
    items = sorted({row["event_id"] for row in rows})
    known = labels.filter(pl.col("event_id").is_in(items)).collect()
    held: dict[tuple[str, str, datetime], Row] = {_key(row): row for row in known.to_dicts()}
    return [_placed(held, row) for row in rows]


def _placed(held: dict[tuple[str, str, datetime], Row], row: Row) -> Row:
    while _said(held.get(_key(row), row)) != _said(row):
        row = {**row, "labelled_at": row["labelled_at"] + NEXT}
    held[_key(row)] = row
    return row


def _key(row: Row) -> tuple[str, str, datetime]:
    return row["event_id"], row["annotator"].casefold(), row["labelled_at"]


def _said(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in _SAID)


# -- draws -----------------------------------------------------------------------------------------


def of_selections(store: Store, rows: Sequence[Row]) -> Complaints:
    """A draw is whole, of passed items that are no planted ones, and no item is drawn twice."""
    yield from _of_chances(rows)
    yield from _of_passed(store, rows)
    drawn = store.current(SELECTIONS.name).select("design_id", "event_id").collect()
    known, designs = set(drawn.iter_rows()), set(drawn["design_id"])
    of = {event: design for design, event in known}
    for place, row in enumerate(rows):
        design, item = row["design_id"], row["event_id"]
        if (design, item) in known:
            continue  # whether it says the same is looked at as for every row
        if design in designs:
            yield place, f"the draw {design} was made already, without {item}; draw again for another name"
        elif item in of:
            yield place, f"{item} was drawn already, in {of[item]}; draw again without it"


def _of_chances(rows: Sequence[Row]) -> Complaints:
    """The chance of each item is the share of its stratum that was drawn."""
    counts = Counter((row["design_id"], row["stratum"]) for row in rows)
    for place, row in enumerate(rows):
        sampled, population = row["stratum_sample_count"], row["stratum_count"]
        there = counts[row["design_id"], row["stratum"]]
        if sampled != there:
            yield place, f"stratum {row['stratum']!r} has {there} items, but says that {sampled} were drawn"
        elif not 0 < sampled <= population:
            yield place, f"{sampled} of {population} items of stratum {row['stratum']!r} cannot be drawn"
        elif abs(row["selection_probability"] - sampled / population) > _EXACT:
            chance = row["selection_probability"]
            yield place, f"selection_probability is {chance}, expected {sampled} of {population}"


def _of_passed(store: Store, rows: Sequence[Row]) -> Complaints:
    items = sorted({row["event_id"] for row in rows})
    seen = store.current(DETECTIONS.name).filter(
        pl.col("event_id").is_in(items) & (pl.col("verdict") == "pass") & pl.col("seed_id").is_null()
    )
    names = ("event_id", "detector", "detector_version")
    passed = set(seen.select(names).collect().iter_rows())
    for place, row in enumerate(rows):
        if tuple(row[name] for name in names) not in passed:
            whose = f"{row['detector']} {row['detector_version']}"
            yield place, f"{whose} did not let {row['event_id']} pass, or it was planted; draw others"
