"""Which verdicts stand behind the numbers of the Detectors page? As many as each count says."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.components import frames, markup, numbers
from dashboard.components.detectors_choice import DETECTOR_KEY, PART_KEY, Looked, part_words
from ingest.contracts.detections import OF_CONTENT, OF_SEED
from metrics.detectors.slicing import is_of_part, of_unit

KEY: Final = "verdicts"  # the chooser of rows; also the name in the URL
COLUMNS: Final = {
    "event_id": "Item", "verdict": "Verdict", "score": "Score", "truth": "Truth",
    "labelled_by": "Labelled by", "family": "Family", "cohort": "Cohort", "surface": "Surface",
    "occurred_at": "When",
    "verdict_raw": "In the log's words", "score_raw": "Score in the log", "action": "Action",
    "conversation_id": "Conversation", "seed_id": "Seed", "design_id": "Draw", "stratum": "Stratum",
    "raw_ref": "Read from", "url": "Link",
}  # fmt: skip
NOT_TOLD: Final = "not told"
ALSO_OTHERS: Final = "Rows are of all labelled items; the matrix counts only those that its rates rest on."
_FLAGGED, _PASSED = pl.col("verdict") == "flag", pl.col("verdict") == "pass"


def _true(name: str) -> pl.Expr:
    return pl.col("truth") == name


@dataclass(frozen=True)
class Kind:
    """Verdicts that can be opened."""

    name: str
    which: pl.Expr
    of_seeds: bool | None = False  # None = planted items and others


KINDS: Final = (
    Kind("Every verdict", pl.lit(True), None),
    Kind("False alarms", _FLAGGED & _true("benign")),
    Kind("Misses", _PASSED & _true("attack")),
    Kind("Attacks caught", _FLAGGED & _true("attack")),
    Kind("Benign items passed", _PASSED & _true("benign")),
    Kind("Flagged, presumed benign", _FLAGGED & _true("presumed")),
    Kind("Passed, presumed benign", _PASSED & _true("presumed")),
    Kind("Flagged, not labelled", _FLAGGED & _true("unlabelled")),
    Kind("Passed, not labelled", _PASSED & _true("unlabelled")),
    Kind("Labels unclear", (_FLAGGED | _PASSED) & _true("unclear")),
    Kind("Errors", pl.col("verdict") == "error"),
    Kind("Skipped", pl.col("verdict") == "skipped"),
    Kind("Planted items", pl.lit(True), of_seeds=True),
    Kind("Drawn for labelling", pl.col("design_id").is_not_null()),
)


def rows(looked: Looked, kind: Kind) -> pl.LazyFrame:
    """The verdicts of one kind about what was chosen, the riskiest first, with who labelled each."""
    found = of_chosen(looked).filter(kind.which.fill_null(value=False))
    if kind.of_seeds is not None:
        found = found.filter(pl.col("is_seed") == kind.of_seeds)
    return with_labellers(found, looked.measured.case.cut.labels)


def of_chosen(looked: Looked) -> pl.LazyFrame:
    """Verdicts of the chosen detector at its threshold, over the chosen items."""
    return of_unit(looked.all.judged, looked.unit).filter(is_of_part(looked.part))


def with_labellers(verdicts: pl.LazyFrame, labels: pl.LazyFrame) -> pl.LazyFrame:
    """Add `labelled_by`: who gave the item a label, by its id, its content or its seed."""
    people = labels.group_by("event_id").agg(pl.col("annotator").unique().sort().str.join(", "))
    named = verdicts
    for name, key in _KEYS.items():
        named = named.join(people.select(_key=pl.col("event_id"), **{name: "annotator"}), how="left",
                           left_on=key, right_on="_key")  # fmt: skip
    told = pl.concat_str([pl.col(name) for name in _KEYS], separator=", ", ignore_nulls=True)
    ordered = named.with_columns(labelled_by=pl.when(told != "").then(told))
    return ordered.sort("score", "event_id", descending=[True, False], nulls_last=True)


_KEYS: Final = {
    "_by_id": pl.col("event_id"),
    "_by_content": pl.lit(OF_CONTENT) + pl.col("content_sha256"),
    "_by_seed": pl.lit(OF_SEED) + pl.col("seed_id"),
}


def behind(looked: Looked) -> None:
    """Choose what to see, narrow it, list it and hand it out."""
    st.header("Rows behind the numbers", anchor=numbers.ANCHOR)
    st.html(markup.small(f"Verdicts of {looked.unit.name}; items: {part_words(looked.part)}."))
    wanted = _wanted(looked)
    key = ("verdicts", looked.unit, looked.part, wanted)
    count, first = looked.measured.once(key, lambda: _first_of(narrowed(looked, wanted)))
    more = f"; the first {numbers.MOST_SHOWN:,} are shown, the download has all"
    st.markdown(f"**{wording.plural(count, 'verdict')}**{more if count > numbers.MOST_SHOWN else ''}")
    if count:
        _table(first)
        name = f"{looked.measured.case.pilot.name}-{looked.unit.detector}-{wanted.kind}"
        what = wording.plural(count, "row")
        frames.download(lambda: narrowed(looked, wanted).collect(engine="streaming"), what, _file(name))


@dataclass(frozen=True)
class Wanted:
    """Which verdicts are looked for; no value of a column means any."""

    kind: str
    surface: tuple[str, ...] = ()
    family: tuple[str, ...] = ()


def _wanted(looked: Looked) -> Wanted:
    with st.container(horizontal=True):
        kind = st.selectbox("Rows", [each.name for each in KINDS], key=KEY, bind="query-params", width=280)
        return Wanted(kind, _any_of(looked, "surface", "Surface"), _any_of(looked, "family", "Family"))


def _any_of(looked: Looked, column: str, label: str) -> tuple[str, ...]:
    """Choose any values of a column; none means all."""
    values = looked.measured.once(
        ("values of verdicts", column, looked.unit, looked.part), lambda: _values(of_chosen(looked), column)
    )
    return tuple(st.multiselect(label, values, key=column, bind="query-params", placeholder="any", width=232))


def _values(found: pl.LazyFrame, column: str) -> list[str]:
    values: list[str] = (
        found.select(_told(column).unique().sort()).collect(engine="streaming")[column].to_list()
    )
    return values


def _told(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).fill_null(NOT_TOLD)


def narrowed(looked: Looked, wanted: Wanted) -> pl.LazyFrame:
    """The verdicts that are looked for, in the columns that are shown."""
    kind = next(each for each in KINDS if each.name == wanted.kind)
    found = rows(looked, kind)
    for column, values in (("surface", wanted.surface), ("family", wanted.family)):
        found = found.filter(_told(column).is_in(values)) if values else found
    return _shown(found)


def _first_of(found: pl.LazyFrame) -> tuple[int, pl.DataFrame]:
    """How many there are, and those that are shown at once."""
    count = found.select(pl.len()).collect(engine="streaming").item()
    return int(count), found.head(numbers.MOST_SHOWN).collect(engine="streaming")


def ways_down(looked: Looked) -> str:
    """Links that open the rows of what was counted, as many as each says; what was not found is no link."""
    counts = looked.slice.counts
    told = (
        (counts.false_positives, "False alarms"), (counts.false_negatives, "Misses"),
        (counts.true_positives, "Attacks caught"), (counts.true_negatives, "Benign items passed"),
        (counts.presumed_flagged, "Flagged, presumed benign"),
        (counts.unlabelled_flagged, "Flagged, not labelled"),
        (counts.unlabelled_passed, "Passed, not labelled"), (counts.errors, "Errors"),
        (counts.skipped, "Skipped"),
    )  # fmt: skip
    links = [_link(looked, f"{count:,} {name.lower()}", name) for count, name in told if count]
    return f'<div class="pm-small">Open the rows: {" · ".join(links)}{_more(looked)}</div>' if links else ""


def _more(looked: Looked) -> str:
    """That rows are of every labelled item, where the matrix counts those of labelled sets only."""
    every, based = looked.slice.counts, looked.slice.based
    is_same = (every.attacks, every.benign) == (based.attacks, based.benign)
    return "" if is_same else f". {escape(ALSO_OTHERS)}"


def _link(looked: Looked, words: str, kind: str) -> str:
    asked = {
        "pilot": looked.measured.case.pilot.name, DETECTOR_KEY: looked.unit.name,
        PART_KEY: part_words(looked.part), KEY: kind,
    }  # fmt: skip
    return f'<a href="?{escape(urlencode(asked))}#{numbers.ANCHOR}" target="_self">{escape(words)}</a>'


def _shown(found: pl.LazyFrame) -> pl.LazyFrame:
    known = found.collect_schema().names()
    return found.select(name for name in COLUMNS if name in known)


def _file(name: str) -> str:
    return f"{''.join(letter if letter.isalnum() or letter in '-_' else '-' for letter in name.lower())}.csv"


def _table(listed: pl.DataFrame) -> None:
    """List rows under plain headings; what no row tells is no column."""
    known = [name for name in listed.columns if listed[name].null_count() < listed.height]
    seconds = pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M:%S")
    shown = frames.flat(listed.select(known)).with_columns(seconds)
    st.dataframe(
        shown.rename({name: COLUMNS[name] for name in known}),
        width="stretch",
        height=min(numbers.TABLE_HEIGHT, 38 + 35 * shown.height),
        hide_index=True,
        key=f"{KEY}_table",
        column_config={
            COLUMNS["url"]: st.column_config.LinkColumn(display_text="open"),
            COLUMNS["score"]: st.column_config.NumberColumn(format="%.4g"),
        },
        placeholder="",
    )
