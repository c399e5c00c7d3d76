from __future__ import annotations

import pytest

from dashboard.describing import KINDS, describe
from ingest.errors import UsageError


def test_a_kind_lists_all_its_entries() -> None:
    assert {"pull_requests", "findings", "ingest_runs"} <= {entry.name for entry in describe("tables")}


def test_one_name_is_explained_alone() -> None:
    (entry,) = describe("security_escape_rate")
    assert {"unit", "numerator", "denominator", "method"} <= {name for name, _ in entry.lines}


def test_columns_say_key_unit_and_whether_they_may_be_unknown() -> None:
    columns = dict(describe("pull_requests")[0].lines)
    assert columns["number"].endswith("[key]")
    assert columns["additions"].endswith("[may be unknown, lines]")
    assert "[" not in columns["created_at"]


def test_settings_show_every_section_with_defaults() -> None:
    sections = {entry.name: dict(entry.lines) for entry in describe("settings")}
    assert sections["gate"]["escape_rate"] == "default 0.01"
    assert sections["pilot"]["name"] == "default none: must be given"
    assert {"store", "sources.sarif", "sources.sarif.place", "authorship.override"} <= set(sections)


def test_a_near_miss_is_answered_with_what_was_probably_meant() -> None:
    with pytest.raises(UsageError, match="security_escape_rate"):
        describe("security_escape_rat")


def test_every_name_belongs_to_one_entry_of_its_kind() -> None:
    for kind in KINDS:
        names = [entry.name for entry in describe(kind)]
        assert len(names) == len(set(names)), kind
