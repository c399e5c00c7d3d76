"""The source of warehouse tables: mapping, completing, and what it says about the rest."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from ingest.contracts import BY_NAME
from ingest.errors import RefusedFileError
from ingest.settings import DeriveSettings
from ingest.sources.tables import TABLES_SOURCE
from ingest.sources.tables.completing import COMPLETING
from ingest.sources.tables.parsing import NOT_FROM_FILES
from tests.builders_tables import (
    PULLS_CSV,
    REVIEWS_CSV,
    checked,
    events_mapping,
    parsed,
    pulls_mapping,
    reviews_mapping,
    settings_of,
    written,
)

PULL = PULLS_CSV + "acme/pay,7,Fix,jane,2026-06-01T08:00:00Z,\n"
REVIEW = REVIEWS_CSV + "acme/pay,7,r1,joe,APPROVED,2026-06-01T09:00:00Z\n"


def test_every_table_but_the_ledgers_and_what_a_host_says_of_itself_can_be_fed():
    assert set(COMPLETING) == BY_NAME.keys() - NOT_FROM_FILES


@pytest.mark.parametrize("table", sorted(NOT_FROM_FILES))
def test_a_table_that_files_cannot_feed_is_refused_by_name(tmp_path: Path, table: str):
    with pytest.raises(RefusedFileError, match=rf"names the table '{table}'"):
        parsed(written(tmp_path, "rows.csv", PULL), {"table": table, "paths": ["rows.csv"]})


def test_a_table_with_our_names_needs_no_mapping(tmp_path: Path):
    result = checked(parsed(written(tmp_path, "pulls.csv", PULL), pulls_mapping()), "pull_requests")
    row = result.valid.row(0, named=True)
    assert (row["repository"], row["number"], row["author_kind"], row["authorship"]) == (
        "acme/pay", 7, "user", "unknown",
    )  # fmt: skip
    assert row["created_at"] == datetime(2026, 6, 1, 8, tzinfo=UTC)


def test_rows_say_where_they_were_read(tmp_path: Path):
    pulls = written(tmp_path, "in/pulls.csv", PULL + "acme/pay,8,Add,joe,2026-06-02,\n")
    frame = parsed(pulls, pulls_mapping(paths=["in/*.csv"])).frames["pull_requests"]
    assert frame["raw_ref"].to_list() == ["in/pulls.csv#rows/1", "in/pulls.csv#rows/2"]


def test_a_pattern_takes_the_repository_out_of_an_address(tmp_path: Path):
    file = written(
        tmp_path,
        "pulls.csv",
        "api,number,author_login,created_at\napi/repos/acme/pay,7,jane,2026-06-01\n",
    )
    derive = {"repository": {"column": "api", "pattern": "/repos/([^/]+/[^/]+)$"}}
    frame = parsed(file, pulls_mapping(derive=derive)).frames["pull_requests"]
    assert frame["repository"].to_list() == ["acme/pay"]


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        ({"ok": "APPROVED", "*": "COMMENTED"}, ["APPROVED", "COMMENTED", None]),
        ({"ok": "APPROVED"}, ["APPROVED", "MEH", None]),
        ({"*": "COMMENTED"}, ["COMMENTED", "COMMENTED", None]),
    ],
)
def test_a_vocabulary_maps_values_and_leaves_unknown_ones_unknown(
    tmp_path: Path, values: dict[str, str], stored: list[str | None]
):
    rows = "".join(f"acme/pay,7,r{n},joe,{state},2026-06-01\n" for n, state in enumerate(["ok", "meh", ""]))
    derive = {"state": {"column": "state", "values": values}}
    frame = parsed(
        written(tmp_path, "reviews.csv", REVIEWS_CSV + rows), reviews_mapping(derive=derive)
    ).frames["reviews"]
    assert frame["state"].to_list() == stored


def test_a_key_from_content_is_the_same_in_every_run_and_differs_with_the_content(tmp_path: Path):
    header = "repository,number,reviewer,state,submitted_at\n"
    rows = "acme/pay,7,joe,APPROVED,2026-06-01\nacme/pay,7,ann,APPROVED,2026-06-01\n"
    derive = {"review_id": {"hash_of": ["number", "reviewer", "submitted_at"]}}
    file = written(tmp_path, "reviews.csv", header + rows)
    first = parsed(file, reviews_mapping(derive=derive)).frames["reviews"]["review_id"].to_list()
    again = parsed(file, reviews_mapping(derive=derive)).frames["reviews"]["review_id"].to_list()
    assert first == again
    assert len(set(first)) == 2


def test_reviews_without_ids_get_one_each_even_when_they_differ_only_in_their_verdict(tmp_path: Path):
    header = "repository,number,reviewer,state,submitted_at\n"
    rows = "acme/pay,7,joe,COMMENTED,2026-06-01\nacme/pay,7,joe,APPROVED,2026-06-01\n"
    result = checked(parsed(written(tmp_path, "reviews.csv", header + rows), reviews_mapping()), "reviews")
    assert (result.valid.height, result.duplicates) == (2, 0)


def test_a_recipe_says_one_thing():
    with pytest.raises(ValidationError, match="either `column`"):
        DeriveSettings(column="a", hash_of=["a"])
    with pytest.raises(ValidationError, match="either `column`"):
        DeriveSettings(pattern="(a)")


def test_children_take_columns_from_their_parents_though_the_ids_differ_in_type(tmp_path: Path):
    written(
        tmp_path,
        "parents.parquet",
        pl.DataFrame({"id": [1, 2], "repo": ["acme/pay", "acme/web"], "n": [7, 8]}),
    )
    header = "pr_id,review_id,reviewer,state,submitted_at\n"
    children = header + "2,r1,joe,APPROVED,2026-06-01\n9,r2,joe,APPROVED,2026-06-01\n"
    take = {"repository": "repo", "number": "n"}
    join = {"path": "parents.parquet", "on": "pr_id", "parent_on": "id", "take": take}
    result = checked(
        parsed(written(tmp_path, "reviews.csv", children), reviews_mapping(join=[join])), "reviews"
    )
    assert result.valid.select("repository", "number").rows() == [("acme/web", 8)]
    assert result.rejected_by_rule == {"number|nullability": 1, "repository|nullability": 1}


def test_the_last_copy_of_a_parent_counts_and_no_child_is_doubled(tmp_path: Path):
    written(tmp_path, "parents.csv", "id,repo\n1,acme/old\n1,acme/new\n")
    join = {"path": "parents.csv", "on": "pr_id", "parent_on": "id", "take": {"repository": "repo"}}
    children = "pr_id,number,review_id,reviewer,state,submitted_at\n1,7,r1,joe,APPROVED,2026-06-01\n"
    frame = parsed(written(tmp_path, "reviews.csv", children), reviews_mapping(join=[join])).frames["reviews"]
    assert frame["repository"].to_list() == ["acme/new"]


def test_columns_without_a_place_are_kept_aside_and_reported(tmp_path: Path):
    content = PULL.replace("merged_at\n", "merged_at,squad,lead,noise\n").replace(
        ",\n", ",,red,jane@example.org,x\n"
    )
    result = parsed(written(tmp_path, "pulls.csv", content), pulls_mapping(ignore=["noi*"]))
    assert result.unknown_columns == {"pull_requests": ["squad", "lead"]}
    assert json.loads(result.frames["pull_requests"]["extras"].item()) == {
        "squad": "red",
        "lead": "(address)",
    }


def test_texts_that_nothing_names_are_not_stored_whole(tmp_path: Path):
    content = REVIEW.replace("submitted_at\n", "submitted_at,text\n").replace(
        "00Z\n", f"00Z,{'secret ' * 500}\n"
    )
    extras = (
        parsed(written(tmp_path, "reviews.csv", content), reviews_mapping())
        .frames["reviews"]["extras"]
        .item()
    )
    assert len(json.loads(extras)["text"]) == 200


def test_evidence_is_read_from_the_body_and_the_body_is_not_stored(tmp_path: Path):
    content = PULL.replace("merged_at\n", "merged_at,body\n").replace(
        ",\n", ",,Generated with [Claude Code](https://claude.ai/code)\n"
    )
    frame = parsed(written(tmp_path, "pulls.csv", content), pulls_mapping()).frames["pull_requests"]
    assert any(signal.startswith("claude-code-marker") for signal in frame["signals"].item())
    assert "body" not in frame.columns
    assert "claude.ai" not in (frame["extras"].item() or "")


def test_a_column_that_only_shares_the_name_of_a_judgement_is_not_believed(tmp_path: Path):
    commits = written(
        tmp_path, "commits.csv", "repository,number,sha,agent,message\nacme/pay,7,abcdef1,Dataset label,Fix\n"
    )
    mapping = {"table": "commits", "paths": ["*.csv"]}
    result = parsed(commits, mapping)
    row = result.frames["commits"].row(0, named=True)
    assert (row["agent"], row["authorship"], json.loads(row["extras"])) == (
        None,
        "human",
        {"agent": "Dataset label"},
    )


def test_commit_messages_and_addresses_become_evidence_and_are_not_stored(tmp_path: Path):
    content = pl.DataFrame({
        "repository": "acme/pay", "number": 7, "sha": ["abcdef1"], "author_email": "jane@example.org",
        "message": "Co-authored-by: Claude <noreply@anthropic.com>\nCo-authored-by: Joe <joe@example.org>",
    })  # fmt: skip
    frame = parsed(
        written(tmp_path, "c.parquet", content), {"table": "commits", "paths": ["c.parquet"]}
    ).frames["commits"]
    assert frame["agent"].item() == "claude-code"
    assert "example.org" not in str(frame.rows())


def test_commits_without_a_pull_request_and_without_an_account_are_fine(tmp_path: Path):
    commits = written(tmp_path, "c.csv", "repository,sha,author_login\nacme/pay,abcdef1,\n")
    valid = checked(parsed(commits, {"table": "commits", "paths": ["c.csv"]}), "commits").valid
    assert valid.select("number", "author_login", "author_kind").rows() == [(0, None, "unknown")]


@pytest.mark.parametrize(
    ("login", "stored", "kind"),
    [
        ("devin-ai-integration[bot]", "devin-ai-integration", "bot"),
        ("Copilot", "Copilot", "bot"),
        ("app/renovate", "renovate", "bot"),
        ("jane", "jane", "user"),
        ("", None, "deleted"),
    ],
)
def test_accounts_have_one_spelling_and_a_kind(tmp_path: Path, login: str, stored: str | None, kind: str):
    file = written(tmp_path, "reviews.csv", REVIEW.replace("joe", login))
    frame = parsed(file, reviews_mapping()).frames["reviews"]
    assert frame.select("reviewer", "reviewer_kind").row(0) == (stored, kind)


def test_a_kind_that_the_warehouse_tells_is_believed(tmp_path: Path):
    content = REVIEW.replace("submitted_at\n", "submitted_at,type\n").replace("00Z\n", "00Z,Bot\n")
    frame = parsed(
        written(tmp_path, "reviews.csv", content), reviews_mapping(rename={"reviewer_kind": "type"})
    ).frames["reviews"]
    assert frame["reviewer_kind"].to_list() == ["bot"]


def test_verdicts_in_lower_case_are_read_and_pending_ones_left_out(tmp_path: Path):
    content = REVIEWS_CSV + "acme/pay,7,r1,joe,dismissed,2026-06-01\nacme/pay,7,r2,joe,pending,\n"
    result = parsed(written(tmp_path, "reviews.csv", content), reviews_mapping())
    assert result.frames["reviews"]["state"].to_list() == ["DISMISSED"]
    assert result.left_out == {"reviews: pending review": 1}


def test_a_merged_pull_request_is_closed_even_if_the_export_forgets(tmp_path: Path):
    content = PULL.replace("merged_at\n", "merged_at,closed_at\n").replace(",\n", ",2026-06-02T00:00:00Z,\n")
    valid = checked(parsed(written(tmp_path, "pulls.csv", content), pulls_mapping()), "pull_requests").valid
    assert valid["closed_at"].to_list() == valid["merged_at"].to_list() == [datetime(2026, 6, 2, tzinfo=UTC)]


def test_exact_copies_are_named_once(tmp_path: Path):
    result = parsed(
        written(tmp_path, "reviews.csv", REVIEW + REVIEW.splitlines()[1] + "\n"), reviews_mapping()
    )
    assert result.frames["reviews"].height == 1
    assert result.left_out == {"reviews: exact copy of another row": 1}


def test_lists_that_stop_at_the_limit_are_named_on_both_sides(tmp_path: Path):
    rows = "".join(
        f"acme/pay,{number},r{number}{n},joe,COMMENTED,2026-06-01\n"
        for number in (7, 8)
        for n in range(number - 5)
    )
    reviews = written(tmp_path, "reviews.csv", REVIEWS_CSV + rows)
    pulls = written(tmp_path, "pulls.csv", PULL + "acme/pay,8,Add,joe,2026-06-02,\n")
    tables = (pulls_mapping(), reviews_mapping(list_limit=3))
    assert parsed(reviews, *tables).left_out == {"reviews: list cut at 3 rows by its collector": 1}
    assert parsed(pulls, *tables).frames["pull_requests"]["cut_lists"].to_list() == [[], ["reviews"]]


def test_words_in_one_cell_become_a_list(tmp_path: Path):
    content = PULL.replace("merged_at\n", "merged_at,labels\n").replace(",\n", ",,bug; urgent\n")
    mapping = pulls_mapping(list_separator=";")
    valid = checked(parsed(written(tmp_path, "pulls.csv", content), mapping), "pull_requests").valid
    assert valid["labels"].to_list() == [["bug", "urgent"]]


def test_one_file_may_feed_two_tables(tmp_path: Path):
    content = PULL.replace("merged_at\n", "merged_at,path\n").replace(",\n", ",,src/login.py\n")
    file = written(tmp_path, "wide.csv", content)
    files = {"table": "changed_files", "paths": ["wide.csv"], "rename": {"opened_at": "created_at"}}
    result = parsed(file, pulls_mapping(paths=["*.csv"]), files)
    assert set(result.frames) == {"pull_requests", "changed_files"}
    assert checked(result, "changed_files").valid["file_class"].to_list() == ["code"]


def test_findings_get_no_more_certainty_than_a_named_pull_request_gives(tmp_path: Path):
    header = (
        "repository,rule,severity,is_security,reported_by,first_seen_at,introduced_by,path,line,message\n"
    )
    start = "acme/pay,sqli,High,true,audit,2026-06-01"
    rows = f"{start},7,a.py,3,Bad\n{start},,a.py,9,Bad\n"
    valid = checked(
        parsed(written(tmp_path, "f.csv", header + rows), {"table": "findings", "paths": ["f.csv"]}),
        "findings",
    ).valid
    assert valid.select("method", "confidence", "severity", "is_blamable").rows() == [
        ("explicit", "high", "high", True),
        ("unattributed", "none", "high", True),
    ]
    assert valid["finding_id"].n_unique() == 2


def test_scans_and_their_results_hold_their_contracts(tmp_path: Path):
    scans = written(
        tmp_path,
        "s.csv",
        "tool,repository,ref,status,scanned_at\nbandit,acme/pay,refs/pull/7/head,OK,2026-06-01\n",
    )
    results = written(
        tmp_path,
        "r.csv",
        "scan_id,rule,severity,is_security,line,line_text\ns1,B1,low,true,3,exec(x)\ns1,B1,low,true,9,exec(x)\n",
    )
    scan = checked(parsed(scans, {"table": "scans", "paths": ["s.csv"]}), "scans").valid.row(0, named=True)
    assert (scan["stage"], scan["status"], scan["file"]) == ("pre_merge", "ok", "s.csv")
    valid = checked(parsed(results, {"table": "scan_results", "paths": ["r.csv"]}), "scan_results").valid
    assert valid["position"].to_list() == [0, 1]
    assert valid["finding_key"].n_unique() == 2


def test_whether_a_scan_was_ok_is_never_guessed(tmp_path: Path):
    scans = written(tmp_path, "s.csv", "tool,repository\nbandit,acme/pay\n")
    with pytest.raises(RefusedFileError, match="nothing gives status of table scans"):
        parsed(scans, {"table": "scans", "paths": ["s.csv"]})


def test_decisions_in_people_s_words_are_understood(tmp_path: Path):
    rows = "abcdef12,2026-06-01,ann,Won't fix,old\nabcdef12,2026-06-02,ann,False positive,test\n"
    file = written(tmp_path, "d.csv", "finding_id,decided_at,decided_by,disposition,reason\n" + rows)
    valid = checked(parsed(file, {"table": "dispositions", "paths": ["d.csv"]}), "dispositions").valid
    assert valid["disposition"].to_list() == ["wont_fix", "false_positive"]


def test_files_are_found_by_pattern_once_and_without_the_excluded(tmp_path: Path):
    for name in ("a/1.csv", "a/b/2.csv", "a/old/3.csv", "a/4.txt"):
        written(tmp_path, name, REVIEW)
    settings = settings_of(
        reviews_mapping(paths=["a/**/*.csv"], exclude=["a/old/*"]), reviews_mapping(paths=["a/1.csv"])
    )
    assert [file.name for file in TABLES_SOURCE.fetch(settings, tmp_path)] == ["a/1.csv", "a/b/2.csv"]


def test_absolute_patterns_and_patterns_above_the_folder_work(tmp_path: Path):
    written(tmp_path, "export/reviews.csv", REVIEW)
    base = tmp_path / "conf"
    base.mkdir()
    for pattern in (str(tmp_path / "export" / "*.csv"), "../export/*.csv"):
        settings = settings_of(reviews_mapping(paths=[pattern]))
        (file,) = TABLES_SOURCE.fetch(settings, base)
        assert file.name == "../export/reviews.csv"
        assert TABLES_SOURCE.parse(file, settings).frames["reviews"].height == 1


def test_a_change_of_a_file_that_rows_lean_on_makes_them_worth_reading_again(tmp_path: Path):
    settings = settings_of(pulls_mapping(), events_mapping())
    pulls = written(tmp_path, "pulls.csv", PULL)
    written(tmp_path, "events.csv", "one")
    before = TABLES_SOURCE.settings_key(settings, pulls)
    assert TABLES_SOURCE.settings_key(settings, pulls) == before
    written(tmp_path, "events.csv", "two")
    assert TABLES_SOURCE.settings_key(settings, pulls) != before


def test_gzip_needs_no_name(tmp_path: Path):
    result = parsed(written(tmp_path, "reviews.csv", gzip.compress(REVIEW.encode())), reviews_mapping())
    assert result.frames["reviews"].height == 1
