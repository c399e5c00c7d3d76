"""What does each number mean, and what does it say today? The parts of the Methods page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final
from urllib.parse import quote, urlencode

import streamlit as st

from dashboard import wording
from dashboard.components import chrome, markup
from dashboard.describing import Description
from metrics.arms import HEADLINE, SIDES
from metrics.estimate import Number, Undefined
from metrics.gate.states import Verdict

FIND_KEY: Final = "find"  # also the name in the URL
FEW: Final = 3  # so many found entries are shown opened
LABELS: Final = {"numerator": "counted", "denominator": "of", "leaves out": "left out", "": "meaning"}
SHOWN_CLOSED: Final = (*SIDES, HEADLINE.name)  # arms whose value stands beside a title
DOI: Final = re.compile(r"DOI (10\.\S+?)(?=[.,;]?(?:\s|$))")


@dataclass(frozen=True)
class Today:
    """What an entry says of one side today."""

    who: str
    said: str
    beyond: str  # what it rests on: coverage, what was left out; the sentence of a criterion


Todays = Mapping[str, Sequence[Today]]  # name of an entry -> what it says


def search() -> str:
    """Ask for words to look for; they stand in the URL."""
    words = st.text_input(
        "Search",
        key=FIND_KEY,
        bind="query-params",
        placeholder="a name, a word of its meaning, a source",
        icon=":material/search:",
        width=420,
    )
    return words or ""


def numbers(known: Mapping[tuple[str, str], Number]) -> dict[str, list[Today]]:
    """Word every number of a pilot, by metric."""
    by_metric: dict[str, list[Today]] = {}
    for (metric, arm), number in known.items():
        by_metric.setdefault(metric, []).append(Today(arm, wording.number(number), _covered(number)))
    return by_metric


def _covered(number: Number) -> str:
    left_out = wording.left_out(number)
    parts = [_counts(number), wording.measurable(number), left_out and f"left out: {left_out}"]
    return "; ".join(part for part in parts if part)


def _counts(number: Number) -> str:
    """The counts behind a value whose words do not hold them; a count is its own."""
    if isinstance(number, Undefined) or number.unit in {"share", wording.PER_KLOC} or number.denominator == 1:
        return ""
    return f"counts {wording.fraction(number.numerator, number.denominator)}"


def outcomes(verdict: Verdict) -> dict[str, list[Today]]:
    """Word how a pilot stands with each criterion, and the state that it is in."""
    judged = {
        each.criterion: [Today(verdict.pilot, wording.criterion(each.state), each.sentence)]
        for each in verdict.criteria
    }
    return judged | {verdict.state: [Today(verdict.pilot, "now", verdict.sentence)]}


def entries(title: str, found: Sequence[Description], today: Todays, pilot: str) -> None:
    """Show what was found of one kind under its heading; a kind of which nothing was found is left out."""
    if found:
        st.header(title, anchor=False)
        st.html("".join(_entries(found, today, pilot)))


def _entries(found: Sequence[Description], today: Todays, pilot: str) -> Iterator[str]:
    for group, members in groupby(found, key=lambda entry: entry.group):
        yield f"<h3>{escape(group)}</h3>" if group else ""
        rows = (_entry(each, today.get(each.name, ()), pilot, is_open=len(found) <= FEW) for each in members)
        yield f'<div class="pm-methods">{"".join(rows)}</div>'


def _entry(entry: Description, today: Sequence[Today], pilot: str, *, is_open: bool) -> str:
    address = escape(urlencode({"pilot": pilot, FIND_KEY: entry.name}))
    lines = [*((LABELS.get(name, name), text) for name, text in entry.lines), *_said_today(today)]
    told = "".join(f"<dt>{escape(name)}</dt><dd>{linked(text)}</dd>" for name, text in lines)
    return (
        f'<div class="pm-row"><details{" open" if is_open else ""}><summary><b>{escape(entry.title)}</b>'
        f'{_beside(today)}</summary><dl class="pm-lines">{told}'
        f'<dt>address</dt><dd><a href="?{address}" target="_self">{escape(entry.name)}</a></dd></dl>'
        "</details></div>"
    )


def _beside(today: Sequence[Today]) -> str:
    shown = [each for each in today if each.who in SHOWN_CLOSED or len(today) == 1]
    said = "<br>".join(f"{escape(each.who)}: {escape(each.said)}" for each in shown)
    return f'<br><span class="pm-small">{said}</span>' if said else ""


def _said_today(today: Sequence[Today]) -> list[tuple[str, str]]:
    return [(f"{each.who} today", f"{each.said}; {each.beyond}") for each in today]


def linked(text: str) -> str:
    """Make every DOI of a text a link; the rest is only text.

    >>> linked("Garwood 1936, DOI 10.1093/biomet/28.3-4.437")
    'Garwood 1936, DOI <a href="https://doi.org/10.1093/biomet/28.3-4.437">10.1093/biomet/28.3-4.437</a>'
    """
    pieces = DOI.split(text)
    links = [f'DOI <a href="https://doi.org/{quote(doi)}">{escape(doi)}</a>' for doi in pieces[1::2]]
    texts = [escape(piece) for piece in pieces[::2]]
    return "".join(part for pair in zip(texts, [*links, ""], strict=True) for part in pair)


def settings(in_force: Sequence[Description]) -> None:
    """Show what was decided for the chosen pilot, with what each setting means."""
    if in_force:
        st.header("Settings in force", anchor=False)
        rows = ((each.title, *(text for _, text in each.lines)) for each in in_force)
        st.html(markup.table(("Setting", "Value", "Meaning"), rows))


def nothing(words: str) -> None:
    """Say that the words stand nowhere."""
    chrome.empty(f"Nothing here holds “{markup_free(words)}”.", "Try fewer words, or another one.")


def markup_free(words: str) -> str:
    """Keep letters, digits and spaces: the words come from an address and are shown as Markdown.

    >>> markup_free("![x](y)")
    'x y'
    """
    return " ".join(re.sub(r"[^\w.%-]+", " ", words).split())
