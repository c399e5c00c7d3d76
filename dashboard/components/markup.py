"""How do judged values look as HTML? Pure text with everything foreign escaped; styles in one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final
from urllib.parse import urlencode

from dashboard import wording
from dashboard.charts.look import AMBER, BLUE, GREEN, GREY, RED
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
# Text takes the page's own colour, so that one sheet serves the light and the dark theme.
STYLE: Final = f"""<style>
.pm-good{{--tone:{GREEN}}} .pm-fair{{--tone:{BLUE}}} .pm-wait{{--tone:{GREY}}}
.pm-ask{{--tone:{AMBER}}} .pm-bad{{--tone:{RED}}}
.pm-glyph{{color:var(--tone);font-weight:700;display:inline-block;min-width:1.2em}}
.pm-verdict{{border-left:6px solid var(--tone);padding:.3rem 0 .3rem 1rem;margin:.2rem 0 .6rem}}
.pm-answer{{font-size:1.55rem;font-weight:650;line-height:1.25}}
.pm-state{{font-size:1rem;font-weight:500;opacity:.85;white-space:nowrap}}
.pm-lines{{display:grid;grid-template-columns:6.2rem 1fr;gap:.3rem .6rem;margin:.6rem 0 0;font-size:1.02rem}}
.pm-lines dt{{font-weight:650}} .pm-lines dd{{margin:0;overflow-wrap:anywhere}}
.pm-readings{{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem;margin:.7rem 0 0;padding:0}}
.pm-readings li{{border:1px solid rgba(125,136,148,.45);border-radius:4px;padding:.15rem .6rem;margin:0;font-size:.92rem}}
.pm-readings li.pm-required{{border:2px solid currentColor;font-weight:600}}
.pm-row{{display:grid;gap:.1rem .9rem;padding:.5rem 0;border-top:1px solid rgba(125,136,148,.3);font-size:.95rem}}
.pm-pilots .pm-row{{grid-template-columns:9rem 13.5rem 1fr 7rem}}
.pm-criteria .pm-row{{grid-template-columns:15.5rem 1fr 5.5rem}}
.pm-facts .pm-row{{grid-template-columns:10rem 1fr}}
.pm-row a{{color:inherit}}
.pm-row>*{{overflow-wrap:anywhere;min-width:0}}
.pm-chosen{{background:rgba(125,136,148,.1)}}
.pm-head{{font-size:.82rem;opacity:.75;border-top:0;padding-bottom:.15rem}}
.pm-small{{font-size:.86rem;opacity:.8}}
.pm-row details{{margin-top:.1rem}} .pm-row summary{{cursor:pointer}}
.pm-track{{height:14px;background:rgba(125,136,148,.25);border-radius:3px;overflow:hidden;margin:.35rem 0}}
.pm-fill{{height:100%;background:var(--tone)}}
.pm-scroll{{overflow-x:auto;max-width:100%}}
.pm-scroll table{{border-collapse:collapse;font-size:.88rem;width:100%}}
.pm-scroll th,.pm-scroll td{{text-align:left;padding:.25rem .7rem .25rem 0;vertical-align:top;
 border-bottom:1px solid rgba(125,136,148,.3)}}
