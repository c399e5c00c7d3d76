from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest.sources.sarif.severity import severity_of_score
from tests.builders_sarif import log, only_result, parse, result, results_of, run


def tool(**rule: Any):
    return {"driver": {"name": "Probe", "rules": [{"id": "B1", **rule}]}}


def override(level: str, **descriptor: Any):
    return [{"ruleConfigurationOverrides": [{"descriptor": descriptor, "configuration": {"level": level}}]}]


@pytest.mark.parametrize(
    ("score", "word"),
    [(10.0, "critical"), (9.01, "critical"), (9.0, "high"), (8.9, "high"), (7.0, "high"), (6.99, "medium"),
     (4.0, "medium"), (3.9, "low"), (0.1, "low"), (0.0, "none")],
)  # fmt: skip
def test_score_has_the_word_of_the_definitions(score: Any, word: str):
    assert severity_of_score(score) == word


@pytest.mark.parametrize("score", ["7.50", 7.5, " 7.5 "])
def test_score_may_be_a_number_or_a_text(tmp_path: Path, score: Any):
    probe = tool(properties={"security-severity": score})
    assert only_result(tmp_path, result(level="note"), tool=probe)["severity"] == "high"


@pytest.mark.parametrize("score", ["11", -1, "high", None, "nan"])
def test_score_outside_the_scale_leaves_the_word_to_the_level(tmp_path: Path, score: Any):
    probe = tool(properties={"security-severity": score})
    assert only_result(tmp_path, result(level="error"), tool=probe)["severity"] == "high"


def test_score_of_the_result_comes_before_the_rules(tmp_path: Path):
    probe = tool(properties={"security-severity": "9.9"})
    found = result(properties={"security-severity": "5.0"})
    assert only_result(tmp_path, found, tool=probe)["severity"] == "medium"


@pytest.mark.parametrize(
    ("properties", "word"),
    [
        ({"issue_severity": "MEDIUM"}, "medium"),
        ({"severity": "Critical"}, "critical"),
        ({"DevSkimSeverity": "Important"}, "high"),
        ({"issue_severity": "UNDEFINED"}, "low"),
    ],
)
def test_tools_own_word_comes_before_the_level(tmp_path: Path, properties: Any, word: str):
    assert only_result(tmp_path, result(level="note", properties=properties))["severity"] == word


@pytest.mark.parametrize(
    ("level", "word"), [("error", "high"), ("warning", "medium"), ("note", "low"), ("none", "none")]
)
def test_level_gives_the_severity_when_nothing_else_does(tmp_path: Path, level: str, word: str):
    assert only_result(tmp_path, result(level=level))["severity"] == word


def test_missing_level_is_the_rules_default(tmp_path: Path):
    probe = tool(defaultConfiguration={"level": "error"})
    assert only_result(tmp_path, result(), tool=probe)["severity"] == "high"


def test_missing_level_without_a_default_is_a_warning(tmp_path: Path):
    assert only_result(tmp_path, result())["severity"] == "medium"


@pytest.mark.parametrize("descriptor", [{"id": "B1"}, {"index": 0, "id": "B1"}])
def test_override_of_the_invocation_comes_before_the_rules_default(tmp_path: Path, descriptor: Any):
    probe = tool(defaultConfiguration={"level": "error"})
    row = only_result(tmp_path, result(), tool=probe, invocations=override("note", **descriptor))
    assert row["severity"] == "low"


def test_override_by_place_reaches_a_result_that_names_its_rule_by_place(tmp_path: Path):
    found = result(ruleId=None, ruleIndex=0)
    row = only_result(tmp_path, found, tool=tool(), invocations=override("note", index=0))
    assert row["severity"] == "low"


def test_override_of_another_rule_does_nothing(tmp_path: Path):
    row = only_result(tmp_path, result(), tool=tool(), invocations=override("note", id="B2"))
    assert row["severity"] == "medium"


@pytest.mark.parametrize("kind", ["pass", "open", "informational", "notApplicable", "review"])
def test_result_that_is_no_failure_is_no_finding_but_is_counted(tmp_path: Path, kind: Any):
    parsed = parse(tmp_path, log(run([result(kind=kind), result(kind="fail")])))
    assert [row["position"] for row in results_of(parsed)] == [1]
    assert parsed.frames["scans"]["result_count"].to_list() == [2]
    assert sum(parsed.left_out.values()) == 1


@pytest.mark.parametrize(
    ("found", "rule"),
    [
        ({}, {"properties": {"tags": ["security", "external/cwe/cwe-079"]}}),
        ({}, {"properties": {"tags": ["CWE-79: Cross-site Scripting"]}}),
        ({}, {"properties": {"cwe": "CWE-79"}}),
        ({}, {"properties": {"cwe": [79]}}),
        ({"properties": {"cwe": "cwe-79"}}, {}),
        ({"properties": {"tags": ["CWE:79"]}}, {}),
        ({"taxa": [{"id": "79", "toolComponent": {"name": "CWE"}}]}, {}),
        ({"taxa": [{"index": 0, "toolComponent": {"index": 0}}]}, {}),
        ({}, {"relationships": [{"target": {"id": "79", "toolComponent": {"name": "CWE"}}}]}),
        ({}, {"relationships": [{"target": {"id": "CWE-79"}}]}),
    ],
)
def test_cwe_is_read_from_wherever_tools_write_it(tmp_path: Path, found: Any, rule: Any):
    taxonomies = [{"name": "CWE", "taxa": [{"id": "79"}]}]
    row = only_result(tmp_path, result(**found), tool=tool(**rule), taxonomies=taxonomies)
    assert (row["cwe"], row["is_security"]) == (["CWE-79"], True)


def test_taxon_of_another_taxonomy_is_no_cwe(tmp_path: Path):
    found = result(taxa=[{"id": "79", "toolComponent": {"name": "OTHER"}}])
    row = only_result(tmp_path, found)
    assert (row["cwe"], row["is_security"]) == ([], False)


def test_several_cwes_are_sorted_by_number_and_told_once(tmp_path: Path):
    probe = tool(properties={"tags": ["CWE-601", "external/cwe/cwe-079", "cwe-79"]})
    assert only_result(tmp_path, result(), tool=probe)["cwe"] == ["CWE-79", "CWE-601"]


def test_style_result_is_no_security_finding(tmp_path: Path):
    probe = tool(properties={"tags": ["style", "maintainability"]})
    assert only_result(tmp_path, result(level="error"), tool=probe)["is_security"] is False


@pytest.mark.parametrize("name", ["Bandit", "Snyk Container", "gitleaks", "Trivy"])
def test_every_result_of_a_security_scanner_is_about_security(tmp_path: Path, name: str):
    assert only_result(tmp_path, result(), tool={"driver": {"name": name}})["is_security"] is True


def test_configured_tool_is_a_security_scanner(tmp_path: Path):
    content = log(run([result()]))
    (row,) = results_of(parse(tmp_path, content, security_tools=["probe"]))
    assert row["is_security"] is True
