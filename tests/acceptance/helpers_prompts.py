"""What do the demo's raw logs of permission prompts say, read anew in plain Python?

Nothing of the product's readers is used: OTLP as JSON and as protobuf, Copilot's events, transcripts of
Claude Code and the timelines of its hooks are walked line by line. Names of people stay as the logs have
them.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

BERLIN = ZoneInfo("Europe/Berlin")
KINDS = {
    "Bash": "command", "shell": "command", "Edit": "edit", "write": "edit", "Read": "read", "read": "read",
    "mcp_tool": "mcp", "mcp": "mcp", "ExitPlanMode": "plan", "AskUserQuestion": "question",
}  # fmt: skip
MODES = {"default": "default", "acceptEdits": "accept_edits", "bypassPermissions": "bypass"}
FLOOR, PACE, SHORT, LONGEST = 2.0, 100.0, 200, 600.0
Row = dict[str, Any]


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def of_nanoseconds(number: str | int) -> datetime:
    return datetime.fromtimestamp(int(number) // 1_000_000_000, UTC) + timedelta(
        microseconds=int(number) // 1000 % 1_000_000
    )


@dataclass(frozen=True)
class Decision:
    """One permission decision."""

    repository: str
    session: str
    call: str
    person: str
    at: datetime
    tool: str
    decision: str  # accept, reject, pending
    actor: str  # human, automatic, unknown, none
    is_interactive: bool | None = True
    wait: float | None = None
    chars: int | None = None
    scope: str | None = None
    mode: str | None = None
    canary: str | None = None

    @property
    def kind(self) -> str:
        return KINDS[self.tool]

    @property
    def on(self) -> date:
        return self.at.astimezone(BERLIN).date()

    @property
    def left_out(self) -> str | None:
        """Why it is no measurable approval, in the order in which the product asks; definitions 3."""
        asked = (
            ("seeded request (judged apart)", self.canary is not None),
            ("never answered", self.decision == "pending"),
            ("not a person's decision (rule, hook or model)", self.actor == "automatic"),
            ("nobody before the agent (not interactive)", self.is_interactive is False),
            ("plan or question", self.kind in ("plan", "question")),
            ("read-only request", self.kind == "read"),
            ("not known who decided", self.actor != "human"),
            ("wait not known", self.wait is None),
            ("away (waited too long)", (self.wait or 0.0) > LONGEST),
            ("rejected", self.decision == "reject"),
        )
        return next((reason for reason, holds in asked if holds), None)

    def is_fast(self, floor: float = FLOOR, pace: float = PACE) -> bool:
        """Sooner than max(floor, characters at the pace); short commands by the floor alone."""
        assert self.wait is not None
        is_short = self.kind == "command" and (self.chars or 0) <= SHORT
        limit = floor if is_short or self.chars is None else max(floor, self.chars / pace)
        return self.wait < limit

    @property
    def is_answer(self) -> bool:
        """A person answered a permission prompt, measurable or not."""
        counts = {None, "read-only request", "wait not known", "away (waited too long)", "rejected"}
        return self.actor == "human" and self.left_out in counts


def all_decisions(folder: Path) -> list[Decision]:
    """Every decision below the demo's folder of logs."""
    found = [
        *telemetry(json_records(folder / "acme+payments-api/otel.jsonl")),
        *telemetry(json_records(folder / "acme+payments-ledger/otel.jsonl")),
        *telemetry(protobuf_records(folder / "acme+checkout/otel.binpb")),
    ]
    for file in sorted(folder.glob("acme+search/*/*/events.jsonl")):
        found += copilot(file)
    for person in sorted(folder.glob("acme+checkout/people/*")):
        found += transcripts(person)
    return found


# -- telemetry of Claude Code --------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """A log record or a span with its attributes."""

    name: str
    start: datetime
    end: datetime
    span: str
    repository: str
    told: Row


def json_records(file: Path) -> Iterator[Record]:
    for line in file.read_text().splitlines():
        message = json.loads(line)
        for around in (*message.get("resourceLogs", ()), *message.get("resourceSpans", ())):
            told = pairs(around["resource"]["attributes"])
            for scope in (*around.get("scopeLogs", ()), *around.get("scopeSpans", ())):
                for one in (*scope.get("logRecords", ()), *scope.get("spans", ())):
                    own = pairs(one["attributes"])
                    start = one.get("timeUnixNano") or one["startTimeUnixNano"]
                    end = one.get("endTimeUnixNano", start)
                    name = one.get("name") or own["event.name"]
                    moments = of_nanoseconds(start), of_nanoseconds(end)
                    yield Record(name, *moments, one.get("spanId", ""), told["repository"], own)


def pairs(attributes: Iterable[Row]) -> Row:
    return {each["key"]: next(iter(each["value"].values())) for each in attributes}


