from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from ingest.sources.github.faults import HubError, StoppedFault
from ingest.sources.github.limits import CALM, Budget, LimitReachedError, Limits, Patience, in_words
from tests.ingest.github.helpers_connection import BEGUN_AT, Time


def limits_with(time: Time, at_once: int = 4, most_seconds: float = 5400.0) -> Limits:
    return Limits(Patience(at_once, most_seconds), time.outside, time.now)


def turned(limits: Limits) -> int:
    with limits.turn("graphql") as turn:
        return turn


def test_a_limit_is_waited_for_by_the_clock_of_the_server_with_a_countdown():
    time = Time()
    limits = limits_with(time)
    their_now = BEGUN_AT + timedelta(hours=3)  # their clock is three hours ahead of ours
    turn = turned(limits)
    limits.note("graphql", Budget(0, 5000, their_now + timedelta(seconds=40)), their_now)
    limits.primary(turn, "graphql", their_now + timedelta(seconds=40))
    assert time.total == 41
    assert max(time.slept) <= 1
    assert [one.doing for one in time.told[:2]] == [
        "limit reached: waiting 41 s",
        "limit reached: waiting 40 s",
    ]
    assert [one.seconds_left for one in time.told] == list(range(41, 0, -1))
    assert [one.done for one in time.told] == list(range(41))
    assert time.told[0].place == "GitHub"
    assert time.told[0].points_left == 0


def test_a_wait_that_is_told_is_as_long_as_told():
    time = Time()
    limits = limits_with(time)
    limits.secondary(turned(limits), 7.0)
    assert time.total == 7


def test_a_wait_that_is_not_told_is_a_minute_and_doubles_until_an_answer_is_good():
    time = Time()
    limits = limits_with(time)
    lengths = []
    for _ in range(3):
        before = time.total
        limits.secondary(turned(limits), None)
        lengths.append(time.total - before)
    limits.good()
    before = time.total
    limits.secondary(turned(limits), None)
    assert [*lengths, time.total - before] == [60, 120, 240, 60]


def test_a_request_to_slow_down_halves_what_may_be_in_flight_until_twenty_answers_were_good():
    time = Time()
    limits = limits_with(time, at_once=8)
    limits.secondary(turned(limits), 1.0)
    assert most_in_flight(limits) == 4
    for _ in range(CALM - 1):
        limits.good()
    assert most_in_flight(limits) == 4
    limits.good()
    assert most_in_flight(limits) == 8


def most_in_flight(limits: Limits) -> int:
    """How many turns can be held at the same time."""
    with ExitStack() as held:
        count = 0
        while limits._is_free():
            held.enter_context(limits.turn("graphql"))
            count += 1
    return count


def test_no_more_than_sixty_requests_are_ever_in_flight():
    assert limits_with(Time(), at_once=500)._allowed == 60


def test_a_pause_is_told_with_its_reason_and_try_and_counts_down():
    time = Time()
    limits_with(time).pause(2.0, "GitHub answered 502", " (try 4 of 9)")
    assert [(one.doing, one.done) for one in time.told] == [
        ("GitHub answered 502: asking again in 2 s (try 4 of 9)", 0),
        ("GitHub answered 502: asking again in 1 s (try 4 of 9)", 1),
    ]


def test_a_pause_of_no_more_than_a_second_is_not_told():
    time = Time()
    limits_with(time).pause(1.0, "GitHub answered 502")
    assert (time.total, time.told) == (1, [])


def test_requests_that_met_the_same_limit_together_wait_only_once():
    time = Time()
    limits = limits_with(time, at_once=4)
    together = Barrier(4)

    def meets_a_limit() -> None:
        with limits.turn("graphql") as turn:
            together.wait(5)
        limits.secondary(turn, None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _each: meets_a_limit(), range(4)))
    assert time.total == 60


def test_a_limit_that_is_about_to_be_met_is_waited_for_before_asking():
    time = Time()
    limits = limits_with(time)
    limits.note("graphql", Budget(1, 5000, BEGUN_AT + timedelta(seconds=9), cost=2), BEGUN_AT)
    turned(limits)
    assert time.total == 10
    turned(limits)
    assert time.total == 10  # the points are taken for renewed until the server says otherwise


def test_a_quota_does_not_hold_up_the_other():
    time = Time()
    limits = limits_with(time)
    limits.note("core", Budget(0, 5000, BEGUN_AT + timedelta(seconds=9)), BEGUN_AT)
    turned(limits)
    assert time.total == 0


def test_a_reset_that_has_passed_is_waited_for_a_second_at_least_and_longer_each_time():
    time = Time()
    limits = limits_with(time)
    lengths = []
    for _ in range(3):
        before = time.total
        limits.primary(turned(limits), "graphql", BEGUN_AT - timedelta(hours=1))
        lengths.append(time.total - before)
    assert lengths == [1, 2, 4]


def test_a_limit_without_a_time_of_its_end_is_waited_for_a_minute():
    time = Time()
    limits = limits_with(time)
    limits.primary(turned(limits), "graphql", None)
    assert time.total == 60


def test_a_wait_longer_than_allowed_says_until_when_and_that_nothing_is_lost():
    time = Time()
    limits = limits_with(time, most_seconds=600.0)
    with pytest.raises(LimitReachedError) as caught:
        limits.primary(turned(limits), "graphql", BEGUN_AT + timedelta(minutes=50))
    assert str(caught.value) == (
        "GitHub's limit is reached until 2026-11-21 09:50:01 UTC, in 50 min 1 s; [sources.github] "
        "max_wait_minutes allows to wait 10 min. What was read is kept: run again after that time "
        "to go on, or allow more"
    )
    assert caught.value.until == datetime(2026, 11, 21, 9, 50, 1, tzinfo=UTC)
    assert time.slept == []


def test_waits_without_a_good_answer_between_add_up():
    time = Time()
    limits = limits_with(time, most_seconds=200.0)
    limits.secondary(turned(limits), None)
    limits.secondary(turned(limits), None)
    with pytest.raises(HubError, match="max_wait_minutes"):
        limits.secondary(turned(limits), None)
    assert time.total == 180


def test_a_run_that_is_stopped_leaves_a_wait_within_a_second():
    time = Time()
    limits = limits_with(time)
    turn = turned(limits)
    plain_sleep = time.sleep

    def sleep(seconds: float) -> None:
        plain_sleep(seconds)
        if len(time.slept) == 3:
            limits.stop()

    limits._outside = type(limits._outside)(sleep=sleep)
    with pytest.raises(StoppedFault):
        limits.secondary(turn, None)
    assert len(time.slept) == 3
    with pytest.raises(StoppedFault):
        turned(limits)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (60, "1 min"), (59.5, "1 min"), (3725, "62 min 5 s")]
)
def test_a_length_of_time_is_told_rounded_up(seconds: float, words: str):
    assert in_words(seconds) == words
