"""What several scanners say of one line is one finding, and nothing else is."""

from __future__ import annotations

import pytest

from ingest.tracking.equivalents import shared_names
from tests.builders_sarif import Row, day, pull, scan
from tests.ingest.helpers_tracking import at, found, history, id_of, landed, only, origin

BANDIT = {"tool": "bandit"}
RUFF = {"tool": "ruff"}
OTHER = {"tool": "Deep"}
SHELL = {"cwe": ["CWE-78"]}


def two(one: Row, other: Row, commit: str = "commit-s1") -> list[Row]:
    """Scans of one commit by two tools, on days 1 and 2."""
    return [scan("s1", 1, commit_sha=commit, **one), scan("s2", 2, commit_sha=commit, **other)]


def test_two_scanners_that_share_a_cwe_at_one_origin_have_one_finding():
    results = [
        at("s1", rule="B602", severity="medium", **SHELL),
        at("s2", 40, rule="sh", cwe=["CWE-78", "CWE-77"]),
    ]
    known = history([origin("s1"), origin("s2", 40)])
    row = only(found([scan("s1", 1, **BANDIT), scan("s2", 2, **OTHER)], results, known))
    assert (row["tools"], row["tool"], row["rule"]) == (["bandit", "Deep"], "bandit", "B602")
    assert (row["severity"], row["cwe"]) == ("high", ["CWE-78", "CWE-77"])
    assert row["aliases"] == [id_of(results[1])]


def test_two_scanners_at_one_line_of_one_commit_have_one_finding_without_history():
    results = [at("s1", rule="B602", **SHELL), at("s2", rule="sh", **SHELL)]
    assert only(found(two(BANDIT, OTHER), results))["tools"] == ["bandit", "Deep"]


def test_scanners_of_two_commits_are_not_compared_by_line_number():
    scans = [scan("s1", 1, **BANDIT), scan("s2", 2, **OTHER)]
    assert len(found(scans, [at("s1", rule="B602", **SHELL), at("s2", rule="sh", **SHELL)])) == 2


def test_rules_that_say_the_same_need_no_cwe():
    row = only(found(two(BANDIT, RUFF), [at("s1", rule="B602"), at("s2", rule="S602")]))
    assert row["tools"] == ["bandit", "ruff"]


def test_rules_that_share_nothing_stay_two_findings():
    results = [at("s1", rule="B602", **SHELL), at("s2", rule="S324", cwe=["CWE-327"])]
    assert len(found(two(BANDIT, RUFF), results)) == 2


def test_what_one_scanner_reports_twice_at_a_line_stays_two():
    results = [
        at("s1", rule="B602", **SHELL),
        at("s1", 3, 1, rule="B605", **SHELL),
        at("s2", rule="sh", **SHELL),
    ]
    rows = found(two(BANDIT, OTHER), results)
    assert sorted(len(row["tools"]) for row in rows) == [1, 2]


def test_results_at_a_manifest_are_not_joined_by_their_line():
    results = [at(name, rule=name, is_blamable=False, line=1, **SHELL) for name in ("s1", "s2")]
    assert len(found(two(BANDIT, OTHER), results)) == 2


def test_a_scanner_in_other_letters_is_the_same_scanner():
    results = [at("s1", rule="B602", **SHELL), at("s2", rule="B605", **SHELL)]
    assert len(found(two(BANDIT, {"tool": "Bandit"}), results)) == 2


def test_three_scanners_are_one_finding_that_lasts_as_long_as_the_last_of_them_reports_it():
    scans = [*two(BANDIT, OTHER), scan("s3", 3, commit_sha="commit-s1", tool="third")]
    scans += [scan("s4", 4, **BANDIT), scan("s5", 5, tool="third", commit_sha="commit-s5")]
    names = ("s1", "s2", "s3", "s5")
    row = only(found(scans, [at(name, rule=name, **SHELL) for name in names[:3]]))
    assert (row["tools"], row["gone_at"]) == (["bandit", "Deep", "third"], day(5))


def test_a_new_scanner_that_confirms_an_old_finding_is_no_news():
    scans = [scan("s1", 1, **BANDIT), scan("s2", 5, **BANDIT), scan("s3", 9, **OTHER)]
    origins = [origin("s2", came=("c2", "app.py", 3)), origin("s3", came=("c2", "app.py", 3))]
    known = history(origins, [landed("c2", 4, 7)])
    row = only(found(scans, [at("s2", **SHELL), at("s3", rule="sh", **SHELL)], known, [pull(7, 4)]))
    assert (row["introduced_by"], row["first_seen_at"]) == (7, day(5))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("bandit", "B102"), ("ruff", "S102")),
        (("bandit", "B701"), ("flake8-bandit", "S701")),
        (("gitleaks", "generic-api-key"), ("detect-secrets", "Secret Keyword")),
        (("bandit", "B105"), ("gitleaks", "generic-api-key")),
    ],
)
def test_known_equivalents_share_a_name(one: tuple[str, str], other: tuple[str, str]):
    assert set(shared_names(*one)) & set(shared_names(*other))


@pytest.mark.parametrize(
    ("tool", "rule"),
    [("ruff", "S1023"), ("SonarQube", "S102"), ("bandit", "B901"), ("ruff", "B102"), ("semgrep", "(none)")],
)
def test_a_rule_that_only_looks_alike_shares_none(tool: str, rule: str):
    assert shared_names(tool, rule) == []
