"""How does a scanner spell one run? SARIF 2.1.0 as common tools write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from data.simulator.truth import Tool
from data.simulator.weaknesses import Weakness

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
HEADER: Final = f'{{"version":"2.1.0","$schema":"{SCHEMA}","runs":[\n'
FOOTER: Final = "\n]}\n"
LEVELS: Final = ((7.0, "error"), (4.0, "warning"), (0.0, "note"))


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a tool over one commit."""

    tool: Tool
    repository: str
    commit: str
    branch: str  # as refs/heads/... or refs/pull/N/head
    at: datetime
    label: str  # what makes the run's automation id its own
    weaknesses: Sequence[Weakness]
    failed: bool = False


def run_object(run: Run) -> dict[str, Any]:
    """The `run` object of a SARIF file."""
    return {
        "tool": _tool(run.tool),
        "automationDetails": {"id": f"{run.tool.name.lower()}/{run.label}"},
        "versionControlProvenance": [
            {
                "repositoryUri": f"https://github.example/{run.repository}",
                "revisionId": run.commit,
                "branch": run.branch,
            }
        ],
        "invocations": [_invocation(run)],
        "results": [] if run.failed else [_result(run, weakness) for weakness in run.weaknesses],
    }


@cache
def _tool(tool: Tool) -> dict[str, Any]:
    # Rules live in a pack of their own, with its own version: that tells a new rule from new code.
    rules = [_rule(rule.id, rule.score, rule.cwe) for rule in tool.rules]
    pack = {"name": f"{tool.name}Rules", "semanticVersion": tool.rules_version, "rules": rules}
    return {"driver": {"name": tool.name, "version": tool.version}, "extensions": [pack]}


def _rule(name: str, score: float | None, cwe: int | None) -> dict[str, Any]:
    tags = ["security", f"external/cwe/cwe-{cwe:03d}"] if cwe else ["maintainability"]
    severity = {"security-severity": str(score)} if score is not None else {}
    return {"id": name, "properties": {**severity, "tags": tags}}


def _invocation(run: Run) -> dict[str, Any]:
    if not run.failed:
        return {"executionSuccessful": True, "endTimeUtc": run.at}
    message = {"level": "error", "message": {"text": "The analysis ran out of memory"}}
    return {"executionSuccessful": False, "endTimeUtc": run.at, "toolExecutionNotifications": [message]}


def _result(run: Run, weakness: Weakness) -> dict[str, Any]:
    region = {"startLine": _line(run, weakness), "snippet": {"text": f"    {weakness.text}"}}
    place = {"artifactLocation": {"uri": weakness.path}, "region": region}
    return {
        "rule": {"id": weakness.rule.id, "toolComponent": {"index": 0}},
        "level": _level(weakness.rule.score),
        "message": {"text": weakness.rule.title},
        "locations": [{"physicalLocation": place}],
    }


def _level(score: float | None) -> str:
    return next(level for least, level in LEVELS if (score or 0.0) >= least)


def _line(run: Run, weakness: Weakness) -> int:
    """Code above a weak line keeps growing: its number moves by one a week, its identity does not."""
    weeks = max(0, (run.at - weakness.present_from).days // 7) if weakness.present_from < run.at else 0
    return weakness.line + weeks
