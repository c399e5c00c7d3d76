from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboard import recording
from dashboard.composition import Session
from dashboard.recording import Decision, Review, by_command, by_page, decide, enter_draw, enter_reviews
from ingest.errors import UsageError
from tests.builders_metrics import day, finding, pull_request, scan
from tests.builders_snapshot import World

PAGE = by_page("page Findings")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """One finding of one agent change; people decide a day before the moment that is looked at."""
    made = World(tmp_path)
    made.deliver(
        28,
        pull_requests=[pull_request(1, 2)],
        scans=[scan("base", 0), scan("later", 5, tool="scan-b")],
        findings=[finding("escape", 1, 5)],
    )
    made.look(30)
    monkeypatch.setattr(recording, "clock", lambda: day(29))
    return made


def decision(**given: Any) -> Decision:
    return Decision(**{"finding_id": "escape__", "disposition": "confirmed", "by": "rosa", **given})


def drawn(**given: Any) -> dict[str, Any]:
    usual = {
        "audit_id": "2026-06-30-pay-1", "repository": "acme/pay", "number": 1, "pilot": "pay",
        "drawn_at": day(29), "drawn_by": "sam", "design": "simple", "population_count": 1, "sample_count": 1,
        "selection_probability": 1.0, "seed": 7, "from_at": day(0), "until_at": day(29),
    }  # fmt: skip
    return usual | given


def decisions(session: Session) -> pl.DataFrame:
    return session.tables.dispositions.collect()


def test_a_decision_carries_the_clock_the_person_and_the_door(world: World) -> None:
    decide(world.session, decision(), PAGE)
    (row,) = decisions(world.session).iter_rows(named=True)
    assert (row["decided_at"], row["decided_by"]) == (day(29), "rosa")
    assert (row["source"], row["raw_ref"]) == ("dashboard", "page Findings, by rosa")


def test_recording_is_no_change_of_policy(world: World) -> None:
    before = world.session.case("pay").ask.policy_changes
    decide(world.session, decision(), PAGE)
    assert world.session.case("pay").ask.policy_changes == before == ()


def test_a_verdict_counts_a_decision_at_once(world: World) -> None:
    session = world.session
    assert session.assess("pay").changes["escaped_unreviewed"].to_list() == [True]
    decide(session, decision(), PAGE)
    judged = world.session.assess("pay").changes
    assert judged["escaped_confirmed"].to_list() == [True]


def test_a_session_that_is_open_keeps_what_it_has_read(world: World) -> None:
    session = world.session
    assert decisions(session).is_empty()
    decide(session, decision(), PAGE)
    assert decisions(session).is_empty()
    assert decisions(world.session).height == 1


def test_people_who_share_a_session_are_both_kept(world: World) -> None:
    session = world.session
    people = ["kim", "rosa", "sam"]
    workers = [threading.Thread(target=decide, args=(session, decision(by=name), PAGE)) for name in people]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(decisions(world.session)["decided_by"]) == people


def test_a_dismissal_undoes_what_was_confirmed_under_an_earlier_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = World(tmp_path)
    made.deliver(
        28,
        pull_requests=[pull_request(1, 2)],
        scans=[scan("base", 0), scan("later", 5, tool="scan-b")],
        findings=[finding("escape", 1, 5, aliases=["earlier_"])],
    )
    made.look(30)
    monkeypatch.setattr(recording, "clock", lambda: day(28.5))
    decide(made.session, decision(finding_id="earlier_"), PAGE)
    monkeypatch.setattr(recording, "clock", lambda: day(29))
    decide(made.session, decision(disposition="false_positive", reason="a fixture"), PAGE)
    last = decisions(made.session).sort("decided_at").row(-1, named=True)
    assert (last["finding_id"], last["disposition"]) == ("escape__", "false_positive")


def test_an_unknown_finding_is_refused(world: World) -> None:
    with pytest.raises(UsageError, match="no finding is called elsewhere"):
        decide(world.session, decision(finding_id="elsewhere"), PAGE)


def test_a_draw_and_its_reviews_are_read_back(world: World) -> None:
    door = by_command("`pilot audit`", print)
    enter_draw(world.session, [drawn()], door)
    review = Review("2026-06-30-pay-1", ("acme/pay", 1), "finding", "kim", severity="high", cwe=("CWE-89",))
    assert enter_reviews(world.session, [review], door).new == 1
    (row,) = world.session.tables.audit_reviews.collect().iter_rows(named=True)
    assert (row["outcome"], row["severity"], row["cwe"]) == ("finding", "high", ["CWE-89"])
    assert (row["source"], row["reviewed_at"]) == ("command", day(29))


def test_a_finding_of_a_review_counts_at_once(world: World) -> None:
    door = by_command("`pilot audit`", print)
    enter_draw(world.session, [drawn()], door)
    place = ("src/app.py", 12)
    review = Review("2026-06-30-pay-1", ("acme/pay", 1), "finding", "kim", severity="high", place=place)
    enter_reviews(world.session, [review], door)
    found = world.session.tables.findings.filter(pl.col("reported_by") == "audit").collect()
    assert found.select("introduced_by", "path", "line").rows() == [(1, "src/app.py", 12)]
    assert world.session.assess("pay").changes["escaped_confirmed"].to_list() == [True]


def test_a_decision_does_not_make_anybody_have_watched_longer(world: World) -> None:
    before = world.session.case("pay").watched_until
    decide(world.session, decision(), PAGE)
    assert world.session.case("pay").watched_until == before
