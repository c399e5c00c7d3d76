from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts import PULL_REQUESTS, REVIEWS
from ingest.dismissals import has_lost_verdicts, of_lost, with_verdicts
from ingest.intake import Intake
from ingest.sources.base import Parsed
from ingest.store import Store
from tests.builders_store import moment, raw_rows, reviews

LATER = datetime(2026, 8, 9, tzinfo=UTC)
DISMISSED = {"state": "DISMISSED"}


def recovered(rows: pl.DataFrame, stored: pl.DataFrame) -> list[str | None]:
    known = of_lost(stored.lazy(), rows).collect()
    return with_verdicts(rows, known)["state_before_dismissal"].to_list()


@pytest.mark.parametrize(
    ("stored", "verdict"),
    [
        ({"state": "CHANGES_REQUESTED"}, "CHANGES_REQUESTED"),
        ({"state": "APPROVED"}, "APPROVED"),
        ({"state": "DISMISSED", "state_before_dismissal": "APPROVED"}, "APPROVED"),
        (DISMISSED, None),
        ({"state": "APPROVED", "review_id": "R2"}, None),
        ({"state": "APPROVED", "number": 2}, None),
        ({"state": "APPROVED", "repository": "acme/search"}, None),
    ],
)
def test_a_dismissed_review_keeps_the_verdict_that_was_stored_of_it(
    stored: dict[str, Any], verdict: str | None
):
    assert recovered(raw_rows(REVIEWS, DISMISSED), reviews(stored)) == [verdict]


def test_what_the_source_says_itself_is_not_changed():
    told = raw_rows(REVIEWS, {**DISMISSED, "state_before_dismissal": "CHANGES_REQUESTED"})

    assert not has_lost_verdicts(told)
    assert recovered(told, reviews({"state": "APPROVED"})) == ["CHANGES_REQUESTED"]


def test_an_earlier_copy_in_the_same_rows_tells_more_than_the_store():
    copies = raw_rows(REVIEWS, {"state": "CHANGES_REQUESTED"}, DISMISSED)

    assert recovered(copies, reviews({"state": "APPROVED"})) == [None, "CHANGES_REQUESTED"]


def test_a_verdict_that_stands_is_no_dismissed_one():
    standing = raw_rows(REVIEWS, {"state": "APPROVED"})

    assert not has_lost_verdicts(standing)
    assert recovered(standing, reviews({"state": "CHANGES_REQUESTED"})) == [None]


def test_rows_of_a_source_that_does_not_know_the_column_are_read_too():
    bare = raw_rows(REVIEWS, DISMISSED).with_columns(number=pl.col("number").cast(pl.String))

    assert "state_before_dismissal" not in bare.columns
    assert recovered(bare, reviews({"state": "APPROVED"})) == ["APPROVED"]


def test_rows_without_a_key_are_left_to_the_contract():
    assert not has_lost_verdicts(pl.DataFrame({"state": ["DISMISSED"]}))


STATES = st.sampled_from(["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"])


@settings(max_examples=60, deadline=None)
@given(
    given_rows=st.lists(st.tuples(st.integers(1, 3), STATES), min_size=1, max_size=8),
    before=st.none() | STATES,
)
def test_only_verdicts_before_dismissal_change_and_rows_stay_in_their_order(given_rows: Any, before: Any):
    rows = raw_rows(REVIEWS, *({"review_id": str(one), "state": state} for one, state in given_rows))
    stored = reviews({"review_id": "1", "state": before or "APPROVED"})
    after = with_verdicts(rows, of_lost(stored.lazy(), rows).collect())

    assert after.select(rows.columns).equals(rows)
    assert (
        after.filter(pl.col("state") != "DISMISSED")["state_before_dismissal"].null_count()
        == after.filter(pl.col("state") != "DISMISSED").height
    )


# --- on their way into the store


def take(
    store: Store, *frames: pl.DataFrame, table: str = "reviews", judged: pl.DataFrame | None = None
) -> Intake:
    intake = Intake(store, "github", "run-1", LATER)
    for frame in frames:
        intake.take(Parsed({table: frame.drop("source", "ingested_at")}))
    if judged is not None:
        intake.take(Parsed({}, judged={"pull_requests": judged}))
    intake.flush()
    return intake


def stored_reviews(store: Store) -> list[tuple[str, str | None]]:
    return store.current("reviews").select("state", "state_before_dismissal").collect().rows()


