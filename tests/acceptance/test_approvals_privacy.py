"""No word that a person wrote, ran, opened or is called by leaves a log, whatever becomes of it."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
import streamlit as st
import zstandard

from data.simulator.approvals.logs import length_prefixed
from tests.acceptance.helpers_pilot import run
from tests.acceptance.test_approvals_faults import damaged
from tests.dashboard.test_app import opened_at

TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8J9k0"
AT = "2026-06-01T10:00:{:02d}Z"
CONFIG = """
[store]
uri = "lake"
[[pilot]]
name = "one"
repositories = ["acme/*"]
start_on = 2026-06-01
[sources]
[sources.approvals]
paths = ["logs/**/*", "logs/**/.claude/*", "logs/**/.mcp.json"]
keep_text = {keep_text}
[[sources.approvals.mapping]]
paths = ["logs/**/table*.csv", "logs/**/listed*.json", "logs/**/mapped*.jsonl"]
[sources.approvals.mapping.rename]
session_id = "run"
decided_at = "time"
decision = "answer"
reviewer = "who"
tool_name = "tool"
"""


class Words:
    """Words that occur nowhere else, and of what kind each is."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}

    def __call__(self, kind: str) -> str:
        word = f"zq{len(self.kinds):04d}{kind}"
        self.kinds[word] = kind
        return word

    def text(self, kind: str = "prompt") -> str:
        return f"{self(kind)} of {self.home()} by {self.email()} with {TOKEN}{self('token')}"

    def home(self) -> str:
        return f"/home/{self('home')}/{self('folder')}/{self('path')}.py"

    def email(self) -> str:
        return f"{self('email')}@corp.example"

    def edit(self) -> dict[str, str]:
        return {"file_path": self.home(), "old_string": self.text("diff"), "new_string": self.text("diff")}

    def command(self) -> dict[str, str]:
        return {"command": self.text("command"), "description": self.text()}


def lines(*said: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in said)


