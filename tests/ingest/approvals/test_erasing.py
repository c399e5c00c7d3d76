"""After an erasure a person stands in no row and no file of the lake, and all totals are what they were."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable

from ingest.contracts import (
    APPROVAL_SESSIONS,
    APPROVAL_SIGNALS,
    APPROVALS,
    ERASURES,
    PULL_REQUESTS,
    SNAPSHOTS,
    Table,
)
from ingest.erasing import OF_PEOPLE, Erased, Erasing, erase, named_in
from ingest.errors import UsageError
from ingest.intake import Tally
from ingest.ledger import RunInfo, ledger_row
from ingest.store import Store

ROSA, ALI = "p-rosarosarosa", "p-alialialiali"
AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
OF_EACH = 2


def rows(table: Table, *given: dict[str, Any]) -> pl.DataFrame:
    told = [{"source": "approvals", "ingested_at": AT, "raw_ref": "logs/a", **row} for row in given]
    return pl.DataFrame(told, schema=table.polars_schema)


def signal(session: str, number: int, reviewer: str | None) -> dict[str, Any]:
    return {
        "signal_id": f"{session}-{number}", "vendor": "codex", "session_id": session, "kind": "decided",
        "at": AT + timedelta(minutes=number), "reviewer": reviewer, "content_text": "rm -rf build",
    }  # fmt: skip


def decision(session: str, number: int, reviewer: str | None) -> dict[str, Any]:
    return {
        "vendor": "codex", "session_id": session, "call_id": str(number), "happened_at": AT,
        "shown_evidence": "none", "decision": "accept", "actor": "human", "actor_evidence": "explicit",
        "reviewer": reviewer, "content_text": "rm -rf build",
    }  # fmt: skip


def session_of(session: str, reviewer: str) -> dict[str, Any]:
    return {
        "vendor": "codex", "session_id": session, "first_at": AT, "last_at": AT, "task_count": 1,
        "decision_count": OF_EACH, "modes": ["default"], "reviewer": reviewer,
    }  # fmt: skip


def publish(store: Store, at: datetime) -> None:
    row = ledger_row(
        RunInfo(f"{at:%Y%m%dT%H%M%S}", at, "1.0", "{}"), "approvals", Tally(), cursor="{}", seconds=0.0
    )
    store.publish(pl.DataFrame([{**row, "published_at": at}], infer_schema_length=None))


@pytest.fixture
def store(lake: Path, tmp_path: Path) -> Store:
    """A copy of it for each test."""
    shutil.copytree(lake, tmp_path / "a lake")
    return Store(str(tmp_path / "a lake"))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, in several commits, so that older versions and files hold them too; and refused rows."""
    folder = tmp_path_factory.mktemp("lake")
    store = Store(str(folder))
    for session, person in (("r", ROSA), ("a", ALI)):
        for number in range(OF_EACH):
            store.write(APPROVAL_SIGNALS, rows(APPROVAL_SIGNALS, signal(session, number, person)))
        every = (decision(session, number, person) for number in range(OF_EACH))
        store.write(APPROVALS, rows(APPROVALS, *every))
        store.write(APPROVAL_SESSIONS, rows(APPROVAL_SESSIONS, session_of(session, person)))
        publish(store, AT + timedelta(days=len(session)))
    store.write(APPROVAL_SIGNALS, rows(APPROVAL_SIGNALS, signal("r", 9, None), signal("r", 10, ALI)))
    refused = rows(APPROVAL_SIGNALS, signal("r", 11, ROSA), signal("a", 11, ALI))
    broken = refused.with_columns(broken_rules=pl.lit(["kind|vocabulary"]))
    store.quarantine(APPROVAL_SIGNALS, broken, "run")
    publish(store, AT + timedelta(days=3))
    return folder


def erasing(pseudonym: str = ROSA) -> Erasing:
    return Erasing(pseudonym, "maria", "1.0", lambda: NOW)


def read(store: Store, table: Table) -> pl.DataFrame:
    now = store.published()
    assert now is not None
    return store.read(table.name, now).collect()


def files_with(store: Store, text: str) -> set[str]:
    """Tables of which any file holds a text, whatever way it is packed."""
    assert store.folder is not None
    found = set()
    for path in store.folder.rglob("*"):
        is_there = path.is_file() and (text.encode() in path.read_bytes() or text in _unpacked(path))
        if is_there:
            found.add("/".join(path.relative_to(store.folder).parts[:2]))
    return found


def _unpacked(path: Path) -> str:
    if path.suffix != ".parquet":
        return ""
    with pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=10_000, fmt_table_cell_list_len=-1):
        return str(pl.read_parquet(path, hive_partitioning=False).to_dicts())


