from __future__ import annotations

from collections.abc import Callable

import pytest

from ingest.sources.github.faults import TooMuchFault, UnansweredFault
from ingest.sources.github.sizing import PageSize, adaptively


def server_that_takes(most: int, asked: list[int]) -> Callable[[int], str]:
    def attempt(size: int) -> str:
        asked.append(size)
        if size > most:
            raise TooMuchFault("HTTP 502")
        return f"{size} things"

    return attempt


def no_pause(seconds: int) -> None:
    pytest.fail(f"waited {seconds} s where asking for less would have done")


def test_the_size_halves_until_the_server_can_answer():
    asked: list[int] = []
    answer = adaptively(PageSize(36, 36), server_that_takes(10, asked), no_pause)
    assert answer == "9 things"
    assert asked == [36, 18, 9]


def test_the_size_grows_by_a_quarter_after_five_good_answers_and_never_above_the_most():
    size = PageSize(30, 36)
    sizes = []
    for _ in range(15):
        adaptively(size, lambda now: now, no_pause)
        sizes.append(size.now)
    assert sizes == [30] * 4 + [36] * 11  # 30 + 7 would be 37


def test_a_size_of_one_grows_by_one():
    size = PageSize(1, 36)
    for _ in range(5):
        size.grow()
    assert size.now == 2


def test_a_failure_starts_the_count_of_good_answers_anew():
    size = PageSize(8, 36)
    for _ in range(4):
        size.grow()
    assert size.halve()
    size.grow()
    assert size.now == 4


def test_the_smallest_question_is_asked_again_after_longer_and_longer_pauses():
    pauses: list[int] = []
    asked: list[int] = []
    with pytest.raises(UnansweredFault, match="HTTP 502") as caught:
        adaptively(PageSize(2, 36), server_that_takes(0, asked), pauses.append)
    assert pauses == [1, 2, 4, 8, 16, 32]
    assert asked == [2] + [1] * 7
    assert caught.value.said == "HTTP 502"


def test_the_smallest_question_may_be_answered_at_last():
    failures = iter((TooMuchFault("HTTP 502"), TooMuchFault("HTTP 502")))
    pauses: list[int] = []

    def attempt(size: int) -> str:
        for failure in failures:
            raise failure
        return f"{size} thing"

    assert adaptively(PageSize(1, 36), attempt, pauses.append) == "1 thing"
    assert pauses == [1, 2]


def test_other_faults_are_not_answered_by_asking_for_less():
    size = PageSize(36, 36)
    with pytest.raises(ValueError, match="a bug"):
        adaptively(size, lambda _size: (_ for _ in ()).throw(ValueError("a bug")), no_pause)
    assert size.now == 36
