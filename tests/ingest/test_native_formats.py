from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import RefusedFileError
from ingest.identity import finding_key
from ingest.sources.base import SourceFile
from ingest.sources.sarif import opening
from ingest.sources.sarif.native import FORMAT_NAMES, read_native
from tests.builders_sarif import Row, location, log, parse, result, results_of, run, scans_of

API = Path(__file__).parents[2] / ".." / "shared" / "real" / "findings" / "api"
SARIF_FILES = API.parent / "sarif"
SECRET = "q7Zp2LxV9sTfKw03bNdYRm81"  # noqa: S105 - made up

needs_real_files = pytest.mark.skipif(not API.exists(), reason="the real files are not beside this checkout")


# -- reports in the shape of each tool -------------------------------------------------------------


def bandit(*results: Row, **parts: Any) -> Row:
    metrics = {"_totals": {"loc": 20}, "app/run.py": {"loc": 20}}
    told = {"errors": [], "generated_at": "2026-06-01T12:00:00Z", "metrics": metrics}
    return {**told, "results": list(results), **parts}


def bandit_result(**parts: Any) -> Row:
    return {
        "code": "8 def run(code):\n9     exec( code )\n10 \n", "filename": "./app/run.py",
        "issue_confidence": "HIGH", "issue_severity": "MEDIUM", "issue_cwe": {"id": 78, "link": "https://x"},
        "issue_text": "Use of exec detected.", "line_number": 9, "line_range": [9], "test_id": "B102",
        "test_name": "exec_used", **parts,
    }  # fmt: skip


def semgrep(*results: Row, **parts: Any) -> Row:
    told = {"version": "1.97.0", "errors": [], "paths": {"scanned": ["app/run.py"]}}
    return {**told, "results": list(results), **parts}


def semgrep_result(line: int = 9, path: str = "app/run.py", **extra: Any) -> Row:
    told = {
        "message": "Found eval", "severity": "ERROR", "lines": "    eval( code )", "fingerprint": "f1_0",
        "is_ignored": False, "metadata": {"cwe": ["CWE-95: Eval Injection"], "category": "security"}, **extra,
    }  # fmt: skip
    rule = "python.lang.security.audit.eval-use.eval-use"
    return {"check_id": rule, "path": path, "start": {"line": line, "col": 5}, "extra": told}


def leak(**parts: Any) -> Row:
    return {
        "Description": "Generic API Key", "StartLine": 21, "EndLine": 21, "Match": f'key = "{SECRET}"',
        "Secret": SECRET, "File": "tests/api.py", "Commit": "69235ea9ea4d", "Author": "John Doe",
        "Email": "john.doe@example.com", "Date": "2026-05-16T18:17:59Z", "RuleID": "generic-api-key",
        "Fingerprint": "69235ea9ea4d:tests/api.py:generic-api-key:21", **parts,
    }  # fmt: skip


def baseline(**parts: Any) -> Row:
    told = {
        "version": "1.5.0",
        "plugins_used": [{"name": "KeywordDetector"}],
        "generated_at": "2026-06-01T12:00:00Z",
    }
    found = {"app/settings.py": [hidden(12), hidden(40, is_secret=True), hidden(51, is_secret=False)]}
    return {**told, "results": found, **parts}


def hidden(line: int, **parts: Any) -> Row:
    told = {"type": "Secret Keyword", "filename": "app/settings.py", "hashed_secret": f"hash-{line}"}
    return {**told, "is_verified": False, "line_number": line, **parts}


def read(folder: Path, document: Any, name: str = "scans/report.json") -> tuple[Row, list[Row]]:
    """The one scan that a document gives, and its results."""
    parsed = parse(folder, json.dumps(document).encode(), name)
    (scan,) = scans_of(parsed)
    return scan, results_of(parsed)


def source(folder: Path, content: bytes, name: str = "report.json") -> SourceFile:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return SourceFile(path, name)


# -- Bandit ----------------------------------------------------------------------------------------


def test_a_bandit_report_gives_rows_as_its_sarif_would(tmp_path: Path):
    scan, (row,) = read(tmp_path, bandit(bandit_result()))

    assert (scan["tool"], scan["status"], scan["result_count"]) == ("Bandit", "ok", 1)
    assert scan["scanned_at"] == datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert (row["rule"], row["severity"], row["cwe"]) == ("B102", "medium", ["CWE-78"])
    assert (row["path"], row["line"], row["is_security"]) == ("app/run.py", 9, True)


