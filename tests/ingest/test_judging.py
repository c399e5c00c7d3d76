from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts import PULL_REQUESTS
from ingest.contracts.common import FILE_CLASSES
from ingest.judging import judge_pull_requests
from ingest.marking import with_marks
from ingest.settings import AuthorshipOverride, AuthorshipSettings, IngestSettings
from tests.builders_github import REPOSITORY, commits, made, pull, pulls

SCHEMA = {
    "repository": pl.String, "number": pl.Int64, "path": pl.String, "additions": pl.Int64,
    "file_class": pl.String, "sensitive_area": pl.String,
}  # fmt: skip


def file(number: int, path: str, additions: int | None = 10, **fields: str | None) -> dict[str, Any]:
    told = {"repository": REPOSITORY, "number": number, "path": path, "additions": additions}
    return told | {"file_class": "code", "sensitive_area": None} | fields


def judged(change: dict[str, Any], *files: dict[str, Any]) -> dict[str, Any]:
    frame = pl.DataFrame(list(files), schema=SCHEMA)
    return judge_pull_requests(pulls(change), frame, commits(), IngestSettings()).row(0, named=True)


def sizes(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["code_additions"], row["relevant_file_count"], row["sensitive_areas"]


def test_the_result_is_the_key_and_every_derived_column_but_what_a_live_source_sees():
    found = judge_pull_requests(pulls(pull(1)), pl.DataFrame(schema=SCHEMA), commits(), IngestSettings())

    derived = [name for name in PULL_REQUESTS.derived if name != "gone_at"]
    assert found.columns == [*PULL_REQUESTS.key, *derived]
    assert all(found.schema[name] == PULL_REQUESTS.polars_schema[name] for name in found.columns)


def test_lines_count_in_code_only_and_files_unless_a_machine_wrote_them():
    row = judged(
        pull(1, changed_file_count=5),
        file(1, "a.py", 7),
        file(1, "login.py", 3, sensitive_area="identity"),
        file(1, "a_test.py", 20, file_class="test"),
        file(1, "a.pb.go", 500, file_class="generated"),
        file(1, "a.min.js", 1, file_class="minified"),
    )

    assert sizes(row) == (10, 3, ["identity"])


def test_areas_are_named_once_and_in_order():
    areas = ("network", "identity", "network")
    files = [file(1, f"{place}.py", sensitive_area=area) for place, area in enumerate(areas)]

    assert judged(pull(1, changed_file_count=3), *files)["sensitive_areas"] == ["identity", "network"]


@pytest.mark.parametrize(
    "change",
    [
        pull(1, changed_file_count=2, cut_lists=["changed_files"]),
        pull(1, changed_file_count=2),
        pull(1, changed_file_count=None, cut_lists=["changed_files"]),
    ],
    ids=["told to be cut", "fewer files than changed", "cut without a count"],
)
def test_a_list_of_files_that_was_cut_leaves_sizes_unknown_and_keeps_what_was_seen(change: dict[str, Any]):
    assert sizes(judged(change, file(1, "a.py", sensitive_area="secrets"))) == (None, None, ["secrets"])


@pytest.mark.parametrize("count", [None, 3])
def test_without_any_file_sizes_are_unknown(count: int | None):
    assert sizes(judged(pull(1, changed_file_count=count))) == (None, None, [])


def test_a_change_that_is_known_to_touch_nothing_has_known_zeros():
    assert sizes(judged(pull(1, changed_file_count=0))) == (0, 0, [])


def test_a_change_to_machine_written_files_only_has_no_relevant_file():
    assert sizes(judged(pull(1), file(1, "a.pb.go", file_class="generated"))) == (0, 0, [])


def test_a_mark_takes_lines_away_and_neither_a_change_out_of_scope_nor_a_sensitive_area():
    files = pl.LazyFrame([file(1, "login.py", 9, sensitive_area="identity")], schema=SCHEMA)
    marks = pl.LazyFrame({"repository": [REPOSITORY], "path": ["login.py"], "file_class": ["generated"]})
    row = judge_pull_requests(pulls(pull(1)), with_marks(files, marks), commits(), IngestSettings())

    assert sizes(row.row(0, named=True)) == (0, 1, ["identity"])


def test_a_mark_brings_no_machine_written_file_into_scope():
    files = pl.LazyFrame([file(1, "dist/a.py", 9, file_class="generated")], schema=SCHEMA)
    marks = pl.LazyFrame({"repository": [REPOSITORY], "path": ["dist/a.py"], "file_class": ["code"]})
    row = judge_pull_requests(pulls(pull(1)), with_marks(files, marks), commits(), IngestSettings())

    assert sizes(row.row(0, named=True)) == (9, 0, [])


def test_a_code_file_of_unknown_size_makes_the_sum_unknown_and_another_file_does_not():
    two = pull(1, changed_file_count=2)

    assert sizes(judged(two, file(1, "a.py", None), file(1, "b.py")))[0] is None
    assert sizes(judged(two, file(1, "a.md", None, file_class="docs"), file(1, "b.py")))[0] == 10


def test_files_of_another_change_do_not_count():
    assert sizes(judged(pull(1), file(1, "a.py", 4), file(2, "b.py", 9))) == (4, 1, [])


def test_authorship_is_judged_from_commits_and_settings():
    corrections = AuthorshipSettings(override=[AuthorshipOverride(number=2, authorship="automation")])
    message = "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    found = judge_pull_requests(
        pulls(pull(1), pull(2)).lazy(),
        pl.LazyFrame(schema=SCHEMA),
        commits(made(1, "a" * 40, message)).lazy(),
        IngestSettings(authorship=corrections),
    )

    assert found["authorship"].to_list() == ["agent", "automation"]
    assert found["agent"].to_list() == ["claude-code", None]


FILES = st.lists(st.tuples(st.sampled_from(FILE_CLASSES), st.integers(0, 99)), max_size=6)


@given(files=FILES)
@settings(max_examples=60, deadline=None)
def test_sizes_of_a_complete_list_are_sums_over_its_files(files: list[tuple[str, int]]):
    rows = [file(1, f"{place}", lines, file_class=kind) for place, (kind, lines) in enumerate(files)]
    code_additions, relevant, _ = sizes(judged(pull(1, changed_file_count=len(files)), *rows))

    assert code_additions == sum(lines for kind, lines in files if kind == "code")
    assert relevant == sum(kind not in ("generated", "minified") for kind, _ in files)
