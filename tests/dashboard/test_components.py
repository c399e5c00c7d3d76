from __future__ import annotations

import csv as csv_reader
from datetime import timedelta
from html.parser import HTMLParser
from io import StringIO

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.components import drill, markup
from dashboard.components.chrome import chosen_pilot
from dashboard.components.frames import flat
from dashboard.components.verdict import provenance_parts, trust_lines
from dashboard.spreadsheets import csv
from metrics.gate.policy import Policy
from metrics.gate.states import STATES, Attention, EpochNow
from tests.builders_dashboard import AS_OF, change, changes, outcome, verdict


class Reader(HTMLParser):
    """Collects what a browser would see: tags with attributes, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and that it wants closing."""
        self.tags.append(tag)
        self.open += [] if tag == "br" else [tag]

    def handle_endtag(self, tag: str) -> None:
        """Check that the tag closes the one opened last."""
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, f"left open: {reader.open}"
    return reader


def test_a_verdict_shows_answer_rule_evidence_and_the_required_reading() -> None:
    text = read(markup.verdict(verdict(sentence="Rule met", evidence_sentence="66 of 100"))).text
    assert "May not expand yet" in text
    assert "RuleRule met" in text
    assert "Evidence66 of 100" in text
    assert "Proven: no (required)" in text


def test_an_allowed_verdict_names_no_blocker() -> None:
    assert "Blocked by" not in read(markup.verdict(verdict(allowed=True, blocked_by=()))).text


def test_states_differ_in_shape_and_words_not_only_in_colour() -> None:
    assert len({glyph for glyph, _ in markup.STATE_LOOKS.values()}) == len(STATES)
    assert len({read(markup.state(state)).text for state in STATES}) == len(STATES)


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=100)
def test_foreign_text_is_shown_as_text_and_never_becomes_markup(text: str) -> None:
    hostile = f"<script>alert(1)</script>{text}<img src=x>"
    item = Attention(hostile, hostile, None, (hostile,))
    judged = verdict(
        sentence=hostile, criteria=(outcome(title=hostile, sentence=hostile),), blocked_by=("no_bypass",)
    )
    html = (
        markup.verdict(judged)
        + markup.criteria(judged)
        + markup.attention((item,), judged, {hostile: hostile})
        + markup.pilots((judged,), "other")
        + markup.table((hostile,), ((hostile,),))
        + markup.footer((hostile,))
    )
    assert not {"script", "img"} & set(read(html).tags)


def test_every_pilot_has_a_row_that_opens_it_and_the_chosen_one_is_marked() -> None:
    html = markup.pilots((verdict("payments"), verdict("a&b")), "payments")
    assert 'href="?pilot=a&amp;b"' not in html  # & would cut the address in two
    assert 'href="?pilot=a%26b"' in html
    assert html.count("pm-chosen") == 1


def test_blocking_criteria_come_first() -> None:
    judged = verdict(criteria=(outcome("b", title="Later", blocking=False), outcome("a", title="Sooner")))
    text = read(markup.criteria(judged)).text
    assert text.index("Sooner") < text.index("Later")


def test_what_waits_for_a_person_says_who_since_when_and_which_rows() -> None:
    item = Attention("2 findings wait", "security reviewers", AS_OF - timedelta(days=9), ("f1", "f2"))
    html = markup.attention((item,), verdict(), {"f1": "pilot=a&change=b"})
    assert "security reviewers, for 9 days" in read(html).text
    assert "f1f2" in read(html).text
    assert 'href="?pilot=a&amp;change=b"' in html


def test_a_long_list_of_rows_opens_on_demand() -> None:
    item = Attention("4 findings wait", "security reviewers", None, ("f1", "f2", "f3", "f4"))
    html = markup.attention((item,), verdict(), {})
    assert "4 rows" in read(html).text
    assert "details" in read(html).tags


@pytest.mark.parametrize(("value", "width"), [(-3.0, "0.0%"), (66.0, "66.0%"), (240.0, "100.0%")])
def test_a_bar_stays_inside_its_frame(value: float, width: str) -> None:
    assert f"width:{width}" in markup.progress(value, "words", "fair")


def test_the_zero_is_held_against_people_and_against_late_dismissals() -> None:
    lines = dict(trust_lines(verdict(without_late_dismissals="NOT_MET")))
    assert lines["Human changes, same repositories"].startswith("2 of 410 (0.49 %)")
    assert lines["Without late dismissals"] == "would be: Rule broken"
    assert dict(trust_lines(verdict()))["Without late dismissals"] == "the same answer"


def test_provenance_names_every_setting_and_undeclared_agents() -> None:
    judged = verdict(epoch=EpochNow(2, AS_OF.date(), "model upgrade", ("codex 9",)))
    text = " · ".join(provenance_parts(judged, Policy(follow_up_days=45), "run-7"))
    for part in (
        "2026-08-17",
        "run-7",
        "0123456789ab",
        "45 days",
        "1 %",
        "codex 9",
        "model upgrade",
        "medium",
    ):
        assert part in text


def test_only_a_configured_pilot_can_be_chosen() -> None:
    assert chosen_pilot(["payments", "search"]) == "payments"


def read_csv(frame: pl.DataFrame) -> list[dict[str, str]]:
    return list(csv_reader.DictReader(StringIO(csv(flat(frame)).decode())))


def test_a_download_has_as_many_rows_as_the_number_says_and_lists_are_one_cell() -> None:
    frame = changes([change(number, findings=["f1", "f2"]) for number in range(7)])
    rows = read_csv(frame)
    assert len(rows) == 7
    assert rows[0]["findings"] == "f1; f2"


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_title_cannot_run_as_a_formula_in_a_spreadsheet(title: str) -> None:
    assert read_csv(changes([change(1, title=title)]))[0]["title"] == "'" + title


def test_an_ordinary_title_is_downloaded_as_it_is() -> None:
    assert read_csv(changes([change(1, title="Fix a-b, at last")]))[0]["title"] == "Fix a-b, at last"


def test_a_title_is_shown_as_text_not_as_markdown() -> None:
    assert drill._plain("**[x](y)** :red[z] $1$") == r"\*\*\[x\]\(y\)\*\* \:red\[z\] \$1\$"