def test_the_person_is_in_no_row_and_nobody_else_is_touched(store: Store) -> None:
    before = {table.name: read(store, table) for table in OF_PEOPLE}
    assert named_in(store, ROSA) == {"approval_signals": 2, "approvals": 2, "approval_sessions": 1}
    erase(store, erasing())
    assert named_in(store, ROSA) == dict.fromkeys(before, 0)
    for table in OF_PEOPLE:
        now = read(store, table)
        assert now.height == before[table.name].height
        theirs = [name for name in now.columns if name not in {"reviewer", "content_text"}]
        assert now.sort(table.key).select(theirs).equals(before[table.name].sort(table.key).select(theirs))
    assert named_in(store, ALI) == {"approval_signals": 3, "approvals": 2, "approval_sessions": 1}


def test_texts_of_their_sessions_go_with_them_and_a_colleagues_stay(store: Store) -> None:
    erase(store, erasing())
    texts = read(store, APPROVAL_SIGNALS).filter(pl.col("content_text").is_not_null())
    assert set(texts["reviewer"]) == {ALI}
    assert texts.height == OF_EACH + 1


def test_no_file_of_the_lake_holds_the_pseudonym_but_the_list_that_keeps_them_out(store: Store) -> None:
    assert {"tables/approval_signals", "quarantine/approval_signals"} <= files_with(store, ROSA)
    erase(store, erasing())
    assert files_with(store, ROSA) == {f"tables/{ERASURES.name}"}
    assert "tables/approval_signals" in files_with(store, ALI)


def test_checkpoints_of_the_log_are_no_place_to_hide(store: Store) -> None:
    assert store.folder is not None
    table = store.folder / "tables" / "approval_signals"
    DeltaTable(str(table)).create_checkpoint()
    assert list((table / "_delta_log").glob("*.checkpoint.parquet"))
    erase(store, erasing())
    assert files_with(store, ROSA) == {f"tables/{ERASURES.name}"}
    assert read(store, APPROVAL_SIGNALS).height == 2 * OF_EACH + 2


@pytest.mark.deep
def test_versions_that_a_sealed_snapshot_rests_on_go_too(store: Store) -> None:
    pins = '{"approval_signals":[0,1,2]}'
    columns = SNAPSHOTS.columns
    values: dict[str, Any] = dict.fromkeys(columns)
    text = {name: "x" for name, column in columns.items() if type(column).__name__ == "String"}
    moments = {name: AT for name, column in columns.items() if type(column).__name__ == "Datetime"}
    row = {**values, **text, **moments, "name": "2026-W40", "pins": pins}
    store.seal(pl.DataFrame([row], schema_overrides=SNAPSHOTS.polars_schema).select(list(columns)))
    erase(store, erasing())
    assert files_with(store, ROSA) == {f"tables/{ERASURES.name}"}


@pytest.mark.deep
def test_the_store_works_on_after_it(store: Store) -> None:
    erase(store, erasing())
    store.write(APPROVAL_SIGNALS, rows(APPROVAL_SIGNALS, signal("b", 1, ALI)))
    publish(store, NOW + timedelta(days=1))
    store.compact([])
    assert read(store, APPROVAL_SIGNALS).height == 2 * OF_EACH + 3


def test_the_same_rows_told_again_do_not_bring_the_person_back(store: Store) -> None:
    erase(store, erasing())
    store.write(APPROVAL_SIGNALS, rows(APPROVAL_SIGNALS, signal("r", 1, ROSA)))
    assert named_in(store, ROSA)["approval_signals"] == 0


def test_who_erased_is_kept_and_a_second_time_changes_nothing(store: Store) -> None:
    first, second = (erase(store, erasing()) for _time in range(2))
    assert (first.is_known, second.is_known) == (False, True)
    assert first.rows == {"approval_signals": 3, "approvals": 2, "approval_sessions": 1}
    assert second.rows == dict.fromkeys(first.rows, 0)
    assert read(store, ERASURES).select("pseudonym", "erased_at", "erased_by").rows() == [
        (ROSA, NOW, "maria")
    ]


def test_a_person_who_stands_nowhere_yet_is_kept_out_all_the_same(store: Store) -> None:
    erased: Erased = erase(store, erasing("p-nobodynobody"))
    assert sum(erased.rows.values()) == 0
    assert read(store, ERASURES)["pseudonym"].to_list() == ["p-nobodynobody"]


def killed(*_given: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.deep
@pytest.mark.parametrize("step", ["publish", "judge"])
def test_an_erasure_that_was_killed_is_completed_by_the_next(
    store: Store, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(store, step, killed)
        with pytest.raises(KeyboardInterrupt):
            erase(store, erasing())
    erase(store, erasing())
    assert files_with(store, ROSA) == {f"tables/{ERASURES.name}"}


def test_half_an_ingest_is_not_published_with_it(store: Store) -> None:
    pulls = rows(
        replace(PULL_REQUESTS),
        {"repository": "acme/pay", "number": 1, "author_kind": "user", "created_at": AT},
    )
    store.write(PULL_REQUESTS, pulls)
    with pytest.raises(UsageError, match=r"ended before it published pull_requests.*Nothing was erased"):
        erase(store, erasing())
    assert named_in(store, ROSA)["approvals"] == OF_EACH


def test_before_the_first_ingest_there_is_nothing_to_erase(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing has been ingested yet"):
        erase(Store(str(tmp_path / "lake")), erasing())
