from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.attribution.told_by_people import Known, people_decisions, people_findings
from ingest.checking import check
from ingest.contracts import (
    AUDIT_REVIEWS,
    COMMITS,
    DISPOSITIONS_TABLE,
    FINDINGS,
    INCIDENTS,
    LANDED_COMMITS,
    PULL_REQUESTS,
)
from ingest.contracts.common import Table
from ingest.identity import finding_id, finding_key
from ingest.people import PEOPLE_SOURCE, derive_people
from ingest.store import Store
from tests.builders_sarif import REPOSITORY, Row, day, pull

SHA = "4f2a9c1e" + "0" * 32


def incident(**facts: Any) -> Row:
    return {
        "incident_id": "INC-1", "repository": REPOSITORY, "detected_at": day(20), "reported_at": day(21),
        "severity": "high", "is_withdrawn": False, "title": "orders of others were shown",
        "raw_ref": "incidents.csv#line 2", "source": "incidents", "ingested_at": day(30), **facts,
    }  # fmt: skip


def review(**facts: Any) -> Row:
    return {
        "audit_id": "2026-06-payments-1", "repository": REPOSITORY, "number": 3, "reviewed_at": day(15),
        "reviewed_by": "jane", "outcome": "finding", "severity": "medium", "cwe": ["CWE-89"],
        "path": "app/db.py", "line": 12, "notes": "built from input", "raw_ref": "audit#1",
        "source": "command", "ingested_at": day(30), **facts,
    }  # fmt: skip


def frame(table: Table, rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=table.polars_schema, orient="row")


def known(landed: Sequence[Row] = (), pulls: Sequence[Row] = (), commits: Sequence[Row] = ()) -> Known:
    return Known(frame(LANDED_COMMITS, landed), frame(PULL_REQUESTS, pulls), frame(COMMITS, commits))


def landed(number: int | None, sha: str = SHA) -> Row:
    return {"repository": REPOSITORY, "sha": sha, "pull_request": number}


def findings(
    incidents: Sequence[Row] = (), reviews: Sequence[Row] = (), about: Known | None = None
) -> pl.DataFrame:
    return people_findings(frame(INCIDENTS, incidents), frame(AUDIT_REVIEWS, reviews), about or known())


def decisions(incidents: Sequence[Row] = (), reviews: Sequence[Row] = ()) -> pl.DataFrame:
    return people_decisions(frame(INCIDENTS, incidents), frame(AUDIT_REVIEWS, reviews))


def only(incidents: Sequence[Row] = (), reviews: Sequence[Row] = (), about: Known | None = None) -> Row:
    (row,) = findings(incidents, reviews, about).to_dicts()
    return row


# -- incidents -------------------------------------------------------------------------------------


def test_an_incident_is_a_security_finding_that_was_seen_after_merge():
    row = only([incident(cwe=["CWE-639"])])

    assert row["finding_id"] == finding_id(REPOSITORY, finding_key("incident", "INC-1", "", 0))
    assert (row["rule"], row["reported_by"], row["severity"]) == ("incident", "incident", "high")
    assert (row["is_security"], row["is_blamable"], row["cwe"]) == (True, False, ["CWE-639"])
    assert (row["first_seen_at"], row["first_seen_stage"]) == (day(20), "post_merge")
    assert (row["post_merge_seen_at"], row["gone_at"], row["tool"]) == (day(20), None, None)
    assert row["message"] == "orders of others were shown"


def test_a_named_pull_request_is_believed_and_tells_its_commit():
    row = only([incident(pull_request=3)], about=known(pulls=[pull(3, merged_on=4)]))

    assert (row["introduced_by"], row["method"], row["confidence"]) == (3, "explicit", "high")
    assert row["introduced_commit"] == "merge-3"


def test_a_named_pull_request_wins_over_a_named_commit():
    row = only([incident(pull_request=3, commit_sha=SHA)], about=known([landed(9)]))

    assert (row["introduced_by"], row["method"], row["introduced_commit"]) == (3, "explicit", SHA)


def test_a_named_commit_leads_to_the_pull_request_that_brought_it():
    row = only([incident(commit_sha=SHA)], about=known([landed(9)]))

    assert (row["introduced_by"], row["method"], row["confidence"]) == (9, "commit", "high")


