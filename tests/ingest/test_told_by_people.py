from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.attribution.told_by_people import Known, people_findings
from ingest.attribution.told_decisions import people_decisions
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


def decisions(
    incidents: Sequence[Row] = (), reviews: Sequence[Row] = (), before: pl.DataFrame | None = None
) -> pl.DataFrame:
    return people_decisions(frame(INCIDENTS, incidents), frame(AUDIT_REVIEWS, reviews), before)


def said(found: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Decisions in order: what was decided, when and by whom."""
    return found.sort("decided_at").select("disposition", "decided_at", "decided_by").rows()


def withdrawn(**facts: Any) -> Row:
    """The incident once somebody found that it is none."""
    who = {"withdrawn_by": "rosa", "withdrawn_at": day(25), "withdrawn_reason": "a drill"}
    return incident(is_withdrawn=True, **{**who, **facts})


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


def test_a_withdrawn_incident_stays_a_finding_that_somebody_dismissed():
    assert (
        findings([withdrawn()])
        .select("finding_id", "severity")
        .equals(findings([incident()]).select("finding_id", "severity"))
    )
    told = decisions([withdrawn()])
    assert said(told) == [("confirmed", day(21), "incident"), ("false_positive", day(25), "rosa")]
    assert told.filter(pl.col("disposition") == "false_positive")["reason"].to_list() == ["a drill"]


@pytest.mark.parametrize("missing", ["withdrawn_by", "withdrawn_reason"])
def test_nobody_withdraws_an_incident_without_a_name_and_a_reason(missing: str):
    assert said(decisions([withdrawn(**{missing: None})])) == [("confirmed", day(21), "incident")]


@pytest.mark.parametrize("at", [None, day(20), day(21), day(31)], ids=str)
def test_a_withdrawal_at_no_possible_moment_counts_from_when_it_became_known(at: Any):
    told = decisions([withdrawn(withdrawn_at=at)])
    assert said(told)[-1] == ("false_positive", day(30), "rosa")


def test_an_issue_that_was_closed_as_none_is_dismissed_by_its_host():
    closed = incident(is_withdrawn=True, source="github")
    (row,) = decisions([closed]).filter(pl.col("disposition") == "false_positive").to_dicts()

    assert (row["decided_by"], row["decided_at"]) == ("github", day(30))
    assert row["reason"] == "closed on the code host as not planned or as a duplicate"


def test_an_incident_that_stands_again_is_confirmed_again():
    before = decisions([withdrawn()])
    again = decisions([incident(ingested_at=day(40))], before=before)

    assert said(again) == [("confirmed", day(40), "incident")]
    everything = pl.concat([before, again])
    assert decisions([incident(ingested_at=day(40))], before=everything).is_empty()
    twice = decisions([withdrawn(ingested_at=day(50))], before=everything)
    assert said(twice) == [("false_positive", day(50), "rosa")]


def test_other_words_about_a_decided_incident_decide_nothing():
    before = decisions([incident()])
    assert decisions([incident(reported_at=day(29), ingested_at=day(40))], before=before).is_empty()


# -- what was told before --------------------------------------------------------------------------


def after(first: Row, then: Row, about: Known | None = None) -> Row:
    """The finding of an incident that was told first so and then so."""
    before = findings([first], about=about)
    rows = people_findings(frame(INCIDENTS, [then]), frame(AUDIT_REVIEWS, []), about or known(), before)
    (row,) = rows.to_dicts()
    return row


@pytest.mark.parametrize(
    ("first", "then", "holds"),
    [("critical", "low", "critical"), ("low", "critical", "critical"), ("none", "low", "low")],
)
def test_an_incident_is_as_bad_as_it_was_ever_told(first: str, then: str, holds: str):
    assert after(incident(severity=first), incident(severity=then))["severity"] == holds


def test_the_change_that_was_named_first_stays():
    about = known([landed(9), landed(None, "0" * 40)], [pull(3, merged_on=4)])
    first, other = incident(pull_request=3), incident(pull_request=4)
    for then in (other, incident(), incident(commit_sha=SHA)):
        row = after(first, then, about)
        assert (row["introduced_by"], row["introduced_commit"], row["method"]) == (3, "merge-3", "explicit")


def test_the_commit_that_was_named_first_stays():
    about = known([landed(None), landed(9, "0" * 40)])
    row = after(incident(commit_sha=SHA), incident(commit_sha="0" * 40), about)
    assert (row["introduced_by"], row["introduced_commit"], row["method"]) == (None, SHA, "commit")


def test_a_change_that_is_named_at_last_is_taken():
    row = after(incident(), incident(pull_request=3))
    assert (row["introduced_by"], row["method"]) == (3, "explicit")


def test_what_history_tells_later_of_the_same_commit_is_taken():
    before = findings([incident(commit_sha=SHA)], about=known([landed(None)]))
    rows = people_findings(
        frame(INCIDENTS, [incident(commit_sha=SHA)]), frame(AUDIT_REVIEWS, []), known([landed(9)]), before
    )
    assert rows["introduced_by"].to_list() == [9]


def test_an_incident_was_noticed_when_it_was_first_said_to_be():
    assert after(incident(), incident(detected_at=day(90)))["first_seen_at"] == day(20)
    assert after(incident(detected_at=day(90)), incident())["first_seen_at"] == day(20)


def test_an_incident_that_is_said_to_be_of_another_repository_stays_where_it_was_too():
    before = findings([incident(pull_request=3)])
    moved = incident(repository="acme/search")
    rows = people_findings(frame(INCIDENTS, [moved]), frame(AUDIT_REVIEWS, []), known(), before)
    assert set(rows["repository"]) == {REPOSITORY, "acme/search"}


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


@pytest.mark.parametrize("later", ["clean", "unclear"])
def test_what_a_reviewer_found_stays_found_whatever_the_reviewer_says_later(later: str):
    told = [review(), review(outcome=later, reviewed_at=day(16), notes=None)]

    assert findings(reviews=told).height == 1
    assert said(decisions(reviews=told)) == [("confirmed", day(15), "jane")]


def test_a_reviewer_takes_back_what_the_review_found_by_saying_why():
    told = [review(), review(outcome="clean", reviewed_at=day(16), notes="it is checked")]
    dismissal = decisions(reviews=told).filter(pl.col("disposition") == "false_positive")

    assert findings(reviews=told).height == 1
    assert said(dismissal) == [("false_positive", day(16), "jane")]
    assert dismissal["reason"].to_list() == ["it is checked"]
    assert dismissal["finding_id"].to_list() == findings(reviews=told)["finding_id"].to_list()


@pytest.mark.parametrize(
    "other",
    [
        {"reviewed_by": "bob"}, {"audit_id": "another"}, {"number": 4}, {"reviewed_at": day(14)},
        {"notes": "  "}, {"outcome": "unclear"},
    ],
    ids=str,
)  # fmt: skip
def test_a_word_about_something_else_takes_nothing_back(other: Row):
    back = review(outcome="clean", reviewed_at=day(16), notes="it is checked")
    assert said(decisions(reviews=[review(), {**back, **other}])) == [("confirmed", day(15), "jane")]


def test_a_reviewer_is_one_person_however_the_name_is_written():
    back = review(outcome="clean", reviewed_at=day(16), notes="it is checked", reviewed_by="Jane")
    assert said(decisions(reviews=[review(), back]))[-1] == ("false_positive", day(16), "jane")


def test_what_another_reviewer_found_too_is_dismissed_when_both_have_taken_it_back():
    both = [review(), review(reviewed_by="bob", reviewed_at=day(17))]
    backs = [
        review(reviewed_by=by, outcome="clean", reviewed_at=day(at), notes="it is checked")
        for by, at in (("jane", 18), ("bob", 19))
    ]
    assert [what for what, _, _ in said(decisions(reviews=[*both, backs[0]]))] == ["confirmed"] * 2
    assert said(decisions(reviews=[*both, *backs]))[-1] == ("false_positive", day(19), "bob")


def test_what_a_reviewer_finds_again_is_confirmed_again():
    back = review(outcome="clean", reviewed_at=day(16), notes="it is checked")
    told = decisions(reviews=[review(), back, review(reviewed_at=day(17))])
    assert [what for what, _, _ in said(told)] == ["confirmed", "false_positive", "confirmed"]


def test_two_places_of_one_reviewer_are_taken_back_together():
    back = review(outcome="clean", reviewed_at=day(16), notes="both are checked")
    told = decisions(reviews=[review(), review(line=90, reviewed_at=day(15.5)), back])
    assert told.filter(pl.col("disposition") == "false_positive")["finding_id"].n_unique() == 2


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


def test_a_milder_or_withdrawn_incident_is_still_the_finding_that_it_was(store: Store):
    derive_people(store, day(31))
    before = stored(store)
    for then in (incident(severity="low", pull_request=4), withdrawn(repository="acme/other")):
        store.write(INCIDENTS, frame(INCIDENTS, [then]))
        derive_people(store, day(32))
        kept = stored(store).filter(pl.col("repository") == REPOSITORY)
        told = ["finding_id", "severity", "introduced_by", "method"]
        assert kept.select(told).equals(before.select(told))


def test_withdrawing_telling_again_and_withdrawing_leave_a_decision_each(store: Store):
    steps = [
        withdrawn(pull_request=3),
        incident(pull_request=3, ingested_at=day(35)),
        withdrawn(pull_request=3, ingested_at=day(40)),
    ]
    for then in steps:
        derive_people(store, day(50))
        store.write(INCIDENTS, frame(INCIDENTS, [then]))
        derive_people(store, day(50))
        derive_people(store, day(51))
    decided = store.current("dispositions").filter(pl.col("reason") != "found in audit 2026-06-payments-1")

    assert said(decided.collect()) == [
        ("confirmed", day(21), "incident"),
        ("false_positive", day(25), "rosa"),
        ("confirmed", day(35), "incident"),
        ("false_positive", day(40), "rosa"),
    ]


def test_an_empty_store_stays_empty(tmp_path: Path):
    store = Store(str(tmp_path / "lake"))
    derive_people(store, day(31))

    assert stored(store).is_empty()
