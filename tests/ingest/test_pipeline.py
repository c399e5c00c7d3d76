"""One run: read what changed, quarantine what is bad, refuse what cannot be read, publish once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from json import loads
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.errors import RefusedFileError, StoreError
from ingest.ledger import ORPHANS, gaps
from ingest.pipeline import IngestReport, Job, ingest
from ingest.settings import IngestSettings
from ingest.sources.base import Parsed, Source, SourceFile
from ingest.store import Store

NOW = datetime(2026, 8, 17, tzinfo=UTC)


def pull_request(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "repository": "acme/payments",
        "number": number,
        "author_login": "maria",
        "author_kind": "user",
        "created_at": "2026-06-01T09:00:00Z",
        "authorship": "unknown",
        "updated_at": "2026-06-02T09:00:00Z",
        "raw_ref": f"pulls.csv#{number}",
        **fields,
    }


def pull_requests(*rows: dict[str, Any], **more: Any) -> Parsed:
    return Parsed({"pull_requests": pl.DataFrame(rows, infer_schema_length=None)}, **more)


def scan(scan_id: str, file: str, status: str) -> Parsed:
    row = {"scan_id": scan_id, "stage": "unknown", "status": status, "file": file, "raw_ref": file}
    return Parsed({"scans": pl.DataFrame([row])})


class Folder:
    """A source over the files of a folder; what a file means is decided by the test."""

    def __init__(self, base: Path, name: str = "github_export") -> None:
        self.base, self.name = base, name
        self.meaning: Callable[[str], Parsed] = lambda _text: Parsed({})
        self.parsed: list[str] = []
        self.key = "settings"

    def write(self, name: str, text: str) -> None:
        (self.base / name).write_text(text, encoding="utf-8")

    @property
    def source(self) -> Source:
        return Source(
            self.name, "files of a test", self._fetch, self._parse, lambda _settings, _file: self.key
        )

    def _fetch(self, _settings: IngestSettings, base: Path) -> list[SourceFile]:
        return [SourceFile(path, path.name) for path in sorted(base.glob("*.txt"))]

    def _parse(self, file: SourceFile, _settings: IngestSettings) -> Parsed:
        self.parsed.append(file.name)
        return self.meaning(file.read().decode())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "in").mkdir()
    return Folder(tmp_path / "in")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "lake"))


def run(
    store: Store, folder: Folder, at: datetime = NOW, settings: IngestSettings | None = None
) -> IngestReport:
    job = Job(
        settings or IngestSettings(), folder.base, (folder.source,), "0.1", '{"payments": "d1"}', lambda: at
    )
    with store.lock("test"):
        return ingest(store, job)


def published(store: Store, name: str = "pull_requests") -> pl.DataFrame:
    state = store.published()
    assert state is not None
    return store.read(name, state).collect()


def test_what_a_file_holds_is_published(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "1")
    folder.meaning = lambda text: pull_requests(pull_request(int(text)))
    report = run(store, folder)
    assert report.changed
    assert published(store).get_column("number").to_list() == [1]
    assert published(store).get_column("raw_ref").to_list() == ["pulls.csv#1"]


def test_a_second_run_reads_nothing_and_publishes_nothing_new(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "1")
    folder.meaning = lambda text: pull_requests(pull_request(int(text)))
    first = run(store, folder)
    second = run(store, folder, NOW + timedelta(days=1))
    assert not second.changed
    assert second.published.versions == first.published.versions
    assert folder.parsed == ["a.txt"]
    assert second.sources[0]["files_unchanged"] == 1


def test_reading_the_same_rows_again_changes_nothing(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "1")
    folder.meaning = lambda text: pull_requests(pull_request(int(text.strip())))
    run(store, folder)
    folder.write("a.txt", "1\n")  # other bytes, the same row
    again = run(store, folder, NOW + timedelta(days=1))
    assert folder.parsed == ["a.txt", "a.txt"]
    assert not again.changed


def test_a_changed_file_is_read_again_and_the_newer_state_wins(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "old")
    states = {
        "old": pull_request(1, title="Old"),
        "new": pull_request(1, title="New", updated_at="2026-06-03T09:00:00Z"),
    }
    folder.meaning = lambda text: pull_requests(states[text])
    run(store, folder)
    folder.write("a.txt", "new")
    assert run(store, folder).changed
    assert published(store).get_column("title").to_list() == ["New"]


def test_a_refused_file_stops_nobody_and_is_tried_again(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "bad")
    folder.write("b.txt", "2")

    def meaning(text: str) -> Parsed:
        if text == "bad":
            raise RefusedFileError("a.txt: no pull requests")
        return pull_requests(pull_request(int(text)))

    folder.meaning = meaning
    report = run(store, folder)
    assert report.refused == {"a.txt": "a.txt: no pull requests"}
    assert published(store).get_column("number").to_list() == [2]
    folder.write("a.txt", "1")
    assert run(store, folder).refused == {}
    assert sorted(published(store).get_column("number").to_list()) == [1, 2]


def test_a_file_without_a_required_column_is_refused_whole(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "1")
    folder.meaning = lambda _text: Parsed({"pull_requests": pl.DataFrame([{"number": 1, "raw_ref": "a"}])})
    report = run(store, folder)
    assert "repository" in report.refused["a.txt"]
    assert report.sources[0]["rows_in"] == 0


def test_a_bad_row_goes_to_quarantine_with_its_rule_and_the_rest_stays(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "x")
    backwards = pull_request(2, merged_at="2026-05-01T00:00:00Z", closed_at="2026-06-01T10:00:00Z")
    folder.meaning = lambda _text: pull_requests(pull_request(1), backwards)
    row = run(store, folder).sources[0]
    assert (row["rows_in"], row["rows_valid"], row["rows_rejected"]) == (2, 1, 1)
    assert loads(row["rejected_by_rule"]) == {"pull_requests": {"merged_after_created": 1}}
    assert published(store).get_column("number").to_list() == [1]


def test_what_is_left_out_and_set_aside_stands_in_the_ledger(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "x")
    folder.meaning = lambda _text: pull_requests(
        pull_request(1), left_out={"pending review": 3}, unknown_columns={"pull_requests": ["mood"]}
    )
    run(store, folder)
    ledger = store.runs().filter(pl.col("source") == "github_export")
    assert loads(ledger.get_column("left_out").item()) == {"pending review": 3}
    assert loads(ledger.get_column("unknown_columns").item()) == {"pull_requests": ["mood"]}
    assert loads(ledger.get_column("policy_digest").item()) == {"payments": "d1"}


def test_a_run_that_dies_before_publishing_leaves_the_old_state(
    store: Store, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("a.txt", "1")
    folder.meaning = lambda text: pull_requests(pull_request(int(text)))
    run(store, folder)
    folder.write("b.txt", "2")

    def dies(*_arguments: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Store, "publish", dies)
        with pytest.raises(KeyboardInterrupt):
            run(store, folder)
    assert published(store).get_column("number").to_list() == [1]
    assert run(store, folder).changed
    assert sorted(published(store).get_column("number").to_list()) == [1, 2]


def test_two_files_with_other_types_for_a_column_are_both_read(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "1")
    folder.write("b.txt", "2")
    rows = {"1": pull_request(1, additions="12"), "2": pull_request(2, additions=7)}
    folder.meaning = lambda text: pull_requests(rows[text])
    run(store, folder)
    assert published(store).sort("number").get_column("additions").to_list() == [12, 7]


def test_an_unreadable_scan_stays_until_its_file_is_mended(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    folder = Folder(tmp_path / "in", "sarif")
    folder.write("scan.txt", "broken")
    folder.meaning = lambda text: scan(f"id-{text}", "scan.txt", "ok" if text == "good" else "unreadable")
    run(store, folder)
    run(store, folder)
    assert published(store, "scans").get_column("status").to_list() == ["unreadable"]
    folder.write("scan.txt", "good")
    run(store, folder)
    statuses = published(store, "scans").select("scan_id", "status").sort("scan_id").rows()
    assert statuses == [("id-broken", "withdrawn"), ("id-good", "ok")]


def test_an_unreadable_scan_is_withdrawn_when_its_file_is_taken_away(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    folder = Folder(tmp_path / "in", "sarif")
    folder.write("scan.txt", "broken")
    folder.meaning = lambda text: scan(f"id-{text}", "scan.txt", "unreadable")
    run(store, folder)
    (folder.base / "scan.txt").unlink()
    assert run(store, folder).changed
    assert published(store, "scans").get_column("status").to_list() == ["withdrawn"]


def test_a_scan_placed_anew_by_corrected_settings_replaces_the_old_one(store: Store, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    folder = Folder(tmp_path / "in", "sarif")
    folder.write("scan.txt", "same bytes")
    for placed in ("wrong", "right"):
        folder.key = placed
        folder.meaning = lambda _text, placed=placed: scan(f"id-{placed}", "scan.txt", "ok")  # type: ignore[misc]
        run(store, folder)
    statuses = published(store, "scans").select("scan_id", "status").sort("scan_id").rows()
    assert statuses == [("id-right", "ok"), ("id-wrong", "withdrawn")]


def test_a_file_that_every_run_of_a_scanner_overwrites_is_a_series_of_scans(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    folder = Folder(tmp_path / "in", "sarif")
    folder.meaning = lambda text: scan(f"id-{text}", "latest.txt", "ok")
    for week in ("week 1", "week 2"):
        folder.write("latest.txt", week)
        run(store, folder)
    assert published(store, "scans").get_column("status").to_list() == ["ok", "ok"]


def test_a_file_with_a_refused_finding_is_read_again_until_it_is_mended(store: Store, folder: Folder) -> None:
    good = scan("id", "scan.txt", "ok").frames["scans"]
    folder.write("scan.txt", "P0")
    folder.meaning = lambda text: Parsed({"scans": good.with_columns(status=pl.lit(text))})
    run(store, folder)
    assert gaps(store.runs()) == ("github_export: rows of scans in quarantine",)
    run(store, folder)
    assert folder.parsed == ["scan.txt", "scan.txt"]
    assert gaps(store.runs()) == ("github_export: rows of scans in quarantine",)
    folder.write("scan.txt", "ok")
    run(store, folder)
    assert gaps(store.runs()) == ()


def test_refused_files_and_results_without_a_scan_are_gaps_until_they_are_mended(
    store: Store, folder: Folder
) -> None:
    result = {
        "scan_id": "nowhere", "position": 0, "finding_key": "k", "rule": "r", "severity": "high",
        "is_security": True, "is_blamable": True, "raw_ref": "a",
    }  # fmt: skip
    folder.write("a.txt", "orphan")

    def meaning(text: str) -> Parsed:
        if text == "bad":
            raise RefusedFileError("no")
        return Parsed({"scan_results": pl.DataFrame([result])})

    folder.meaning = meaning
    run(store, folder)
    assert gaps(store.runs()) == (f"1 {ORPHANS}",)
    folder.write("b.txt", "bad")
    run(store, folder)
    assert set(gaps(store.runs())) == {"b.txt", f"1 {ORPHANS}"}


def test_a_table_that_was_published_and_is_gone_stops_the_run(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "1")
    folder.meaning = lambda text: pull_requests(pull_request(int(text)))
    run(store, folder)
    shutil.rmtree(Path(store.uri) / "tables" / "pull_requests")
    with pytest.raises(StoreError, match="pull_requests"):
        run(store, folder)


def test_progress_ends_with_all_files_done(store: Store, folder: Folder) -> None:
    folder.write("a.txt", "1")
    folder.meaning = lambda text: pull_requests(pull_request(int(text)))
    seen: list[tuple[str, int, int]] = []
    job = Job(
        IngestSettings(), folder.base, (folder.source,), "0.1", "{}", lambda: NOW,
        lambda *step: seen.append(step),
    )  # fmt: skip
    ingest(store, job)
    assert seen[-1] == ("github_export", 1, 1)
