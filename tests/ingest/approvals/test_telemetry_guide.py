"""What the scripts of docs/telemetry.md write is read, and the mapping there maps what stands beside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from ingest.approving import decisions
from ingest.contracts.approvals import ACTORS, DECISIONS, MODES, SCOPES
from ingest.settings import ApprovalsSettings
from ingest.sources.approvals.base import frame
from ingest.sources.approvals.formats import format_of
from ingest.sources.approvals.framing import framed, head
from ingest.sources.approvals.mapped import COLUMNS
from tests.ingest.approvals.reading import Reading, context, read
from tests.ingest.approvals.test_opencode import asked, replied

GUIDE = (Path(__file__).parents[3] / "docs" / "telemetry.md").read_text(encoding="utf-8")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
CALL = {"session_id": "s-1", "tool_name": "Bash", "tool_input": {"command": "ls -l"}}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def the_one(language: str, word: str) -> str:
    (found,) = (block for block in blocks(language) if word in block)
    return found


def reading(path: Path, expected: str, settings: ApprovalsSettings | None = None) -> Reading:
    told = format_of(head(path), f"exports/{path.name}", settings)
    assert told is not None
    assert told.name == expected
    records = [record.content for record in framed(path, told.framing)]
    return read(told, records, context(f"exports/{path.name}", settings=settings))


def noted(home: Path, agent: str, *handed: dict[str, Any]) -> Path:
    """The file that the script of the guide leaves, after these hooks ran."""
    script = home / "note-hook.sh"
    script.write_text(the_one("sh", "note-hook.sh"), encoding="utf-8")
    environment = {**os.environ, "HOME": str(home)}
    for each in handed:
        told = subprocess.run(
            ["sh", str(script), agent],
            input=orjson.dumps(each),
            env=environment,
            capture_output=True,
            check=True,
        )
        assert (told.stdout, told.stderr) == (b"{}\n", b"")
    return home / ".agent-hooks" / f"{agent}.jsonl"


needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="the script needs jq")


@needs_jq
def test_the_script_notes_prompts_of_claude_code_for_the_person_alone_who_runs_it(tmp_path: Path):
    begun = datetime.now(UTC)
    handed = [
        CALL | {"hook_event_name": "PreToolUse", "tool_use_id": "t1", "permission_mode": "default"},
        CALL | {"hook_event_name": "PermissionRequest", "permission_mode": "default"},
        CALL
        | {"hook_event_name": "PostToolUse", "tool_use_id": "t1", "tool_response": {"stdout": "a secret"}},
    ]
    path = noted(tmp_path, "claude", *handed)
    told = reading(path, "hooks")
    assert begun.replace(microsecond=0) <= told.one("asked")["at"] <= datetime.now(UTC)
    assert told.broken() == []
    assert b"a secret" not in path.read_bytes()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    stamped = frame(told.signals).with_columns(source=pl.lit("approvals"), ingested_at=pl.lit(LONG_AGO))
    (decision,) = decisions(stamped).to_dicts()
    assert (decision["call_id"], decision["decision"], decision["actor"]) == ("t1", "accept", "human")


@needs_jq
def test_the_script_notes_that_gemini_asked_a_person(tmp_path: Path):
    details = {"type": "exec", "toolName": "run_shell_command", "command": "ls -l"}
    notice = {"hook_event_name": "Notification", "notification_type": "ToolPermission", "details": details}
    told = reading(noted(tmp_path, "gemini", notice | {"session_id": "s-1"}), "gemini_outfile")
    row = told.one("asked")
    assert (row["tool_name"], row["request_kind"], row["content_chars"]) == (
        "run_shell_command",
        "command",
        5,
    )
    assert row["at"] > LONG_AGO
    assert told.broken() == []


@needs_jq
def test_the_script_notes_calls_of_cursor(tmp_path: Path):
    base = {"conversation_id": "c-1", "cursor_version": "2.4.1", "user_email": "ann@example.com"}
    before = base | {"hook_event_name": "beforeShellExecution", "command": "ls -l"}
    after = base | {"hook_event_name": "afterShellExecution", "output": "a secret", "duration": 1200}
    path = noted(tmp_path, "cursor", before, after)
    told = reading(path, "cursor_hooks")
    assert told.one("called")["call_id"] == told.one("ended")["call_id"]
    assert told.one("ended")["at"] >= told.one("called")["at"] > LONG_AGO
    assert told.broken() == []
    assert b"a secret" not in path.read_bytes()


@pytest.mark.skipif(shutil.which("node") is None, reason="the plugin needs a JavaScript runtime")
def test_the_plugin_notes_questions_and_answers_of_opencode(tmp_path: Path):
    (tmp_path / "plugin.mjs").write_text(the_one("js", "NotePermissions"), encoding="utf-8")
    events = [{"type": each["type"], "properties": each["properties"]} for each in (asked(), replied())]
    script = (
        'import { NotePermissions } from "./plugin.mjs"\n'
        "const { event } = await NotePermissions()\n"
        f"for (const each of {orjson.dumps([{'type': 'session.idle'}, *events]).decode()})"
        " await event({ event: each })\n"
    )
    (tmp_path / "run.mjs").write_text(script, encoding="utf-8")
    environment = {**os.environ, "HOME": str(tmp_path)}
    subprocess.run(["node", "run.mjs"], cwd=tmp_path, env=environment, check=True)
    path = tmp_path / ".agent-hooks" / "opencode.jsonl"
    told = reading(path, "opencode_events")
    assert told.one("asked")["call_id"] == told.one("decided")["call_id"]
    assert told.one("decided")["at"] >= told.one("asked")["at"] > LONG_AGO
    assert told.broken() == []
    assert path.read_bytes().count(b"\n") == 2


def test_the_mapping_maps_the_table_beside_it(tmp_path: Path):
    written = tomllib.loads(the_one("toml", "sources.approvals.mapping"))
    settings = ApprovalsSettings.model_validate(written["sources"]["approvals"])
    path = tmp_path / "approvals-1.csv"
    path.write_text(the_one("csv", "answered at"), encoding="utf-8")
    told = reading(path, "mapped_table", settings)
    assert told.broken() == []
    stamped = frame(told.signals).with_columns(source=pl.lit("approvals"), ingested_at=pl.lit(LONG_AGO))
    found = decisions(stamped).sort("happened_at")
    assert found.select("decision", "actor", "wait_seconds", "content_chars").rows() == [
        ("accept", "human", 4.0, 31), ("reject", "human", 20.0, 44),
    ]  # fmt: skip
    assert found["repository"].to_list() == ["acme/search"] * 2


def test_the_guide_names_every_column_and_word_of_a_mapping():
    told = GUIDE.partition("Our columns: ")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", told)) == set(COLUMNS)
    words = {word.strip() for listed in re.findall(r"\(([^)]*)\)", told) for word in listed.split(",")}
    assert words == {*DECISIONS, *ACTORS, *SCOPES, *MODES}


def test_every_json_of_the_guide_is_json():
    assert all(isinstance(orjson.loads(block), dict) for block in blocks("json"))
