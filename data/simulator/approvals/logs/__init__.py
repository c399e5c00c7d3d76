"""How does each agent's log tell of the same decisions? One module per format."""

from __future__ import annotations

from data.simulator.approvals.logs.claude_otlp import Telling, claude_messages
from data.simulator.approvals.logs.claude_transcripts import transcript
from data.simulator.approvals.logs.codex import codex_messages, rollout
from data.simulator.approvals.logs.copilot_events import copilot_events
from data.simulator.approvals.logs.encoding import (
    json_lines,
    length_prefixed,
    zstd_messages,
    zstd_stream,
)
from data.simulator.approvals.logs.gemini import gemini_outfile
from data.simulator.approvals.logs.hook_lines import hook_lines
from data.simulator.approvals.logs.opencode import opencode_events
from data.simulator.approvals.logs.sessions import conversations
from data.simulator.approvals.logs.settings_files import claude_settings, mcp_servers
from data.simulator.approvals.logs.tables import csv_table

__all__ = [
    "Telling",
    "claude_messages",
    "claude_settings",
    "codex_messages",
    "conversations",
    "copilot_events",
    "csv_table",
    "gemini_outfile",
    "hook_lines",
    "json_lines",
    "length_prefixed",
    "mcp_servers",
    "opencode_events",
    "rollout",
    "transcript",
    "zstd_messages",
    "zstd_stream",
]
