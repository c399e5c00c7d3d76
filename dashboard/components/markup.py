"""How do judged values look as HTML? Pure text with everything foreign escaped; styles in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlencode

from dashboard import wording
from metrics.gate.states import Attention, CriterionState, State, Verdict

# A glyph and a tone for each state: shape and colour together.
STATE_LOOKS: Final[dict[State, tuple[str, str]]] = {
    "ABOVE_PROVEN": ("■", "bad"),
    "NOT_MET": ("✕", "bad"),
    "UNTRIAGED": ("◆", "ask"),
    "NOT_MEASURABLE": ("?", "ask"),
    "TOO_EARLY": ("○", "wait"),
    "MET_UNPROVEN": ("◐", "fair"),
    "MET_PROVEN": ("●", "good"),
}
CRITERION_LOOKS: Final[dict[CriterionState, tuple[str, str]]] = {
    "met": ("●", "good"),
    "not_met": ("✕", "bad"),
    "not_enough_evidence": ("◐", "ask"),
    "not_measurable": ("○", "wait"),
}
ISO_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
SHOWN_AT_ONCE: Final = 3  # longer lists open on demand


def badge(look: tuple[str, str], text: str) -> str:
    """Put a glyph before text; the glyph is decoration, the words say it all."""
    glyph, tone = look
    return f'<span class="pm-{tone}">{_glyph(glyph)}{_text(text)}</span>'


def _glyph(glyph: str) -> str:
    return f'<span class="pm-glyph" aria-hidden="true">{glyph}</span>'


def state(value: State) -> str:
    """Show a state of the gate with its shape and colour."""
    return badge(STATE_LOOKS[value], wording.state(value))


def verdict(value: Verdict) -> str:
    """Show the answer, then Rule and Evidence, then the three readings."""
    glyph, tone = STATE_LOOKS[value.state]
    blocked = "; ".join(wording.blockers(value))
    lines = [*wording.face(value)[1:], *([("Blocked by", blocked)] if blocked else [])]
    answer = (
        f'<div class="pm-answer">{_glyph(glyph)}{_text(wording.answer(value))} '
        f'<span class="pm-state">{_text(wording.state(value.state))}</span></div>'
    )
    return f'<section class="pm-verdict pm-{tone}">{answer}{_lines(lines)}{readings(value)}</section>'


def readings(value: Verdict) -> str:
    """Show the three readings of the rule; the required one is framed and named."""
    items = (
        f'<li class="{"pm-required" if is_required else ""}">{_text(name)}: {_text(answer)}'
        f"{' (required)' if is_required else ''}</li>"
        for name, answer, is_required in wording.readings(value.readings, value.require)
    )
    return f'<ul class="pm-readings" aria-label="Three readings of the rule">{"".join(items)}</ul>'


def pilots(verdicts: Sequence[Verdict], chosen: str) -> str:
    """Show every pilot in a row: state, rule, evidence, and since when it is gathered."""
    head = row(("Pilot", "Answer", "Rule and evidence", "Gathered"), "pm-head")
    rows = (
        row(
            (
                f"<b>{_opening(each.pilot, urlencode({'pilot': each.pilot}))}</b>",
                f"{state(each.state)}<br>{small(wording.answer(each))}",
                _rule_and_evidence(each),
                _gathered(each),
            ),
            "pm-chosen" if each.pilot == chosen else "",
        )
        for each in verdicts
    )
    return f'<div class="pm-pilots">{head}{"".join(rows)}</div>'


def _gathered(value: Verdict) -> str:
    """Since when; in plain type where what was gathered before no longer counts."""
    on = wording.day(value.epoch.start)
    return _text(f"restarted on {on}") if wording.restart(value) else small(f"since {on}")


def _rule_and_evidence(value: Verdict) -> str:
    return f"{_text(value.sentence)}<br>{small(wording.evidence_brief(value))}"


def criteria(value: Verdict) -> str:
    """Show every criterion with its state and sentence, the blocking ones first."""
    ordered = sorted(value.criteria, key=lambda outcome: not outcome.blocking)
    rows = (
        row(
            (
                badge(CRITERION_LOOKS[outcome.state], wording.criterion(outcome.state)),
                f"<b>{_text(outcome.title)}</b><br>{small(outcome.sentence)}",
                "<b>blocking</b>" if outcome.blocking else small("advisory"),
            )
        )
        for outcome in ordered
    )
    return f'<div class="pm-criteria">{"".join(rows)}</div>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Show names with what is known about them."""
    rows = (row((f"<b>{_text(name)}</b>", _text(text))) for name, text in pairs)
    return f'<div class="pm-facts">{"".join(rows)}</div>'


