"""Real transcripts of Claude Code, signal by signal, against what was worked out for them by other means."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ingest.sources.approvals.claude_transcripts import CLAUDE_TRANSCRIPTS
from tests.ingest.approvals.reading import SHARED, Reading, context, read

EXPECTED = SHARED / "decisions_expected.csv"
FILES = sorted((SHARED / "claude_code").glob("*.jsonl"))
MODES = {"default": "default", "acceptEdits": "accept_edits", "plan": "plan", "auto": "auto", "": None}
SOURCES = {"transcript: user rejected": "human", "transcript: deny rule": "policy"}  # others: nobody is named
# Calls that the expected rows leave out: those at the end of a recording, without a result; and the result
# of a call that stands in an earlier transcript.
LEFT_OUT = {"entire_062a8bdd.jsonl": (1, 0), "entire_60b38d1e.jsonl": (1, 1)}

pytestmark = pytest.mark.skipif(not FILES, reason="the corpus of real logs is not here")


@cache
def reading(path: Path) -> Reading:
    return read(CLAUDE_TRANSCRIPTS, path.read_bytes().splitlines(), context(path.name))


@cache
def expected() -> dict[str, list[dict[str, str]]]:
    with EXPECTED.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {path.name: [row for row in rows if Path(row["file"]).name == path.name] for path in FILES}


def by_call(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    return {row["call_id"]: row for row in reading(path).of(kind)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_file_is_known_and_holds_the_contract(path: Path) -> None:
    assert CLAUDE_TRANSCRIPTS.recognises(path.read_bytes()[:65536], path.name)
    assert not reading(path).broken()
    assert not reading(path).of("unreadable")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_expected_call_is_told_with_size_mode_and_moment(path: Path) -> None:
    calls = by_call(path, "called")
    for row in expected()[path.name]:
        call = calls[row["call_id"]]
        assert (call["tool_name"], call["content_chars"]) == (row["tool_name"], int(row["content_chars"]))
        assert call["mode"] == MODES[row["mode"]]
        assert call["at"].timestamp() == pytest.approx(float(row["shown_at"]), abs=0.001)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_expected_result_is_told_with_its_decision_and_wait(path: Path) -> None:
    calls, ends = by_call(path, "called"), by_call(path, "ended")
    for row in expected()[path.name]:
        end = ends[row["call_id"]]
        assert (end["decision"], end["actor"]) == (row["decision"], SOURCES.get(row["source_raw"]))
        gap = (end["at"] - calls[row["call_id"]]["at"]).total_seconds()
        assert row["latency_s"] == "" or gap == pytest.approx(float(row["latency_s"]), abs=0.3)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_told_beyond_what_is_expected(path: Path) -> None:
    known = {row["call_id"] for row in expected()[path.name]}
    more = (len(set(by_call(path, "called")) - known), len(set(by_call(path, "ended")) - known))
    assert more == LEFT_OUT.get(path.name, (0, 0))


def test_twenty_three_rejections_of_people_and_two_of_rules_are_found() -> None:
    given = {row["call_id"] for rows in expected().values() for row in rows}
    ends = [end for path in FILES for end in reading(path).of("ended") if end["call_id"] in given]
    found = Counter(end["actor"] for end in ends if end["decision"] == "reject")
    assert found == {"human": 23, "policy": 2}