def test_a_short_commit_in_capitals_is_understood():
    row = only([incident(commit_sha="4F2A9C1E")], about=known([landed(9)]))

    assert (row["introduced_by"], row["introduced_commit"]) == (9, SHA)


def test_without_history_the_merge_commit_tells_the_pull_request():
    about = known(pulls=[pull(3, merged_on=4, merge_sha=SHA)])

    assert only([incident(commit_sha=SHA)], about=about)["introduced_by"] == 3


def test_a_commit_of_two_pull_requests_belongs_to_the_one_that_merged_first():
    commits = [{"repository": REPOSITORY, "sha": SHA, "number": number} for number in (0, 3, 4)]
    about = known(pulls=[pull(3, merged_on=9), pull(4, merged_on=5)], commits=commits)
    row = only([incident(commit_sha=SHA)], about=about)

    assert (row["introduced_by"], row["confidence"]) == (4, "medium")


def test_a_direct_push_is_told_by_its_commit_alone():
    row = only([incident(commit_sha=SHA)], about=known([landed(None)]))

    assert (row["introduced_by"], row["introduced_commit"], row["method"]) == (None, SHA, "commit")


@pytest.mark.parametrize(
    "told", [{}, {"commit_sha": "0" * 40}, {"commit_sha": "4f2a"}], ids=["nothing", "unknown", "too short"]
)
def test_an_incident_that_names_nothing_known_is_unattributed(told: Row):
    row = only([incident(**told)], about=known([landed(9)]))

    assert (row["introduced_by"], row["method"], row["confidence"]) == (None, "unattributed", "none")


def test_a_short_commit_that_means_two_is_no_answer():
    about = known([landed(9), landed(8, "4f2a9c1e" + "1" * 32)])

    assert only([incident(commit_sha="4f2a9c1e")], about=about)["method"] == "unattributed"


def test_a_commit_of_another_repository_is_no_answer():
    elsewhere = landed(9) | {"repository": "acme/search"}

    assert only([incident(commit_sha=SHA)], about=known([elsewhere]))["method"] == "unattributed"


def test_a_withdrawn_incident_is_none():
    assert findings([incident(is_withdrawn=True)]).is_empty()
    assert decisions([incident(is_withdrawn=True)]).is_empty()


# -- audits ----------------------------------------------------------------------------------------


def test_what_a_review_found_belongs_to_the_reviewed_change():
    row = only(reviews=[review()], about=known(pulls=[pull(3, merged_on=4)]))

    assert row["finding_id"] == finding_id(REPOSITORY, finding_key("audit", "3", "app/db.py:12", 0))
    assert (row["rule"], row["reported_by"], row["severity"]) == ("audit", "audit", "medium")
    assert (row["introduced_by"], row["method"], row["is_blamable"]) == (3, "explicit", True)
    assert (row["path"], row["line"], row["first_seen_at"]) == ("app/db.py", 12, day(15))


def test_a_review_without_a_place_is_not_blamed_on_a_line():
    row = only(reviews=[review(path=None, line=None)])

    assert row["finding_id"] == finding_id(REPOSITORY, finding_key("audit", "3", ":", 0))
    assert row["is_blamable"] is False


@pytest.mark.parametrize("outcome", ["clean", "unclear"])
def test_only_a_finding_is_one(outcome: str):
    assert findings(reviews=[review(outcome=outcome, severity=None)]).is_empty()


@pytest.mark.parametrize(("last", "count"), [("clean", 0), ("finding", 1)])
def test_the_latest_word_of_a_reviewer_holds(last: str, count: int):
    first = "finding" if last == "clean" else "clean"
    told = [review(outcome=first), review(outcome=last, reviewed_at=day(16))]

    assert findings(reviews=told).height == count


def test_one_reviewer_who_found_nothing_does_not_take_back_what_another_found():
    assert findings(reviews=[review(), review(reviewed_by="bob", outcome="clean")]).height == 1


def test_two_reviewers_of_one_place_found_one_thing_as_bad_as_the_worse_says():
    second = review(reviewed_by="bob", reviewed_at=day(16), severity="critical", cwe=["CWE-20"])
    row = only(reviews=[second, review()])

    assert (row["severity"], row["cwe"], row["first_seen_at"]) == ("critical", ["CWE-20", "CWE-89"], day(15))
    assert decisions(reviews=[second, review()])["decided_by"].to_list() == ["jane", "bob"]


