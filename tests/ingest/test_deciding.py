from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest import deciding
from ingest.contracts import AUDIT_REVIEWS, AUDITS, DISPOSITIONS_TABLE, FINDINGS, PULL_REQUESTS
from ingest.deciding import Context, Entries, Recorded, gathered_at, person, record
from ingest.errors import StoreError, UsageError
from ingest.store import Store
from tests.builders_store import findings, moment, pull_requests, run

ROOT = Path(__file__).parents[2]
NOW = moment("2026-08-17T12:00:00")
FINDING = "f" * 16
OTHER = "e" * 16


def clock() -> datetime:
    return NOW


CONTEXT = Context("dashboard", "the page Findings, by rosa", "0.1.0", clock)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two findings, published."""
    made = Store(str(tmp_path / "lake"))
    made.write(FINDINGS, findings({"finding_id": FINDING}, {"finding_id": OTHER, "aliases": ["a" * 16]}))
    made.publish(run())
    return made


def decision(**given: Any) -> dict[str, Any]:
    usual = {
        "finding_id": FINDING,
        "decided_at": NOW,
        "decided_by": "rosa",
        "disposition": "false_positive",
        "reason": "the input is a constant",
    }
    return usual | given


def drawn(number: int = 7, **given: Any) -> dict[str, Any]:
    usual = {
        "audit_id": "2026-08-17-payments-1",
        "repository": "acme/payments",
        "number": number,
        "pilot": "payments",
        "drawn_at": NOW,
        "drawn_by": "sam",
        "design": "simple",
        "population_count": 90,
        "sample_count": 2,
        "selection_probability": 2 / 90,
        "seed": 4,
        "from_at": NOW - timedelta(days=60),
        "until_at": NOW,
    }
    return usual | given


def review(number: int = 7, **given: Any) -> dict[str, Any]:
    usual = {
        "audit_id": "2026-08-17-payments-1",
        "repository": "acme/payments",
        "number": number,
        "reviewed_at": NOW,
        "reviewed_by": "kim",
        "outcome": "clean",
    }
    return usual | given


def decide(store: Store, *rows: dict[str, Any]) -> Recorded:
    return record(store, Entries(DISPOSITIONS_TABLE, rows), CONTEXT)


def readable(store: Store, name: str = "dispositions") -> pl.DataFrame:
    """What readers see: rows as published."""
    published = store.published()
    assert published is not None
    return store.read(name, published).collect()


def test_a_decision_is_seen_by_readers_at_once(store: Store) -> None:
    before = store.published()
    recorded = decide(store, decision())
    assert before is not None
    assert (recorded.new, recorded.known) == (1, 0)
    assert recorded.published == store.published()
    assert recorded.published.run_id != before.run_id
    (row,) = readable(store).iter_rows(named=True)
    assert (row["finding_id"], row["decided_by"], row["disposition"]) == (FINDING, "rosa", "false_positive")
    assert (row["source"], row["raw_ref"]) == ("dashboard", "the page Findings, by rosa")
    assert row["ingested_at"] == NOW


def test_the_ledger_names_no_policy_and_no_cursor_since_nothing_was_judged_or_read(store: Store) -> None:
    decide(store, decision())
    (row,) = store.runs().filter(pl.col("source") == "dashboard").iter_rows(named=True)
    assert row["policy_digest"] is None
    assert row["cursor"] is None
    assert (row["rows_in"], row["files_read"], row["status"]) == (1, 0, "ok")


def test_deciding_is_not_looking(store: Store) -> None:
    before = store.runs()["published_at"].max()
    decide(store, decision())
    assert gathered_at(store.runs()) == before
    assert gathered_at(store.runs().clear()) is None


def test_reopening_is_one_more_event_and_changes_none(store: Store) -> None:
    decide(store, decision())
    decide(store, decision(disposition="reopened", decided_at=NOW - timedelta(minutes=1), reason=None))
    assert sorted(readable(store)["disposition"]) == ["false_positive", "reopened"]


def test_the_same_act_twice_is_known_and_harmless(store: Store) -> None:
    decide(store, decision())
    again = decide(store, decision())
    assert (again.new, again.known) == (0, 1)
    assert readable(store).height == 1


def test_what_was_recorded_is_never_changed(store: Store) -> None:
    decide(store, decision())
    with pytest.raises(UsageError, match="something else was recorded for this moment"):
        decide(store, decision(reason="another reason"))
    assert readable(store)["reason"].to_list() == ["the input is a constant"]


def test_a_decision_about_a_former_id_is_taken(store: Store) -> None:
    assert decide(store, decision(finding_id="a" * 16)).new == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reason": None}, "False positive, accepted and won't fix take a finding off the list"),
        ({"reason": "   "}, "so they say why"),
        ({"disposition": "perhaps"}, "disposition is 'perhaps', expected what was decided"),
        ({"decided_by": " "}, "decided_by: nobody is named"),
        ({"decided_by": "jo@example.org"}, "seen an e-mail address"),
        ({"finding_id": "0" * 16}, "no finding is called 0000000000000000"),
        ({"decided_at": NOW + timedelta(hours=1)}, "has not come yet"),
        ({"disposition": "accepted"}, "needs a second person"),
        ({"disposition": "accepted", "second_person": "@Rosa"}, "cannot be the second person"),
        (
            {"disposition": "accepted", "second_person": "kim", "expires_at": NOW},
            "ends on 2026-08-17, before it began",
        ),
    ],
)
def test_a_decision_that_breaks_a_rule_is_refused_in_words(
    store: Store, given: dict[str, Any], words: str
) -> None:
    before = store.published()
    with pytest.raises(UsageError, match=words):
        decide(store, decision(**given))
    assert store.published() == before
    assert store.current("dispositions").collect().is_empty()


def test_one_bad_row_keeps_all_others_out(store: Store) -> None:
    rows = (decision(), decision(finding_id=OTHER, reason=None))
    entries = Entries(DISPOSITIONS_TABLE, rows, ("t.csv#line 2", "t.csv#line 3"))
    with pytest.raises(
        UsageError, match=r"^t\.csv#line 3: a dismissal needs a reason: .*Nothing was recorded"
    ):
        record(store, entries, CONTEXT)
    assert store.current("dispositions").collect().is_empty()


def test_a_row_that_stands_twice_is_named(store: Store) -> None:
    with pytest.raises(UsageError, match=r"entry 1: stands 2 times .*entry 2: stands 2 times"):
        decide(store, decision(), decision(reason="other words"))


def test_many_bad_rows_are_counted_rather_than_all_told(store: Store) -> None:
    rows = [decision(finding_id=f"{number:016}") for number in range(9)]
    with pytest.raises(UsageError, match="and 4 more"):
        decide(store, *rows)


def test_secrets_and_addresses_in_a_reason_are_not_kept(store: Store) -> None:
    decide(store, decision(reason="password: 'hunter2', ask jo@example.org"))
    assert readable(store)["reason"].to_list() == ["password: '***', ask ***"]


def test_before_the_first_ingest_there_is_nothing_to_decide_about(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing has been ingested yet"):
        decide(Store(str(tmp_path / "empty")), decision())


def test_a_draw_is_recorded_whole_and_its_changes_cannot_be_drawn_again(store: Store) -> None:
    record(store, Entries(AUDITS, [drawn(7), drawn(8)]), CONTEXT)
    assert readable(store, "audits")["number"].to_list() == [7, 8]
    with pytest.raises(UsageError, match="was made already"):
        record(store, Entries(AUDITS, [drawn(9)]), CONTEXT)
    with pytest.raises(UsageError, match="acme/payments#8 was drawn already"):
        record(store, Entries(AUDITS, [drawn(8, audit_id="2026-08-17-payments-2")]), CONTEXT)


def test_only_what_was_drawn_can_be_reviewed(store: Store) -> None:
    record(store, Entries(AUDITS, [drawn(7)]), CONTEXT)
    with pytest.raises(UsageError, match="acme/payments#8 was not drawn in 2026-08-17-payments-1"):
        record(store, Entries(AUDIT_REVIEWS, [review(8)]), CONTEXT)


def test_a_review_that_found_something_says_how_bad_it_is(store: Store) -> None:
    record(store, Entries(AUDITS, [drawn(7)]), CONTEXT)
    with pytest.raises(UsageError, match="What was found counts by how bad it is"):
        record(store, Entries(AUDIT_REVIEWS, [review(7, outcome="finding")]), CONTEXT)


def test_findings_of_people_are_derived_before_a_review_is_published(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def derived(given: Store, at: datetime) -> None:
        assert at == NOW
        asked.append(given.current("audit_reviews").collect().height)

    monkeypatch.setattr(deciding, "derive_people", derived)
    record(store, Entries(AUDITS, [drawn(7)]), CONTEXT)
    assert not asked
    record(store, Entries(AUDIT_REVIEWS, [review(7, outcome="finding", severity="high")]), CONTEXT)
    assert asked == [1]
    assert readable(store, "audit_reviews")["severity"].to_list() == ["high"]


# -- faults ----------------------------------------------------------------------------------------


def test_a_kill_before_the_publication_publishes_nothing_and_can_be_repeated(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.published()

    def killed(_runs: pl.DataFrame) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            decide(store, decision())
    assert store.published() == before
    assert readable(store).is_empty()
    decide(store, decision())
    assert readable(store).height == 1


def test_what_a_killed_ingest_left_is_not_published_by_a_decision(store: Store) -> None:
    store.write(PULL_REQUESTS, pull_requests({"number": 1}))  # written, and then the run was killed
    with pytest.raises(UsageError, match=r"ended before it published pull_requests.*run `pilot ingest`"):
        decide(store, decision())
    store.publish(run("run-2", "2026-08-04T12:00:00Z"))
    store.write(PULL_REQUESTS, pull_requests({"number": 2}))
    with pytest.raises(UsageError, match="ended before it published pull_requests"):
        decide(store, decision())
    assert readable(store, "pull_requests")["number"].to_list() == [1]


def test_a_table_whose_log_cannot_be_read_is_no_whole_run(store: Store, tmp_path: Path) -> None:
    for number in (1, 2):
        store.write(PULL_REQUESTS, pull_requests({"number": number}))
    store.publish(run("run-2", "2026-08-04T12:00:00Z"))
    store.write(PULL_REQUESTS, pull_requests({"number": 3}))
    log = tmp_path / "lake" / "tables" / "pull_requests" / "_delta_log"
    (log / f"{2:020}.json").write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="pull_requests"):
        decide(store, decision())
    assert store.current("dispositions").collect().is_empty()


def test_a_table_that_lost_what_was_published_takes_no_decision(store: Store, tmp_path: Path) -> None:
    for number in (1, 2):
        store.write(PULL_REQUESTS, pull_requests({"number": number}))
    store.publish(run("run-2", "2026-08-04T12:00:00Z"))
    (tmp_path / "lake" / "tables" / "pull_requests" / "_delta_log" / f"{1:020}.json").unlink()
    with pytest.raises(StoreError, match="was published at version 1, but ends with 0"):
        decide(store, decision())
    assert store.current("dispositions").collect().is_empty()


def test_a_store_that_does_not_answer_is_no_whole_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def unanswered(*_given: object) -> bool:
        raise StoreError("the log cannot be read")

    store.write(PULL_REQUESTS, pull_requests({"number": 1}))
    store.publish(run("run-2", "2026-08-04T12:00:00Z"))
    monkeypatch.setattr(store, "has_news", unanswered)
    with pytest.raises(StoreError, match="the log cannot be read"):
        decide(store, decision())
    assert store.current("dispositions").collect().is_empty()


def test_tidying_is_no_half_run(store: Store) -> None:
    for number in range(3):
        store.write(PULL_REQUESTS, pull_requests({"number": number + 1}))
    store.publish(run("run-2", "2026-08-04T12:00:00Z"))
    store.compact([])
    assert decide(store, decision()).new == 1


def test_a_store_that_cannot_be_written_says_so(store: Store, tmp_path: Path) -> None:
    lock = tmp_path / "lake" / ".lock"
    lock.unlink()
    lock.mkdir()  # a lock nobody can open, whoever runs the tests
    with pytest.raises(StoreError, match="cannot be written"):
        decide(store, decision())


def test_another_writer_is_named_when_waiting_was_in_vain(store: Store) -> None:
    other = Store(store.uri)
    with store.lock("ingest"), pytest.raises(StoreError, match=r"process \d+ .*\(ingest, since"):
        decide(other, decision())


def test_threads_that_decide_at_once_are_all_kept(store: Store) -> None:
    people = [f"person-{number}" for number in range(4)]
    at_once(lambda name: threading.Thread(target=decide_as, args=(store.uri, name)), people)
    assert sorted(readable(store)["decided_by"]) == people


def test_processes_that_decide_at_once_are_all_kept(store: Store) -> None:
    people = ["kim", "rosa"]
    at_once(lambda name: threading.Thread(target=decide_elsewhere, args=(store.uri, name)), people)
    assert sorted(readable(store)["decided_by"]) == people


def at_once(make: Callable[[str], Any], people: list[str]) -> None:
    workers = [make(name) for name in people]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def decide_as(uri: str, name: str) -> None:
    context = Context("dashboard", f"the page Findings, by {name}", "0.1.0", clock, wait_seconds=60)
    record(Store(uri), Entries(DISPOSITIONS_TABLE, [decision(decided_by=name)]), context)


def decide_elsewhere(uri: str, name: str) -> None:
    """Decide in a process that shares nothing with this one."""
    script = "import sys; from tests.ingest.test_deciding import decide_as; decide_as(*sys.argv[1:])"
    subprocess.run([sys.executable, "-c", script, uri, name], cwd=ROOT, check=True)


@pytest.mark.parametrize("name", ["", "   ", "@"])
def test_nobody_is_no_name(name: str) -> None:
    with pytest.raises(UsageError, match="by: nobody is named"):
        person(name, "by")
