"""Which sessions are worked out again, and what better evidence takes away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingest.approving import deriving
from ingest.approving.deriving import derive_approvals
from ingest.checking import check
from ingest.contracts import APPROVAL_SIGNALS
from ingest.pipeline import Job, ingest
from ingest.settings import IngestSettings
from ingest.sources.base import LiveSource, Outside, Parsed, Pulled, Surroundings
from ingest.store import Store
from tests.ingest.approvals.builders_signals import Row, called, ran, signal, signals_of

FIRST = datetime(2026, 8, 3, 13, tzinfo=UTC)
SECOND = FIRST + timedelta(hours=1)
THIRD = FIRST + timedelta(hours=2)
TABLES = ("approvals", "approval_sessions")
SETTINGS = IngestSettings()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "lake"))


def written(store: Store, moment: datetime, *rows: Row) -> None:
    """Signals that a run which began at that moment wrote."""
    signals = signals_of(*rows).with_columns(ingested_at=pl.lit(moment).dt.cast_time_unit("us"))
    checked = check(signals.with_columns(extras=pl.lit(None, pl.String)), APPROVAL_SIGNALS)
    assert checked.rejected.is_empty()
    store.write(APPROVAL_SIGNALS, checked.valid)


def rows_of(store: Store, name: str = "approvals") -> pl.DataFrame:
    return store.current(name).collect().drop("ingested_at").sort(pl.all().exclude("modes"))


def calls_of(store: Store) -> list[str]:
    return sorted(rows_of(store)["call_id"])


def edit(call: str, session: str = "S", start: float = 0) -> tuple[Row, Row]:
    """An edit that a person accepted after nine seconds."""
    given = {"session_id": session}
    return called(start, call, **given), ran(start + 9, call, **given)


def test_only_sessions_with_news_are_worked_out_again(store: Store):
    written(store, FIRST, *edit("c1", "S"), *edit("c1", "T"))
    assert derive_approvals(store, FIRST) == 2
    written(store, SECOND, *edit("c2", "S", 20))
    assert derive_approvals(store, SECOND, since=FIRST) == 1
    assert calls_of(store) == ["c1", "c1", "c2"]
    assert derive_approvals(store, THIRD, since=SECOND) == 0
    assert rows_of(store, "approval_sessions")["decision_count"].to_list() == [2, 1]


def test_signals_of_a_run_that_died_are_caught(store: Store):
    written(store, FIRST, *edit("c1"))
    derive_approvals(store, FIRST)
    written(store, SECOND, *edit("c2", start=20))  # and here that run died
    assert derive_approvals(store, THIRD, since=FIRST) == 1
    assert calls_of(store) == ["c1", "c2"]


def test_a_clock_that_was_set_back_loses_nothing(store: Store):
    written(store, SECOND, *edit("c1"))
    derive_approvals(store, SECOND)
    written(store, FIRST, *edit("c2", start=20))
    assert derive_approvals(store, FIRST, since=SECOND) == 1
    assert calls_of(store) == ["c1", "c2"]


def test_a_question_whose_call_turns_up_later_is_no_decision_of_its_own_any_more(store: Store):
    written(store, FIRST, signal("asked", 0.1), *edit("c9", "other"))
    derive_approvals(store, FIRST)
    assert [call[:5] for call in calls_of(store)] == ["asked", "c9"]
    written(store, SECOND, *edit("c1"))
    derive_approvals(store, SECOND, since=FIRST)
    assert calls_of(store) == ["c1", "c9"]
    assert rows_of(store).filter(pl.col("call_id") == "c1")["wait_basis"].to_list() == ["hook"]


def test_two_ingests_end_where_one_does(tmp_path: Path):
    rows = [
        *edit("c1"),
        signal("asked", 0.1),
        *edit("c2", start=30),
        *edit("c1", "T"),
        signal("prompted", -1),
    ]
    at_once, in_turn = (Store(str(tmp_path / name)) for name in ("one", "two"))
    written(at_once, FIRST, *rows)
    derive_approvals(at_once, FIRST)
    for moment, part, since in ((FIRST, rows[::2], None), (SECOND, rows, FIRST)):
        written(in_turn, moment, *part)
        derive_approvals(in_turn, moment, since)
    for name in TABLES:
        assert_frame_equal(rows_of(in_turn, name), rows_of(at_once, name))


def test_deriving_again_commits_nothing(store: Store):
    written(store, FIRST, *edit("c1"))
    derive_approvals(store, FIRST)
    versions = [store.version(name) for name in TABLES]
    derive_approvals(store, SECOND)
    assert [store.version(name) for name in TABLES] == versions


def test_groups_of_sessions_give_what_one_group_gives(store: Store, monkeypatch: pytest.MonkeyPatch):
    rows = [row for start in range(7) for row in edit("c1", f"S{start}", start * 4_000_000)]
    written(store, FIRST, *rows, signal("asked", 4.0))
    monkeypatch.setattr(deriving, "GROUP_SIGNALS", 3)
    assert derive_approvals(store, FIRST) == 8
    grouped = {name: rows_of(store, name) for name in TABLES}
    monkeypatch.undo()
    derive_approvals(store, SECOND)
    assert grouped["approvals"].height == 8
    assert all(rows_of(store, name).equals(grouped[name]) for name in TABLES)


def test_an_empty_store_has_nothing_to_work_out(store: Store):
    assert derive_approvals(store, FIRST) == 0
    assert store.version("approvals") is None


# -- in the pipeline -------------------------------------------------------------------------------------


def job(moment: datetime, *rows: Row, version: str = "1") -> Job:
    """A run whose source gives these signals and reads one file where there are any."""

    def pull(_settings: IngestSettings, around: Surroundings) -> Pulled:
        if rows:
            frame = signals_of(*rows).drop("source", "ingested_at", "extras")
            around.take(Parsed({APPROVAL_SIGNALS.name: frame}), "log")
        return Pulled(around.cursor)

    source = LiveSource("approvals", "logs", pull)
    return Job(SETTINGS, Path(), (source,), version, "{}", lambda: moment, outside=Outside())


def test_the_pipeline_catches_what_a_dead_run_wrote_though_its_file_is_gone(store: Store):
    ingest(store, job(FIRST, *edit("c1")))
    written(store, SECOND, *edit("c2", start=20))  # a run that died; its file is gone since
    ingest(store, job(SECOND + timedelta(minutes=5)))  # nothing was read: nothing is derived
    assert calls_of(store) == ["c1"]
    ingest(store, job(THIRD, *edit("c1", "T")))
    assert calls_of(store) == ["c1", "c1", "c2"]


def test_another_version_of_the_product_works_all_sessions_out_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    ingest(store, job(FIRST, *edit("c1")))
    told: list[datetime | None] = []
    monkeypatch.setattr("ingest.deriving.derive_approvals", lambda _store, _at, since: told.append(since))
    ingest(store, job(SECOND, *edit("c2")))
    ingest(store, job(THIRD, version="2"))
    assert told == [FIRST, None]