def protobuf_records(file: Path) -> Iterator[Record]:
    """Messages behind four bytes of length; what cannot be read as spans is of logs."""
    content = file.read_bytes()
    while content:
        size = int.from_bytes(content[:4], "big")
        message, content = content[4 : 4 + size], content[4 + size :]
        try:
            yield from span_records(ExportTraceServiceRequest.FromString(message))
        except DecodeError:
            yield from log_records(ExportLogsServiceRequest.FromString(message))


def span_records(message: ExportTraceServiceRequest) -> Iterator[Record]:
    for around in message.resource_spans:
        place = values(around.resource.attributes)["repository"]
        for one in (each for scope in around.scope_spans for each in scope.spans):
            moments = of_nanoseconds(one.start_time_unix_nano), of_nanoseconds(one.end_time_unix_nano)
            yield Record(one.name, *moments, one.span_id.hex(), place, values(one.attributes))


def log_records(message: ExportLogsServiceRequest) -> Iterator[Record]:
    for around in message.resource_logs:
        place = values(around.resource.attributes)["repository"]
        for one in (each for scope in around.scope_logs for each in scope.log_records):
            at, own = of_nanoseconds(one.time_unix_nano), values(one.attributes)
            yield Record(own["event.name"], at, at, one.span_id.hex(), place, own)


def values(attributes: Iterable[Any]) -> Row:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


def telemetry(records: Iterable[Record]) -> Iterator[Decision]:
    """Decisions of one file; the wait is the span that carries the same id as the record."""
    known = list(records)
    waits = {one.span: one for one in known if one.name.endswith("blocked_on_user")}
    sizes = {
        one.told["tool_use_id"]: int(one.told["tool_input_size_bytes"])
        for one in known
        if one.name == "tool_result"
    }
    for one in known:
        if one.name == "tool_decision":
            yield told_decision(one, waits.get(one.span), sizes.get(one.told["tool_use_id"]), known)


def told_decision(one: Record, wait: Record | None, size: int | None, known: list[Record]) -> Decision:
    told, source = one.told, one.told["source"]
    is_interactive = told["app.entrypoint"] == "cli"
    by_person = "human" if is_interactive else "unknown"
    command = json.loads(told.get("tool_parameters", "{}")).get("full_command")
    changes = [
        each
        for each in known
        if each.name == "permission_mode_changed"
        and each.told["session.id"] == told["session.id"]
        and each.start <= one.start
    ]
    latest = max(changes, key=lambda each: each.start, default=None)
    return Decision(
        one.repository, told["session.id"], told["tool_use_id"], told["user.email"], one.start,
        told["tool_name"], told["decision"], by_person if source.startswith("user_") else "automatic",
        is_interactive, (wait.end - wait.start).total_seconds() if wait else None,
        size if command is None else len(command),
        {"user_permanent": "permanent", "user_temporary": "once"}.get(source) if is_interactive else None,
        MODES[latest.told["to_mode"]] if latest else None, marker(command),
    )  # fmt: skip


def marker(text: str | None) -> str | None:
    found = re.search("pilot-canary-[0-9a-z]{4,40}", text or "")
    return found[0] if found else None


# -- events of GitHub Copilot CLI ----------------------------------------------------------------------


def copilot(file: Path) -> Iterator[Decision]:
    """Decisions of one session; the folder above it is its person's."""
    events = [json.loads(line) for line in file.read_text().splitlines()]
    answers = {one["data"]["requestId"]: one for one in events if one["type"] == "permission.completed"}
    for one in events:
        if one["type"] == "permission.requested":
            yield copilot_decision(one, answers.get(one["data"]["requestId"]), file)


def copilot_decision(asked: Row, answer: Row | None, file: Path) -> Decision:
    request, shown_at = asked["data"]["permissionRequest"], when(asked["timestamp"])
    shown = request.get("fullCommandText") or request.get("diff") or ""
    if request["kind"] == "mcp":
        shown = request["args"]
    place = ("acme/search", file.parent.name, request["toolCallId"], file.parents[1].name)
    if answer is None:
        return Decision(*place, shown_at, request["kind"], "pending", "none")
    said, by = answer["data"]["result"]["kind"], answer["data"]["decisionSource"]
    decision = "accept" if said.startswith("approved") else "reject"
    is_human, at = by == "human_response", when(answer["timestamp"])
    scope = "permanent" if said == "approved-for-location" else "once"
    return Decision(
        *place, at, request["kind"], decision, "human" if is_human else "automatic", True,
        (at - shown_at).total_seconds() if is_human else None, len(shown),
        scope if is_human and decision == "accept" else None,
    )  # fmt: skip


# -- transcripts of Claude Code, and its hooks -----------------------------------------------------------


