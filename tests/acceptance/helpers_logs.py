"""Small logs of every format, and a reading of them without a store: what faults are put into."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from data.simulator.approvals import PlantedDecision, Work
from data.simulator.approvals.logs import (
    claude_messages,
    claude_settings,
    codex_messages,
    conversations,
    copilot_events,
    csv_table,
    gemini_outfile,
    hook_lines,
    json_lines,
    length_prefixed,
    mcp_servers,
    opencode_events,
    rollout,
    transcript,
    zstd_messages,
    zstd_stream,
)
from data.simulator.approvals.logs.tables import RENAME
from data.simulator.approvals.truth import Vendor
from ingest.checking import check
from ingest.contracts import AGENT_SIGHTINGS, APPROVAL_SESSIONS, APPROVAL_SIGNALS, APPROVALS
from ingest.contracts.common import Table
from ingest.errors import PilotError
from ingest.pipeline import IngestReport, Job, ingest
from ingest.settings import ApprovalMapping, ApprovalsSettings, IngestSettings, SourcesSettings
from ingest.sources.approvals import APPROVALS_SOURCE
from ingest.sources.approvals.pulling import pull
from ingest.sources.base import Outside, Parsed, Pulled, Surroundings
from ingest.store import Store
from tests.simulator.helpers_approvals import planted, workplace

KEY: Final = "k" * 32
NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
TABLES: Final = (APPROVAL_SIGNALS, AGENT_SIGHTINGS)
MAPPINGS: Final = [
    ApprovalMapping(paths=["logs/**/table*.csv"], rename=RENAME),
    ApprovalMapping(paths=["logs/**/mapped*.jsonl"], rename=RENAME),
]


def drawn(vendor: Vendor, seed: int, sessions: int = 2) -> Sequence[PlantedDecision]:
    """Decisions of a few sessions; another seed makes others."""
    work = Work(canary_share=0.1, sdk_share=0.0)
    all_of = planted(workplace(vendor, ends_on=date(2026, 6, 3), work=work), seed=seed)
    wanted = list(dict.fromkeys(one.session.session_id for one in all_of))[:sessions]
    return [one for one in all_of if one.session.session_id in wanted]


def _first(vendor: Vendor, seed: int) -> Any:
    return next(iter(conversations(drawn(vendor, seed))))


def _lines(*said: Mapping[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in said)


def _cursor_hooks() -> bytes:
    common = {"conversation_id": "cursor-1", "cursor_version": "2.1", "user_email": "rosa@acme.example"}
    return _lines(
        *(
            {
                **common,
                "hook_event_name": name,
                "ts": f"2026-06-01T10:00:0{place}Z",
                "command": "make",
                "duration": 40,
            }
            for place, name in enumerate(
                (
                    "beforeSubmitPrompt",
                    "beforeShellExecution",
                    "afterShellExecution",
                    "beforeReadFile",
                    "stop",
                )
            )
        )
    )


def _copilot_spans() -> bytes:
    resource = {"attributes": {"service.name": "github-copilot", "service.version": "1.0.102"}}
    return _lines(
        *(
            {
                "type": "span",
                "name": "chat",
                "startTime": [1_780_000_000 + 86_400 * day, 5],
                "resource": resource,
                "attributes": {"gen_ai.request.model": f"model-{day}"},
            }
            for day in range(4)
        )
    )


def _gemini_chat() -> bytes:
    messages = [
        {"type": "user", "timestamp": f"2026-06-01T10:0{place}:00Z", "content": "invented task"}
        for place in range(4)
    ]
    chat = {"sessionId": "gemini-1", "projectHash": "ab12", "messages": messages}
    other = {"sessionId": "gemini-2", "projectHash": "ab12", "messages": messages[:2]}
    return b"".join(json.dumps(each, indent=2).encode() + b"\n" for each in (chat, other))


def _opencode_parts() -> bytes:
    return _lines(
        *(
            {
                "type": "tool",
                "tool": "bash",
                "sessionID": "opencode-1",
                "callID": f"call-{place}",
                "id": "p",
                "state": {
                    "status": "completed",
                    "input": {"command": "make"},
                    "time": {
                        "start": 1_780_000_000_000 + 9_000 * place,
                        "end": 1_780_000_004_000 + 9_000 * place,
                    },
                },
            }
            for place in range(4)
        )
    )


def _mapped_lines(seed: int) -> bytes:
    header, *rows = csv_table(drawn("claude_code", seed)).decode().splitlines()
    return _lines(*(dict(zip(header.split(","), row.split(","), strict=True)) for row in rows))


# Name of the file -> what makes it of a seed. A name tells settings and mapped tables; nothing else does.
LOGS: Final[dict[str, Callable[[int], bytes]]] = {
    "otel.jsonl": lambda seed: json_lines(claude_messages(drawn("claude_code", seed))),
    "otel.jsonl.gz": lambda seed: gzip.compress(
        json_lines(claude_messages(drawn("claude_code", seed + 1))), mtime=0
    ),
    "lengths.binpb": lambda seed: length_prefixed(claude_messages(drawn("claude_code", seed + 2))),
    "packed.binpb": lambda seed: zstd_messages(claude_messages(drawn("claude_code", seed + 3))),
    "packed.json": lambda seed: zstd_messages(claude_messages(drawn("claude_code", seed + 4)), as_json=True),
    "stream.zst": lambda seed: zstd_stream(claude_messages(drawn("claude_code", seed + 5))),
    "codex.jsonl": lambda seed: json_lines(codex_messages(drawn("codex", seed))),
    "rollout.jsonl": lambda seed: rollout(_first("codex", seed + 1)),
    "transcript.jsonl": lambda seed: transcript(_first("claude_code", seed + 6)),
    "hooks.jsonl": lambda seed: hook_lines(drawn("claude_code", seed + 7)),
    "events.jsonl": lambda seed: copilot_events(_first("copilot", seed)),
    "outfile.log": lambda seed: gemini_outfile(drawn("gemini", seed)),
    "opencode.jsonl": lambda seed: opencode_events(drawn("opencode", seed)),
    "table.csv": lambda seed: csv_table(drawn("claude_code", seed + 8)),
    "mapped.jsonl": lambda seed: _mapped_lines(seed + 9),
    "cursor.jsonl": lambda _seed: _cursor_hooks(),
    "copilot_spans.jsonl": lambda _seed: _copilot_spans(),
    "chat.json": lambda _seed: _gemini_chat(),
    "parts.jsonl": lambda _seed: _opencode_parts(),
    ".claude/settings.json": lambda _seed: claude_settings("acceptEdits", 30, ("Bash(make:*)",)),
    ".mcp.json": lambda _seed: mcp_servers("tracker", "search"),
}
PACKED: Final = ("otel.jsonl.gz", "stream.zst")  # as a whole
BEHIND_LENGTHS: Final = ("lengths.binpb", "packed.binpb", "packed.json")
OBJECTS: Final = ("outfile.log", "chat.json", "parts.jsonl")
WHOLE: Final = ("table.csv", ".claude/settings.json", ".mcp.json")


@cache
def content_of(name: str, seed: int = 1) -> bytes:
    return LOGS[name](seed)


def settings_of(**told: Any) -> IngestSettings:
    given = {"paths": ["logs/**/*", "logs/**/.mcp.json", "logs/**/.claude/*"], "mapping": MAPPINGS, **told}
    return IngestSettings(sources=SourcesSettings(approvals=ApprovalsSettings.model_validate(given)))


@dataclass
class Reading:
    """Logs of one folder, read again and again as the store would keep them: events only appear."""

    base: Path
    cursor: dict[str, str] = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {each.name: {} for each in TABLES}
    )
    broken: list[dict[str, Any]] = field(default_factory=list)
    pulled: Pulled = field(default_factory=lambda: Pulled({}))
    settings: dict[str, Any] = field(default_factory=dict)
    _taken: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)  # by readers

    def put(self, name: str, content: bytes) -> Path:
        path = self.base / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def read(self) -> Pulled:
        outside = Outside({"pseudonyms": KEY})
        around = Surroundings(
            raw=None,
            held=pl.DataFrame(),
            cursor=self.cursor,
            now=lambda: NOW,  # type: ignore[arg-type]
            outside=outside,
            take=self._take,
            base=self.base,
        )
        self._taken, self.left_out = {each.name: [] for each in TABLES}, Counter()
        self.pulled = pull(settings_of(**self.settings), around)
        self.cursor = dict(self.pulled.cursor)
        for table in TABLES:
            self._keep(table, self._taken[table.name])
        return self.pulled

    def _take(self, parsed: Parsed, _name: str) -> None:
        self.left_out.update(parsed.left_out)
        for name, frame in parsed.frames.items():
            if frame.height:
                self._taken[name].append(frame)

    def _keep(self, table: Table, frames: list[pl.DataFrame]) -> None:
        if not frames:
            return
        stamp = pl.lit(NOW).dt.cast_time_unit("us")
        checked = check(pl.concat(frames).with_columns(source=pl.lit("approvals"), ingested_at=stamp), table)
        for row in checked.valid.iter_rows(named=True):
            self.rows[table.name].setdefault(row[table.key[0]], row)
        self.broken += checked.rejected.to_dicts()

    @property
    def named(self) -> str:
        """All that the ledger would say of what was not taken."""
        places = [row["raw_ref"] for row in self.broken]
        return f"{dict(self.pulled.refused)} {dict(self.pulled.left_out)} {dict(self.left_out)} {places}"


def read_alone(base: Path, name: str, content: bytes) -> Reading:
    reading = Reading(base)
    reading.put(name, content)
    try:
        reading.read()
    except PilotError as error:  # only when nothing at all is a log
        reading.pulled = Pulled({}, refused={name: str(error)})
    return reading


def run(base: Path, store: Store | None = None, **told: Any) -> tuple[Store, IngestReport]:
    """One `pilot ingest approvals`, without the command line."""
    store = store or Store(str(base / "lake"))
    outside = Outside({"pseudonyms": KEY})
    job = Job(settings_of(**told), base, (APPROVALS_SOURCE,), "1.0", "{}", lambda: NOW, outside=outside)
    with store.lock("ingest", wait_seconds=60):
        return store, ingest(store, job)


def tables(store: Store, report: IngestReport) -> dict[str, pl.DataFrame]:
    """What a run published, in the order of the keys."""
    wanted = (APPROVAL_SIGNALS, AGENT_SIGHTINGS, APPROVALS, APPROVAL_SESSIONS)
    frames = {each: store.read(each.name, report.published).collect() for each in wanted}
    return {each.name: frame.drop("ingested_at").sort(each.key) for each, frame in frames.items()}
