from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.checking import Checked, check
from ingest.contracts import INCIDENTS as INCIDENTS_TABLE
from ingest.contracts.common import SEVERITIES
from ingest.errors import RefusedFileError, SourceError
from ingest.settings import FilesSettings, IngestSettings, SourcesSettings
from ingest.sources import SOURCES
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.incidents import INCIDENTS, SEVERITY_WORDS, number_of, severity_of

HEADER = "id,detected_at,repository,severity"
LINE = "INC-1,2026-06-01T10:00:00Z,acme/payments,high"
WHO_AND_WHY = "withdrawn_by,withdrawn_reason,withdrawn_at"
WHOLE_HEADER = f"{HEADER},reported_at,pull_request,commit,cwe,title,url,withdrawn"


def parse(folder: Path, content: str | bytes) -> Parsed:
    path = folder / "incidents.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return INCIDENTS.parse(SourceFile(path, path.name), IngestSettings())


def checked(parsed: Parsed) -> Checked:
    now = pl.lit(datetime(2026, 7, 1, tzinfo=UTC)).dt.cast_time_unit("us")
    return check(
        parsed.frames["incidents"].with_columns(source=pl.lit("incidents"), ingested_at=now), INCIDENTS_TABLE
    )


def only(folder: Path, content: str | bytes) -> dict[str, Any]:
    (row,) = checked(parse(folder, content)).valid.to_dicts()
    return row


def with_column(folder: Path, name: str, value: str) -> dict[str, Any]:
    return only(folder, f"{HEADER},{name}\n{LINE},{value}\n")


def test_four_columns_make_an_incident(tmp_path: Path):
    row = only(tmp_path, f"{HEADER}\n{LINE}\n")

    assert (row["incident_id"], row["repository"], row["severity"]) == ("INC-1", "acme/payments", "high")
    assert row["detected_at"] == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert (row["pull_request"], row["commit_sha"], row["cwe"]) == (None, None, None)
    assert (row["is_withdrawn"], row["raw_ref"]) == (False, "incidents.csv#line 2")


def test_all_columns_are_read(tmp_path: Path):
    told = "2026-06-02,#12,4f2a9c1e,CWE-89;CWE-79,Injection in search,https://tracker.example/7,no"
    row = only(tmp_path, f"{WHOLE_HEADER}\n{LINE},{told}\n")

    assert row["reported_at"] == datetime(2026, 6, 2, tzinfo=UTC)
    assert (row["pull_request"], row["commit_sha"], row["cwe"]) == (12, "4f2a9c1e", ["CWE-79", "CWE-89"])
    assert (row["title"], row["url"]) == ("Injection in search", "https://tracker.example/7")


def test_headers_in_other_words_are_understood(tmp_path: Path):
    header = "Incident ID;Found at;Repo;Sev;PR;SHA;Summary;Link"
    line = LINE.replace(",", ";") + ";7;abc1234;what;https://x.example"
    row = only(tmp_path, f"{header}\n{line}\n")

    assert (row["incident_id"], row["pull_request"], row["commit_sha"]) == ("INC-1", 7, "abc1234")
    assert (row["title"], row["url"]) == ("what", "https://x.example")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Critical", "critical"),
        ("Blocker", "critical"),
        ("Moderate", "medium"),
        ("minor", "low"),
        ("P1", "p1"),
    ],
)
def test_words_for_the_same_severity_are_one_word(written: str, meant: str):
    assert severity_of(written) == meant


def test_every_word_for_a_severity_leads_to_one_of_the_contract():
    assert set(SEVERITY_WORDS.values()) <= set(SEVERITIES)


@pytest.mark.parametrize(
    "written",
    [
        "12",
        "#12",
        "!12",
        "acme/payments#12",
        "https://h.example/acme/payments/pull/12",
        "acme/payments/pull/12/",
    ],
)
def test_a_pull_request_is_found_in_its_address(written: str):
    assert number_of(written, "acme/payments") == "12"


def test_a_pull_request_of_another_repository_is_never_taken_for_an_own_one(tmp_path: Path):
    result = checked(parse(tmp_path, f"{HEADER},pull_request\n{LINE},acme/search#12\n"))

    assert (result.valid.height, result.rejected_by_rule) == (0, {"pull_request|type": 1})


@pytest.mark.parametrize(
    ("written", "is_withdrawn"),
    [("", False), ("no", False), ("FALSE", False), ("x", True), ("Yes", True), ("true", True), ("1", True)],
)
def test_a_withdrawn_incident_is_told_in_many_words(written: str, *, is_withdrawn: bool, tmp_path: Path):
    row = only(tmp_path, f"{HEADER},withdrawn,{WHO_AND_WHY}\n{LINE},{written},rosa,a drill,\n")
    assert row["is_withdrawn"] is is_withdrawn


