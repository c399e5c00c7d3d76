from __future__ import annotations

from dashboard.charts.kinds import ROW, Kind, by_kind

KINDS = (Kind("Injection", (0.5, 0.25), ("12", "3")), Kind("Memory safety", (0.0, None), ("0", "0")))


def test_each_kind_has_a_bar_of_each_side_below_its_counts() -> None:
    drawn = by_kind(KINDS, "Findings per KLOC added, by family")
    assert [(trace.name, list(trace.x)) for trace in drawn.data] == [
        ("Agents", [0.5, 0.0]),
        ("People", [0.25, None]),
    ]
    captions = [note.text for note in drawn.layout.annotations]
    assert captions == ["<b>Injection</b>  agents 12, people 3", "<b>Memory safety</b>  agents 0, people 0"]


def test_the_sides_differ_in_more_than_colour() -> None:
    agents, people = by_kind(KINDS, "").data
    assert agents.marker.pattern.shape != people.marker.pattern.shape


def test_a_bar_lies_below_its_caption_and_does_not_cover_the_next_one() -> None:
    drawn = by_kind(KINDS, "")
    captions = [note.y for note in drawn.layout.annotations]
    for trace in drawn.data:
        for place, (y, caption) in enumerate(zip(trace.y, captions, strict=True)):
            assert caption < y - trace.width / 2
            assert y + trace.width / 2 <= place + 0.5


def test_the_axis_begins_at_zero_and_holds_every_bar() -> None:
    start, end = by_kind(KINDS, "").layout.xaxis.range
    assert start < 0
    assert end > 0.5


def test_a_chart_without_any_rate_still_has_an_axis() -> None:
    drawn = by_kind((Kind("Injection", (None, 0.0), ("0", "0")),), "")
    assert drawn.layout.xaxis.range[1] > 0
    assert drawn.layout.height > ROW