def _attributes(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": str(value)}} for key, value in told.items()]


def _logs(service: str, words: Words, *events: dict[str, Any]) -> dict[str, Any]:
    common = {
        "user.email": words.email(),
        "user.account_uuid": words("account"),
        "user.id": words("install"),
        "user.account_id": words("account"),
        "organization.id": words("organization"),
        "extra": words.text(),
    }
    records = [
        {
            "timeUnixNano": str((1_780_308_000 + place) * 10**9),
            "observedTimeUnixNano": "1780308000000000000",
            "body": {"stringValue": event["event.name"]},
            "attributes": _attributes({**common, **event}),
        }
        for place, event in enumerate(events)
    ]
    resource = {
        "service.name": service,
        "host.name": words("host"),
        "process.owner": words("login"),
        "process.command_line": words.text("command"),
    }
    scopes = [{"scope": {"name": "x"}, "logRecords": records}]
    return {"resourceLogs": [{"resource": {"attributes": _attributes(resource)}, "scopeLogs": scopes}]}


def claude_telemetry(words: Words) -> dict[str, Any]:
    call = {"session.id": "s-otel", "tool_name": "Bash", "tool_use_id": "c-1"}
    shown = {"tool_parameters": json.dumps({"full_command": words.text("command"), "cwd": words.home()})}
    return _logs(
        "claude-code",
        words,
        {
            "event.name": "claude_code.user_prompt",
            "session.id": "s-otel",
            "prompt_length": "4",
            "prompt": words.text(),
        },
        {
            "event.name": "claude_code.tool_decision",
            **call,
            **shown,
            "decision": "accept",
            "source": "user_temporary",
        },
        {
            "event.name": "claude_code.tool_result",
            **call,
            "success": "false",
            "error": words.text("error"),
            "tool_input": json.dumps(words.edit()),
            "duration_ms": "3",
        },
        {
            "event.name": "claude_code.hook_execution_start",
            "session.id": "s-otel",
            "hook_event": "PermissionRequest",
            "hook_name": "PermissionRequest:Bash",
            "hook_command": words.text("command"),
        },
        {
            "event.name": "claude_code.api_request",
            "session.id": "s-otel",
            "model": "m",
            "prompt": words.text(),
        },
    )


def codex_telemetry(words: Words) -> dict[str, Any]:
    call = {"conversation.id": "s-codex", "tool_name": "shell", "call_id": "c-2"}
    return _logs(
        "codex_cli_rs",
        words,
        {"event.name": "codex.user_prompt", "conversation.id": "s-codex", "prompt": words.text()},
        {"event.name": "codex.tool_decision", **call, "decision": "approved", "source": "user"},
        {
            "event.name": "codex.tool_result",
            **call,
            "arguments": json.dumps(words.command()),
            "duration_ms": "3",
            "output": words.text("output"),
        },
        {
            "event.name": "codex.conversation_starts",
            "conversation.id": "s-codex",
            "mcp_servers": "tracker",
            "approval_policy": "on-request",
            "cwd": words.home(),
        },
    )


def transcript(words: Words) -> bytes:
    common = {
        "sessionId": "s-t",
        "isSidechain": False,
        "userType": "external",
        "entrypoint": "cli",
        "version": "2.1",
        "uuid": "u",
        "cwd": words.home(),
        "gitBranch": words("branch"),
        "permissionMode": "default",
    }
    call = {"type": "tool_use", "id": "c-3", "name": "Edit", "input": words.edit()}
    refused = (
        f"The user doesn't want to proceed with this tool use. To tell you: the user said: {words.text()}"
    )
    denied = f"Permission to use Bash with command {words.text('command')} has been denied."
    results = [
        {"type": "tool_result", "tool_use_id": name, "is_error": True, "content": said}
        for name, said in (("c-3", refused), ("c-4", denied), ("c-5", words.text("error")))
    ]
    return lines(
        {"type": "summary", "summary": words.text(), "sessionId": "s-t"},
        {
            **common,
            "type": "user",
            "timestamp": AT.format(1),
            "message": {"role": "user", "content": words.text()},
        },
        {
            **common,
            "type": "assistant",
            "timestamp": AT.format(2),
            "message": {"id": "m-1", "model": "m", "content": [{"type": "text", "text": words.text()}, call]},
        },
        {
            **common,
            "type": "user",
            "timestamp": AT.format(9),
            "toolUseResult": words.text(),
            "message": {"role": "user", "content": results},
        },
    )


def rollout(words: Words) -> bytes:
    git = {"repository_url": words.home(), "branch": words("branch")}
    payloads = (
        (
            "session_meta",
            {"id": "s-r", "cwd": words.home(), "instructions": words.text(), "git": git, "source": "cli"},
        ),
        (
            "turn_context",
            {"approval_policy": "on-request", "cwd": words.home(), "model": "m", "summary": words.text()},
        ),
        ("event_msg", {"type": "user_message", "message": words.text()}),
        (
            "response_item",
            {
                "type": "function_call",
                "name": "shell",
                "call_id": "c-6",
                "arguments": json.dumps(words.command()),
            },
        ),
        ("response_item", {"type": "local_shell_call", "call_id": "c-7", "action": words.command()}),
        ("response_item", {"type": "function_call_output", "call_id": "c-6", "output": words.text("output")}),
    )
    return lines(
        *(
            {"timestamp": AT.format(at), "type": kind, "payload": told}
            for at, (kind, told) in enumerate(payloads)
        )
    )


def hooks(words: Words) -> bytes:
    common = {
        "session_id": "s-h",
        "cwd": words.home(),
        "transcript_path": words.home(),
        "permission_mode": "default",
    }
    call = {"tool_name": "Bash", "tool_use_id": "c-8", "tool_input": words.command()}
    told = (
        {"hook_event_name": "UserPromptSubmit", "prompt": words.text()},
        {"hook_event_name": "PreToolUse", **call},
        {"hook_event_name": "PermissionRequest", **call, "permission_suggestions": [words.text("command")]},
        {"hook_event_name": "PostToolUse", **call, "tool_response": words.text("output"), "duration_ms": 4},
        {"hook_event_name": "PostToolUseFailure", **call, "error": words.text("error")},
        {"hook_event_name": "PermissionDenied", **call, "reason": words.text()},
        {"hook_event_name": "Notification", "message": words.text()},
    )
    return lines(*({"ts": AT.format(at), **common, **each} for at, each in enumerate(told)))


def copilot(words: Words) -> bytes:
    context = {
        "cwd": words.home(),
        "gitRoot": words.home(),
        "branch": words("branch"),
        "repository": words.home(),
    }
    asked = (
        {
            "kind": "shell",
            "fullCommandText": words.text("command"),
            "commands": [{"identifier": words("command")}],
            "intention": words.text(),
            "warning": words.text(),
            "possiblePaths": [words.home()],
        },
        {
            "kind": "write",
            "diff": words.text("diff"),
            "fileName": words.home(),
            "newFileContents": words.text("diff"),
        },
        {"kind": "mcp", "serverName": "tracker", "toolName": "create", "args": words.command()},
    )
    events: list[tuple[str, Any]] = [
        (
            "session.start",
            {"sessionId": "s-c", "copilotVersion": "1", "context": context, "user": words("login")},
        ),
        ("user.message", {"content": words.text(), "attachments": [words.home()]}),
        ("tool.execution_start", {"toolCallId": "c-9", "toolName": "bash", "arguments": words.command()}),
    ]
    for place, request in enumerate(asked):
        told = {"requestId": f"r-{place}", "permissionRequest": {"toolCallId": f"c-9{place}", **request}}
        result = {"kind": "denied-interactively-by-user", "feedback": words.text()}
        events += [
            ("permission.requested", told),
            ("permission.completed", {"requestId": f"r-{place}", "result": result}),
        ]
    events += [("permission.requested", {"requestId": "r-9", "permissionRequest": asked[0]})]  # stays open
    events += [
        (
            "tool.execution_complete",
            {
                "toolCallId": "c-9",
                "success": False,
                "error": {"code": "failure", "message": words.text("error")},
                "result": {"content": words.text("output")},
            },
        )
    ]
    return lines(
        *(
            {"type": kind, "data": data, "id": f"{at}", "timestamp": AT.format(at)}
            for at, (kind, data) in enumerate(events)
        )
    )


def copilot_spans(words: Words) -> bytes:
    told = {
        "gen_ai.request.model": "m",
        "gen_ai.prompt": words.text(),
        "tool.arguments": words.text("command"),
    }
    resource = {
        "attributes": {"service.name": "github-copilot", "service.version": "1", "host.name": words("host")}
    }
    return lines(
        {
            "type": "span",
            "name": "chat",
            "startTime": [1_780_000_000, 5],
            "attributes": told,
            "resource": resource,
            "events": [{"name": words.text()}],
        }
    )


def gemini(words: Words) -> bytes:
    common = {"session.id": "s-g", "user.email": words.email(), "installation.id": words("install")}
    notice = {
        "hook_event_name": "Notification",
        "notification_type": "ToolPermission",
        "session_id": "s-g",
        "timestamp": AT.format(2),
        "cwd": words.home(),
        "message": words.text(),
        "details": {
            "type": "edit",
            "toolName": "replace",
            "fileDiff": words.text("diff"),
            "filePath": words.home(),
            "title": words.text(),
        },
    }
    told = (
        {"event.name": "gemini_cli.user_prompt", "prompt": words.text(), "prompt_length": 4},
        {
            "event.name": "gemini_cli.tool_call",
            "function_name": "replace",
            "decision": "accept",
            "success": True,
            "function_args": json.dumps(words.edit()),
            "duration_ms": 4,
            "prompt_id": "p",
        },
        {
            "event.name": "gemini_cli.tool_call",
            "function_name": "run_shell_command",
            "decision": "reject",
            "success": False,
            "function_args": json.dumps(words.command()),
            "error": words.text("error"),
            "duration_ms": 4,
        },
    )
    records = [
        notice,
        *(
            {
                "attributes": {**common, **each, "event.timestamp": AT.format(at)},
                "_body": words.text(),
                "resource": {"attributes": {"service.name": "gemini-cli", "host.name": words("host")}},
            }
            for at, each in enumerate(told, 3)
        ),
    ]
    return b"".join(json.dumps(each, indent=2).encode() + b"\n" for each in records)


def chats(words: Words) -> bytes:
    messages = [
        {"type": "user", "timestamp": AT.format(1), "content": words.text()},
        {
            "type": "gemini",
            "timestamp": AT.format(2),
            "content": words.text(),
            "model": "m",
            "toolCalls": [{"name": "replace", "args": words.edit(), "result": words.text("output")}],
        },
    ]
    return json.dumps(
        {"sessionId": "s-gc", "projectHash": words("folder"), "messages": messages}, indent=2
    ).encode()


def opencode(words: Words) -> bytes:
    asked = {
        "id": "per_1",
        "sessionID": "s-o",
        "permission": "bash",
        "patterns": [words.text("command")],
        "metadata": {**words.command(), "diff": words.text("diff"), "filepath": words.home()},
        "title": words.text(),
        "tool": {"callID": "c-o"},
    }
    part = {
        "type": "tool",
        "tool": "bash",
        "sessionID": "s-o",
        "callID": "c-p",
        "id": "p",
        "state": {
            "status": "error",
            "input": words.command(),
            "error": words.text("error"),
            "title": words.text(),
            "output": words.text("output"),
            "time": {"start": 1_780_000_000_000, "end": 1_780_000_004_000},
        },
    }
    return lines(
        {"type": "permission.asked", "ts": AT.format(1), "properties": asked},
        {
            "type": "permission.replied",
            "ts": AT.format(3),
            "properties": {
                "sessionID": "s-o",
                "requestID": "per_1",
                "reply": "reject",
                "message": words.text(),
            },
        },
        {
            "type": "message.part.updated",
            "ts": AT.format(4),
            "properties": {"sessionID": "s-o", "part": part},
        },
    )


def opencode_parts(words: Words) -> bytes:
    state = {
        "status": "completed",
        "input": words.command(),
        "output": words.text("output"),
        "title": words.text(),
        "time": {"start": 1_780_000_000_000, "end": 1_780_000_004_000},
    }
    return lines(
        {"type": "tool", "tool": "bash", "sessionID": "s-p", "callID": "c-q", "id": "p", "state": state}
    )


def cursor(words: Words) -> bytes:
    common = {
        "conversation_id": "s-k",
        "cursor_version": "2",
        "user_email": words.email(),
        "workspace_roots": [words.home()],
        "transcript_path": words.home(),
    }
    told = (
        {"hook_event_name": "beforeSubmitPrompt", "prompt": words.text(), "attachments": [words.home()]},
        {"hook_event_name": "beforeShellExecution", "command": words.text("command"), "cwd": words.home()},
        {
            "hook_event_name": "afterShellExecution",
            "command": words.text("command"),
            "output": words.text("output"),
        },
        {
            "hook_event_name": "beforeMCPExecution",
            "tool_name": "MCP:x",
            "tool_input": json.dumps(words.command()),
        },
        {"hook_event_name": "beforeReadFile", "file_path": words.home(), "content": words.text("output")},
        {
            "hook_event_name": "preToolUse",
            "tool_name": "Shell",
            "tool_use_id": "c-k",
            "tool_input": words.command(),
        },
    )
    return lines(*({"ts": AT.format(at), **common, **each} for at, each in enumerate(told)))


def _rows(words: Words) -> list[dict[str, str]]:
    return [
        {
            "run": "s-m",
            "time": AT.format(at),
            "answer": "accept",
            "who": words.email(),
            "tool": "Bash",
            "shown": words.text("command"),
            "path": words.home(),
            "why": words.text(),
        }
        for at in range(3)
    ]


def table(words: Words) -> bytes:
    rows = _rows(words)
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows), ""]).encode()


