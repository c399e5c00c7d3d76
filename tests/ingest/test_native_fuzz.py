"""Whatever a native report or a page of alerts turns into: no crash, no hang, no silent zero."""

from __future__ import annotations

import gzip
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from random import Random
from time import monotonic
from types import FrameType
from typing import Any

import pytest

from tests.builders_alerts import code_alert
from tests.builders_sarif import parse, scans_of
from tests.ingest.test_native_alerts import graph, node, webhook
from tests.ingest.test_native_formats import (
    API,
    bandit,
    bandit_result,
    baseline,
    leak,
    semgrep,
    semgrep_result,
)

SECONDS = float(os.environ.get("PILOT_FUZZ_SECONDS", "180"))
LONGEST_SECONDS = 20  # for one file of a few kilobytes: whatever takes so long hangs
ORDINARY_COUNT = 400
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 7, 10**25, 10**400, 1e308, float("nan"), float("inf"), "", " ", "None", "7",
    "9" * 5000,
    "\ud800", "a\0b", "x" * 3000, "../..", "refs/pull/0/head", [], {}, [[]], [None], {"a": None},
    "2026-13-45T99:00:00Z", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00",
)  # fmt: skip
SEEDS: tuple[Any, ...] = (
    bandit(bandit_result(), bandit_result(line_number=90)),
    semgrep(semgrep_result(), semgrep_result(line=90)),
    [leak(), leak(StartLine=90)],
    baseline(),
    [code_alert(1), code_alert(2, changed=9)],
    webhook(code_alert(3)),
    graph(node(), node(number=5)),
)


@contextmanager
def watched() -> Iterator[None]:
    """Fail where something takes longer than any small file may."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still reading after {LONGEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# -- what may happen to a document -----------------------------------------------------------------


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document: what holds it, and its key or index."""
    for key in (
        list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    ):
        yield value, key
        yield from places(value[key])


def drop(holder: Any, key: Any, _random: Random) -> None:
    del holder[key]


def spoil(holder: Any, key: Any, random: Random) -> None:
    holder[key] = deepcopy(random.choice(JUNK))


def deepen(holder: Any, key: Any, random: Random) -> None:
    for _ in range(random.choice((1, 5, 60))):
        holder[key] = random.choice(([holder[key]], {"a": holder[key]}))


def copy_over(holder: Any, key: Any, random: Random) -> None:
    others = [other[at] for other, at in places(holder)]
    holder[key] = deepcopy(random.choice(others))


CHANGES: tuple[Callable[[Any, Any, Random], None], ...] = (drop, spoil, spoil, deepen, copy_over)


def changed(document: Any, random: Random) -> Any:
    told = deepcopy(document)
    for _ in range(random.choice((1, 1, 2, 5))):
        found = list(places(told))
        if found:
            random.choice(CHANGES)(*random.choice(found), random)
    return told


# -- what may happen to bytes ----------------------------------------------------------------------


def cut(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def flip(content: bytes, random: Random) -> bytes:
    at = random.randrange(max(1, len(content)))
    return content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]


def insert(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    return (
        content[:at] + random.choice((b"\xff", b"\0", b"[" * 3000, b'{"', b"NaN", b"\\ud800")) + content[at:]
    )


def repeat(content: bytes, random: Random) -> bytes:
    begin, end = sorted(random.randrange(len(content) + 1) for _ in range(2))
    return content[:end] + content[begin:end] + content[end:]


def wrap(content: bytes, random: Random) -> bytes:
    packed = gzip.compress(content, mtime=0)
    text = content.decode("utf-8", "replace")
    return random.choice((
        b"\xef\xbb\xbf" + content, ("\ufeff" + text).encode("utf-16-le"), packed, cut(packed, random),
        b"[main] INFO running\n" + content,
    ))  # fmt: skip


DAMAGES: tuple[Callable[[bytes, Random], bytes], ...] = (cut, flip, insert, repeat, wrap)


def mutants(seeds: tuple[Any, ...], random: Random) -> Iterator[bytes]:
    while True:
        content = json.dumps(changed(random.choice(seeds), random)).encode()
        yield content
        yield random.choice(DAMAGES)(content, random)


# -- the laws --------------------------------------------------------------------------------------


def says_nothing(content: bytes) -> bool:
    """Whether a report really lists no result."""
    try:
        told = json.loads(content.decode("utf-8-sig"))
    except ValueError:
        return False
    results = told.get("results") if isinstance(told, dict) else told
    return not (any(results.values()) if isinstance(results, dict) else results)


def unwrapped(content: bytes) -> bytes:
    packed = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    return packed.decode("utf-16").encode() if packed.startswith(b"\xff\xfe") else packed


def hold(folder: Path, content: bytes) -> None:
    """Read a file and see that it says something: scans with a reason, results, or alerts."""
    with watched():
        parsed = parse(folder, content, "scans/a.json")
    if "alerts" in parsed.frames:
        return
    scans = scans_of(parsed)
    assert scans, content
    for scan in scans:
        assert scan["status"] == "ok" or scan["status_reason"], content
        is_silent = scan["status"] == "ok" and scan["result_count"] == 0
        assert not is_silent or says_nothing(unwrapped(content)), content


def test_a_damaged_report_is_never_a_silent_zero(tmp_path: Path):
    found = mutants(SEEDS, Random(20261121))  # noqa: S311 - not for secrets
    for _ in range(ORDINARY_COUNT):
        hold(tmp_path, next(found))


def test_the_seeds_themselves_are_read(tmp_path: Path):
    for seed in SEEDS:
        parsed = parse(tmp_path, json.dumps(seed).encode(), "scans/a.json")
        assert parsed.frames["alerts"].height if "alerts" in parsed.frames else scans_of(parsed)[0]["tool"]


@pytest.mark.deep
def test_no_damage_of_a_report_is_a_silent_zero_however_long_one_looks(tmp_path: Path):
    real = tuple(
        json.loads(path.read_bytes()) for path in sorted(API.glob("*.json")) if path.stat().st_size < 60_000
    )
    seed, until = 0, monotonic() + SECONDS
    while monotonic() < until:
        seed += 1
        found = mutants((*SEEDS, *real), Random(seed))  # noqa: S311 - not for secrets
        for _ in range(200):
            hold(tmp_path, next(found))