def test_two_places_are_two_findings():
    assert findings(reviews=[review(), review(reviewed_by="bob", line=90)]).height == 2


# -- decisions -------------------------------------------------------------------------------------


def test_an_incident_confirms_itself():
    (row,) = decisions([incident()]).to_dicts()

    assert (row["disposition"], row["decided_by"]) == ("confirmed", "incident")
    assert (row["decided_at"], row["reason"]) == (day(21), "incident INC-1")
    assert row["finding_id"] == only([incident()])["finding_id"]


def test_an_incident_that_nobody_wrote_down_is_confirmed_when_it_was_noticed():
    assert decisions([incident(reported_at=None)])["decided_at"].to_list() == [day(20)]


def test_a_reviewer_confirms_what_the_review_found():
    (row,) = decisions(reviews=[review()]).to_dicts()

    assert (row["decided_by"], row["decided_at"]) == ("jane", day(15))
    assert row["reason"] == "found in audit 2026-06-payments-1"
    assert row["finding_id"] == only(reviews=[review()])["finding_id"]


# -- laws ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [FINDINGS, DISPOSITIONS_TABLE], ids=lambda table: table.name)
def test_rows_hold_their_contract(table: Table):
    incidents = [incident(), incident(incident_id="INC-2", pull_request=3), incident(incident_id="INC-3")]
    rows = findings(incidents, [review()]) if table is FINDINGS else decisions(incidents, [review()])
    stamped = rows.with_columns(source=pl.lit("people"), ingested_at=pl.lit(day(30)))

    assert rows.height == 4
    assert check(stamped, table).rejected.is_empty()


def test_nothing_told_gives_nothing():
    assert (findings().height, decisions().height) == (0, 0)


@given(order=st.permutations(range(4)))
def test_the_order_in_which_people_told_does_not_matter(order: list[int]):
    reviews = [
        review(), review(reviewed_by="bob", severity="low"), review(reviewed_by="eve", outcome="clean"),
        review(reviewed_at=day(16), notes="again"),
    ]  # fmt: skip
    shuffled = [reviews[at] for at in order]

    assert findings([incident()], shuffled).equals(findings([incident()], reviews))
    assert decisions([incident()], shuffled).equals(decisions([incident()], reviews))


# -- in the store ----------------------------------------------------------------------------------


def stored(store: Store) -> pl.DataFrame:
    return store.current("findings").collect().sort("finding_id")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(str(tmp_path / "lake"))
    made.write(INCIDENTS, frame(INCIDENTS, [incident(pull_request=3)]))
    made.write(AUDIT_REVIEWS, frame(AUDIT_REVIEWS, [review()]))
    return made


def test_what_people_told_is_stored_with_its_confirmations(store: Store):
    derive_people(store, day(31))

    assert set(stored(store)["reported_by"]) == {"incident", "audit"}
    assert set(stored(store)["source"]) == {PEOPLE_SOURCE}
    decided = store.current("dispositions").collect()
    assert set(decided["finding_id"]) == set(stored(store)["finding_id"])
    assert set(decided["disposition"]) == {"confirmed"}


def test_deriving_again_changes_nothing(store: Store):
    derive_people(store, day(31))
    before, versions = stored(store), dict(store._versions())
    derive_people(store, day(40))

    assert stored(store).equals(before)
    assert dict(store._versions()) == versions


def test_findings_of_scans_stay_when_people_tell_theirs(store: Store):
    of_scan = findings([incident(incident_id="other")]).with_columns(
        source=pl.lit("attribution"), ingested_at=pl.lit(day(1)), extras=pl.lit(None, pl.String)
    )
    store.replace(FINDINGS, of_scan, "attribution")
    derive_people(store, day(31))

    assert stored(store).height == 3


def test_a_withdrawn_incident_is_no_finding_any_more(store: Store):
    derive_people(store, day(31))
    store.write(INCIDENTS, frame(INCIDENTS, [incident(pull_request=3, is_withdrawn=True)]))
    derive_people(store, day(32))

    assert stored(store)["reported_by"].to_list() == ["audit"]


def test_an_empty_store_stays_empty(tmp_path: Path):
    store = Store(str(tmp_path / "lake"))
    derive_people(store, day(31))

    assert stored(store).is_empty()
