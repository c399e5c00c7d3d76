"""What do Claude Code's events and spans say of permission prompts?

Source: the vendor's page on monitoring, and captures of 2.1.210 and 2.1.294. The log record `tool_decision`
carries the id of the span `blocked_on_user`, which ran while a person was asked; spans exist for what a rule
decided, too. Without a person before it (`-p`, SDK) `user_*` also stands for what a rule decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ingest.sources.approvals.otlp.claude_columns import ATTRIBUTES, VENDOR
from ingest.sources.approvals.otlp.desk import Desk
from ingest.sources.approvals.otlp.events import Event


def _as(kind: str) -> Callable[[Event, Desk], None]:
    """An event whose signal is made by columns."""
    return lambda event, desk: desk.row(kind, ATTRIBUTES[kind], event)


def _asked(event: Event, desk: Desk) -> None:
    """A hook that runs when a person is about to be asked; other hooks tell nothing of prompts."""
    if event.text("hook_event") == "PermissionRequest":
        desk.row("asked", ATTRIBUTES["asked"], event)


def _model(event: Event, desk: Desk) -> None:
    desk.sighting(VENDOR, "model", event.text("model"), event)


def _server(event: Event, desk: Desk) -> None:
    told = event.text("server_name") or event.text("mcp_server_name")
    desk.sighting(VENDOR, "mcp_server", told or _unnamed(event, "transport_type", "server_scope"), event)


def _plugin(event: Event, desk: Desk) -> None:
    told = event.text("plugin.name") or event.text("plugin_name")
    desk.sighting(VENDOR, "plugin", told or _unnamed(event, "marketplace.name", "plugin.scope"), event)


def _hook(event: Event, desk: Desk) -> None:
    told = [event.text("hook_event"), event.text("hook_source")]
    desk.sighting(VENDOR, "hook", " of ".join(filter(None, told)), event)


def _retention(event: Event, desk: Desk) -> None:
    days = event.whole("period_days")
    desk.sighting(VENDOR, "retention_days", None if days is None else str(days), event)


def _unnamed(event: Event, *names: str) -> str:
    """What is known of a thing whose name is held back: `OTEL_LOG_TOOL_DETAILS` is off by default."""
    return ", ".join(["name held back", *filter(None, map(event.text, names))])


HANDLERS: Final[Mapping[str, Callable[[Event, Desk], None]]] = {
    "claude_code.tool_decision": _as("decided"),
    "claude_code.tool_result": _as("ended"),
    "claude_code.user_prompt": _as("prompted"),
    "claude_code.permission_mode_changed": _as("mode"),
    "claude_code.hook_execution_start": _asked,
    "claude_code.mcp_server_connection": _server,
    "claude_code.plugin_loaded": _plugin,
    "claude_code.plugin_installed": _plugin,
    "claude_code.hook_registered": _hook,
    "claude_code.retention_sweep": _retention,
    "claude_code.api_request": _model,
    "claude_code.tool.blocked_on_user": _as("waited"),
    "claude_code.tool": _as("called"),
}
