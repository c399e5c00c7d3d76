from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.checking import Checked, check
from ingest.contracts import CANARIES
from ingest.errors import RefusedFileError
from ingest.settings import FilesSettings, IngestSettings, SourcesSettings
from ingest.sources.base import SourceFile
from ingest.sources.canaries import CANARIES_SOURCE

HEADER = "canary_id,registered_at,registered_by"
LINE = "pilot-canary-7f3a91,2026-06-01T10:00:00Z,rosa"


def checked(folder: Path, *lines: str) -> Checked:
    path = folder / "canaries.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = CANARIES_SOURCE.parse(SourceFile(path, path.name), IngestSettings()).frames["canaries"]
    now = pl.lit(datetime(2026, 7, 1, tzinfo=UTC)).dt.cast_time_unit("us")
    return check(rows.with_columns(source=pl.lit("canaries"), ingested_at=now), CANARIES)


def only(folder: Path, *lines: str) -> dict[str, Any]:
    (row,) = checked(folder, *lines).valid.to_dicts()
    return row


def test_three_columns_make_a_canary_that_a_prompt_carries(tmp_path: Path):
    row = only(tmp_path, HEADER, LINE)

    assert (row["canary_id"], row["kind"], row["registered_by"]) == ("pilot-canary-7f3a91", "prompt", "rosa")
    assert row["registered_at"] == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert (row["repository"], row["number"], row["raw_ref"]) == (None, None, "canaries.csv#line 2")


def test_all_columns_are_read_also_under_other_names(tmp_path: Path):
    header = "marker;kind;at;by;repo;pr;description;colour"
    address = "https://h.example/acme/pay"
    line = f"7F3A91;Pull request;2026-06-01T10:00:00Z;@rosa;{address};#12;mail ann@example.com;red"
    row = only(tmp_path, header, line)

    assert (row["canary_id"], row["kind"], row["registered_by"]) == (
        "pilot-canary-7f3a91",
        "pull_request",
        "rosa",
    )
    assert (row["repository"], row["number"], row["extras"]) == ("acme/pay", 12, '{"colour": "red"}')
    assert "ann@" not in row["what"]


def test_a_number_says_that_a_pull_request_carries_it(tmp_path: Path):
    assert only(tmp_path, f"{HEADER},repository,number", f"{LINE},acme/pay,12")["kind"] == "pull_request"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (LINE.replace("rosa", "ann@example.com"), "registered_by|nullability"),
        (LINE.replace("2026-06-01T10:00:00Z", "once"), "registered_at"),
        (f"{LINE},carrier pigeon", "kind|check__vocabulary"),
    ],
)
def test_what_cannot_be_understood_goes_to_quarantine(tmp_path: Path, line: str, rule: str):
    rejected = checked(tmp_path, f"{HEADER},kind", line).rejected
    assert any(rule in broken for broken in rejected["broken_rules"].to_list()[0])


def test_a_table_without_a_marker_is_refused(tmp_path: Path):
    with pytest.raises(RefusedFileError, match=r"lacks canary_id; seen: registered_at, registered_by"):
        checked(tmp_path, "registered_at,registered_by", "2026-06-01,rosa")


def test_files_are_found_where_the_settings_say(tmp_path: Path):
    (tmp_path / "canaries.csv").write_text(HEADER, encoding="utf-8")
    named = IngestSettings(sources=SourcesSettings(canaries=FilesSettings(paths=["canaries.csv"])))

    assert [file.name for file in CANARIES_SOURCE.fetch(named, tmp_path)] == ["canaries.csv"]
    assert not CANARIES_SOURCE.fetch(IngestSettings(), tmp_path)
