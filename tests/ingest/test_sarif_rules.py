from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.sources.sarif.rules import normalised
from tests.builders_sarif import Row, log, only_result, parse, result, run, scans_of

RULES = [{"id": "B1"}, {"id": "B2"}]


def tool(rules: Sequence[Row] = (), extensions: Sequence[Row] = (), **driver: Any) -> Row:
    return {
        "driver": {"name": "Probe", "version": "1.0", "rules": list(rules), **driver},
        "extensions": list(extensions),
    }


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"ruleId": "B1"}, "B1"),
        ({"ruleId": None, "ruleIndex": 1}, "B2"),
        ({"ruleId": None, "rule": {"id": "B2"}}, "B2"),
        ({"ruleId": None, "rule": {"index": 1}}, "B2"),
        ({"ruleId": None, "rule": {"index": 0, "toolComponent": {"index": 0}}}, "X1"),
        ({"ruleId": "B1/sub"}, "B1/sub"),
        ({"ruleId": None}, "(none)"),
        ({"ruleId": None, "ruleIndex": 9}, "(none)"),
        ({"ruleId": None, "ruleIndex": -1}, "(none)"),
    ],
)
def test_rule_is_found_by_every_way_the_standard_knows(tmp_path: Path, parts: Any, expected: Any):
    probe = tool(RULES, [{"name": "pack", "rules": [{"id": "X1"}]}])
    assert only_result(tmp_path, result(**parts), tool=probe)["rule"] == expected


@pytest.mark.parametrize("named", [{"ruleId": "B1/sub/subsub"}, {"ruleId": None, "rule": {"id": "B1/sub"}}])
def test_hierarchical_id_has_the_facts_of_the_rule_it_begins_with(tmp_path: Path, named: Any):
    probe = tool([{"id": "B1", "properties": {"security-severity": "9.8"}}])
    assert only_result(tmp_path, result(**named), tool=probe)["severity"] == "critical"


def test_message_of_the_rule_takes_the_arguments_of_the_result(tmp_path: Path):
    probe = tool([{"id": "B1", "messageStrings": {"bad": {"text": "{0} calls {1}, not {2}"}}}])
    found = result(message={"id": "bad", "arguments": ["f", "g"]})
    assert only_result(tmp_path, found, tool=probe)["message"] == "f calls g, not {2}"


def test_markdown_stands_in_for_a_missing_text(tmp_path: Path):
    assert only_result(tmp_path, result(message={"markdown": "**bad**"}))["message"] == "**bad**"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("rules.python.lang.security.eval-use", "python.lang.security.eval-use"),
        ("tmp.ci-7.rules.python.lang.security.eval-use", "python.lang.security.eval-use"),
        ("python.lang.security.eval-use", "python.lang.security.eval-use"),
        ("our.own-rule", "our.own-rule"),
        ("home.go.own-rule", "home.go.own-rule"),
    ],
)
def test_folder_of_the_configuration_is_no_part_of_the_rule(rule: Any, expected: Any):
    assert normalised(rule, "Opengrep OSS") == expected


def rules_version(folder: Path, *results: Any, probe: Any):
    return scans_of(parse(folder, log(run(results, tool=probe))))[0]["rules_version"]


def test_rules_version_names_the_rule_packs(tmp_path: Path):
    pack = {"name": "queries", "semanticVersion": "1.3", "rules": RULES}
    library = {"name": "library", "semanticVersion": "9.9"}
    assert rules_version(tmp_path, probe=tool(extensions=[pack, library])) == "1.0+library@9.9+queries@1.3"


def test_a_pack_that_lists_only_the_rules_that_fired_keeps_its_version_when_none_does(tmp_path: Path):
    pack = {"name": "queries", "semanticVersion": "1.3"}
    fired = rules_version(tmp_path, result(), probe=tool(extensions=[{**pack, "rules": RULES}]))
    silent = rules_version(tmp_path, probe=tool(extensions=[pack]))
    assert fired == silent == "1.0+queries@1.3"


def test_the_list_of_rules_is_no_version_because_many_tools_list_only_what_fired(tmp_path: Path):
    every = rules_version(tmp_path, result(), result(ruleId="B2"), probe=tool(RULES))
    one = rules_version(tmp_path, result(), probe=tool(RULES[:1]))
    none = rules_version(tmp_path, probe=tool())
    assert every == one == none == "1.0"


def test_rules_version_is_unknown_without_versions_and_rules(tmp_path: Path):
    assert rules_version(tmp_path, probe=tool(version=None)) is None
