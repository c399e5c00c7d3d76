"""What does an agent ask for: which tool, how much there is to read, how long it runs?"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from data.simulator.approvals.truth import SHORT_COMMAND_CHARS, Kind, Vendor, Work
from data.simulator.draws import weighted

# Names as the vendors write them.
TOOLS: Final[dict[Vendor, dict[Kind, str]]] = {
    "claude_code": {
        "command": "Bash", "edit": "Edit", "read": "Read", "mcp": "mcp_tool", "plan": "ExitPlanMode",
        "question": "AskUserQuestion",
    },
    "copilot": {"command": "shell", "edit": "write", "read": "read", "mcp": "mcp"},
    "codex": {"command": "exec_command", "edit": "apply_patch"},
    "gemini": {"command": "run_shell_command", "edit": "replace", "read": "read_file"},
    "opencode": {"command": "bash", "edit": "edit", "read": "read"},
}  # fmt: skip
LONG_COMMAND_SHARE: Final = 0.08
MARGIN_CHARS: Final = 60  # formats count quotes and braces differently: stay away from where it matters
TELLS_OF_COMMANDS: Final[tuple[Vendor, ...]] = ("copilot",)  # say whether a command only reads


@dataclass(frozen=True)
class Request:
    """What the agent wants to do."""

    kind: Kind
    tool_name: str
    is_read_only: bool | None
    chars: int
    run_seconds: float


def request(vendor: Vendor, work: Work, rng: Random) -> Request:
    """One request of an agent; kinds that a vendor does not have are commands."""
    drawn = weighted(rng, work.kinds)
    kind: Kind = drawn if drawn in TOOLS[vendor] else "command"
    tool_name, is_read_only = TOOLS[vendor][kind], _reads_only(kind, vendor)
    return Request(kind, tool_name, is_read_only, _chars(kind, rng), _running(kind, rng))


def _reads_only(kind: Kind, vendor: Vendor) -> bool | None:
    if kind == "read":
        return True
    is_told = kind == "edit" or vendor in TELLS_OF_COMMANDS
    return False if is_told else None


def _chars(kind: Kind, rng: Random) -> int:
    if kind == "command" and rng.random() >= LONG_COMMAND_SHARE:
        return _lognormal(rng, 70, (30, SHORT_COMMAND_CHARS - MARGIN_CHARS))
    if kind == "command":
        return _lognormal(rng, 500, (SHORT_COMMAND_CHARS + MARGIN_CHARS, 2_000))
    return _lognormal(rng, 700 if kind == "edit" else 120, (80, 6_000))


def _lognormal(rng: Random, median: float, bounds: tuple[int, int]) -> int:
    return round(min(max(median * exp(rng.gauss(0.0, 0.8)), bounds[0]), bounds[1]))


def _running(kind: Kind, rng: Random) -> float:
    """Seconds that the tool itself takes, in whole milliseconds; an edit takes next to none."""
    median, longest = (0.006, 0.02) if kind == "edit" else (0.4, 60.0)
    return round(min(median * exp(rng.gauss(0.0, 1.0)), longest), 3)
