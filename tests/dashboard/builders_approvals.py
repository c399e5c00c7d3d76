"""A project with logs of prompts in a table of one's own: two people, one day, through the whole product."""

from __future__ import annotations

from pathlib import Path

CONFIG = """
[[pilot]]
name = "pay"
repositories = ["acme/pay"]
start_on = 2026-01-01

[sources.approvals]
paths = ["logs/*.csv"]

[[sources.approvals.mapping]]
paths = ["logs/*.csv"]
{more}
"""
HEADER = (
    "vendor,session_id,call_id,shown_at,decided_at,decision,actor,tool_name,request_kind,reviewer,repository"
)


def project(folder: Path, more: str = "", tail: str = "") -> Path:
    """A pilot.toml that reads logs/*.csv."""
    path = folder / "pilot.toml"
    path.write_text(CONFIG.format(more=more) + tail, encoding="utf-8")
    return path


def log(folder: Path, name: str, *people: str, repository: str = "acme/pay") -> Path:
    """Two decisions of each of these people; the file's own session for each."""
    path = folder / "logs" / name
    path.parent.mkdir(exist_ok=True)
    rows = [
        f"other,{name}-{person.partition(chr(64))[0]},{call},2026-05-01T09:0{call}:00Z,2026-05-01T09:0{call}:05Z,accept,human,Bash,command,"
        f"{person},{repository}"
        for person in people
        for call in (1, 2)
    ]
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path
