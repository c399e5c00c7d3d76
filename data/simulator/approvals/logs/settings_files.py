"""What do settings files of an agent say of its permissions, servers and retention?"""

from __future__ import annotations

from typing import Any

import orjson


def claude_settings(default_mode: str, kept_days: int, allowed: tuple[str, ...]) -> bytes:
    """A `.claude/settings.json`."""
    told: dict[str, Any] = {
        "synthetic": True,
        "cleanupPeriodDays": kept_days,
        "permissions": {
            "allow": list(allowed),
            "ask": ["Bash(git push:*)"],
            "deny": ["Read(./.env)"],
            "defaultMode": default_mode,
        },
        "hooks": {"PermissionRequest": [{"hooks": [{"type": "command", "command": "log-prompt"}]}]},
    }
    return _pretty(told)


def mcp_servers(*names: str) -> bytes:
    """A `.mcp.json`."""
    servers = {name: {"type": "http", "url": f"https://{name}.acme.example/mcp"} for name in names}
    return _pretty({"synthetic": True, "mcpServers": servers})


def _pretty(told: dict[str, Any]) -> bytes:
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
