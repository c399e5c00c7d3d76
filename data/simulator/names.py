"""Who and what is named in a simulated organisation: people, agents, files, titles.

The agents' logins, branches and markers are the public ones by which they are recognised in the
field; everything else is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VERBS: Final = ("Add", "Fix", "Simplify", "Move", "Cache", "Validate", "Document", "Retry", "Split", "Rename")
AREAS: Final = ("orders", "ledger", "refunds", "search", "basket", "invoices", "webhooks", "catalogue")
NOUNS: Final = (
    "rounding", "limits", "pagination", "currency", "retries", "timeouts", "filters", "totals",
    "export", "import", "ranking", "synonyms", "vouchers", "shipping", "notices", "schedules",
)  # fmt: skip
SENSITIVE_FILES: Final = (
    "src/auth/session.py",
    "src/auth/login.py",
    "config/secrets.py",
    "infra/network/firewall.tf",
)
GENERATED_FILES: Final = ("src/generated/client_pb2.py", "src/generated/events_pb2.py")

HUMANS: Final = ("amara-okoye", "bence-nagy", "chloe-martin", "dmitri-volkov", "elif-kaya", "farid-rahimi")
DRIVERS: Final = ("greta-lind", "hiro-tanaka", "ilse-vos", "jonas-weber")
REVIEW_BOTS: Final = ("coderabbitai", "copilot-pull-request-reviewer")


@dataclass(frozen=True)
class AgentStyle:
    """How the work of one agent looks from outside."""

    login: str | None  # the bot that opens the pull request; None = the person who drives it
    branch: str  # prefix of the head branch
    commit_name: str | None  # author of its commits; None = the person
    commit_email: str | None
    commit_user: str | None
    body: str  # marker in the description
    trailer: str  # {person} and {email} are the driver's
    drafts: bool = False  # opens as a draft until a person marks it ready


STYLES: Final[dict[str, AgentStyle]] = {
    "copilot": AgentStyle(
        "copilot-swe-agent", "copilot/", "copilot-swe-agent[bot]",
        "198982749+Copilot@users.noreply.github.com", "Copilot",
        "<!-- START COPILOT CODING AGENT TIPS -->", "Co-authored-by: {person} <{email}>", drafts=True,
    ),
    "claude-code": AgentStyle(
        None, "claude/", None, None, None,
        "🤖 Generated with [Claude Code](https://claude.com/claude-code)",
        "Co-Authored-By: {model} <noreply@anthropic.com>",
    ),
    "codex": AgentStyle(None, "codex/", None, None, None, "https://chatgpt.com/codex/tasks/task_e_{oid}", ""),
    "devin": AgentStyle(
        "devin-ai-integration", "devin/", "Devin AI",
        "158243242+devin-ai-integration[bot]@users.noreply.github.com", "devin-ai-integration[bot]",
        "Link to Devin run: https://app.devin.ai/sessions/{oid}", "Co-Authored-By: {person} <{email}>",
    ),
    "cursor": AgentStyle(
        None, "cursor/", "Cursor Agent", "cursoragent@cursor.com", "cursoragent",
        "[Open in Cursor](https://cursor.com/agents?id={oid})", "Co-authored-by: {person} <{email}>",
    ),
}  # fmt: skip
MODELS: Final = ("Claude Sonnet 4.5", "Claude Opus 4.5")
DEPENDENCIES: Final = ("httpcore", "sqlkit", "fastyaml", "pydate", "queuelib", "typeforge")
