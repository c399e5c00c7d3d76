from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.charts import look
from dashboard.charts.places import DENSE, MOST_MARKS, ROOMY, place
from dashboard.charts.rates import escape_rates
from dashboard.charts.shares import authorship_mix, shares_by_repository
from dashboard.charts.track import Watch, caption, sprint_track, standing, tally
from metrics.estimate import Coverage, Undefined
from metrics.gate.states import FirstPublished
from tests.builders_dashboard import (
    AS_OF,
    START,
    assessment,
    broken,
    change,
    changes,
    evidence,
    rate,
    sprint,
    verdict,
)

WATCH = Watch(30)


def marks_of(drawn: go.Figure) -> list[Any]:
    return [
        place for trace in drawn.data for place in (trace.customdata if trace.customdata is not None else ())
    ]


def texts(drawn: go.Figure) -> str:
    return " | ".join(note.text for note in drawn.layout.annotations)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@given(st.lists(st.integers(0, 130), min_size=1, max_size=6))
@settings(deadline=None, max_examples=25)
def test_every_change_has_one_place_and_no_two_share_it(sizes: list[int]) -> None:
    sprints = [sprint(number, changes=size) for number, size in enumerate(sizes, start=1)]
    rows = [
        change(1000 * each.number + place, each.number) for each in sprints for place in range(each.changes)
    ]
    marks = place(changes(rows), sprints).marks
    assert marks.height == sum(sizes)
    assert marks.select("x", "y").n_unique() == marks.height


def test_marks_of_a_sprint_stay_between_its_caption_and_the_next() -> None:
    sprints = [sprint(1, changes=300), sprint(2, changes=300)]
    rows = [change(1000 * number + place, number) for number in (1, 2) for place in range(300)]
    track = place(changes(rows), sprints)
    lowest = track.marks.filter(pl.col("sprint") == 2)["y"].max()
    assert track.captions[2] < track.captions[1]
    assert isinstance(lowest, float)
    assert lowest < track.captions[1]


def test_changes_outside_the_sprints_are_not_drawn() -> None:
    assert place(changes([change(1, None), change(2, 1)]), [sprint(1)]).marks["number"].to_list() == [2]


def test_a_small_pilot_is_drawn_large_and_a_large_one_small() -> None:
    small = [change(number, 1) for number in range(96)]
    large = [change(1000 * each + number, each) for each in range(1, 13) for number in range(300)]
    twelve = [sprint(number, changes=300) for number in range(1, 13)]
    assert place(changes(small), [sprint(1)]).density == ROOMY
    track = place(changes(large), twelve)
    assert (track.density, track.marks.height, track.changes_per_mark) == (DENSE, 3600, 1)
    assert track.height < 1000


def test_beyond_what_a_screen_can_show_clean_changes_share_a_mark_but_no_escape_does() -> None:
    rows = [change(number, 1) for number in range(2 * MOST_MARKS - 3)]
    rows += [change(-1 - number, 1, mark="escape") for number in range(3)]
    track = place(changes(rows), [sprint(1)])
    assert track.changes_per_mark == 2
    assert track.marks.filter(pl.col("mark") == "escape").height == 3
    assert track.marks.height == 5_999 + 3


def test_a_mark_carries_the_pull_request_that_a_click_opens() -> None:
    rows = [change(7, 1, mark="escape"), change(8, 1)]
    drawn = sprint_track(changes(rows), [sprint(1, changes=2)], WATCH)
    assert sorted(map(list, marks_of(drawn))) == [["acme/payments-api", 7], ["acme/payments-api", 8]]


def test_the_legend_counts_every_mark_even_when_there_is_none() -> None:
    judged = broken()
    drawn = sprint_track(judged.changes, judged.verdict.sprints, WATCH)
    assert [trace.name for trace in drawn.data] == [
        "Watched, clean (279)", "Still watched (201)", "Untriaged finding (1)", "Escape (1)",
    ]  # fmt: skip
    clean = sprint_track(changes([change(1, 1)]), [sprint(1)], WATCH)
    assert clean.data[3].name == "Escape (0)"
    assert list(clean.data[3].x) == [None]


def test_no_changes_at_all_is_said_in_the_title() -> None:
    drawn = sprint_track(changes([]), [sprint(1, changes=0)], WATCH)
    assert drawn.layout.title.text == "No in-scope agent change has merged yet"
    assert "no changes" in texts(drawn)


def test_a_title_cannot_smuggle_markup_into_the_hover_text() -> None:
    drawn = sprint_track(changes([change(1, 1, title="<b onclick=1>x")]), [sprint(1)], WATCH)
    assert "&lt;b onclick=1&gt;x" in drawn.data[0].hovertext[0]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"mature": True}, "mature"),
        ({"closed": True, "mature": False}, "closed, watched to 07-15"),
        ({"closed": False, "mature": False}, "open to 06-15"),
        ({"epoch": None}, "straddles an epoch"),
    ],
)
def test_a_caption_says_how_far_a_sprint_has_been_watched(changed: dict[str, Any], text: str) -> None:
    assert standing(sprint(1, **changed), WATCH) == text


def test_days_are_those_of_the_pilots_own_zone() -> None:
    midnight_in_berlin = START - timedelta(hours=2)
    begun = sprint(1, start=midnight_in_berlin, end=midnight_in_berlin + timedelta(days=14), mature=False)
    assert (
        caption(begun, Watch(30, "Europe/Berlin")) == "<b>Sprint 1</b>  from 06-01, closed, watched to 07-15"
    )


