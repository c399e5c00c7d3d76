"""Which formats of permission logs are known? The first that recognises a file reads it."""

from __future__ import annotations

from typing import Final

from ingest.settings import ApprovalsSettings
from ingest.sources.approvals.agent_settings import AGENT_SETTINGS
from ingest.sources.approvals.base import Format
from ingest.sources.approvals.claude_transcripts import CLAUDE_TRANSCRIPTS
from ingest.sources.approvals.codex_rollouts import CODEX_ROLLOUTS
from ingest.sources.approvals.copilot_events import COPILOT_EVENTS
from ingest.sources.approvals.copilot_otel import COPILOT_OTEL
from ingest.sources.approvals.cursor import CURSOR_HOOKS
from ingest.sources.approvals.gemini import GEMINI_CHATS, GEMINI_OUTFILE
from ingest.sources.approvals.hooks import HOOKS
from ingest.sources.approvals.mapped import MAPPED, MAPPED_TABLE, is_lines, mapping_of
from ingest.sources.approvals.opencode import OPENCODE_EVENTS, OPENCODE_PARTS
from ingest.sources.approvals.otlp import OTLP

# What tells itself most surely comes first; words of one log may stand inside the texts of another.
FORMATS: Final[tuple[Format, ...]] = (
    AGENT_SETTINGS,
    OTLP,
    CLAUDE_TRANSCRIPTS,
    CODEX_ROLLOUTS,
    COPILOT_EVENTS,
    COPILOT_OTEL,
    HOOKS,
    CURSOR_HOOKS,
    GEMINI_CHATS,
    GEMINI_OUTFILE,
    OPENCODE_EVENTS,
    OPENCODE_PARTS,
    MAPPED,
    MAPPED_TABLE,
)


def format_of(head: bytes, name: str, settings: ApprovalsSettings | None) -> Format | None:
    """Format of a file, by its first unpacked bytes and its name; None when nobody knows it.

    What a mapping names is read by that mapping, whatever it looks like.

    >>> format_of(b'{"resourceLogs": []}', "otel/data.json", None).name
    'otlp'
    """
    if mapping_of(name, settings):
        return MAPPED if is_lines(head) else MAPPED_TABLE
    return next((each for each in FORMATS if each.recognises(head, name)), None)