def attention(items: Sequence[Attention], value: Verdict, links: Mapping[str, str]) -> str:
    """Show what a person has to do, who, since when, and the rows that it is about.

    `links` maps a row to the query that opens it; rows without one are shown as text.
    """
    rows = []
    for item in items:
        waited = "" if item.since is None else f", for {wording.age(item.since, value.as_of)}"
        who = small(f"{item.who}{waited}")
        rows.append(row((f"{badge(('◆', 'ask'), item.what)}<br>{who}{_rows(item.rows, links)}",)))
    return f'<div class="pm-needs">{"".join(rows)}</div>'


def _rows(rows: Sequence[str], links: Mapping[str, str]) -> str:
    listed = "<br>".join(_opening(row, links.get(row)) for row in rows)
    if len(rows) <= SHOWN_AT_ONCE:
        return f'<div class="pm-small">{listed}</div>'
    return (
        f'<details class="pm-small"><summary>{wording.plural(len(rows), "row")}</summary>{listed}</details>'
    )


def _opening(row: str, query: str | None) -> str:
    return _text(row) if query is None else f'<a href="?{escape(query)}" target="_self">{_text(row)}</a>'


def findings(items: Iterable[tuple[str, str, str]]) -> str:
    """Show findings one under the other, each as what, where and what became of it."""
    rows = (
        row((f"<b>{_text(what)}</b><br>{_text(where)}<br>{small(story)}",)) for what, where, story in items
    )
    return f'<div class="pm-findings">{"".join(rows)}</div>'


def progress(value: float, words: str, tone: str) -> str:
    """Show a bar from 0 to 100 with its number in words."""
    width = max(0.0, min(100.0, value))
    return (
        f'<div class="pm-{tone}"><b>{_text(words)}</b><div class="pm-track" role="img" '
        f'aria-label="{_text(words)}"><div class="pm-fill" style="width:{width:.1f}%"></div></div></div>'
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Show a small table that scrolls inside its own frame on narrow screens."""
    head = "".join(f"<th>{_text(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    framed = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="pm-scroll" tabindex="0">{framed}</div>'


@dataclass(frozen=True)
class Half:
    """One side's number on a card, in words."""

    who: str
    look: tuple[str, str]  # glyph and class: shape and colour together
    value: str
    lines: tuple[str, ...]  # interval, counts
    rows: tuple[str, str] | None = None  # what opens the rows: words and query
    left_out: tuple[str, str] | None = None  # how many, and why


def card(title: str, halves: Iterable[Half]) -> str:
    """Show one number of both sides beside each other."""
    pair = "".join(_half(each) for each in halves)
    return f'<section class="pm-card"><h3>{_text(title)}</h3><div class="pm-pair">{pair}</div></section>'


def cards(each: Iterable[str]) -> str:
    """Put cards beside each other, as many as the width holds."""
    return f'<div class="pm-cards">{"".join(each)}</div>'


def _half(half: Half) -> str:
    glyph, kind = half.look
    lines = [_text(line) for line in half.lines if line]
    if half.rows:
        words, query = half.rows
        lines.append(f'<a href="?{escape(query)}" target="_self">{_text(words)}</a>')
    told = "".join(f"<div>{line}</div>" for line in lines)
    out = ""
    if half.left_out:
        count, why = half.left_out
        out = f"<details><summary>{_text(count)}</summary>{_text(why)}</details>"
    big = f'<div class="pm-big">{_text(half.value)}</div>'
    return f'<div class="pm-side {kind}">{_glyph(glyph)}{_text(half.who)}{big}{told}{out}</div>'


def answer(text: str, lines: Iterable[tuple[str, str]], look: tuple[str, str]) -> str:
    """Show a page's answer as one sentence, and the lines that it rests on."""
    glyph, tone = look
    sentence = f'<div class="pm-answer">{_glyph(glyph)}{_text(text)}</div>'
    return f'<section class="pm-verdict pm-{tone}">{sentence}{_lines(lines)}</section>'


def _lines(told: Iterable[tuple[str, str]]) -> str:
    """What an answer rests on, each line with its name."""
    facts_of = "".join(f"<dt>{_text(name)}</dt><dd>{_text(text)}</dd>" for name, text in told)
    return f'<dl class="pm-lines">{facts_of}</dl>'


def footer(parts: Iterable[str]) -> str:
    """Show where the numbers of a page come from."""
    return f'<div class="pm-foot">{" · ".join(_text(part) for part in parts)}</div>'


def small(text: str) -> str:
    """Show text below or beside what it explains."""
    return f'<span class="pm-small">{_text(text)}</span>'


def _text(foreign: str) -> str:
    """Take the meaning out of markup; keep a number and its unit, and a date, on one line."""
    return ISO_DATE.sub(r'<span class="pm-day">\g<0></span>', escape(foreign).replace(" %", "&nbsp;%"))


def row(cells: Iterable[str], kind: str = "") -> str:
    """Put cells beside each other, as one row; they are HTML already."""
    return f'<div class="pm-row {kind}">{"".join(f"<div>{cell}</div>" for cell in cells)}</div>'