def table_without_header(words: Words) -> bytes:
    return table(words).partition(b"\n")[2]


def settings(words: Words) -> bytes:
    return json.dumps(
        {
            "permissions": {
                "allow": [f"Read(/home/{words('home')}/**)", f"Bash(curl -H {TOKEN}{words('token')}:*)"],
                "additionalDirectories": [words.home()],
                "defaultMode": "plan",
            },
            "apiKeyHelper": words.text("command"),
            "env": {"API_KEY": words("token"), words("variable"): words.text()},
            "hooks": {"PreToolUse": [{"hooks": [{"type": "command", "command": words.text("command")}]}]},
            "statusLine": {"command": words.text("command")},
        },
        indent=2,
    ).encode()


def servers(words: Words) -> bytes:
    return json.dumps(
        {
            "mcpServers": {
                "tracker": {
                    "command": words.home(),
                    "args": [words.text("command")],
                    "env": {"TOKEN": words("token")},
                },
                "far": {
                    "url": f"https://{words('login')}:{words('token')}@far.example/{words('path')}?key={words('token')}",
                    "headers": {"Authorization": words("token")},
                },
            }
        }
    ).encode()


LOGS = {
    "otel.jsonl": lambda words: lines(claude_telemetry(words)) * 1 + lines(codex_telemetry(words)),
    "lengths.binpb": lambda words: length_prefixed([claude_telemetry(words), codex_telemetry(words)]),
    "stream.zst": lambda words: zstandard.compress(lines(claude_telemetry(words))),
    "otel.jsonl.gz": lambda words: gzip.compress(lines(codex_telemetry(words))),
    "transcript.jsonl": transcript,
    "rollout.jsonl": rollout,
    "hooks.jsonl": hooks,
    "events.jsonl": copilot,
    "spans.jsonl": copilot_spans,
    "outfile.log": gemini,
    "chat.json": chats,
    "opencode.jsonl": opencode,
    "parts.jsonl": opencode_parts,
    "cursor.jsonl": cursor,
    "table.csv": table,
    "table_bare.csv": table_without_header,
    "mapped.jsonl": lambda words: lines(*_rows(words)),
    "listed.json": lambda words: json.dumps(_rows(words)).encode(),
    ".claude/settings.json": settings,
    ".mcp.json": servers,
    "strange.txt": lambda words: words.text().encode(),
    "strange.json": lambda words: lines({words("key"): words.text()}),
}


