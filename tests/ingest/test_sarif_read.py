from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import ijson
import pytest

from ingest.errors import SourceError
from ingest.sources.sarif import opening, streaming
from tests.builders_sarif import location, log, parse, result, result_frame, results_of, run, scans_of

TWO = log(run([result(), result(ruleId="B2")]))
BANNER = b"   ___ scanner 1.0 ___\n { / _` }\nresults:\n"


@pytest.fixture(params=["at once", "streamed"])
def reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Both ways to read: all at once, and result by result as for files above 100 MB."""
    if request.param == "streamed":
        monkeypatch.setattr(opening, "SMALL_BYTES", 10)
    return request.param


@pytest.mark.parametrize(
    "content",
    [
        TWO,
        b"\xef\xbb\xbf" + TWO,
        ("\ufeff" + TWO.decode()).encode("utf-16-le"),
        ("\ufeff" + TWO.decode()).encode("utf-16-be"),
        TWO.decode().encode("utf-16-le"),
        ("\ufeff" + TWO.decode()).encode("utf-32-le"),
        gzip.compress(TWO, mtime=0),
        base64.b64encode(gzip.compress(TWO, mtime=0)),
        gzip.compress(b"\xef\xbb\xbf" + TWO, mtime=0),
        BANNER + TWO,
    ],
    ids=["plain", "bom", "utf16le", "utf16be", "utf16 bare", "utf32", "gzip", "base64", "gzip bom", "banner"],
)
@pytest.mark.usefixtures("reading")
def test_wrapped_file_gives_the_same_two_results(tmp_path: Path, content: Any):
    parsed = parse(tmp_path, content)
    assert [row["rule"] for row in results_of(parsed)] == ["B1", "B2"]
    assert scans_of(parsed)[0]["status"] == "ok"


def test_both_ways_of_reading_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    runs = [
        run([result(locations=[location(line=line)]) for line in (1, 2.0)], artifacts=[]),
        run(None),
        run([result(kind="pass"), 42]),
    ]
    at_once = parse(tmp_path, log(*runs))
    monkeypatch.setattr(opening, "SMALL_BYTES", 10)
    streamed = parse(tmp_path, log(*runs))
    assert streamed.frames["scans"].equals(at_once.frames["scans"])
    assert result_frame(streamed).equals(result_frame(at_once))


@pytest.mark.usefixtures("reading")
def test_tool_that_stands_after_the_results_still_names_them(tmp_path: Path):
    late = run([result(ruleId=None, ruleIndex=0)])
    tool = {"driver": {"name": "Late", "rules": [{"id": "L1"}]}}
    reordered = {
        "results": late["results"],
        **{k: v for k, v in late.items() if k not in ("results", "tool")},
    }
    content = json.dumps({"runs": [{**reordered, "tool": tool}], "version": "2.1.0"}).encode()
    parsed = parse(tmp_path, content)
    assert (scans_of(parsed)[0]["tool"], results_of(parsed)[0]["rule"]) == ("Late", "L1")


@pytest.mark.usefixtures("reading")
def test_cut_file_gives_the_findings_before_the_cut_as_a_partial_scan(tmp_path: Path):
    content = log(run([result(ruleId=f"B{number}") for number in range(50)]))
    cut = content[: content.index(b'"B30"')]
    parsed = parse(tmp_path, cut)
    (scan,) = scans_of(parsed)
    assert (scan["status"], scan["result_count"]) == ("partial", 30)
    assert [row["rule"] for row in results_of(parsed)] == [f"B{number}" for number in range(30)]


def test_cut_gzip_gives_the_findings_before_the_cut(tmp_path: Path):
    noise = [result(ruleId=f"B{number}", guid=f"{number * 7919:x}") for number in range(20_000)]
    packed = gzip.compress(log(run(noise)))
    (scan,) = scans_of(parse(tmp_path, packed[: len(packed) * 3 // 4]))
    assert scan["status"] == "partial"
    assert 0 < scan["result_count"] < 20_000


@pytest.mark.usefixtures("reading")
def test_cut_between_two_runs_is_told_by_a_scan_of_its_own(tmp_path: Path):
    content = log(run([result()]), run([result(ruleId="B2")]))
    cut = content[: content.index(b"}, {", content.index(b'"results"')) + 1]
    scans = scans_of(parse(tmp_path, cut))
    assert [scan["status"] for scan in scans] == ["ok", "unreadable"]
    assert "ends early" in scans[1]["status_reason"]


@pytest.mark.usefixtures("reading")
def test_run_before_the_cut_is_whole(tmp_path: Path):
    content = log(run([result()]), run([result(ruleId="B2"), result(ruleId="B3")]))
    scans = scans_of(parse(tmp_path, content[: content.index(b'"B3"')]))
    assert [(scan["status"], scan["result_count"]) for scan in scans] == [("ok", 1), ("partial", 1)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"scanner crashed", "no SARIF found"),
        (b"[1, 2]", "not the shape of a SARIF log"),
        (b'{"version": "2.1.0"}', "no run in it"),
        (b'{"version": "2.1.0", "runs": []}', "no run in it"),
        (b'{"version": "2.1.0", "runs": 42}', "not the shape of a SARIF log"),
        (log(run(), version="2.0.0"), "SARIF 2.0.0 is not supported"),
        (b'{"runs": [{}]}', "without a version"),
        (gzip.compress(b"nothing", mtime=0), "no SARIF found"),
        (b"\x1f\x8b not gzip", "empty"),
        (b"H4sIA", "gzip in base64 but is damaged"),
    ],
)
def test_unreadable_file_is_a_scan_that_says_why(tmp_path: Path, content: Any, words: str):
    parsed = parse(tmp_path, content)
    (scan,) = scans_of(parsed)
    assert (scan["status"], scan["result_count"], scan["file"]) == ("unreadable", None, "scans/a.sarif")
    assert words in scan["status_reason"]
    assert results_of(parsed) == []


def test_version_may_be_told_by_the_schema_alone(tmp_path: Path):
    content = json.dumps({"$schema": "https://x.example/sarif-schema-2.1.0.json", "runs": [run()]}).encode()
    assert scans_of(parse(tmp_path, content))[0]["status"] == "ok"


def test_control_characters_bad_bytes_and_trailing_text_do_no_harm(tmp_path: Path):
    content = log(run([result(message={"text": "MARK"})])).replace(b"MARK", b"a\x01b\xff c") + b"\nbye"
    parsed = parse(tmp_path, content)
    assert scans_of(parsed)[0]["status"] == "ok"
    assert results_of(parsed)[0]["message"] == "a\x01b\ufffd c"


@pytest.mark.usefixtures("reading")
def test_half_of_a_surrogate_pair_in_a_message_can_be_stored(tmp_path: Path):
    content = log(run([result(message={"text": "MARK"})])).replace(b"MARK", rb"bad \ud800 text")
    parsed = parse(tmp_path, content)
    assert len(results_of(parsed)) + (scans_of(parsed)[0]["status"] != "ok") >= 1


@pytest.mark.usefixtures("reading")
def test_one_result_of_a_wrong_shape_spoils_only_itself(tmp_path: Path):
    parsed = parse(tmp_path, log(run([result(), {"locations": "here"}, result(ruleId="B2")])))
    (scan,) = scans_of(parsed)
    assert (scan["status"], scan["result_count"]) == ("partial", 3)
    assert scan["status_reason"] == "1 of 3 results cannot be read"
    assert [row["position"] for row in results_of(parsed)] == [0, 2]


def test_one_run_of_a_wrong_shape_spoils_only_itself(tmp_path: Path):
    scans = scans_of(parse(tmp_path, log(run(tool=7), run([result()]))))
    assert [scan["status"] for scan in scans] == ["unreadable", "ok"]
    assert "`$.tool`" in scans[0]["status_reason"]


def test_missing_c_backend_is_an_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    def refuse(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr(ijson, "get_backend", refuse)
    with pytest.raises(SourceError, match="install ijson from a wheel"):
        streaming.c_backend()
