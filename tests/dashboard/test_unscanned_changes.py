"""Changes that nothing scanned after their merge stand apart from clean ones, on chart and in lists."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.places import MOST_MARKS, place
from dashboard.charts.track import Watch, sprint_track, tally
from tests.builders_dashboard import FakeSession, assessment, change, changes, sprint
from tests.dashboard.test_app import session
from tests.dashboard.test_readiness import at, html

__all__ = ["session"]

NAME = "acme/payments-api#1001"


def unscanned(number: int) -> dict[str, Any]:
    return change(number, 1, mark="unscanned", detected=False, detecting_tools=[])


@pytest.fixture
def two_unscanned(session: FakeSession) -> FakeSession:
    """The session whose pilot search has two changes that nothing scanned."""
    judged = session.judged["search"]
    session.judged["search"] = assessment(judged.verdict, [unscanned(1001), unscanned(1002)])
    return session


def test_the_legend_counts_them_apart_from_clean_ones_and_names_them_only_where_there_are_any() -> None:
    rows = [change(1, 1), unscanned(2), unscanned(3)]
    drawn = sprint_track(changes(rows), [sprint(1, changes=3)], Watch(30))
    assert [trace.name for trace in drawn.data] == [
        "Watched, clean (1)", "Still watched (0)", "Merged, not scanned (2)", "Untriaged finding (0)",
        "Escape (0)",
    ]  # fmt: skip
    clean = sprint_track(changes(rows[:1]), [sprint(1, changes=1)], Watch(30))
    assert not [trace.name for trace in clean.data if "not scanned" in trace.name]


def test_the_hover_text_says_that_nothing_scanned_them() -> None:
    drawn = sprint_track(changes([unscanned(1)]), [sprint(1, changes=1)], Watch(30))
    assert "Merged, not scanned; click to open" in drawn.data[2].hovertext[0]


def test_so_many_that_no_screen_can_show_them_share_a_mark() -> None:
    track = place(changes([unscanned(number) for number in range(2 * MOST_MARKS)]), [sprint(1)])
    assert (track.changes_per_mark, track.marks.height) == (2, MOST_MARKS)


def test_a_mature_sprint_that_nothing_scanned_counts_no_escapes() -> None:
    assert tally(sprint(1, changes=23, detected=0)) == "<b>23 not scanned</b>"
    assert tally(sprint(1, changes=23, detected=1)) == "<b>0 of 23</b>"
    assert tally(sprint(1, changes=23, detected=0, mature=False)) == "<b>0 of 23</b>"
    assert tally(sprint(1, changes=23, detected=0, escapes_high=1)) == "<b>0 of 23</b> +1?"


def test_a_longer_legend_has_room_above_the_sprints() -> None:
    rows, sprints = [change(1, 1), unscanned(2)], [sprint(1, changes=2)]
    heads = [sprint_track(changes(rows[:n]), sprints, Watch(30)).layout.margin.t for n in (1, 2)]
    assert heads == [70, 89]  # a title of 32 and two, then three, lines of 19


def test_every_mark_has_words_of_its_own() -> None:
    assert len({mark.words for mark in look.MARKS}) == len(look.MARKS) == len(wording.MARK_WORDS)


def test_they_are_offered_before_clean_ones_and_open_with_their_standing(two_unscanned: FakeSession) -> None:
    assert two_unscanned.judged["search"].changes.height > 2
    app = at(pilot="search", change=NAME)
    assert not app.exception
    assert app.selectbox(key="change").options[:2] == ["acme/payments-api#1002", NAME]
    assert "Merged, not scanned" in html(app)


def test_their_rows_can_be_listed(two_unscanned: FakeSession) -> None:
    assert "search" in two_unscanned.judged
    app = at(pilot="search")
    app.selectbox(key="rows").set_value("Merged, not scanned (2)").run()
    assert app.dataframe[0].value.shape[0] == 2