def test_a_finding_is_the_same_in_bandits_json_and_in_its_sarif(tmp_path: Path):
    _, (native,) = read(tmp_path, bandit(bandit_result()))
    place = location("app/run.py", 9, "    exec( code )\n")
    (as_sarif,) = results_of(parse(tmp_path, log(run([result(ruleId="B102", locations=[place])]))))

    assert (
        native["finding_key"] == as_sarif["finding_key"] == finding_key("B102", "app/run.py", "exec(code)", 0)
    )


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("9     exec( code )\n10 \n", "exec(code)"),
        ("9\n10 x\n", "Useofexecdetected."),
        ("89 other()\n", "Useofexecdetected."),
        (None, "Useofexecdetected."),
    ],
    ids=["its line", "an empty line", "not in the excerpt", "no excerpt"],
)
def test_only_the_line_with_its_number_stands_for_the_finding(code: str | None, text: str, tmp_path: Path):
    _, (row,) = read(tmp_path, bandit(bandit_result(code=code)))

    assert row["finding_key"] == finding_key("B102", "app/run.py", text, 0)


def test_a_file_that_bandit_could_not_parse_makes_a_partial_scan_that_names_it(tmp_path: Path):
    broken = {"filename": "old.py", "reason": "syntax error while parsing AST from file"}
    scan, rows = read(tmp_path, bandit(bandit_result(), errors=[broken]))

    assert (scan["status"], len(rows)) == ("partial", 1)
    assert "old.py (syntax error" in scan["status_reason"]


def test_a_bandit_run_over_no_file_is_not_clean(tmp_path: Path):
    scan, _ = read(tmp_path, bandit(metrics={"_totals": {"loc": 0}}))

    assert (scan["status"], scan["status_reason"]) == ("partial", "Bandit looked at no file")


def test_a_password_that_bandit_quotes_is_not_kept(tmp_path: Path):
    told = bandit_result(test_id="B105", issue_text="Possible hardcoded password: 'hunter2'")
    _, (row,) = read(tmp_path, bandit(told))

    assert "hunter2" not in json.dumps(row, default=str)


# -- Semgrep ---------------------------------------------------------------------------------------


def test_a_semgrep_report_gives_rule_severity_and_weakness(tmp_path: Path):
    scan, (row,) = read(tmp_path, semgrep(semgrep_result()))

    assert (scan["tool"], scan["tool_version"], scan["status"]) == ("Semgrep", "1.97.0", "ok")
    assert (row["rule"], row["severity"]) == ("python.lang.security.audit.eval-use", "high")
    assert (row["cwe"], row["is_security"], row["suppressed"]) == (["CWE-95"], True, False)


@pytest.mark.parametrize(
    ("word", "severity"),
    [("ERROR", "high"), ("WARNING", "medium"), ("INFO", "low"), ("CRITICAL", "critical"), ("LOW", "low")],
)
def test_old_and_new_words_of_semgrep_are_severities(word: str, severity: str, tmp_path: Path):
    _, (row,) = read(tmp_path, semgrep(semgrep_result(severity=word)))

    assert row["severity"] == severity


def test_a_rule_about_style_is_no_security_finding(tmp_path: Path):
    _, (row,) = read(tmp_path, semgrep(semgrep_result(metadata={"category": "best-practice"})))

    assert row["is_security"] is False


def test_a_moved_line_is_the_same_finding(tmp_path: Path):
    _, (before,) = read(tmp_path, semgrep(semgrep_result(line=9)))
    _, (after,) = read(tmp_path, semgrep(semgrep_result(line=90)))

    assert before["finding_key"] == after["finding_key"]


def test_requires_login_is_neither_a_line_nor_a_fingerprint(tmp_path: Path):
    hidden_ones = [
        semgrep_result(line=at, path=f"{at}.py", lines="requires login", fingerprint="requires login")
        for at in (1, 2)
    ]
    _, rows = read(tmp_path, semgrep(*hidden_ones))
    (run_,) = read_native(source(tmp_path, json.dumps(semgrep(*hidden_ones)).encode())) or ()

    assert rows[0]["finding_key"] == finding_key(rows[0]["rule"], "1.py", "Foundeval", 0)
    assert [each.partial_fingerprints for each in run_.results or () if each] == [None, None]


def test_what_semgrep_was_told_to_ignore_is_suppressed(tmp_path: Path):
    _, (row,) = read(tmp_path, semgrep(semgrep_result(is_ignored=True)))

    assert row["suppressed"] is True


