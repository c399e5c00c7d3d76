"""Reading OTLP files, beside a bare walk over the same bytes."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final

import orjson

from ingest.sources.approvals.base import Context
from ingest.sources.approvals.framing import framed
from ingest.sources.approvals.otlp import OTLP

SIZE: Final = 100_000_000
LOOKS: Final = 5
BEGAN: Final = 1_784_204_668_056_000_000
PEOPLE: Final = 30
TOOLS: Final = ("Bash", "Edit", "Read", "Grep", "Write", "mcp_tool", "WebFetch")
SOURCES: Final = ("config", "config", "config", "user_temporary", "user_permanent", "user_reject", "hook")
Values = Mapping[str, str | int]


def prepare(folder: Path) -> None:
    """One file of mixed events, as a collector writes it."""
    write(folder / "otlp.jsonl", SIZE)


def write(path: Path, size: int) -> None:
    chance = Random(1)  # noqa: S311 - drawn for measuring
    written = 0
    with path.open("wb") as file:
        for line in messages(chance):
            written += file.write(line)
            if written >= size:
                return


def messages(chance: Random) -> Iterator[bytes]:
    number = 0
    while True:
        count = chance.randint(1, 12)
        events = [_log(chance, number + place) for place in range(count)]
        yield _line("Logs", "logRecords", events)
        yield _line("Spans", "spans", [_span(chance, number + place) for place in range(0, count, 4)])
        number += count


def _line(kind: str, name: str, records: list[dict[str, Any]]) -> bytes:
    told = {"service.name": "claude-code", "service.version": "2.1.294", "os.type": "linux"}
    scope = {"scope": {"name": "com.anthropic.claude_code.events"}, name: records}
    part = {"resource": {"attributes": _attributes(told)}, f"scope{kind}": [scope]}
    return orjson.dumps({f"resource{kind}": [part]}) + b"\n"


def _attributes(told: Values) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"stringValue": value} if isinstance(value, str) else {"intValue": value}}
        for key, value in told.items()
    ]


def _common(chance: Random, number: int) -> Values:
    person = chance.randrange(PEOPLE)
    return {
        "user.id": f"{person:064x}",
        "session.id": f"34e3bc12-5e26-4082-b119-{number // 200:012d}",
        "organization.id": "5f0c6f7e-90ce-4be2-a33f-4a9ad1f0d3aa",
        "user.email": f"person{person}@example.com",
        "user.account_uuid": f"00000000-0000-4000-8000-{person:012d}",
        "terminal.type": "vscode",
        "app.entrypoint": "cli",
        "prompt.id": f"add56d23-52b2-4ca7-9942-{number // 20:012d}",
    }


def _log(chance: Random, number: int) -> dict[str, Any]:
    name = chance.choice(("tool_decision", "tool_result", "api_request", "user_prompt", "tool_decision"))
    at = BEGAN + number * 1_000_000_000
    own: Values = {
        "event.name": name,
        "event.timestamp": "2026-07-16T12:24:28.056Z",
        "event.sequence": number,
    }
    return {
        "timeUnixNano": str(at),
        "observedTimeUnixNano": str(at),
        "body": {"stringValue": f"claude_code.{name}"},
        "attributes": _attributes({**_common(chance, number), **own, **_own(name, chance, number)}),
        "droppedAttributesCount": 0,
        "flags": 1,
        "traceId": f"{number // 20:032x}",
        "spanId": f"{number:016x}",
    }


def _own(name: str, chance: Random, number: int) -> Values:
    call: Values = {"tool_name": chance.choice(TOOLS), "tool_use_id": f"toolu_{number:024d}"}
    every: dict[str, Values] = {
        "tool_decision": {**call, "decision": "accept", "source": chance.choice(SOURCES)},
        "tool_result": {**call, "success": "true", "duration_ms": "12", "tool_input_size_bytes": "312"},
        "api_request": {"model": "claude-sonnet-4-5", "input_tokens": 12, "output_tokens": 340},
        "user_prompt": {"prompt": "<REDACTED>", "prompt_length": "30"},
    }
    return every[name]


def _span(chance: Random, number: int) -> dict[str, Any]:
    began = BEGAN + number * 1_000_000_000
    own: Values = {"duration_ms": 2_000, "decision": "accept", "source": chance.choice(SOURCES)}
    return {
        "traceId": f"{number // 20:032x}",
        "spanId": f"{number:016x}",
        "parentSpanId": f"{number + 1:016x}",
        "name": "claude_code.tool.blocked_on_user",
        "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(began + 2_000_000_000),
        "attributes": _attributes({**_common(chance, number), **own}),
        "status": {"code": 0},
    }


def bare(path: Path) -> int:
    """Every line loaded, every attribute visited."""
    seen = 0
    with path.open("rb") as file:
        for line in file:
            message = orjson.loads(line)
            for part in message.get("resourceLogs", message.get("resourceSpans")):
                seen += _visited(part["resource"]["attributes"])
                for scope in part.get("scopeLogs") or part["scopeSpans"]:
                    for record in scope.get("logRecords") or scope["spans"]:
                        seen += _visited(record["attributes"])
    return seen


def _visited(attributes: list[dict[str, Any]]) -> int:
    return len({each["key"]: next(iter(each["value"].values())) for each in attributes})


def read(path: Path) -> int:
    """File to frames."""
    context = Context(path.name, lambda account: account and f"p-{len(account)}")
    return sum(len(found.signals) for found in OTLP.read(framed(path, "otlp"), context))


def beside(folder: Path) -> None:
    """By turns in one process, so that both have the same machine."""
    path = folder / "otlp.jsonl"
    looks = [(*taken(lambda: bare(path)), *taken(lambda: read(path))) for _ in range(LOOKS)]
    walk_wall, walk_busy, wall, busy = (median(each) for each in zip(*looks, strict=True))
    print(f"  wall time:      {compared(walk_wall, wall)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  processor time: {compared(walk_busy, busy)}; peak of both {peak:.0f} MB")


def compared(walk: float, whole: float) -> str:
    return f"bare walk {walk:>6.2f} s   file to frames {whole:>6.2f} s   {whole / walk:.2f} times"


def taken(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time, and processor time of all threads: that one hardly depends on what else runs."""
    began, busy = perf_counter(), process_time()
    work()
    return perf_counter() - began, process_time() - busy


def main() -> None:
    ways: dict[str, Callable[[Path], None]] = {
        "prepare": prepare,
        "beside": beside,
        "read": lambda folder: print(read(folder / "otlp.jsonl")),
    }
    ways[sys.argv[1]](Path(sys.argv[2]))


if __name__ == "__main__":
    main()
