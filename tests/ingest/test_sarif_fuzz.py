"""Damaged files of every kind: none stops the reader, none hangs it, and none reads as clean."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.checking import check
from ingest.contracts import BY_NAME
from ingest.sources.base import Parsed
from ingest.sources.sarif import opening
from tests.builders_sarif import location, log, parse, result, results_of, run, scans_of

SECONDS = float(os.environ.get("PILOT_FUZZ_SECONDS", "420"))  # of the deep test
PATIENCE_SECONDS = 60  # no file of these sizes takes a hundredth of it
QUICK_COUNT = 200
REAL = Path(__file__).parents[2] / ".." / "shared" / "real" / "findings" / "sarif"
REAL_BYTES = 300_000
EMPTY_LIST = re.compile(rb'"results"\s*:\s*\[\s*\]')
MANY = [result(ruleId=f"B{at}", locations=[location(line=at + 1, text=f"call({at})")]) for at in range(40)]
RULES = {"driver": {"name": "Probe", "version": "1.0", "rules": [{"id": "B1"}, {"id": "B2"}]}}
SEEDS = (
    log(run([result()])),
    log(run([result(), result(ruleId="B2")]), run([result(level="note")])),
    log(run(MANY, tool=RULES)),
    json.dumps({"runs": [{**run(MANY[:3]), "tool": RULES}], "version": "2.1.0"}, indent=2).encode(),
    log(run([result(message={"text": "é “quoted” \U0001f40d"})])),
    log(run([result(rule={"index": 1}, ruleId=None, properties={"results": [1, {"results": []}]})])),
    log(run([result(fingerprints={"a": "x"}, suppressions=[{"status": "accepted"}], baselineState="new")])),
)
WRAPPINGS: tuple[Callable[[bytes], bytes], ...] = (
    lambda content: content,
    lambda content: b"\xef\xbb\xbf" + content,
    lambda content: ("\ufeff" + content.decode("utf-8", "replace")).encode("utf-16-le"),
    lambda content: gzip.compress(content, mtime=0),
    lambda content: base64.b64encode(gzip.compress(content, mtime=0)),
    lambda content: b"scanner 1.0 says:\n" + content,
)
PIECES = (
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\0", b"\xff", b"\xed\xa0\x80", rb"\ud800", b"NaN",
    b"-Infinity", b"1e999", b"9" * 400, b"9" * 5_000, b"-0", b"null", b"true", b'"results":[]',
    b'"results":[{}],', b'"runs":[', b'"version":"2.0.0",', b'"kind":"pass",', b"[" * 3_000, b'{"a":' * 3_000,
    b'"ruleIndex":1e308,', b'"startLine":123456789012345678901234567890,', b"\xef\xbb\xbf", b"\n", b" " * 999,
)  # fmt: skip


def cut(content: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def cut_out(content: bytes, chance: Random) -> bytes:
    start, size = chance.randrange(len(content) + 1), chance.choice((1, 2, 10, 100, 1_000))
    return content[:start] + content[start + size :]


def flip(content: bytes, chance: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def insert(content: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(PIECES) + content[at:]


def insert_between(content: bytes, chance: Random) -> bytes:
    """Put a piece where a value or a key stands, which reaches further into the reader."""
    places = [found.end() for found in re.finditer(rb"[\[{:,]", content)] or [0]
    at = chance.choice(places)
    return content[:at] + chance.choice(PIECES) + content[at:]


def repeat(content: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    piece = content[start : start + chance.choice((5, 50, 500))]
    return content[:start] + piece + content[start:]


def replace_value(content: bytes, chance: Random) -> bytes:
    found = list(re.finditer(rb'"[^"\\]{0,40}"|\d+|true|null', content))
    if not found:
        return content
    each = chance.choice(found)
    return content[: each.start()] + chance.choice(PIECES) + content[each.end() :]


MUTATIONS = (cut, cut_out, flip, insert, insert_between, repeat, replace_value)


@contextmanager
def patience(seconds: int = PATIENCE_SECONDS) -> Iterator[None]:
    """A reader that hangs is stopped, and fails."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def damaged(content: bytes, chance: Random) -> bytes:
    """The content with a few damages, perhaps wrapped, and perhaps damaged once more."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        content = chance.choice(MUTATIONS)(content, chance)
    wrapped = chance.choice(WRAPPINGS)(content) if chance.random() < 0.3 else content
    return chance.choice(MUTATIONS)(wrapped, chance) if chance.random() < 0.2 else wrapped


def stamped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(source=pl.lit("sarif"), ingested_at=pl.lit(datetime(2026, 6, 1, tzinfo=UTC)))


def assert_honest(content: bytes, folder: Path) -> None:
    """Read it, in both ways; what was read holds its contracts and is not silently nothing."""
    for small_bytes in (opening.SMALL_BYTES, 10):
        with pytest.MonkeyPatch.context() as patch, patience():
            patch.setattr(opening, "SMALL_BYTES", small_bytes)
            parsed = parse(folder, content)
            assert_told(parsed, content)


def assert_told(parsed: Parsed, content: bytes) -> None:
    scans, rows = scans_of(parsed), results_of(parsed)
    assert scans
    assert all(scan["status_reason"] for scan in scans if scan["status"] != "ok")
    assert len({(row["scan_id"], row["finding_key"]) for row in rows}) == len(rows)
    for name, frame in parsed.frames.items():
        if frame.height:
            assert check(stamped(frame), BY_NAME[name]).rejected.is_empty()
    is_silent = not any(scan["result_count"] for scan in scans) and {scan["status"] for scan in scans} == {
        "ok"
    }
    assert not is_silent or says_nothing(content)


def says_nothing(content: bytes) -> bool:
    """Whether an empty list of results really stands in the file."""
    return any(EMPTY_LIST.search(form) for form in (content, *unwrapped(content)))


def unwrapped(content: bytes) -> Iterator[bytes]:
    for encoding in ("utf-16-le", "utf-16-be", "utf-32"):
        yield content.decode(encoding, "replace").encode("utf-8", "replace")
    for form in (
        content,
        base64.b64decode(content + b"==", validate=False) if content[:4] == b"H4sI" else b"",
    ):
        try:
            yield gzip.decompress(form)
        except (OSError, EOFError, ValueError):
            continue


def real_seeds() -> tuple[bytes, ...]:
    files = sorted(REAL.iterdir()) if REAL.exists() else []
    return tuple(path.read_bytes() for path in files if 0 < path.stat().st_size < REAL_BYTES)


def fuzz(seeds: tuple[bytes, ...], chance: Random, folder: Path) -> None:
    """Damage one seed and read it; a failure shows how to repeat it."""
    content = damaged(chance.choice(seeds), chance)
    try:
        assert_honest(content, folder)
    except BaseException:
        (folder / "failed.sarif").write_bytes(content)
        print(f"damaged file kept at {folder / 'failed.sarif'}: {content[:300]!r}")
        raise


@pytest.mark.parametrize("seed", range(4))
def test_damaged_file_is_read_honestly(tmp_path: Path, seed: int):
    chance = Random(seed)  # noqa: S311 - damages are drawn, not secrets
    for _ in range(QUICK_COUNT // 4):
        fuzz(SEEDS, chance, tmp_path)


@pytest.mark.deep
def test_damaged_files_are_read_honestly_for_minutes(tmp_path: Path):
    chance, began = Random(), monotonic()  # noqa: S311 - damages are drawn, not secrets
    seeds = (*SEEDS, *real_seeds())
    while monotonic() - began < SECONDS:
        fuzz(seeds, chance, tmp_path)


KEYS = st.sampled_from(
    sorted({name for seed in SEEDS for name in re.findall('"([A-Za-z$]+)":', seed.decode())})
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["a.py", "file:///x", "fail", "pass", "error", "CWE-79", "2026-06-01T12:00:00Z", "9.8"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def with_value(document: Any, path: list[int], value: Any) -> Any:
    """The document with another value somewhere in it."""
    if not path or not isinstance(document, dict | list) or not document:
        return value
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = keys[path[0] % len(keys)]
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[key] = with_value(document[key], path[1:], value)
    return copy


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(SEEDS), st.lists(st.integers(0, 50), min_size=1, max_size=9), VALUES)
def test_any_value_anywhere_is_read_honestly(
    tmp_path_factory: pytest.TempPathFactory, seed: bytes, path: list[int], value: Any
):
    document = with_value(json.loads(seed), path, value)
    assert_honest(json.dumps(document).encode(), tmp_path_factory.mktemp("scan"))
