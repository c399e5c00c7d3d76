"""A log is read once, however it grows, is renamed or is cut; one bad log keeps nobody from the others."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.contracts import APPROVAL_SIGNALS
from ingest.errors import RefusedFileError, SourceError, StoreError
from ingest.pipeline import Job, ingest
from ingest.pseudonyms import fingerprint, pseudonym
from ingest.settings import ApprovalsSettings, IngestSettings, SourcesSettings
from ingest.sources.approvals import APPROVALS_SOURCE, completing, formats
from ingest.sources.approvals.base import Context, Format, Found, Record
from ingest.sources.approvals.cursors import KEPT_DAYS, KEY_ENTRY, bookmarks
from ingest.sources.approvals.pulling import CUT, EMPTY, SHORTENED, pull
from ingest.sources.base import Outside, Parsed, Pulled, Surroundings
from ingest.store import Store

KEY = "k" * 32
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAD = "x" * 200  # so that the beginning of a log is long enough to know it by


def line(number: int, **told: Any) -> str:
    return json.dumps({"n": number, "pad": PAD, **told})


def read(records: Iterable[Record], context: Context) -> Iterator[Found]:
    """Two records to a block; counts on in the state what it has seen."""
    seen = int(context.state.get("seen", 0))
    assert context.state["now"] == NOW.isoformat()
    for record in records:
        said = json.loads(record.content)
        seen += 1
        row = {
            "vendor": "other", "session_id": "s", "call_id": str(said["n"]), "kind": "called",
            "at": NOW - timedelta(days=1), "raw_ref": f"{context.name}#{record.offset}",
            "reviewer": context.person(said.get("who")), "content_text": said["pad"],
        }  # fmt: skip
        yield Found([row], [], {}, {"seen": seen, "now": "not kept"})


STAND_IN = Format("stand_in", "lines of a test", "lines", lambda head, _name: head[:4] == b'{"n"', read)


@pytest.fixture(autouse=True)
def known_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    def format_of(head: bytes, name: str, _settings: object) -> Format | None:
        return STAND_IN if STAND_IN.recognises(head, name) else None

    monkeypatch.setattr(formats, "FORMATS", (STAND_IN,))
    monkeypatch.setattr(formats, "format_of", format_of, raising=False)


@dataclass
class World:
    """A folder of logs that is read again and again."""

    base: Path
    cursor: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    now: datetime = NOW
    settings: dict[str, Any] = field(default_factory=dict)
    erased: frozenset[str] = frozenset()

    def write(self, name: str, *lines: str, end: str = "\n") -> Path:
        path = self.base / "logs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + end, encoding="utf-8")
        return path

    def take(self, parsed: Parsed, _name: str) -> None:
        self.rows += parsed.frames["approval_signals"].to_dicts()

    def pull(self, key: str = KEY, **outside: Any) -> Pulled:
        self.rows = []
        given = {"paths": ["logs/*"], **self.settings}
        settings = IngestSettings(sources=SourcesSettings(approvals=ApprovalsSettings.model_validate(given)))
        around = Surroundings(
            raw=None, held=pl.DataFrame(), cursor=self.cursor, now=lambda: self.now,  # type: ignore[arg-type]
            outside=Outside({"pseudonyms": key} if key else {}, **outside), take=self.take, base=self.base,
            erased=self.erased,
        )  # fmt: skip
        pulled = pull(settings, around)
        self.cursor = dict(pulled.cursor)
        return pulled

    @property
    def calls(self) -> list[str]:
        return [row["call_id"] for row in self.rows]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_growing_log_is_read_on_from_where_it_ended(world: World) -> None:
    path = world.write("a.jsonl", line(1), line(2))
    world.pull()
    assert world.calls == ["1", "2"]
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line(3) + "\n")
    world.pull()
    assert world.calls == ["3"]
    assert world.rows[0]["raw_ref"] == f"logs/a.jsonl#{2 * len(line(1)) + 2}"
    assert bookmarks(world.cursor)["logs/a.jsonl"].state == {"seen": 3}


def test_no_row_cursor_or_refusal_spells_the_folder_that_somebody_worked_in(world: World) -> None:
    folder = world.base / "logs" / ".claude" / "projects" / "-Users-jo-work-x"
    folder.mkdir(parents=True)
    for name, text in (
        ("7f.jsonl", line(1)),
        ("8a.jsonl", f"{line(2)}\n{line(3)[:50]}"),
        ("9b.jsonl", "no log"),
    ):
        (folder / name).write_text(text + "\n", encoding="utf-8")
    world.settings = {"paths": ["logs/.claude/projects/**/*.jsonl"]}
    pulled = world.pull()
    assert sorted(world.calls) == ["1", "2"]
    assert len(pulled.refused) > 0
    assert "-Users-jo" not in f"{pulled} {world.rows}"
    (kept,) = {Path(name).parent for name in bookmarks(world.cursor)}
    assert kept.name.startswith("project-")


def test_what_did_not_change_is_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("a.jsonl", line(1))
    world.pull()
    before = world.cursor

    def fail(*_given: object) -> None:
        raise AssertionError

    monkeypatch.setattr(formats, "format_of", fail, raising=False)
    assert world.pull().batches == 0
    assert world.cursor == before


def test_a_rotated_log_is_known_by_its_beginning_and_the_new_one_is_read(world: World) -> None:
    path = world.write("data.jsonl", line(1), line(2))
    world.pull()
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line(3) + "\n")
    path.rename(path.with_name("data-2026-11-20.jsonl"))
    world.write("data.jsonl", line(10))
    pulled = world.pull()
    assert sorted(world.calls) == ["10", "3"]
    assert not pulled.refused


def test_a_rotated_log_that_was_packed_is_read_on(world: World) -> None:
    path = world.write("data.jsonl", line(1), line(2))
    world.pull()
    content = path.read_bytes() + f"{line(3)}\n".encode()
    path.unlink()
    path.with_name("data-1.jsonl.gz").write_bytes(gzip.compress(content))
    world.pull()
    assert world.calls == ["3"]


def test_two_logs_that_begin_alike_are_both_read(world: World) -> None:
    world.write("a.jsonl", line(1))
    world.write("b.jsonl", line(1))
    world.pull()
    world.write("c.jsonl", line(1))
    world.pull()
    assert [row["raw_ref"] for row in world.rows] == ["logs/c.jsonl#0"]


@pytest.mark.parametrize("lines", [(line(1),), (line(7), line(8), line(9))])
def test_a_log_that_shrank_or_begins_otherwise_is_read_from_the_start_and_said(
    world: World, lines: tuple[str, ...]
) -> None:
    world.write("a.jsonl", line(1), line(2))
    world.pull()
    world.write("a.jsonl", *lines)
    pulled = world.pull()
    assert len(world.calls) == len(lines)
    assert pulled.left_out == {f"logs/a.jsonl: {SHORTENED}": 1}


def test_a_cut_last_record_waits_for_its_rest_and_is_named_until_it_comes(world: World) -> None:
    path = world.write("a.jsonl", line(1), line(2)[:50], end="")
    for _again in range(2):
        assert world.pull().left_out == {f"logs/a.jsonl: {CUT}": 1}
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line(2)[50:] + "\n")
    assert not world.pull().left_out
    assert world.calls == ["2"]


def test_a_strange_log_is_refused_by_name_and_the_others_are_read(world: World) -> None:
    world.write("a.txt", "shopping list")
    world.write("b.jsonl", line(1))
    refused = world.pull().refused
    assert world.calls == ["1"]
    assert list(refused) == ["logs/a.txt"]
    assert "no log of a known format" in refused["logs/a.txt"]
    assert "lines of a test" in refused["logs/a.txt"]


def test_a_reader_that_fails_is_told_without_the_words_of_the_log(world: World) -> None:
    world.write("a.jsonl", line(1), '{"n": "secret words"')
    world.write("b.jsonl", line(2))
    world.write("c.jsonl", line(3), '{"oops": "secret words"}')
    refused = world.pull().refused
    assert "2" in world.calls
    assert "KeyError" in refused["logs/c.jsonl"]
    assert "secret words" not in str(refused)
    assert "logs/c.jsonl" not in bookmarks(world.cursor)


def test_an_empty_log_is_nothing_yet(world: World) -> None:
    world.write("a.jsonl", end="")
    assert world.pull().left_out == {EMPTY: 1}


def test_a_fault_of_the_store_is_no_fault_of_the_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("a.jsonl", line(1))

    def full(_parsed: Parsed, _name: str) -> None:
        raise StoreError("no space left")

    monkeypatch.setattr(world, "take", full)
    with pytest.raises(StoreError, match="no space"):
        world.pull()


def test_rows_that_are_refused_whole_refuse_the_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("a.jsonl", line(1))

    def refuse(_parsed: Parsed, _name: str) -> None:
        raise RefusedFileError("a column is missing")

    monkeypatch.setattr(world, "take", refuse)
    assert world.pull().refused == {"logs/a.jsonl": "a column is missing"}


def test_nothing_is_read_from_raw_and_the_cursor_stays(world: World) -> None:
    world.write("a.jsonl", line(1))
    world.cursor = {"logs/a.jsonl": "as it was"}
    assert world.pull(key="", from_raw=True).cursor == {"logs/a.jsonl": "as it was"}
    assert not world.calls


def test_full_reads_everything_anew(world: World) -> None:
    world.write("a.jsonl", line(1))
    world.pull()
    world.pull(full=True)
    assert world.calls == ["1"]


def test_what_the_settings_say_anew_reads_the_log_anew(world: World) -> None:
    world.write("a.jsonl", line(1, who="ali"))
    world.pull()
    world.settings = {"place": [{"paths": ["logs/*"], "team": "core", "person": "rosa", "interactive": True}]}
    world.pull()
    row = world.rows[0]
    assert (row["team"], row["is_interactive"]) == ("core", True)
    assert row["reviewer"] == pseudonym(KEY, "ali")  # what the log says stands before


def test_a_cursor_in_another_form_is_as_none(world: World) -> None:
    world.write("a.jsonl", line(1))
    world.cursor = {"logs/a.jsonl": '{"some": "other product"}'}
    world.pull()
    assert world.calls == ["1"]


def test_a_log_that_went_is_known_for_a_year_and_no_longer(world: World) -> None:
    world.write("b.jsonl", line(2))
    gone = world.write("a.jsonl", line(1))
    world.pull()
    gone.unlink()
    world.pull()
    assert "logs/a.jsonl" in world.cursor
    world.cursor["logs/a.jsonl"] = world.cursor["logs/a.jsonl"].replace(
        NOW.date().isoformat(), (NOW - timedelta(days=KEPT_DAYS + 1)).date().isoformat()
    )
    world.pull()
    assert "logs/a.jsonl" not in world.cursor


# -- people ----------------------------------------------------------------------------------------


def test_without_a_key_nobody_is_read(world: World) -> None:
    world.write("a.jsonl", line(1))
    with pytest.raises(SourceError, match=r"no key for pseudonyms.*key_file"):
        world.pull(key="")


def test_another_key_is_refused_until_it_is_accepted(world: World) -> None:
    world.write("a.jsonl", line(1, who="rosa"))
    world.pull()
    assert world.cursor[KEY_ENTRY] == fingerprint(KEY)
    with pytest.raises(SourceError, match=r"restore the old key.*--full"):
        world.pull(key="other" * 8)
    world.pull(key="other" * 8, full=True)
    assert world.rows[0]["reviewer"] == pseudonym("other" * 8, "rosa")


def test_neither_the_key_nor_an_account_is_in_cursor_or_rows(world: World) -> None:
    world.write("a.jsonl", line(1, who="rosa@acme.example"))
    told = f"{world.pull()} {world.rows}"
    assert KEY not in told
    assert "rosa" not in told


def test_whoever_is_to_be_forgotten_is_not_taken_in_again(world: World) -> None:
    world.erased = frozenset({str(pseudonym(KEY, "rosa"))})
    world.settings = {"keep_text": True, "place": [{"paths": ["logs/*"], "person": "rosa"}]}
    world.write("a.jsonl", line(1, who="rosa"), line(2, who="ali"))
    world.pull()
    assert [row["reviewer"] for row in world.rows] == [None, pseudonym(KEY, "ali")]
    assert [row["content_text"] for row in world.rows] == [None, PAD]


@pytest.mark.parametrize(("settings", "expected"), [({}, None), ({"keep_text": True}, PAD)])
def test_text_stays_only_where_it_is_asked_for(
    world: World, settings: dict[str, Any], expected: str | None
) -> None:
    world.settings = settings
    world.write("a.jsonl", line(1))
    world.pull()
    assert world.rows[0]["content_text"] == expected


# -- in the pipeline -------------------------------------------------------------------------------


def run(store: Store, base: Path) -> Any:
    settings = IngestSettings(sources=SourcesSettings(approvals=ApprovalsSettings(paths=["logs/*"])))
    outside = Outside({"pseudonyms": KEY})
    job = Job(settings, base, (APPROVALS_SOURCE,), "1.0", "{}", lambda: NOW, outside=outside)
    with store.lock("ingest"):
        return ingest(store, job)


def test_two_runs_and_a_kill_between_reading_and_publishing_change_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(str(world.base / "lake"))
    world.write("a.jsonl", *(line(number) for number in range(20)))

    def killed(_runs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            run(store, world.base)
    for _again in range(2):
        report = run(store, world.base)
        rows = store.read("approval_signals", report.published).collect()
        assert sorted(rows["call_id"], key=int) == [str(number) for number in range(20)]
    assert report.sources[0]["rows_in"] == 0


# -- what stands there already ---------------------------------------------------------------------


def test_rows_that_stand_there_are_set_right_after_a_change_of_what_the_settings_say(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived = ("repository", "team", "is_interactive", "reviewer", "ingested_at")
    monkeypatch.setattr(completing, "APPROVAL_SIGNALS", replace(APPROVAL_SIGNALS, derived=derived))
    judged: list[dict[str, Any]] = []

    def take(parsed: Parsed, _name: str) -> None:
        for rows in parsed.judged.values():
            judged.extend(rows.select(derived).to_dicts())

    monkeypatch.setattr(world, "take", take)
    world.write("a.jsonl", line(1, who="rosa"))
    world.pull()
    world.pull()
    assert not judged
    world.settings = {"place": [{"paths": ["logs/*"], "repository": "acme/pay", "interactive": False}]}
    world.pull()
    assert judged == [
        {
            "repository": "acme/pay", "team": None, "is_interactive": False,
            "reviewer": pseudonym(KEY, "rosa"), "ingested_at": NOW,
        }
    ]  # fmt: skip


def test_what_is_damaged_is_told_in_every_run_until_it_is_mended(world: World) -> None:
    content = "".join(f"{line(number)}\n" for number in range(50)).encode()
    packed = gzip.compress(content[:-300]) + gzip.compress(content[-300:])
    path = world.base / "logs" / "a.jsonl.gz"
    path.parent.mkdir()
    path.write_bytes(packed[:-40] + b"\xff" * 40)
    for _again in range(2):
        pulled = world.pull()
        assert pulled.refused["logs/a.jsonl.gz"].startswith("damaged at byte ")
    path.write_bytes(gzip.compress(content))
    assert not world.pull().refused
    assert world.calls[-1] == "49"
