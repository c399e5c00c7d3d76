from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts import SCAN_RESULTS, SCANS
from ingest.identity import line_text_key
from ingest.sources.sarif.parse import NOT_A_FAILURE, REPEATED_RUN
from tests.builders_sarif import Row, location, log, only_result, parse, result, results_of, run, scans_of

FAILED = [{"executionSuccessful": False, "endTimeUtc": "2026-06-01T12:00:00Z"}]
NO_PLACE = {"versionControlProvenance": None}


def test_columns_are_those_of_the_contracts(tmp_path: Path):
    parsed = parse(tmp_path, log(run([result()])))
    for table in (SCANS, SCAN_RESULTS):
        frame = parsed.frames[table.name]
        later = {"source", "ingested_at", "extras"}
        assert dict(frame.schema) == {k: v for k, v in table.polars_schema.items() if k not in later}


def test_row_says_where_in_the_file_it_was_read(tmp_path: Path):
    parsed = parse(tmp_path, log(run(), run([result(), result()])))
    assert results_of(parsed)[1]["raw_ref"] == "scans/a.sarif#runs/1/results/1"
    assert scans_of(parsed)[1]["raw_ref"] == "scans/a.sarif#runs/1"


def test_scan_without_results_is_ok_and_empty(tmp_path: Path):
    (scan,) = scans_of(parse(tmp_path, log(run([]))))
    assert (scan["status"], scan["result_count"]) == ("ok", 0)


@pytest.mark.parametrize(
    ("results", "status", "count"),
    [([], "failed", 0), ([result()], "partial", 1), (None, "unreadable", None)],
)
def test_tool_that_did_not_run_to_its_end_has_no_clean_scan(
    tmp_path: Path, results: Any, status: str, count: int | None
):
    (scan,) = scans_of(parse(tmp_path, log(run(results, invocations=FAILED))))
    assert (scan["status"], scan["result_count"]) == (status, count)
    assert scan["status_reason"]


def test_list_of_results_that_is_null_is_no_clean_scan(tmp_path: Path):
    (scan,) = scans_of(parse(tmp_path, log({**run(None), "results": None})))
    assert (scan["status"], scan["tool"], scan["repository"]) == ("unreadable", "Probe", "acme/payments")


def test_each_unreadable_run_of_a_file_is_a_scan_of_its_own(tmp_path: Path):
    scans = scans_of(parse(tmp_path, log(run(None), run(None))))
    assert len({scan["scan_id"] for scan in scans}) == 2


def test_several_runs_are_several_scans(tmp_path: Path):
    runs = [run([result()]), run([result(ruleId="B2")]), run(tool={"driver": {"name": "Else"}})]
    parsed = parse(tmp_path, log(*runs))
    assert len({scan["scan_id"] for scan in scans_of(parsed)}) == 3
    assert [row["scan_id"] for row in results_of(parsed)] == [scan["scan_id"] for scan in scans_of(parsed)][
        :2
    ]


def test_same_scan_in_two_files_is_one_scan(tmp_path: Path):
    content = log(run([result()]))
    first, second = (
        scans_of(parse(tmp_path, content, name))[0] for name in ("scans/a.sarif", "scans/b.sarif")
    )
    assert first["scan_id"] == second["scan_id"]


def test_unplaced_scans_of_two_files_are_two_scans(tmp_path: Path):
    content = log(run([result()], **NO_PLACE))
    first, second = (
        scans_of(parse(tmp_path, content, name))[0] for name in ("scans/a.sarif", "scans/b.sarif")
    )
    assert first["scan_id"] != second["scan_id"]


@pytest.mark.parametrize(
    "changed",
    [
        run([result(ruleId="B2")]),
        run([result(), result()]),
        run([result(suppressions=[{"kind": "inSource"}])]),
        run([result()], automationDetails={"id": "nightly/1"}),
        run([result()], invocations=[{"endTimeUtc": "2026-06-01T12:00:01Z"}]),
        run([result()], invocations=FAILED),
    ],
)
def test_scan_that_says_something_else_is_another_scan(tmp_path: Path, changed: Any):
    original = scans_of(parse(tmp_path, log(run([result()]))))[0]
    assert scans_of(parse(tmp_path, log(changed)))[0]["scan_id"] != original["scan_id"]