def test_a_withdrawal_says_who_when_and_why(tmp_path: Path):
    told = f"{LINE},yes,@Rosa  Diaz,a drill by jo@example.org,2026-06-05"
    row = only(tmp_path, f"{HEADER},withdrawn,{WHO_AND_WHY}\n{told}\n")

    assert (row["withdrawn_by"], row["withdrawn_reason"]) == ("Rosa Diaz", "a drill by ***")
    assert row["withdrawn_at"] == datetime(2026, 6, 5, tzinfo=UTC)


@pytest.mark.parametrize("told", ["", ",rosa,", ",,a drill", ",jo@example.org,a drill", ", ,a drill"])
def test_a_withdrawal_without_a_person_and_a_reason_goes_to_quarantine(told: str, tmp_path: Path):
    header = f"{HEADER},withdrawn,withdrawn_by,withdrawn_reason"
    result = checked(parse(tmp_path, f"{header}\n{LINE},yes{told}\n"))

    assert (result.valid.height, result.rejected_by_rule) == (0, {"a_withdrawal_says_who_and_why": 1})


def test_an_issue_that_was_closed_as_none_says_it_by_itself(tmp_path: Path):
    rows = parse(tmp_path, f"{HEADER},withdrawn\n{LINE},yes\n").frames["incidents"]
    now = pl.lit(datetime(2026, 7, 1, tzinfo=UTC)).dt.cast_time_unit("us")

    assert (
        check(rows.with_columns(source=pl.lit("github"), ingested_at=now), INCIDENTS_TABLE).valid.height == 1
    )


def test_a_repository_may_be_told_by_its_address(tmp_path: Path):
    line = LINE.replace("acme/payments", "https://h.example/acme/payments.git")

    assert only(tmp_path, f"{HEADER}\n{line}\n")["repository"] == "acme/payments"


def test_secrets_and_addresses_of_people_are_not_kept(tmp_path: Path):
    line = (
        f"{LINE},token=ghp_0123456789abcdefghij by jo@example.org,https://jo:hunter2@x.example,jo@example.org"
    )
    row = only(tmp_path, f"{HEADER},title,url,reporter\n{line}\n")

    assert row["url"] == "https://jo:***@x.example"
    assert row["extras"] == '{"reporter": "***"}'
    assert not any(secret in str(row) for secret in ("ghp_", "jo@", "hunter2"))


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (LINE.replace("high", ""), "severity|nullability"),
        (LINE.replace("high", "P1"), "severity|check__vocabulary"),
        (LINE.replace("2026-06-01T10:00:00Z", "last week"), "detected_at|type"),
        (LINE.replace("acme/payments", "payments"), "repository|regex"),
        (LINE.replace("INC-1", ""), "incident_id|nullability"),
    ],
)
def test_a_bad_row_goes_to_quarantine_and_its_neighbour_stays(line: str, rule: str, tmp_path: Path):
    good = LINE.replace("INC-1", "INC-2")
    result = checked(parse(tmp_path, f"{HEADER}\n{line}\n{good}\n"))

    assert result.valid["incident_id"].to_list() == ["INC-2"]
    assert rule in result.rejected_by_rule


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ("id,detected_at,repository\n", "lacks severity"),
        ("", "lacks id"),
        (f"{HEADER},Sev\n", "has severity twice"),
        (f'{HEADER}\n"open', "line 2 is no CSV"),
    ],
)
def test_a_file_that_is_no_table_of_incidents_is_refused_with_what_was_seen(
    content: str, seen: str, tmp_path: Path
):
    with pytest.raises(RefusedFileError) as refusal:
        parse(tmp_path, content)

    assert seen in str(refusal.value)
    assert "expected id, detected_at" in str(refusal.value) or "expected: id, detected_at" in str(
        refusal.value
    )


def test_columns_without_a_place_are_named(tmp_path: Path):
    assert parse(tmp_path, f"{HEADER},owner\n{LINE},ops\n").unknown_columns == {"incidents": ["owner"]}


def test_a_row_of_the_same_incident_further_down_holds(tmp_path: Path):
    later = LINE.replace("high", "low")

    assert only(tmp_path, f"{HEADER}\n{LINE}\n{later}\n")["severity"] == "low"


def test_files_come_from_the_settings(tmp_path: Path):
    (tmp_path / "incidents.csv").write_text(HEADER)
    wanted = IngestSettings(sources=SourcesSettings(incidents=FilesSettings(paths=["*.csv"])))
    missing = IngestSettings(sources=SourcesSettings(incidents=FilesSettings(paths=["*.tsv"])))

    assert [file.name for file in INCIDENTS.fetch(wanted, tmp_path)] == ["incidents.csv"]
    assert list(INCIDENTS.fetch(IngestSettings(), tmp_path)) == []
    with pytest.raises(SourceError, match=r"\[sources\.incidents\]"):
        INCIDENTS.fetch(missing, tmp_path)


def test_incidents_are_read_after_decisions():
    names = [source.name for source in SOURCES]

    assert names.index("incidents") == names.index("triage") + 1
