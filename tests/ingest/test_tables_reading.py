"""Files that are damaged, cut, or something else: what is refused, what is lost, and what is said."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import RefusedFileError, SourceError
from ingest.settings import TableSettings
from ingest.sources.base import SourceFile
from ingest.sources.tables.delimited import read_delimited
from ingest.sources.tables.json_lines import read_json_lines
from ingest.sources.tables.reading import ROW, read_rows
from tests.builders_tables import REVIEWS_CSV, parsed, reviews_mapping, written

PLAIN = TableSettings(table="reviews", paths=["*"])
ROWS = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1, max_size=8
)


def _parquet() -> bytes:
    stream = io.BytesIO()
    ROWS.write_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,x\n2,\n",
        b"\xef\xbb\xbfa;b\r\n1;x\r\n2;\r\n",
        b'a\tb\n1\t"x"\n2\t\n',
        "a|b\n1|x\n2|\n".encode("utf-16"),
        b'{"a":"1","b":"x"}\n{"a":"2","b":null}\n',
        b'\xef\xbb\xbf{"a":"1","b":"x"}\n\n{"a":"2"}\n',
        gzip.compress(b'{"a":"1","b":"x"}\n{"a":"2"}', mtime=0),
    ],
)
def test_the_same_rows_come_from_every_way_of_writing_them(tmp_path: Path, content: bytes):
    rows = read_rows(written(tmp_path, "rows", content), PLAIN).frame
    assert rows.drop(ROW).rows() == [("1", "x"), ("2", None)]


def test_parquet_is_known_by_its_content(tmp_path: Path):
    rows = read_rows(written(tmp_path, "part-0000", _parquet()), PLAIN).frame
    assert rows.rows() == [(1, 1, "x"), (2, 2, None)]


def test_texts_and_floats_that_mean_unknown_become_null(tmp_path: Path):
    frame = pl.DataFrame({"a": ["N/A", "x"], "b": [float("nan"), 1.0]})
    mapping = TableSettings(table="reviews", paths=["*"], null_values=["N/A"])
    rows = read_rows(written(tmp_path, "f.parquet", frame), mapping).frame
    assert rows.drop(ROW).rows() == [(None, None), ("x", 1.0)]


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (_parquet()[:-20], "cut or damaged"),
        (_parquet()[:40], "cut or damaged"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-6], "gzip file is cut"),
        (b"PK\x03\x04" + b"\0" * 40, "a spreadsheet"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"\x00\x01\x02\x03 binary", "binary data"),
        (b"<html><body>Sign in</body></html>", "HTML or XML"),
        (b"a,b\n1,2\n3\n", "Expected 2 columns, got 1"),
        (b"a,b\n1,2,3\n", "Expected 2 columns, got 3"),
        (b'a,b\n1,"cut here', "ends inside a quotation"),
        (b"a,a\n1,2\n", "'a' stands there twice"),
        (b"a,b\n1,\xe9\n", "line 2 is no UTF-8 text"),
        (b',\n1,"x"\n', "its first line is blank"),
        (b'[{"a":1}]', "it is a JSON list"),
        (b'{\n  "a": 1\n}\n', "spread over several lines"),
        (b'{"a":1', "its only line is cut"),
    ],
)
def test_a_file_that_cannot_be_read_whole_is_refused_with_what_was_seen(
    tmp_path: Path, content: bytes, seen: str
):
    with pytest.raises(RefusedFileError) as refusal:
        read_rows(written(tmp_path, "export.dat", content), PLAIN)
    message = str(refusal.value)
    assert message.startswith("export.dat: ")
    assert seen in message
    assert "expected" in message


def test_a_file_that_is_gone_is_a_source_error(tmp_path: Path):
    with pytest.raises(SourceError, match=r"gone\.csv: cannot be read"):
        read_rows(SourceFile(tmp_path / "gone.csv", "gone.csv"), PLAIN)


def test_an_inch_sign_is_no_open_quotation():
    assert read_delimited(b'a,b\n1,12" screen\n', "f").rows() == [("1", '12" screen')]


def test_a_cut_last_line_of_json_loses_only_itself(tmp_path: Path):
    row = {
        "repository": "acme/pay",
        "number": 7,
        "review_id": "r1",
        "state": "APPROVED",
        "submitted_at": "2026-06-01",
    }
    line = json.dumps(row)
    result = parsed(written(tmp_path, "reviews.csv", f"{line}\n{line[:50]}"), reviews_mapping())
    assert result.frames["reviews"].height == 1
    assert result.left_out == {"reviews: last line is cut": 1}


def test_a_broken_line_in_between_becomes_a_row_that_its_contract_will_refuse():
    frame, cut_lines = read_json_lines(b'{"a":1}\n{broken\n{"a":3}\n', "f")
    assert frame.rows() == [(1, None), (None, "{broken"), (3, None)]
    assert cut_lines == 0


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ([1, "x"], ["1", "x"]),
        ([1, True], ["1", "true"]),
        ([{"x": 1}, [1]], ['{"x":1}', "[1]"]),
    ],
)
def test_values_of_mixed_types_stay_recognisable(values: list[Any], read: list[str]):
    lines = "\n".join(json.dumps({"a": value}) for value in values)
    frame, _ = read_json_lines(lines.encode(), "f")
    assert frame["a"].to_list() == read


def test_a_mapped_column_that_is_missing_refuses_the_file_and_proposes_another(tmp_path: Path):
    file = written(tmp_path, "reviews.csv", REVIEWS_CSV + "acme/pay,7,r1,joe,APPROVED,2026-06-01\n")
    with pytest.raises(RefusedFileError) as refusal:
        parsed(file, reviews_mapping(rename={"reviewer": "reviewer_login"}))
    message = str(refusal.value)
    assert "no column 'reviewer_login' (did you mean reviewer" in message
    assert "rename.reviewer names it" in message
    assert "Columns seen: repository, number" in message


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"rename": {"reviewr": "reviewer"}}, r"no column 'reviewr' \(did you mean reviewer"),
        ({"derive": {"state": {"column": "stat", "values": {}}}}, "derive.state names it"),
        ({"derive": {"state": {"column": "state", "pattern": "("}}}, "cannot be used"),
        ({"derive": {"review_id": {"hash_of": ["nope"]}}}, "derive.review_id names it"),
        (
            {"join": [{"path": "no.csv", "on": "number", "parent_on": "id", "take": {}}]},
            r"no\.csv is not there",
        ),
        (
            {"join": [{"path": "reviews.csv", "on": "nope", "parent_on": "number", "take": {}}]},
            "join.on names it",
        ),
        (
            {"join": [{"path": "reviews.csv", "on": "number", "parent_on": "nope", "take": {}}]},
            "join.parent_on names it",
        ),
        ({"table": "reviws"}, "did you mean reviews or review_events"),
        ({"table": "ingest_runs"}, "names the table 'ingest_runs'"),
        ({"table": "pull_requests", "rename": {"authorship": "state"}}, "judged from all tables"),
        ({"table": "dispositions"}, "nothing gives finding_id, decided_at, decided_by, disposition"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_the_remedy(
    tmp_path: Path, changes: dict[str, Any], seen: str
):
    file = written(tmp_path, "reviews.csv", REVIEWS_CSV + "acme/pay,7,r1,joe,APPROVED,2026-06-01\n")
    with pytest.raises(RefusedFileError, match=seen):
        parsed(file, reviews_mapping(**changes))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_quoted_cells_come_back_as_they_were(cells: list[tuple[str, str]]):
    frame = pl.DataFrame(cells, schema=["a", "b"], orient="row")
    content = frame.write_csv(quote_style="always").encode()
    assert read_delimited(content, "f").rows() == cells


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abc"), st.none() | st.booleans() | st.integers(-9, 9) | CELLS),
        max_size=6,
    )
)
def test_no_line_of_json_is_lost_whatever_types_it_mixes(rows: list[dict[str, Any]]):
    lines = "\n".join([json.dumps({"id": 1}), *(json.dumps(row) for row in rows)])
    frame, cut_lines = read_json_lines(lines.encode(), "f")
    assert (frame.height, cut_lines) == (len(rows) + 1, 0)
    for name in set(frame.columns) - {"id"}:
        assert frame[name].null_count() == 1 + sum(row.get(name) is None for row in rows)
