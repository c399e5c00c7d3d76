"""The fast reader against a plain one that makes one row after the other, as the definitions say it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ingest.identity import Sighting, bare_text, finding_id, finding_keys, identity_text, line_text_key
from ingest.redaction import redacted_message
from ingest.sources.base import SourceFile
from ingest.sources.sarif import SARIF, opening
from ingest.sources.sarif.model import Result, bag, text_of
from ingest.sources.sarif.origin import Origin, origin_of, outer_origin
from ingest.sources.sarif.places import places
from ingest.sources.sarif.read import ReadRun, read_runs
from ingest.sources.sarif.results import is_suppressed
from ingest.sources.sarif.rules import rule_book
from ingest.sources.sarif.severity import cwes, is_failure, is_security, is_security_tool, severity
from tests.benchmarks.scan_files import write_scan
from tests.builders_sarif import Row, log, result_frame, run, scans_of
from tests.builders_sarif import settings as sarif_settings

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "real" / "findings" / "sarif"
FILES = sorted(CORPUS.iterdir()) if CORPUS.exists() else []
SECRETS = ("offender", "secret", "match", "Secret", "Match", "email", "author")
CONTENT = (
    "finding_key", "line", "severity", "is_security", "is_blamable", "suppressed", "baseline_state",
    "introduced_by",
)  # fmt: skip
COMPARED = (
    *CONTENT, "scan_id", "position", "rule", "cwe", "path", "message", "text_key", "fingerprint",
    "told_commit", "raw_ref",
)  # fmt: skip


def plain_rows(file: SourceFile, configured: Any) -> list[Row]:
    """Rows of `scan_results`, run by run, without those of runs that repeat another one."""
    outer = outer_origin(file, configured)
    scans = {scan["raw_ref"]: scan for scan in scans_of(SARIF.parse(file, configured))}
    found: list[Row] = []
    for read in read_runs(file):
        ref = f"{file.name}#runs/{read.position}"
        rows = list(_rows(read, outer, configured))
        if ref in scans and scans[ref]["status"] != "unreadable":
            scan_id = plain_scan_id(scans[ref], rows)
            found += [
                {**row, "scan_id": scan_id, "raw_ref": f"{ref}/results/{row['position']}"} for row in rows
            ]
    return found


def plain_scan_id(scan: Row, rows: list[Row]) -> str:
    """Digest of what was told about a scan and of its rows; times as JSON of RFC 3339."""
    is_placed = scan["repository"] is not None and scan["scanned_at"] is not None
    told = [
        value.isoformat() if name == "scanned_at" and value else value
        for name, value in sorted(scan.items())
        if name not in ("file", "raw_ref", "scan_id")
    ]
    content = sorted(_compact([row[name] for name in CONTENT]) for row in rows)
    whole = _compact([told, content, None if is_placed else scan["file"]])
    return sha256(whole.encode()).hexdigest()[:16]


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _rows(read: ReadRun, outer: Origin, configured: Any) -> Iterator[Row]:
    book = rule_book(read.header)
    spots = places(read.header, book.tool, outer.checkout_root)
    is_about_security = is_security_tool(book.tool, configured.sources.sarif.security_tools)
    rows: list[Row] = []
    sightings: list[Sighting] = []
    for position, each in enumerate(read.results or ()):
        if each is None or not is_failure(each):
            continue
        rule, spot = book.find(each), spots.spot(each)
        weaknesses = cwes(each, rule, read.header)
        message = book.message(each, rule)
        hashed = text_of(bag(each.partial_fingerprints).get("primaryLocationLineHash"))
        state = text_of(each.baseline_state)
        rows.append({
            "position": position,
            "rule": book.name(each, rule),
            "cwe": weaknesses,
            "severity": severity(each, rule, read.header),
            "is_security": is_about_security or is_security(each, rule, weaknesses),
            "path": spot.path,
            "line": spot.line,
            "is_blamable": spot.is_blamable,
            "suppressed": is_suppressed(each),
            "baseline_state": state if state in ("new", "unchanged", "updated", "absent") else None,
            "message": redacted_message(message, secrets_of(each)),
            "text_key": text_key(spot.snippet, hashed),
            "fingerprint": fingerprint(each),
            "told_commit": told_commit(each),
        })  # fmt: skip
        text = identity_text(spot.snippet, hashed, message)
        gone = rows[-1]["baseline_state"] == "absent"
        sightings.append(Sighting(rows[-1]["rule"], spot.path, text, spot.line, not gone))
    if len(rows) > 1 and len({row["fingerprint"] for row in rows}) == 1:
        rows = [{**row, "fingerprint": None} for row in rows]
    repository = origin_of(read.header, outer).repository
    for row, key in zip(rows, finding_keys(sightings), strict=True):
        names = [
            finding_id(repository or "", key),
            key,
            f"{row['path']}:{row['line']}",
            row["path"],
            row["rule"],
        ]
        told = outer.introduced_by
        named = next((told[name] for name in names if name in told), None) if isinstance(told, dict) else told
        yield {**row, "finding_key": key, "introduced_by": named}


def text_key(snippet: str | None, hashed: str | None) -> str | None:
    is_real = bare_text(snippet or "") != "requireslogin"
    return line_text_key(identity_text(snippet if is_real else None, hashed, None))


def fingerprint(each: Result) -> str | None:
    for told in (bag(each.fingerprints), bag(each.partial_fingerprints)):
        for name in sorted(set(told) - {"author", "commitMessage", "commitSha", "date", "email"}):
            value = told[name]
            text = value.strip() if isinstance(value, str) else "" if value is None else _compact(value)
            if text:
                return sha256(text.encode()).hexdigest()[:16]
    return None


def told_commit(each: Result) -> str | None:
    names = ("commit", "Commit", "commitSha")
    told = [bag(part).get(name) for part in (each.properties, each.partial_fingerprints) for name in names]
    return next(
        (text for text in told if isinstance(text, str) and re.fullmatch("[0-9a-f]{7,64}", text)), None
    )


def secrets_of(each: Result) -> list[str]:
    told = (text_of(bag(each.properties).get(name)) for name in SECRETS)
    return [secret for secret in told if secret]


def assert_same_rows(file: SourceFile, small_bytes: int = opening.SMALL_BYTES) -> None:
    """Compare both readers; a file of more than that many bytes is read again for its rows."""
    configured = sarif_settings()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "SMALL_BYTES", small_bytes)
        read = result_frame(SARIF.parse(file, configured)).select(COMPARED)
    plain = pl.DataFrame(plain_rows(file, configured), schema=read.schema, orient="row")
    assert_frame_equal(read.sort("raw_ref"), plain.unique("raw_ref").sort("raw_ref"))


@pytest.mark.skipif(not FILES, reason="the real files are not beside this checkout")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_file_gives_the_rows_that_the_definitions_give(path: Path):
    parsed = SARIF.parse(SourceFile(path, path.name), sarif_settings())
    if {scan["status"] for scan in scans_of(parsed)} != {"unreadable"}:
        assert_same_rows(SourceFile(path, path.name))


@pytest.mark.parametrize("small_bytes", [opening.SMALL_BYTES, 10], ids=["kept", "read again"])
def test_generated_scan_gives_the_rows_that_the_definitions_give(tmp_path: Path, small_bytes: int):
    path = tmp_path / "a.sarif"
    write_scan(path, 600_000)
    assert_same_rows(SourceFile(path, path.name), small_bytes)


TEXTS = st.sampled_from(["", " ", "call(x)", " call( x )", "é = 1", "requires login", "tab\there", "x" * 300])
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, 1.0, -3, 2.5, "1", 10**30, [], {}, ["x"]]
)
PLACES = st.fixed_dictionaries(
    {},
    optional={
        "uri": st.sampled_from(
            ["a.py", "b/../a.py", "file:///src/a.py", "pom.xml", "img:1", "", "b%20c.py", 7]
        ),
        "uriBaseId": st.sampled_from(["ROOT", "OUT", "NONE", 3]),
        "index": st.sampled_from([0, 1, 9, "1", True, -1]),
    },
)
LOCATIONS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "physicalLocation": st.fixed_dictionaries(
                {},
                optional={
                    "artifactLocation": PLACES,
                    "region": st.fixed_dictionaries(
                        {},
                        optional={
                            "startLine": st.integers(1, 4) | ODD,
                            "snippet": st.fixed_dictionaries({}, optional={"text": TEXTS | ODD}),
                        },
                    ),
                },
            )
        },
    ),
    max_size=2,
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(
            ["bad call", "", " ", "password: 'hunter2'", "by jo@example.org", "é", "two\nlines", "w " * 150]
        )
        | ODD,
        "id": st.sampled_from(["known", "unknown", 3]),
        "arguments": st.sampled_from([["x"], [], "x", None]),
        "markdown": st.sampled_from(["*bad*", None]),
    },
)
BAGS = st.dictionaries(
    st.sampled_from(
        [
            "security-severity",
            "tags",
            "cwe",
            "issue_severity",
            "severity",
            "offender",
            "email",
            "commit",
            "a",
            "b",
        ]
    ),
    st.sampled_from(
        ["9.8", 7.5, True, 1, "HIGH", ["CWE-79", "security"], [79], "hunter2", "abcdef1234", None]
    ),
    max_size=9,
)
FINGERPRINTS = st.dictionaries(
    st.sampled_from(["primaryLocationLineHash", "hash/v1", "author", "commitSha", "email"]),
    st.sampled_from(["39fa2ee980eb94b0:1", "39fa2ee980eb94b0:2", "abcdef1234", "", {"value": "x"}, None, 7]),
    max_size=3,
)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["B1", "B1/sub", "X"]),
        "index": st.sampled_from([0, 1, True, "1", 9]),
        "toolComponent": st.sampled_from([{"index": 0}, {"name": "x"}]),
    },
)
RESULTS = st.fixed_dictionaries(
    {},
    optional={
        "ruleId": st.sampled_from(["B1", "B2", "B2/sub", " ", 1, True]),
        "ruleIndex": st.sampled_from([0, 1, True, 1.0, "0", 9, []]),
        "rule": RULES,
        "kind": st.sampled_from(["fail", "pass", "", 3]),
        "level": st.sampled_from(["error", "note", "none", "loud", 1, True]),
        "message": MESSAGES,
        "locations": LOCATIONS,
        "fingerprints": FINGERPRINTS | ODD,
        "partialFingerprints": FINGERPRINTS | ODD,
        "suppressions": st.lists(
            st.sampled_from([{}, {"status": "accepted"}, {"status": "rejected"}]), max_size=2
        ),
        "baselineState": st.sampled_from(["new", "absent", "existing", 7]),
        "taxa": st.lists(st.sampled_from([{"id": "CWE-22"}, {"index": 0}]), max_size=2),
        "provenance": st.sampled_from([{"invocationIndex": 0}, {"invocationIndex": True}, {}]),
        "properties": BAGS | ODD,
    },
)
TOOL = {
    "driver": {
        "name": "Probe",
        "version": "1.0",
        "rules": [
            {
                "id": "B1",
                "messageStrings": {"known": {"text": "told {0}"}},
                "properties": {"tags": ["CWE-89"]},
            },
            {"id": "B2", "defaultConfiguration": {"level": "note"}},
        ],
    },
    "extensions": [{"name": "pack", "version": "2", "rules": [{"id": "E1", "properties": {"cwe": 22}}]}],
}
TABLES = {
    "tool": TOOL,
    "artifacts": [{"location": {"uri": "first.py"}}, {"location": {"uri": "second.py", "uriBaseId": "ROOT"}}],
    "originalUriBaseIds": {"ROOT": {"uri": "file:///src/"}, "OUT": {"uri": "sub/"}},
}


@settings(deadline=None, max_examples=120)
@given(found=st.lists(RESULTS | st.none(), max_size=6), is_big=st.booleans())
def test_any_results_give_the_rows_that_the_definitions_give(
    tmp_path_factory: pytest.TempPathFactory, found: list[Any], *, is_big: bool
):
    path = tmp_path_factory.mktemp("scan") / "a.sarif"
    path.write_bytes(log(run(found, **TABLES)))
    assert_same_rows(SourceFile(path, "a.sarif"), 10 if is_big else opening.SMALL_BYTES)