def test_a_review_that_was_dismissed_keeps_its_verdict(tmp_path: Path):
    store = Store(str(tmp_path))
    take(store, raw_rows(REVIEWS, {"state": "CHANGES_REQUESTED"}))
    take(store, raw_rows(REVIEWS, DISMISSED))

    assert stored_reviews(store) == [("DISMISSED", "CHANGES_REQUESTED")]


def test_reading_the_dismissed_review_again_loses_nothing_and_changes_nothing(tmp_path: Path):
    store = Store(str(tmp_path))
    take(store, raw_rows(REVIEWS, {"state": "CHANGES_REQUESTED"}))
    take(store, raw_rows(REVIEWS, DISMISSED))
    take(store, raw_rows(REVIEWS, DISMISSED))

    assert stored_reviews(store) == [("DISMISSED", "CHANGES_REQUESTED")]


def test_a_replay_of_everything_that_was_kept_ends_as_the_first_reading_did(tmp_path: Path):
    store = Store(str(tmp_path))
    both = raw_rows(REVIEWS, {"state": "CHANGES_REQUESTED"}), raw_rows(REVIEWS, DISMISSED)
    take(store, both[0])
    take(store, both[1])
    take(store, *both)

    assert stored_reviews(store) == [("DISMISSED", "CHANGES_REQUESTED")]


def test_the_first_reading_of_everything_at_once_knows_the_verdict_too(tmp_path: Path):
    store = Store(str(tmp_path))
    take(store, raw_rows(REVIEWS, {"state": "APPROVED"}), raw_rows(REVIEWS, DISMISSED))

    assert stored_reviews(store) == [("DISMISSED", "APPROVED")]


# --- what a live source judges itself


def gone(number: int, at: datetime | None, repository: str = "acme/payments") -> pl.DataFrame:
    schema = {name: PULL_REQUESTS.polars_schema[name] for name in ("repository", "number", "gone_at")}
    return pl.DataFrame([(repository, number, at)], schema, orient="row")


def gone_at(store: Store) -> list[datetime | None]:
    return store.current("pull_requests").sort("number").collect()["gone_at"].to_list()


def test_a_judgement_waits_until_its_row_is_written(tmp_path: Path):
    store = Store(str(tmp_path))
    intake = take(
        store,
        raw_rows(PULL_REQUESTS, {"number": 1}, {"number": 2}),
        table="pull_requests",
        judged=gone(2, LATER),
    )

    assert gone_at(store) == [None, LATER]
    assert intake.tally.rows_judged == 1


def test_a_row_that_was_written_by_an_earlier_run_is_judged_too(tmp_path: Path):
    store = Store(str(tmp_path))
    take(store, raw_rows(PULL_REQUESTS, {"number": 1}), table="pull_requests")
    take(store, judged=gone(1, LATER))

    assert gone_at(store) == [LATER]


def test_one_that_is_there_again_is_no_longer_gone(tmp_path: Path):
    store = Store(str(tmp_path))
    take(store, raw_rows(PULL_REQUESTS, {"number": 1}), table="pull_requests", judged=gone(1, LATER))
    take(store, judged=gone(1, None))

    assert gone_at(store) == [None]


def test_the_last_word_about_a_row_counts(tmp_path: Path):
    store = Store(str(tmp_path))
    words = pl.concat([gone(1, None), gone(1, moment("2026-08-05T00:00:00")), gone(1, LATER)])
    take(store, raw_rows(PULL_REQUESTS, {"number": 1}), table="pull_requests", judged=words)

    assert gone_at(store) == [LATER]


def test_writing_a_row_again_leaves_what_was_judged_of_it(tmp_path: Path):
    store = Store(str(tmp_path))
    take(store, raw_rows(PULL_REQUESTS, {"number": 1}), table="pull_requests", judged=gone(1, LATER))
    newer = raw_rows(PULL_REQUESTS, {"number": 1, "title": "New", "updated_at": "2026-08-03T09:00:00Z"})
    take(store, newer, table="pull_requests")

    assert gone_at(store) == [LATER]


def test_a_judgement_about_a_row_that_nobody_has_is_no_row(tmp_path: Path):
    store = Store(str(tmp_path))
    intake = take(store, judged=gone(9, LATER))

    assert store.current("pull_requests").collect().is_empty()
    assert intake.tally.rows_judged == 0