def test_run_that_repeats_another_is_left_out_and_counted(tmp_path: Path):
    parsed = parse(tmp_path, log(run([result()]), run([result()])))
    assert (len(scans_of(parsed)), len(results_of(parsed))) == (1, 1)
    assert parsed.left_out == {REPEATED_RUN: 1}


def test_pass_is_left_out_and_counted(tmp_path: Path):
    assert parse(tmp_path, log(run([result(kind="pass")]))).left_out == {NOT_A_FAILURE: 1}


@pytest.mark.parametrize(
    ("suppressions", "expected"),
    [
        (None, None),
        ([], False),
        ([{"kind": "inSource"}], True),
        ([{"kind": "external", "status": "accepted"}], True),
        ([{"status": "accepted"}, {"status": "underReview"}], False),
        ([{"status": "rejected"}], False),
    ],
)
def test_result_is_suppressed_when_every_suppression_is_accepted(
    tmp_path: Path, suppressions: Any, expected: Any
):
    (row,) = results_of(parse(tmp_path, log(run([result(suppressions=suppressions)]))))
    assert row["suppressed"] is expected


def test_unknown_baseline_state_is_dropped_and_known_ones_are_kept(tmp_path: Path):
    states = ["new", "unchanged", "updated", "absent", "existing", 7]
    parsed = parse(tmp_path, log(run([result(baselineState=state) for state in states])))
    assert [row["baseline_state"] for row in results_of(parsed)] == [*states[:4], None, None]


def test_secret_that_the_scanner_reports_apart_is_not_kept(tmp_path: Path):
    leaked = result(message={"text": "found opensesame here"}, properties={"offender": "opensesame"})
    (row,) = results_of(parse(tmp_path, log(run([leaked]))))
    assert row["message"] == "found *** here"


def test_constant_fingerprint_does_not_make_two_findings_one(tmp_path: Path):
    fingerprints = {"matchBasedId/v1": "requires login"}
    found = [result(ruleId=rule, fingerprints=fingerprints) for rule in ("B1", "B2")]
    assert len({row["finding_key"] for row in results_of(parse(tmp_path, log(run(found))))}) == 2


def test_text_key_is_that_of_the_flagged_line_whatever_its_indentation(tmp_path: Path):
    found = [result(locations=[location(text=text)]) for text in ("call( x )", "    call(x)")]
    rows = results_of(parse(tmp_path, log(run(found))))
    assert {row["text_key"] for row in rows} == {line_text_key("call(x)")}


def test_text_key_of_a_result_without_snippet_is_that_of_the_tools_line_hash(tmp_path: Path):
    hashed = {"primaryLocationLineHash": "39fa2ee980eb94b0:2"}
    found = result(locations=[location(text=None)], partialFingerprints=hashed)
    assert only_result(tmp_path, found)["text_key"] == line_text_key("39fa2ee980eb94b0")


@pytest.mark.parametrize("text", [None, " ", "requires login"])
def test_message_and_placeholder_give_no_text_key(tmp_path: Path, text: str | None):
    assert only_result(tmp_path, result(locations=[location(text=text)]))["text_key"] is None


def test_fingerprint_is_a_hash_of_the_first_one_by_name(tmp_path: Path):
    told = {"fingerprints": {"b": "other", "a": "mine"}, "partialFingerprints": {"0": "less"}}
    # printf 'mine' | sha256sum
    assert only_result(tmp_path, result(**told))["fingerprint"] == "3fd30542fe3f61b1"


def test_partial_fingerprint_counts_where_there_is_no_whole_one(tmp_path: Path):
    row = only_result(tmp_path, result(fingerprints={}, partialFingerprints={"a": {"value": "mine"}}))
    # printf '{"value":"mine"}' | sha256sum
    assert row["fingerprint"] == "550b9b1f08503c9f"