def transcripts(folder: Path) -> Iterator[Decision]:
    """Decisions of one person: calls and results in transcripts, questions and run times in hooks."""
    hooks = [json.loads(line) for line in (folder / "hooks.jsonl").read_text().splitlines()]
    asked, runs = questions(hooks), {}
    for each in hooks:
        if each["hook_event_name"] == "PostToolUse":
            ended_at = when(each["ts"]) - timedelta(milliseconds=each["duration_ms"])
            runs[each["tool_use_id"]] = ended_at
    modes = {each["tool_use_id"]: each["permission_mode"] for each in hooks if "tool_use_id" in each}
    for file in sorted(folder.glob("*-*.jsonl")):
        for call in calls(file):
            call["mode"] = MODES[modes[call["id"]]]
            found = transcript_decision(call, asked.get(call["id"]), runs.get(call["id"]), folder.name)
            if found is not None:
                yield Decision(**found)


def questions(hooks: list[Row]) -> dict[str, datetime]:
    """When each call was asked about: a question is about the latest call of its session with its content."""
    asked = {}
    for one in hooks:
        if one["hook_event_name"] == "PermissionRequest":
            alike = [
                each["tool_use_id"]
                for each in hooks
                if each["hook_event_name"] == "PreToolUse"
                and each["ts"] <= one["ts"]
                and all(each[name] == one[name] for name in ("session_id", "tool_name", "tool_input"))
            ]
            asked[alike[-1]] = when(one["ts"])
    return asked


def calls(file: Path) -> Iterator[Row]:
    """Calls of a transcript with what came of them."""
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    told = [one for one in entries if isinstance(one.get("message", {}).get("content"), list)]
    results = {
        part["tool_use_id"]: (one, part)
        for one in told
        for part in one["message"]["content"]
        if part["type"] == "tool_result"
    }
    alone = Counter(one["message"]["id"] for one in told if one["type"] == "assistant")
    for one in told:
        for part in one["message"]["content"]:
            if part["type"] == "tool_use":
                is_alone = alone[one["message"]["id"]] == 1
                yield {**part, "entry": one, "result": results.get(part["id"]), "is_alone": is_alone}


def transcript_decision(
    call: Row, asked_at: datetime | None, ran_at: datetime | None, person: str
) -> Row | None:
    """What a transcript tells of one call; nothing where it was neither asked about nor answered."""
    entry, result = call["entry"], call["result"]
    is_interactive = entry["entrypoint"] == "cli"
    shown = json.dumps(call["input"])  # names and brackets count as shown: nobody knows what was drawn
    known = {
        "repository": "acme/checkout", "session": entry["sessionId"], "call": call["id"],
        "person": person,
        "tool": call["name"], "is_interactive": is_interactive, "chars": len(shown), "canary": marker(shown),
        "mode": call["mode"],
    }  # fmt: skip
    if result is None:
        waiting = {"at": asked_at, "decision": "pending", "actor": "none"}
        return known | waiting if asked_at else None
    ended_at, text = when(result[0]["timestamp"]), str(result[1]["content"])
    if text.startswith("The user doesn't want to proceed"):
        shown_at = asked_at or when(entry["timestamp"])
        wait = (ended_at - shown_at).total_seconds()
        return known | {"at": ended_at, "decision": "reject", "actor": "human", "wait": wait}
    if text.startswith("Permission to use"):
        return known | {"at": ended_at, "decision": "reject", "actor": "automatic"}
    return known | {"decision": "accept"} | let_pass(call, asked_at, ran_at or ended_at)


def let_pass(call: Row, asked_at: datetime | None, ran_at: datetime) -> Row:
    """Who let a call pass: a person who was asked; a rule, if an edit alone in its message took no time."""
    is_interactive = call["entry"]["entrypoint"] == "cli"
    if asked_at and is_interactive:
        return {"at": ran_at, "actor": "human", "wait": (ran_at - asked_at).total_seconds()}
    is_edit = call["name"] == "Edit" and call["is_alone"] and call["mode"] == "default"
    seconds = (ran_at - when(call["entry"]["timestamp"])).total_seconds()
    is_by_rule = is_edit and is_interactive and not asked_at and seconds < 1.0
    return {"at": ran_at, "actor": "automatic" if is_by_rule else "unknown"}


def moments(folder: Path) -> Iterator[tuple[str, list[datetime]]]:
    """Repository of each session that a log tells of, and every moment that it was seen at."""
    seen: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    files = [json_records(file) for file in folder.glob("*/otel.jsonl")]
    files += [protobuf_records(file) for file in folder.glob("*/otel.binpb")]
    for one in (each for file in files for each in file):
        seen[one.repository, one.told["session.id"]] += (one.start, one.end)
    for file in (*folder.glob("acme+search/*/*/*.jsonl"), *folder.glob("acme+checkout/people/*/*.jsonl")):
        repository = file.relative_to(folder).parts[0].replace("+", "/")
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            session = entry.get("session_id") or entry.get("sessionId") or file.parent.name
            at = entry.get("timestamp") or entry.get("ts")
            if at is not None:
                seen[repository, session].append(when(at))
    return ((repository, each) for (repository, _), each in seen.items())