@pytest.mark.parametrize(("level", "status"), [("error", "partial"), ("warn", "ok"), (None, "partial")])
def test_an_error_of_semgrep_is_a_gap_and_a_warning_is_none(level: str | None, status: str, tmp_path: Path):
    error = {"level": level, "type": "Syntax error", "message": "at line 3", "path": "bad.py"}
    scan, _ = read(tmp_path, semgrep(errors=[error]))

    assert scan["status"] == status
    assert ("bad.py" in (scan["status_reason"] or "")) == (status == "partial")


def test_a_semgrep_run_over_no_file_is_not_clean(tmp_path: Path):
    scan, _ = read(tmp_path, semgrep(paths={"scanned": []}))

    assert (scan["status"], scan["status_reason"]) == ("partial", "Semgrep looked at no file")


def test_a_clean_report_of_semgrep_is_clean(tmp_path: Path):
    scan, rows = read(tmp_path, semgrep())

    assert (scan["status"], scan["result_count"], rows) == ("ok", 0, [])


# -- Gitleaks --------------------------------------------------------------------------------------


def test_a_leak_tells_its_place_and_its_commit_but_not_the_secret(tmp_path: Path):
    scan, (row,) = read(tmp_path, [leak()])
    (run_,) = read_native(source(tmp_path, json.dumps([leak()]).encode())) or ()
    (found,) = run_.results or ()

    assert (scan["tool"], scan["status"]) == ("gitleaks", "ok")
    assert (row["rule"], row["path"], row["line"]) == ("generic-api-key", "tests/api.py", 21)
    assert found is not None
    assert found.partial_fingerprints == {"commitSha": "69235ea9ea4d"}
    assert row["told_commit"] == "69235ea9ea4d"
    for told in (SECRET, "John", "example.com"):
        assert told not in json.dumps(row, default=str)


def test_a_secret_in_the_description_is_hidden_too(tmp_path: Path):
    told = leak(Secret="hunter2", Description="the key is hunter2")  # noqa: S106 - made up
    _, (row,) = read(tmp_path, [told])

    assert row["message"] == "the key is ***"


def test_two_leaks_that_were_redacted_stay_two(tmp_path: Path):
    leaks = [leak(Secret="REDACTED", StartLine=line) for line in (3, 9)]  # noqa: S106 - what the tool writes
    _, rows = read(tmp_path, leaks)

    assert len({row["finding_key"] for row in rows}) == 2


def test_an_entry_that_is_no_leak_makes_a_partial_scan(tmp_path: Path):
    scan, rows = read(tmp_path, [leak(), {"RuleID": "x"}, 7])

    assert (scan["status"], scan["result_count"], len(rows)) == ("partial", 3, 1)


def test_an_empty_list_names_no_tool(tmp_path: Path):
    scan, _ = read(tmp_path, [])

    assert scan["status"] == "unreadable"
    assert "an empty list names no tool" in scan["status_reason"]


def test_an_empty_list_whose_name_tells_its_tool_is_clean(tmp_path: Path):
    scan, _ = read(tmp_path, [], "scans/Gitleaks-main.json")

    assert (scan["tool"], scan["status"], scan["result_count"]) == ("gitleaks", "ok", 0)


@pytest.mark.parametrize(
    ("sidecar", "status"), [('{"category": "gitleaks"}', "ok"), ('{"category": "secrets"}', "unreadable")]
)
def test_a_sidecar_may_tell_the_tool_of_an_empty_list(sidecar: str, status: str, tmp_path: Path):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "report.json.meta.json").write_text(sidecar)

    assert read(tmp_path, [])[0]["status"] == status


# -- detect-secrets --------------------------------------------------------------------------------


def test_a_baseline_gives_its_secrets_by_hash(tmp_path: Path):
    scan, rows = read(tmp_path, baseline())

    assert (scan["tool"], scan["tool_version"], scan["status"]) == ("detect-secrets", "1.5.0", "ok")
    assert [(row["path"], row["line"]) for row in rows] == [("app/settings.py", at) for at in (12, 40, 51)]
    assert rows[0]["finding_key"] == finding_key("Secret Keyword", "app/settings.py", "hash-12", 0)
    assert {row["suppressed"] for row in rows} == {None}


def test_a_baseline_without_plugins_is_not_clean(tmp_path: Path):
    assert read(tmp_path, baseline(plugins_used=[], results={}))[0]["status"] == "partial"


@pytest.mark.parametrize("results", [{"a.py": 7}, {"a.py": [7]}, {"a.py": [{}]}])
def test_a_damaged_entry_of_a_baseline_is_counted(results: Row, tmp_path: Path):
    scan, _ = read(tmp_path, baseline(results=results))

    assert (scan["status"], scan["result_count"]) == ("partial", 1)


