from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import RefusedFileError
from ingest.settings import ApprovalMapping, ApprovalsSettings
from ingest.sources.approvals.base import Context, Place
from ingest.sources.approvals.mapped import MAPPED, MAPPED_TABLE, mapping_of
from tests.ingest.approvals.reading import Reading, at, context, lines, read

HEADER = "session_id,call_id,shown_at,decided_at,decision,actor,tool_name,content_chars,reviewer"
ROW = "s-1,c-1,2026-11-02T10:00:00Z,2026-11-02T10:00:04Z,accept,human,Edit,120,ann@example.com"


def about(name: str = "own/log.csv", place: Place | None = None, **told: Any) -> Context:
    own = ApprovalMapping(paths=["own/**"], **told)
    return context(name, place=place or Place(), settings=ApprovalsSettings(paths=["own/**"], mapping=[own]))


def table(*rows: str, **told: Any) -> Reading:
    return read(MAPPED_TABLE, ["\n".join([*rows, ""]).encode()], about(**told))


def test_a_row_is_a_question_and_its_answer():
    reading = table(HEADER, ROW)
    asked, decided = reading.one("asked"), reading.one("decided")

    assert (asked["at"], decided["at"]) == (at("2026-11-02T10:00:00Z"), at("2026-11-02T10:00:04Z"))
    assert {asked["call_id"], decided["call_id"]} == {"c-1"}
    assert (decided["decision"], decided["actor"], asked["decision"]) == ("accept", "human", None)
    assert (asked["request_kind"], asked["is_read_only"], asked["content_chars"]) == ("edit", False, 120)
    assert (decided["reviewer"], decided["vendor"]) == ("p-15", "other")
    assert decided["raw_ref"] == "own/log.csv#line 2"
    assert not reading.broken()


def test_without_a_moment_of_asking_a_row_is_a_call_and_its_answer():
    reading = table("decided_at,decision", "1793613604,reject")

    assert [row["kind"] for row in reading.signals] == ["called", "decided"]
    assert reading.one("called")["at"] == at("2026-11-02T10:00:04Z")
    assert reading.one("decided")["session_id"] == "log"  # the file's name
    assert reading.one("decided")["call_id"] == reading.one("called")["call_id"]


def test_their_columns_words_and_constants_become_ours():
    said = {
        "req": {"tool": "shell", "at": 1793613600000},
        "res": {"ok": True, "at": 1793613603000, "who": "USER"},
    }
    told = {
        "vendor": "codex",
        "rename": {"shown_at": "req.at", "decided_at": "res.at", "decision": "res.ok", "actor": "res.who",
                   "tool_name": "req.tool"},
        "constants": {"is_interactive": True, "team": "pay", "scope": "once"},
        "values": {"decision": {"true": "accept", "false": "reject"}, "actor": {"USER": "human"}},
    }  # fmt: skip
    reading = read(MAPPED, lines(said), about("own/log.jsonl", **told))
    decided = reading.one("decided")

    assert (decided["vendor"], decided["decision"], decided["actor"]) == ("codex", "accept", "human")
    assert (decided["is_interactive"], decided["team"], decided["scope"]) == (True, "pay", "once")
    assert (decided["at"] - reading.one("asked")["at"]).total_seconds() == 3
    assert not reading.broken()


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (ROW.replace(",accept,", ",perhaps,"), "decision|check__vocabulary"),
        (ROW.replace(",accept,", ",,"), "decision|check__vocabulary"),
        (ROW.replace(",human,", ",somebody,"), "actor|check__vocabulary"),
        (ROW.replace("2026-11-02T10:00:04Z", ""), "at|nullability"),
        (ROW.replace("2026-11-02T10:00:04Z", "yesterday"), "kind|check__vocabulary"),
        (ROW.replace(",120,", ",long,"), "kind|check__vocabulary"),
        (ROW.replace("10:00:04Z", "10:00:04"), "kind|check__vocabulary"),  # of which zone?
    ],
)
def test_what_cannot_be_understood_goes_to_quarantine(changed: str, rule: str):
    reading = table(HEADER, changed, ROW.replace("c-1", "c-2"))

    assert [rule] in reading.broken()
    assert any(row["call_id"] == "c-2" and row["kind"] == "decided" for row in reading.signals)