@pytest.fixture
def words() -> Words:
    return Words()


def project(folder: Path, *, keep_text: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "pilot.toml"
    path.write_text(CONFIG.format(keep_text=str(keep_text).lower()), encoding="utf-8")
    return path


def put(folder: Path, name: str, content: bytes) -> None:
    path = folder / "logs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def kept(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file that the product wrote, with all that it says; columns of Parquet are decoded."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "logs" not in path.relative_to(folder).parts[:1]:
            yield path.relative_to(folder).as_posix(), decoded(path)


def decoded(path: Path) -> str:
    content = path.read_bytes()
    if content[:4] == b"PAR1":
        frame = pl.read_parquet(io.BytesIO(content))
        return json.dumps(frame.to_dicts(), default=str, ensure_ascii=False)
    if content[:2] == b"PK":  # a workbook
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    return content.decode("utf-8", "replace")


def leaks(words: Words, said: Iterable[tuple[str, str]]) -> list[str]:
    told = list(said)
    found = [
        f"{word} in {where}: {text[max(0, text.lower().index(word) - 80) :][:200]}"
        for where, text in told
        for word in {each for each in re.findall(r"zq\d{4}[a-z]+", text.lower()) if each in words.kinds}
    ]
    return [*found, *(f"token in {where}" for where, text in told if TOKEN in text)]


INGEST = (("ingest", "approvals", "--debug"), ("ingest", "approvals", "--json", "--full"), ("doctor",))
NUMBERS = (("metrics", "--json"), ("gate", "--json"), ("snapshot", "--debug"))


def everything(
    folder: Path, config: Path, commands: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[str, str]]:
    """All that commands say of an ingest, and all that stands there after it."""
    for command in commands:
        code, out, err = run(command[0], config, *command[1:])
        yield " ".join(command), f"{code} {out} {err}"
    yield from kept(folder)


def put_all(folder: Path, words: Words) -> None:
    for name, make in LOGS.items():
        put(folder, name, make(words))


def test_no_word_of_any_log_stands_anywhere_after_it_was_read(tmp_path: Path, words: Words):
    config = project(tmp_path)
    put_all(tmp_path, words)
    told = list(everything(tmp_path, config, INGEST))
    assert leaks(words, told) == []
    parts = "".join(text for where, text in told if "approval_signals" in where)
    sessions = ("s-otel", "s-codex", "s-t", "s-r", "s-h", "s-c", "s-g", "s-gc", "s-o", "s-p", "s-k", "s-m")
    assert [name for name in sessions if f'"{name}"' not in parts] == []  # all were read


@pytest.mark.deep
def test_no_word_of_any_log_stands_in_numbers_snapshots_and_pages(
    tmp_path: Path, words: Words, monkeypatch: pytest.MonkeyPatch
):
    config = project(tmp_path)
    put_all(tmp_path, words)
    assert leaks(words, everything(tmp_path, config, (*INGEST, *NUMBERS))) == []
    monkeypatch.setenv("PILOT_CONFIG", str(config))
    st.cache_resource.clear()
    for page in ("views/approvals.py", "views/data_health.py"):
        app = opened_at(page)
        assert not app.exception
        assert len(str(app.main)) > 1_000
        assert leaks(words, [(page, str(app))]) == []
    st.cache_resource.clear()


@pytest.mark.parametrize("seed", range(2))
def test_no_word_of_a_damaged_log_stands_anywhere(tmp_path: Path, words: Words, seed: int):
    assert_damaged_tell_nothing(tmp_path, words, Random(seed))  # noqa: S311 - damages are drawn, not secrets


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(100, 130))
def test_no_word_of_many_damaged_logs_stands_anywhere(tmp_path: Path, words: Words, seed: int):
    assert_damaged_tell_nothing(tmp_path, words, Random(seed))  # noqa: S311 - damages are drawn, not secrets


