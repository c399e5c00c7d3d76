from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dashboard.describing import KINDS, STATE_MEANINGS, describe
from ingest.errors import UsageError
from metrics.catalogue import EVERY, Described
from metrics.gate.criteria import CRITERIA, Criterion
from metrics.gate.states import STATES, State

README = Path(__file__).parents[2] / "README.md"


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
    assert sections["gate"]["escape_rate"] == "a sprint must stay strictly below [default 0.01]"
    assert sections["pilot"]["name"] == "as people call it [default none: must be given]"
    assert {"store", "sources.sarif", "sources.sarif.place", "authorship.override"} <= set(sections)


def test_a_near_miss_is_answered_with_what_was_probably_meant() -> None:
    with pytest.raises(UsageError, match="security_escape_rate"):
        describe("security_escape_rat")


def test_every_name_belongs_to_one_entry_of_its_kind() -> None:
    for kind in KINDS:
        names = [entry.name for entry in describe(kind)]
        assert len(names) == len(set(names)), kind


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.id)
def test_what_a_metric_leaves_out_and_what_to_mind_are_one_line_each(metric: Described) -> None:
    (entry,) = (entry for entry in describe("metrics") if entry.name == metric.id)
    assert [text for name, text in entry.lines if name == "leaves out"] == [metric.excludes]
    assert [text for name, text in entry.lines if name == "mind"] == [metric.caveats]
    assert [text for name, text in entry.lines if name == "source"] == list(metric.references)


def test_a_criterion_says_what_it_asks_what_it_requires_and_whether_it_blocks() -> None:
    (entry,) = describe("independent_detection")
    meaning, requires, default = entry.lines
    assert "looked" in meaning[1]
    assert requires == ("requires", "scans")
    assert default[1] == "blocks by default"


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion.id)
def test_every_criterion_has_a_meaning(criterion: Criterion) -> None:
    (entry,) = (entry for entry in describe("criteria") if entry.name == criterion.id)
    assert len(entry.lines) == 3
    assert all(text for _, text in entry.lines)


def test_a_name_of_a_metric_and_a_criterion_is_explained_as_both() -> None:
    metric, criterion = describe("detector_fnr")
    assert metric.title == "Attacks missed (detector_fnr)"
    assert criterion.lines[0][1] == (
        "Of every detector on traffic the share of misses is known well enough, whatever it is."
    )


@pytest.mark.parametrize("state", STATES)
def test_a_state_means_what_the_readme_says(state: State) -> None:
    (entry,) = describe(state)
    assert entry.lines == (("", STATE_MEANINGS[state]),)
    assert f"| `{state}` | {STATE_MEANINGS[state]} |" in README.read_text(encoding="utf-8")


def test_settings_are_explained_by_the_comments_beside_them() -> None:
    sections = {entry.name: dict(entry.lines) for entry in describe("settings")}
    assert sections["sources.sarif"]["security_tools"] == (
        "tools whose every finding is a security finding [default []]"
    )
    assert sections["pilot.epoch"]["agents"].startswith("agents or models that this epoch declares")
    assert "shell patterns" in sections["pilot"]["repositories"]


def test_a_section_can_be_named_as_it_stands_in_the_file() -> None:
    (section,) = describe("[velocity]")
    assert dict(section.lines)["approved_within_hours"] == "the two shares that are shown [default [24, 72]]"
    assert describe("[[pilot]]") == tuple(each for each in describe("settings") if each.name == "pilot")


def test_a_setting_can_be_named_alone() -> None:
    (setting,) = describe("clock")
    assert setting.title.startswith("[velocity]")
    assert setting.lines == (
        ("clock", 'what starts the wait: ready (for review) or created [default "ready"]'),
    )


def test_defaults_are_written_as_pilot_toml_has_them() -> None:
    for setting in (line for section in describe("settings") for line in section.lines):
        default = setting[1].rpartition("default ")[2]
        told = default.removesuffix("]") if default.count("]") > default.count("[") else default
        if told not in {"none: must be given", "not set"}:
            assert tomllib.loads(f"{setting[0]} = {told}"), setting


def test_the_names_of_weekdays_are_told() -> None:
    (setting,) = describe("working_days")
    assert "mon, tue, wed, thu, fri, sat, sun" in setting.lines[0][1]


def test_a_setting_that_is_misspelt_is_answered_with_its_name() -> None:
    with pytest.raises(UsageError, match="working_days"):
        describe("working_day")


def test_what_a_comment_says_to_tools_is_not_told() -> None:
    for setting in describe("token_env"):
        assert "noqa" not in setting.lines[0][1]
        assert "variable" in setting.lines[0][1]