# -- what is none of these -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        {}, None, 7, "text", [7], [{}], {"results": []}, {"results": [], "errors": []},
        {"jobs": [{"name": "build", "status": "ok"}]}, {"version": "2.1.0", "runs": []},
        {"results": {}, "version": "1"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_other_json_is_no_native_output(document: Any, tmp_path: Path):
    assert read_native(source(tmp_path, json.dumps(document).encode())) is None


@pytest.mark.parametrize("content", [b"", b"no json", b'{"results": [', b"\xff\xfe{"])
def test_what_is_no_json_is_no_native_output(content: bytes, tmp_path: Path):
    assert read_native(source(tmp_path, content)) is None


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: ("\ufeff" + text).encode("utf-16-le"),
        lambda text: gzip.compress(text.encode(), mtime=0),
    ],
    ids=["bom", "utf16", "gzip"],
)
def test_a_wrapped_report_is_read(wrapped: Any, tmp_path: Path):
    (run_,) = read_native(source(tmp_path, wrapped(json.dumps(bandit(bandit_result()))))) or ()

    assert len(list(run_.results or ())) == 1


def test_a_percent_sign_in_a_path_is_a_percent_sign(tmp_path: Path):
    _, (row,) = read(tmp_path, bandit(bandit_result(filename="docs/100%25.py")))

    assert row["path"] == "docs/100%25.py"


def test_a_native_report_that_is_too_big_asks_for_sarif(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    content = json.dumps(bandit(bandit_result())).encode()
    monkeypatch.setattr(opening, "SMALL_BYTES", len(content) - 3)

    with pytest.raises(RefusedFileError, match=r"write SARIF 2\.1\.0"):
        read_native(source(tmp_path, content))
    assert read_native(source(tmp_path, b"{" + content[1:].replace(b"test_id", b"another"))) is None


def test_the_formats_have_names():
    assert FORMAT_NAMES == ("Bandit JSON", "Semgrep JSON", "Gitleaks JSON", "detect-secrets baseline")


# -- real files ------------------------------------------------------------------------------------


def real(folder: Path, name: str) -> tuple[Row, list[Row]]:
    parsed = parse(folder, (API / name).read_bytes(), name)
    (scan,) = scans_of(parsed)
    return scan, results_of(parsed)


@needs_real_files
@pytest.mark.parametrize(
    ("name", "tool", "count"),
    [
        ("dd_bandit_dd2.json", "Bandit", 165),
        ("dd_semgrep_close_old_findings_report_line31.json", "Semgrep", 1),
        ("dd_semgrep_close_old_findings_report_second_run_line24.json", "Semgrep", 1),
        ("dd_semgrep_semgrep_version_1_30_0_line_26.json", "Semgrep", 5),
        ("dd_semgrep_semgrep_version_1_30_0_line_27.json", "Semgrep", 5),
        ("dd_gitleaks_gitleaks8_many.json", "gitleaks", 4),
        ("dd_detect_secrets_many_findings.json", "detect-secrets", 4),
    ],
)
def test_a_real_report_reads_as_a_scan_with_its_results(name: str, tool: str, count: int, tmp_path: Path):
    scan, rows = real(tmp_path, name)

    assert (scan["tool"], scan["status"], scan["result_count"], len(rows)) == (tool, "ok", count, count)
    assert len({row["finding_key"] for row in rows}) == count
    assert all(row["path"] and row["line"] and row["is_security"] for row in rows)


@needs_real_files
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("close_old_findings_report_line31", "close_old_findings_report_second_run_line24"),
        ("semgrep_version_1_30_0_line_26", "semgrep_version_1_30_0_line_27"),
    ],
)
def test_real_reports_before_and_after_a_move_hold_the_same_findings(before: str, after: str, tmp_path: Path):
    (_, first), (_, second) = (real(tmp_path, f"dd_semgrep_{name}.json") for name in (before, after))

    assert {row["finding_key"] for row in first} == {row["finding_key"] for row in second}


@needs_real_files
def test_real_reports_of_secret_scanners_leave_no_secret_in_the_rows(tmp_path: Path):
    for name in ("dd_gitleaks_gitleaks8_many.json", "dd_detect_secrets_many_findings.json"):
        kept = json.dumps(real(tmp_path, name)[1], default=str)
        assert not any(word in kept for word in ("secretAWSsecret", "dfjksdjfs", "MASKED", "John", "@"))


@needs_real_files
@pytest.mark.parametrize("path", sorted(SARIF_FILES.glob("*")), ids=lambda path: path.name)
def test_no_real_sarif_file_is_taken_for_a_native_output(path: Path):
    assert read_native(SourceFile(path, path.name)) is None