def test_a_tally_shows_what_was_published_first_when_it_differs() -> None:
    first = FirstPublished(96, 0, 0, AS_OF - timedelta(days=40))
    assert tally(sprint(1, escapes_low=1, first_published=first)) == "was 0 of 96, now <b>1 of 96</b>"
    assert tally(sprint(1)) == "<b>0 of 96</b>"
    assert tally(sprint(1, escapes_high=2)) == "<b>0 of 96</b> +2?"


def test_the_rate_chart_draws_limit_baselines_and_the_mark() -> None:
    drawn = escape_rates(verdict())
    bars = [list(trace.x) for trace in drawn.data if trace.mode == "lines"]
    assert bars == [[0.0, 0.0186], [0.0, 0.0175], [0.0, 0.0187]]
    assert {shape.x0 for shape in drawn.layout.shapes} == {0.01}
    assert "0 of 192 (0 %); at most 1.86 %" in texts(drawn)
    assert "1 % mark" in texts(drawn)


def test_a_wide_interval_of_few_human_changes_does_not_squeeze_the_agents() -> None:
    drawn = escape_rates(verdict(human_baseline=rate(1, 19, 0.26), before_baseline=rate(0, 3, 0.7)))
    assert drawn.layout.xaxis.range[1] < 0.13
    assert "1 of 19; at most 26 %" in texts(drawn)
    arrows = [trace for trace in drawn.data if trace.marker.symbol == "triangle-right"]
    assert [list(arrow.y) for arrow in arrows] == [[1], [2]]


def test_an_unknown_baseline_is_words_and_no_bar() -> None:
    missing = Undefined("no human changes before the pilot", 0, Coverage(0, 0))
    drawn = escape_rates(verdict(before_baseline=missing))
    assert len([trace for trace in drawn.data if trace.mode == "lines"]) == 2
    assert "unknown: no human changes before the pilot" in texts(drawn)


def test_without_a_mature_sprint_the_agents_have_no_bar() -> None:
    drawn = escape_rates(verdict(evidence=evidence(changes=0), human_baseline=rate(0, 0)))
    assert len([trace for trace in drawn.data if trace.mode == "lines"]) == 1
    assert "no mature sprint yet" in texts(drawn)


def test_old_changes_that_nothing_scanned_are_not_called_young() -> None:
    said = "99 merged, none was scanned after merge."
    old = verdict(evidence=evidence(changes=0), evidence_sentence=said, sprints=(sprint(1, detected=0),))
    drawn = escape_rates(old)
    assert "no mature sprint" not in texts(drawn)
    assert "99 merged, none was scanned after merge" in texts(drawn)


def test_authorship_shares_of_a_repository_add_up_to_one() -> None:
    mix = pl.DataFrame(
        {
            "repository": ["acme/a", "acme/a", "acme/b"],
            "authorship": ["agent", "human", "unknown"],
            "merged": [3, 1, 5],
        }
    )
    drawn = authorship_mix(mix)
    assert [sum(trace.x[place] for trace in drawn.data) for place in (0, 1)] == [1.0, 1.0]
    assert "agent (3)" in {trace.name for trace in drawn.data}
    assert "<b>acme/a</b>  4 pull requests" in texts(drawn)


def test_coverage_is_drawn_with_its_counts() -> None:
    rows = pl.DataFrame({"repository": ["acme/a", "acme/b"], "covered": [3, 0], "total": [4, 0]})
    drawn = shares_by_repository(rows, "Scanned")
    assert list(drawn.data[0].x) == [0.75, 0]
    assert "3 of 4" in texts(drawn)


def test_what_was_not_measured_has_words_and_no_bar() -> None:
    rows = pl.DataFrame({"repository": ["acme/a"], "covered": [None], "total": [190]})
    drawn = shares_by_repository(rows.cast({"covered": pl.Int64}), "Scanned")
    assert list(drawn.data[0].x) == [None]
    assert "<b>acme/a</b>  not measured, 190 in all" in texts(drawn)


def test_a_long_caption_of_a_rate_is_broken_between_words_and_not_cut() -> None:
    reason = "no ok scan of the protected branch is known for any change of these repositories"
    unknown = Undefined(reason, 0, Coverage(0, 0))
    drawn = escape_rates(verdict(human_baseline=unknown, before_baseline=unknown))
    told = [note.text.split("<br>") for note in drawn.layout.annotations if "unknown" in note.text]
    assert [" ".join(lines[1:]) for lines in told] == [f"unknown: {reason}"] * 2
    assert max(len(line) for lines in told for line in lines[1:]) <= 52
    assert drawn.layout.height > escape_rates(verdict()).layout.height


def figures() -> Iterator[go.Figure]:
    judged = assessment()
    yield sprint_track(judged.changes, judged.verdict.sprints, WATCH)
    yield escape_rates(judged.verdict)


@pytest.mark.parametrize("drawn", list(figures()), ids=["track", "rates"])
def test_every_figure_has_a_title_and_readable_type(drawn: go.Figure) -> None:
    assert drawn.layout.title.text
    assert drawn.layout.font.size >= 12
    assert all(note.font.size >= 12 for note in drawn.layout.annotations)


def test_marks_differ_in_shape_so_that_a_grey_print_says_the_same() -> None:
    assert len({mark.symbol for mark in look.MARKS}) == len(look.MARKS)


@pytest.mark.parametrize("mark", look.MARKS, ids=lambda mark: mark.name)
@pytest.mark.parametrize("page", ["#ffffff", "#14191f"], ids=["light", "dark"])
def test_marks_stand_out_from_both_pages(mark: look.Mark, page: str) -> None:
    assert contrast(mark.colour, page) >= 3.0
