from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts import AUDITS
from metrics.audited import drawn_changes, latest_reviews
from metrics.audits import POPULATION, draw, estimate, population, precision
from metrics.gate.case import Ask, Case
from tests.builders_metrics import audit_review, day, drawn, pilot, policy, pull_request, tables

CHANGES = pl.DataFrame({"repository": ["acme/pay"] * 60, "number": range(1, 61)})


def case(*changes: Any, **rows: Any) -> Case:
    return Case(tables(pull_requests=changes, **rows), pilot(), policy(), Ask(day(100)))


def outcomes(*reviews: Any, audits: Any = None) -> list[tuple[int, str | None]]:
    given = tables(audits=audits or [drawn(1)], audit_reviews=reviews)
    return drawn_changes(given, "medium").select("number", "outcome").rows()


def test_only_the_pilots_agent_changes_of_the_window_that_were_never_drawn_can_be_drawn() -> None:
    changes = [
        pull_request(1, -3),
        pull_request(2, 1),
        pull_request(3, 2),
        pull_request(4, 13.999),
        pull_request(5, 14),
        pull_request(6, 5, authorship="human"),
        pull_request(7, 5, base_branch="old"),
        pull_request(8, None),
    ]
    of = case(*changes, audits=[drawn(3)])
    found = population(of, day(0), day(14))
    assert tuple(found.columns) == POPULATION
    assert found["number"].to_list() == [2, 4]


@settings(deadline=None, max_examples=50)
@given(st.permutations(range(60)), st.integers(0, 2**40), st.integers(1, 80))
def test_the_same_seed_draws_the_same_whatever_the_order_of_rows(
    order: list[int], seed: int, size: int
) -> None:
    first, second = draw(CHANGES, size, seed), draw(CHANGES[order], size, seed)
    assert first.equals(second)
    assert first["number"].n_unique() == first.height == min(size, 60)


def test_a_larger_draw_of_the_same_seed_holds_the_smaller_one() -> None:
    assert set(draw(CHANGES, 5, 3)["number"]) < set(draw(CHANGES, 20, 3)["number"])


def test_every_change_has_the_same_chance() -> None:
    """400 draws of 15 of 60: each is expected 100 times, with a standard deviation of 8.7."""
    counts = pl.concat([draw(CHANGES, 15, seed) for seed in range(400)])["number"].value_counts()
    assert counts.height == 60
    assert counts["count"].min() > 100 - 4 * 8.7  # type: ignore[operator]
    assert counts["count"].max() < 100 + 4 * 8.7  # type: ignore[operator]


def test_a_draw_tells_what_the_contract_asks_for() -> None:
    row = draw(CHANGES, 15, 3).row(0, named=True)
    told = {name: value for name, value in row.items() if name not in {"repository", "number"}}
    assert told == {
        "design": "simple",
        "population_count": 60,
        "sample_count": 15,
        "selection_probability": 0.25,
        "seed": 3,
    }
    assert set(told) <= set(AUDITS.columns)


def test_of_nothing_nothing_is_drawn() -> None:
    assert draw(CHANGES.clear(), 5, 1).height == 0


@pytest.mark.parametrize(("size", "seed"), [(0, 1), (-1, 1), (5, -1)])
def test_a_draw_that_cannot_be_made_is_refused(size: int, seed: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        draw(CHANGES, size, seed)


@pytest.mark.parametrize(("size", "below"), [(300, 0.00994), (59, 0.0495), (1, 0.95), (0, 1.0)])
def test_a_clean_sample_shows_so_much_and_no_more(size: int, below: float) -> None:
    assert precision(size, 0.95) == pytest.approx(below, rel=5e-3)


def test_the_latest_review_of_a_person_holds_and_of_several_people_the_worst() -> None:
    assert outcomes(audit_review(1, "unclear", 5), audit_review(1, "clean", 6)) == [(1, "clean")]
    assert outcomes(audit_review(1, "clean", 6), audit_review(1, "unclear", 5, reviewed_by="sam")) == [
        (1, "unclear")
    ]
    assert outcomes(audit_review(1, "finding", 5), audit_review(1, "clean", 6, reviewed_by="sam")) == [
        (1, "finding")
    ]


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        (audit_review(1, "clean", 6), "finding"),
        (audit_review(1, "clean", 6, notes=" "), "finding"),
        (audit_review(1, "unclear", 6, notes="not sure any more"), "finding"),
        (audit_review(1, "finding", 6, severity="low"), "finding"),
        (audit_review(1, "clean", 4, notes="looked fine"), "finding"),
        (audit_review(1, "clean", 6, notes="the input is checked"), "clean"),
        (audit_review(1, "clean", 6, notes="the input is checked", reviewed_by=" Robin"), "clean"),
    ],
)
def test_who_found_something_takes_it_back_by_saying_later_why_it_was_none(later: Any, outcome: str) -> None:
    assert outcomes(audit_review(1, "finding", 5), later) == [(1, outcome)]


def test_what_was_found_again_after_it_was_taken_back_stands() -> None:
    back = audit_review(1, "clean", 6, notes="the input is checked")
    again = audit_review(1, "finding", 7)
    assert outcomes(audit_review(1, "finding", 5), back, again) == [(1, "finding")]
    doubt = audit_review(1, "unclear", 7)
    assert outcomes(audit_review(1, "finding", 5), back, doubt) == [(1, "unclear")]


def test_a_change_that_was_drawn_twice_is_one_change() -> None:
    twice = [drawn(1), drawn(1, audit_id="audit-2")]
    assert outcomes(audit_review(1), audits=twice) == [(1, "clean")]


def test_a_change_that_nobody_drew_is_in_no_sample() -> None:
    assert outcomes(audit_review(7, "finding")) == [(1, None)]


def test_a_weakness_too_mild_for_an_escape_is_none() -> None:
    assert outcomes(audit_review(1, "finding", severity="low")) == [(1, "clean")]


@settings(deadline=None, max_examples=50)
@given(st.permutations(range(3)))
def test_two_reviews_of_one_moment_leave_the_worse_in_any_order(order: list[int]) -> None:
    rows = [audit_review(1, each) for each in ("clean", "unclear", "finding")]
    given = tables(audit_reviews=[rows[place] for place in order])
    assert latest_reviews(given)["outcome"].to_list() == ["finding"]


def test_the_estimate_counts_the_pilots_own_changes_and_names_what_is_outstanding() -> None:
    of = case(
        *(pull_request(n) for n in (1, 2, 3)),
        pull_request(9, authorship="human"),
        audits=[drawn(n) for n in (1, 2, 3, 9)],
        audit_reviews=[audit_review(1), audit_review(2, "unclear"), audit_review(9, "finding")],
    )
    found = estimate(of)
    assert (found.drawn, found.reviewed, found.outstanding) == (3, 2, 1)
    assert (found.clean, found.found, found.unclear) == (1, 0, 1)


def test_an_audit_after_the_moment_of_judgement_has_not_happened() -> None:
    later = {"audits": [drawn(1)], "audit_reviews": [audit_review(1, at=120)]}
    assert estimate(case(pull_request(1), **later)).outstanding == 1