.pm-scroll th{{font-weight:600;white-space:nowrap}}
.pm-foot{{font-size:.83rem;opacity:.8;line-height:1.6;overflow-wrap:anywhere}}
.stMainBlockContainer{{max-width:1180px;padding-top:4.2rem;padding-bottom:3rem}}
@media (max-width:640px){{
 .pm-pilots .pm-row,.pm-criteria .pm-row,.pm-facts .pm-row{{grid-template-columns:1fr}}
 .pm-head{{display:none}} .pm-lines{{grid-template-columns:1fr;gap:0}} .pm-lines dd{{margin-bottom:.5rem}}
 .pm-answer{{font-size:1.3rem}} .stMainBlockContainer{{padding-left:.8rem;padding-right:.8rem}}
}}
</style>"""


def badge(look: tuple[str, str], text: str) -> str:
    """Put a glyph before text; the glyph is decoration, the words say it all."""
    glyph, tone = look
    return f'<span class="pm-{tone}"><span class="pm-glyph" aria-hidden="true">{glyph}</span>{_text(text)}</span>'


def state(value: State) -> str:
    """Show a state of the gate with its shape and colour."""
    return badge(STATE_LOOKS[value], wording.state(value))


def verdict(value: Verdict) -> str:
    """Show the answer, then Rule and Evidence, then the three readings."""
    glyph, tone = STATE_LOOKS[value.state]
    blocked = wording.listed(wording.blockers(value))
    lines = [*wording.face(value)[1:], *([("Blocked by", blocked)] if blocked else [])]
    answer = (
        f'<div class="pm-answer"><span class="pm-glyph" aria-hidden="true">{glyph}</span>'
        f'{_text(wording.answer(value))} <span class="pm-state">{_text(wording.state(value.state))}</span></div>'
    )
    facts = "".join(f"<dt>{_text(name)}</dt><dd>{_text(text)}</dd>" for name, text in lines)
    return (
        f'<section class="pm-verdict pm-{tone}">{answer}<dl class="pm-lines">{facts}</dl>{readings(value)}</section>'
    )


def readings(value: Verdict) -> str:
    """Show the three readings of the rule; the required one is framed and named."""
    items = (
        f'<li class="{"pm-required" if is_required else ""}">{_text(name)}: {_text(answer)}'
        f"{' (required)' if is_required else ''}</li>"
        for name, answer, is_required in wording.readings(value.readings, value.require)
    )
    return f'<ul class="pm-readings" aria-label="Three readings of the rule">{"".join(items)}</ul>'


def pilots(verdicts: Sequence[Verdict], chosen: str, page: str) -> str:
    """Show every pilot in a row: state, rule, evidence, and since when it is gathered."""
    head = _row(("Pilot", "Answer", "Rule and evidence", "Gathered"), "pm-head")
    rows = (
        _row(
            (
                f'<a href="{escape(page)}?{escape(urlencode({"pilot": each.pilot}))}" target="_self"><b>{_text(each.pilot)}</b></a>',
                f'{state(each.state)}<br><span class="pm-small">{_text(wording.answer(each))}</span>',
                f'{_text(each.sentence)}<br><span class="pm-small">{_text(each.evidence_sentence)}</span>',
                f'<span class="pm-small">since {wording.day(each.epoch.start)}</span>',
            ),
            "pm-chosen" if each.pilot == chosen else "",
        )
        for each in verdicts
    )
    return f'<div class="pm-pilots">{head}{"".join(rows)}</div>'


def criteria(value: Verdict) -> str:
    """Show every criterion with its state and sentence, the blocking ones first."""
    ordered = sorted(value.criteria, key=lambda outcome: not outcome.blocking)
    rows = (
        _row(
            (
                badge(CRITERION_LOOKS[outcome.state], wording.criterion(outcome.state)),
                f'<b>{_text(outcome.title)}</b><br><span class="pm-small">{_text(outcome.sentence)}</span>',
                "<b>blocking</b>" if outcome.blocking else '<span class="pm-small">advisory</span>',
            )
        )
        for outcome in ordered
    )
    return f'<div class="pm-criteria">{"".join(rows)}</div>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Show names with what is known about them."""
    rows = (_row((f"<b>{_text(name)}</b>", _text(text))) for name, text in pairs)
    return f'<div class="pm-facts">{"".join(rows)}</div>'


def attention(items: Sequence[Attention], value: Verdict) -> str:
    """Show what a person has to do, who, since when, and the rows that it is about."""
    rows = []
    for item in items:
        waited = "" if item.since is None else f", for {wording.age(item.since, value.as_of)}"
        who = f'<span class="pm-small">{_text(item.who)}{_text(waited)}</span>'
        rows.append(_row((f"{badge(('◆', 'ask'), item.what)}<br>{who}{_details(item.rows)}",)))
    return f'<div class="pm-needs">{"".join(rows)}</div>'


def _details(rows: Sequence[str]) -> str:
    if not rows:
        return ""
    listed = "<br>".join(_text(row) for row in rows)
    return f'<details class="pm-small"><summary>{wording.plural(len(rows), "row")}</summary>{listed}</details>'


def findings(items: Iterable[tuple[str, str, str]]) -> str:
    """Show findings one under the other, each as what, where and what became of it."""
    rows = (
        _row((f'<b>{_text(what)}</b><br>{_text(where)}<br><span class="pm-small">{_text(story)}</span>',))
        for what, where, story in items
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
    return f'<div class="pm-scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def footer(parts: Iterable[str]) -> str:
    """Show where the numbers of a page come from."""
    return f'<div class="pm-foot">{" · ".join(_text(part) for part in parts)}</div>'


def _text(foreign: str) -> str:
    """Take the meaning out of markup, and keep a number and its unit on one line."""
    return escape(foreign).replace(" %", "&nbsp;%")


def _row(cells: Sequence[str], kind: str = "") -> str:
    """Wrap cells that are HTML already."""
    return f'<div class="pm-row {kind}">{"".join(f"<div>{cell}</div>" for cell in cells)}</div>'
