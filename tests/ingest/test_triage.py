from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.checking import Checked, check
from ingest.contracts import DISPOSITIONS_TABLE
from ingest.contracts.findings import DISPOSITIONS
from ingest.errors import RefusedFileError
from ingest.settings import FilesSettings, IngestSettings, SourcesSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.triage import SYNONYMS, TRIAGE, disposition_of

HEADER = "finding,disposition,at,by,reason"
FINDING = "0123456789abcdef"


def parse(folder: Path, content: str | bytes) -> Parsed:
    path = folder / "triage.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return TRIAGE.parse(SourceFile(path, path.name), IngestSettings())


def checked(parsed: Parsed) -> Checked:
    now = pl.lit(datetime(2026, 7, 1, tzinfo=UTC)).dt.cast_time_unit("us")
    stamped = parsed.frames["dispositions"].with_columns(source=pl.lit("triage"), ingested_at=now)
    return check(stamped, DISPOSITIONS_TABLE)


def only(folder: Path, content: str | bytes) -> dict[str, Any]:
    (row,) = checked(parse(folder, content)).valid.to_dicts()
    return row


def line(**fields: str) -> str:
    told = {
        "finding": FINDING,
        "disposition": "confirmed",
        "at": "2026-06-01T10:00:00Z",
        "by": "jane",
        "reason": "",
    }
    return ",".join((told | fields).values())


def test_a_decision_becomes_a_row_that_says_where_it_was_read(tmp_path: Path):
    row = only(tmp_path, f"{HEADER}\n{line(disposition='false_positive', reason='no input reaches it')}\n")

    assert (row["finding_id"], row["disposition"], row["decided_by"]) == (FINDING, "false_positive", "jane")
    assert row["decided_at"] == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert (row["reason"], row["raw_ref"]) == ("no input reaches it", "triage.csv#line 2")
    assert (row["second_person"], row["expires_at"]) == (None, None)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a mark"])
def test_separators_marks_and_capitals_of_spreadsheets_are_read(delimiter: str, mark: bytes, tmp_path: Path):
    text = f"{HEADER.title()}\r\n{line()}\r\n".replace(",", delimiter)

    assert only(tmp_path, mark + text.encode())["decided_by"] == "jane"


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_encodings_of_spreadsheets_are_read(encoding: str, tmp_path: Path):
    assert only(tmp_path, f"{HEADER}\n{line(by='Jürgen')}".encode(encoding))["decided_by"] == "Jürgen"


def test_a_quoted_reason_may_run_over_lines_and_hold_separators(tmp_path: Path):
    reason = '"not reachable,\nsee ""notes"""'
    content = f"{HEADER}\n{line(reason=reason)}\n{line(by='bob')}\n"
    found = checked(parse(tmp_path, content)).valid.sort("decided_by", descending=True)

    assert found["reason"].to_list() == ['not reachable,\nsee "notes"', None]
    assert found["raw_ref"].to_list() == ["triage.csv#line 3", "triage.csv#line 4"]


def test_an_acceptance_carries_its_second_person_and_its_end(tmp_path: Path):
    accepted = line(disposition="accepted", reason="until v2")
    content = f"{HEADER},second person,expires_at\n{accepted},bob,2026-12-31\n"
    row = only(tmp_path, content)

    assert (row["second_person"], row["expires_at"]) == ("bob", datetime(2026, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("False Positive", "false_positive"), ("false-positive", "false_positive"), ("Won't fix", "wont_fix"),
        ("won’t fix", "wont_fix"), ("Risk accepted", "accepted"), ("True positive", "confirmed"),
        ("Re-opened", "reopened"), ("resolved", "fixed"), ("maybe", "maybe"), (None, None),
    ],
)  # fmt: skip
def test_words_for_the_same_decision_are_one_word(written: str | None, meant: str | None):
    assert disposition_of(written) == meant


def test_used_in_tests_is_not_fixed_and_is_its_own_reason(tmp_path: Path):
    row = only(tmp_path, f"{HEADER}\n{line(disposition='Used in tests')}\n")

    assert (row["disposition"], row["reason"]) == ("wont_fix", "Used in tests")


def test_every_synonym_leads_to_a_word_of_the_contract():
    assert set(SYNONYMS.values()) <= set(DISPOSITIONS)


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ({"disposition": "maybe"}, "disposition|check__vocabulary"),
        ({"at": "last week"}, "decided_at|type"),
        ({"finding": ""}, "finding_id|nullability"),
        ({"disposition": "false_positive"}, "a_dismissal_needs_a_reason"),
    ],
)
def test_a_bad_row_goes_to_quarantine_and_its_neighbour_stays(bad: dict[str, str], rule: str, tmp_path: Path):
    result = checked(parse(tmp_path, f"{HEADER}\n{line(**bad)}\n{line(by='bob')}\n"))

    assert result.valid["decided_by"].to_list() == ["bob"]
    assert rule in result.rejected_by_rule


def test_a_short_row_is_quarantined_for_what_it_lacks(tmp_path: Path):
    result = checked(parse(tmp_path, f"{HEADER}\n{FINDING},confirmed\n"))

    assert (result.valid.height, result.rejected.height) == (0, 1)


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ("finding,disposition,at,by\n", "lacks reason"),
        ("", "lacks finding"),
        (f"{HEADER},At\n", "has at twice"),
        (f'{HEADER}\n{FINDING},"open', "line 2 is no CSV"),
    ],
)
def test_a_file_that_is_no_triage_table_is_refused_with_what_was_seen(
    content: str, seen: str, tmp_path: Path
):
    with pytest.raises(RefusedFileError) as refusal:
        parse(tmp_path, content)

    assert seen in str(refusal.value)
    assert "triage.csv" in str(refusal.value)


def test_columns_without_a_place_are_kept_aside_and_named(tmp_path: Path):
    parsed = parse(tmp_path, f"{HEADER},ticket\n{line()},SEC-7\n")

    assert parsed.unknown_columns == {"dispositions": ["ticket"]}
    assert parsed.frames["dispositions"]["extras"].to_list() == ['{"ticket": "SEC-7"}']


def test_blank_lines_are_no_decisions(tmp_path: Path):
    assert parse(tmp_path, f"{HEADER}\n\n,,,,\n{line()}\n").frames["dispositions"].height == 1


def test_a_header_alone_gives_no_rows(tmp_path: Path):
    assert parse(tmp_path, f"{HEADER}\n").frames["dispositions"].height == 0


def test_files_come_from_the_settings(tmp_path: Path):
    (tmp_path / "triage.csv").write_text(HEADER)
    wanted = IngestSettings(sources=SourcesSettings(triage=FilesSettings(paths=["*.csv"])))

    assert [file.name for file in TRIAGE.fetch(wanted, tmp_path)] == ["triage.csv"]
    assert list(TRIAGE.fetch(IngestSettings(), tmp_path)) == []


@settings(max_examples=100, deadline=None)
@given(word=st.text(max_size=20))
def test_translating_a_word_twice_changes_nothing(word: str):
    once = disposition_of(word)

    assert disposition_of(once) == once