def test_a_request_that_nobody_answered_was_only_asked():
    pending = ROW.replace("2026-11-02T10:00:04Z,accept", ",pending")
    assert [row["kind"] for row in table(HEADER, pending).signals] == ["asked"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_are_read_as_any_spreadsheet_writes_them(encoding: str, separator: str):
    written = f"{HEADER},team\n{ROW},Größe\n".replace(",", separator).replace("\n", "\r\n")
    reading = read(MAPPED_TABLE, [written.encode(encoding)], about())

    assert reading.one("decided")["team"] == "Größe"


def test_a_quoted_line_break_is_part_of_its_cell():
    reading = table(
        f"{HEADER},note", f'{ROW},"two\nlines # pilot-canary-ab12"', f"{ROW},".replace("c-1", "c-2")
    )

    assert len(reading.of("decided")) == 2
    assert reading.of("decided")[0]["canary_id"] == "pilot-canary-ab12"
    assert "two" not in str(reading.signals)


def test_a_row_whose_cells_are_not_those_of_the_columns_is_refused_with_its_line():
    reading = table(HEADER, ROW.replace("s-1,", ""), f"{ROW},more", f"{ROW.replace('c-1', 'c-2')}, ,")

    assert [row["raw_ref"].partition("#")[2] for row in reading.of("unreadable")] == ["line 2", "line 3"]
    assert reading.one("decided")["call_id"] == "c-2"


@pytest.mark.parametrize("end", ["", ",", ',"', "\n"])
def test_a_last_row_whose_line_has_no_end_waits(end: str):
    reading = read(MAPPED_TABLE, [f"{HEADER},note\n{ROW},\n{ROW[:-3]}{end}".encode()], about())

    assert (len(reading.of("decided")), "waits" in reading.state) == (1, not end.endswith(('"', "\n")))
    assert bool(reading.broken()) == end.endswith(('"', "\n"))


def test_a_quote_that_never_ends_hides_what_stands_behind_it_and_is_told():
    reading = table(HEADER, ROW, f'"{ROW}', ROW.replace("c-1", "c-3"))

    assert len(reading.of("decided")) == 1
    assert reading.one("unreadable")["raw_ref"].endswith("#line 3")


def test_a_cell_may_be_long():
    assert table(f"{HEADER},note", f"{ROW},{'x' * 200_000}").one("decided")


def test_what_stands_where_a_header_should_be_is_not_repeated():
    with pytest.raises(RefusedFileError) as refused:
        table(ROW, ROW, rename={"decision": "outcome"})
    assert "seen: 9 of other names" in str(refused.value)
    assert "ann@example.com" not in str(refused.value)


def test_a_json_list_is_read():
    listed = b'[{"decided_at": "2026-11-02T10:00:04Z", "decision": "Accept"}, 7]'
    reading = read(MAPPED_TABLE, [listed], about("own/log.json"))

    assert reading.of("decided")[0]["decision"] == "accept"
    assert reading.broken()


def test_a_table_without_a_column_that_the_mapping_names_is_refused():
    with pytest.raises(RefusedFileError, match=r"the header \(line 1\) lacks outcome; seen: session_id,"):
        table(HEADER, ROW, rename={"decision": "outcome"})


def test_a_mapping_of_a_column_that_is_none_of_ours_is_refused():
    with pytest.raises(RefusedFileError, match="verdict is no column of ours; expected: vendor, session_id"):
        table(HEADER, ROW, rename={"verdict": "decision"})


def test_what_a_place_tells_fills_what_a_row_does_not():
    place = Place(repository="acme/pay", team="pay", person="dev-3", is_interactive=True)
    decided = read(MAPPED_TABLE, [f"{HEADER}\n{ROW}\n".encode()], about(place=place)).one("decided")

    assert (decided["repository"], decided["team"], decided["is_interactive"]) == ("acme/pay", "pay", True)
    assert decided["reviewer"] == "p-15"  # the row's own


@pytest.mark.parametrize(
    ("pattern", "name", "is_it"),
    [
        ("own/*.csv", "own/a.csv", True),
        ("own/**/*.csv", "own/a.csv", True),
        ("own/*.csv", "other/a.csv", False),
    ],
)
def test_patterns_choose_the_mapping(pattern: str, name: str, *, is_it: bool):
    settings = ApprovalsSettings(paths=["**"], mapping=[ApprovalMapping(paths=[pattern])])
    assert (mapping_of(name, settings) is not None) is is_it


def test_the_same_row_without_a_name_always_has_the_same_one():
    row = "2026-11-02T10:00:04Z,accept"
    first, later = (table("decided_at,decision", *rows) for rows in ([row], [row, row]))

    assert {one["signal_id"] for one in first.signals} == {one["signal_id"] for one in later.signals}


@settings(max_examples=40, deadline=None)
@given(
    cells=st.lists(
        st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8), min_size=9, max_size=9
    )
)
def test_no_cell_stops_reading(cells: list[str]):
    odd = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    reading = table(HEADER, odd, ROW)

    assert any(row["call_id"] == "c-1" and row["kind"] == "decided" for row in reading.signals)