def test_fingerprint_that_all_results_of_a_run_share_tells_nothing(tmp_path: Path):
    shared = [result(ruleId=rule, fingerprints={"a": "requires login"}) for rule in ("B1", "B2")]
    rows = results_of(parse(tmp_path, log(run(shared), run([result(fingerprints={"a": "x"})]))))
    assert [row["fingerprint"] is None for row in rows] == [True, True, False]


def test_who_and_when_of_a_secret_scanner_is_no_fingerprint(tmp_path: Path):
    told = {"author": "Jo", "email": "jo@example.org", "date": "2026-06-01", "commitSha": "ABCDEF1234"}
    row = only_result(tmp_path, result(partialFingerprints=told))
    assert (row["fingerprint"], row["told_commit"]) == (None, "abcdef1234")


@pytest.mark.parametrize(("told", "expected"), [("6d12798096", "6d12798096"), ("main", None), (7, None)])
def test_commit_in_the_properties_is_the_told_one(tmp_path: Path, told: Any, expected: str | None):
    assert only_result(tmp_path, result(properties={"commit": told}))["told_commit"] == expected


def test_place_of_an_astronomic_line_is_the_file(tmp_path: Path):
    assert only_result(tmp_path, result(locations=[location(line=10**30)]))["line"] is None


def test_json_that_nobody_knows_says_what_can_be_read(tmp_path: Path):
    (scan,) = scans_of(parse(tmp_path, b'{"hello": "world"}'))
    assert scan["status"] == "unreadable"
    assert all(name in scan["status_reason"] for name in ("SARIF 2.1.0", "Bandit", "Semgrep", "Gitleaks"))


def test_time_before_the_first_year_places_nothing(tmp_path: Path):
    early = [{"endTimeUtc": "0001-01-01T00:00:00+14:00"}]
    (scan,) = scans_of(parse(tmp_path, log(run([result()], invocations=early))))
    assert (scan["status"], scan["scanned_at"]) == ("ok", None)


def test_findings_without_rule_and_line_are_told_apart_by_their_message(tmp_path: Path):
    found = [{"message": {"text": text}} for text in ("one", "two")]
    rows = results_of(parse(tmp_path, log(run(found))))
    assert len({row["finding_key"] for row in rows}) == 2
    assert {row["rule"] for row in rows} == {"(none)"}


LINES = st.lists(st.integers(1, 60), min_size=1, max_size=8, unique=True)


@settings(deadline=None, max_examples=30)
@given(LINES, st.integers(0, 500), st.randoms(use_true_random=False))
def test_moved_and_shuffled_results_keep_their_identities(
    tmp_path_factory: pytest.TempPathFactory, lines: Any, added: int, chance: Random
):
    folder = tmp_path_factory.mktemp("scan")
    moved = [line + added for line in lines]
    chance.shuffle(moved)
    before, after = (
        {row["finding_key"] for row in results_of(parse(folder, log(run(_at(places)))))}
        for places in (lines, moved)
    )
    assert before == after


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "ruleId", "ruleIndex", "rule", "kind", "level", "message", "locations", "partialFingerprints",
    "suppressions", "baselineState", "taxa", "provenance", "properties",
]  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=5),
    st.dictionaries(
        st.sampled_from(
            [
                "tool",
                "artifacts",
                "originalUriBaseIds",
                "invocations",
                "automationDetails",
                "versionControlProvenance",
            ]
        ),
        JUNK,
    ),
)
def test_junk_in_any_field_never_reads_as_a_clean_scan(
    tmp_path_factory: pytest.TempPathFactory, found: Any, parts: Any
):
    parsed = parse(tmp_path_factory.mktemp("scan"), log(run([result(**found)], **parts)))
    (scan,) = scans_of(parsed)
    is_clean = scan["status"] == "ok" and not results_of(parsed) and not parsed.left_out
    assert not is_clean


def _at(lines: list[int]) -> list[Row]:
    return [result(locations=[location(line=line)]) for line in lines]