def assert_damaged_tell_nothing(folder: Path, words: Words, chance: Random) -> None:
    config = project(folder)
    for name, make in LOGS.items():
        content = make(words)
        for place in range(2):
            size = chance.randrange(1, len(content))
            put(folder, f"cut-{place}/{name}", content[:size])
            put(folder, f"bad-{place}/{name}", damaged(content, chance))
    code, out, err = run("ingest", config, "approvals", "--debug")
    told = [("said", f"{code} {out} {err}"), ("doctor", str(run("doctor", config))), *kept(folder)]
    assert leaks(words, told) == []
    assert any("quarantine" in where for where, _ in told)


def test_with_texts_kept_they_stand_in_one_column_without_secrets(tmp_path: Path, words: Words):
    config = project(tmp_path, keep_text=True)
    put_all(tmp_path, words)
    _, out, err = run("ingest", config, "approvals", "--debug")
    assert leaks(words, [("said", out + err)]) == []
    columns = list(_columns(tmp_path / "lake"))
    assert leaks(words, [each for each in columns if each[0] != "content_text"]) == []
    assert leaks(words, columns)  # the search finds what is there
    texts = "".join(text for name, text in columns if name == "content_text")
    held = {words.kinds[word] for word in re.findall(r"zq\d{4}[a-z]+", texts) if word in words.kinds}
    assert {"prompt", "command", "diff"} <= held
    assert not held & {"token", "email"}
    assert TOKEN not in texts


def _columns(lake: Path) -> Iterator[tuple[str, str]]:
    for path in lake.rglob("*"):
        if path.suffix == ".parquet":
            for column in pl.read_parquet(path).iter_columns():
                yield column.name, json.dumps(column.to_list(), default=str, ensure_ascii=False)


def test_an_unforeseen_error_says_nothing_of_the_log(
    tmp_path: Path, words: Words, monkeypatch: pytest.MonkeyPatch
):
    secret = words.text()

    def fail(*_given: object, **_more: object) -> Any:
        raise ValueError(secret)

    monkeypatch.setattr("ingest.sources.approvals.pulling.parsed", fail)
    config = project(tmp_path)
    put(tmp_path, "hooks.jsonl", hooks(words))
    code, out, err = run("ingest", config, "approvals", "--debug")
    assert leaks(words, [("said", f"{code} {out} {err}"), *kept(tmp_path)]) == []
    assert "ValueError" in out + err
