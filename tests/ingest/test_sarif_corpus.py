"""Real outputs of some 40 tools; the files live beside the checkout and are not part of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ingest.sources.base import SourceFile
from ingest.sources.sarif import SARIF
from ingest.sources.sarif.parse import NOT_A_FAILURE
from tests.builders_sarif import Row, results_of, scans_of, settings

FINDINGS = Path(__file__).parents[2] / ".." / "shared" / "real" / "findings"
MANIFEST = FINDINGS / "manifest.csv"
ROWS = list(csv.DictReader(MANIFEST.read_text().splitlines())) if MANIFEST.exists() else []
# The file that its manifest calls a banner before JSON holds no JSON at all: only the console text.
NO_JSON = "checkov_banner_not_json.sarif"

pytestmark = pytest.mark.skipif(not ROWS, reason="the real files are not beside this checkout")


def read(name: str):
    return SARIF.parse(SourceFile(FINDINGS / "sarif" / name, name), settings())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_real_file_has_the_status_and_the_results_of_the_manifest(row: Row):
    scans = scans_of(read(row["file"]))
    expected = "unreadable" if row["file"] == NO_JSON else row["expected_status"]
    assert {scan["status"] for scan in scans} == {expected}
    if expected == "ok":
        assert sum(scan["result_count"] for scan in scans) == int(row["results"])
    else:
        assert all(scan["status_reason"] for scan in scans)


def test_manifest_speaks_of_every_real_file():
    assert {row["file"] for row in ROWS} == {path.name for path in (FINDINGS / "sarif").iterdir()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_real_file_is_nowhere_silent(row: Row):
    parsed = read(row["file"])
    scans, passed = scans_of(parsed), parsed.left_out.get(NOT_A_FAILURE, 0)
    counted = sum(scan["result_count"] or 0 for scan in scans)
    assert len(results_of(parsed)) + passed == counted
    is_clean = not counted and {scan["status"] for scan in scans} == {"ok"}
    assert not is_clean or row["results"] == "0"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_real_file_gives_every_result_an_identity_of_its_own(row: Row):
    rows = results_of(read(row["file"]))
    assert len({(each["scan_id"], each["finding_key"]) for each in rows}) == len(rows)


def test_file_cut_at_two_thirds_gives_what_came_before():
    (scan,) = scans_of(read("DERIVED_truncated.sarif"))
    assert (scan["status"], scan["result_count"], scan["tool"]) == ("partial", 19, "CodeQL")


def test_utf16_file_gives_the_same_rows_as_its_original():
    original, recoded = (
        read(name).frames["scan_results"] for name in ("gitleaks_7.4.sarif", "DERIVED_utf16le_bom.sarif")
    )
    columns = ["position", "rule", "path", "line", "severity", "message"]
    assert recoded.select(columns).equals(original.select(columns))


def test_suppressed_results_are_no_false_positives_and_no_clean_scan():
    rows = results_of(read("anchore_429_baseline_suppress.sarif"))
    assert [row["suppressed"] for row in rows] == [True] * 429


def test_suppressions_are_read_as_the_standard_means_them():
    assert [row["suppressed"] for row in results_of(read("suppressions_dd.sarif"))].count(True) >= 1
    assert {row["suppressed"] for row in results_of(read("suppressions_dd.sarif"))} == {True, False, None}


def test_rules_of_extensions_are_found():
    rows = results_of(read("codeql_2.19.3_demo_python.sarif"))
    assert {(row["rule"], row["severity"]) for row in rows} >= {("py/sql-injection", "high")}
    assert all(row["cwe"] for row in rows)


@pytest.mark.parametrize(
    "name", ["snyk_open_source_maven.sarif", "trivy_0.56.1.sarif", "grype_0.34_image.sarif"]
)
def test_packages_and_images_are_not_blamed_on_lines(name: str):
    assert not any(row["is_blamable"] for row in results_of(read(name)))


def test_windows_paths_are_paths_of_the_repository():
    assert all("\\" not in row["path"] for row in results_of(read("semgrep_1.151_windows_backslash.sarif")))


def test_missing_level_of_medium_findings_is_known():
    rows = results_of(read("bandit_1.8.6_insightvm.sarif"))
    assert sorted({row["severity"] for row in rows}) == ["low", "medium"]
    assert [row["severity"] for row in rows].count("medium") == 1


def test_absent_result_keeps_its_state():
    rows = results_of(read("qodana_baseline_state.sarif"))
    assert sorted(row["baseline_state"] for row in rows) == ["absent", "new", "unchanged", "updated"]


def test_secrets_and_addresses_of_a_secret_scanner_are_not_kept():
    kept = read("gitleaks_7.4.sarif").frames["scan_results"].write_ndjson()
    assert "AKIA" not in kept
    assert "@" not in kept
