"""Which traces do coding agents and other machines leave, since when, and who says so?

Rules are data: each says one trace of one agent. A trace that was seen on a pull request or
commit is kept as text, ``rule id: quoted text``, so the id leads back here. Rules have a date
because names have a history: a branch ``codex/…`` of 2023 is not the work of an agent that
appeared in May 2025.

Sources: AIDev (Li, Zhang, Hassan 2025, arXiv:2507.15003), counts over 7,122 labelled pull
requests; CHAOSS ai-detection-action (MIT); PRarena (collect_data.py); coderbuds ai-detector
(MIT); the agents' own documentation; "seen" = trailers in public repositories.

Traps the table avoids: ``175728472+Copilot`` is a person who accepted a review suggestion;
``CURSOR_SUMMARY`` and similar blocks are written by review bots into other people's
descriptions; people are called Claude, Devin and Jules, so a name without an address or a
model is no evidence; the pull request that installs Claude Code mentions it without being
made by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final, Literal

Grade = Literal["agent", "assisted", "automation", "review_only", "driver"]
Signal = Literal[
    "numeric_id",  # number in <id>+<login>@users.noreply.github.com: survives a rename
    "login",  # account of a pull request's or commit's author; "x[bot]" only if it is a bot
    "commit_login",  # account of a commit's author only: linked through the commit's address
    "branch",
    "body",  # description of a pull request, or message of a commit
    "trailer",  # one line "Key: value" of a commit message or description
    "author_name",
    "author_email",
    "committer_name",  # where it is not the author's
    "subject",  # first line of a commit message
]


@dataclass(frozen=True)
class Rule:
    """One trace of one agent; `pattern` is a value for ids and logins, else a regular expression."""

    id: str
    since: date  # no change made earlier is judged by this rule
    agent: str
    grade: Grade
    signal: Signal
    pattern: str
    source: str
    hint: str = ""  # lower-case text in every match: a cheap first look before the expression


COPILOT, DEVIN, CODEX, CURSOR, CLAUDE = "copilot", "devin", "codex", "cursor", "claude-code"
JULES, CODEGEN, OPENHANDS, AIDER, DROID = "jules", "codegen", "openhands", "aider", "factory-droid"
AMAZON_Q, GEMINI, AMP, OPENCODE, WINDSURF = "amazon-q", "gemini", "amp", "opencode", "windsurf"
REPLIT, COPILOT_CLI, GENERIC = "replit", "copilot-cli", "unnamed"
CRUSH, QWEN, VIBE, JUNIE, WARP = "crush", "qwen-code", "mistral-vibe", "junie", "warp"

_DEVIN_ON, _COPILOT_ON, _CODEX_ON = date(2024, 3, 1), date(2025, 5, 1), date(2025, 5, 1)
_CURSOR_ON, _CLAUDE_ON, _JULES_ON = date(2025, 4, 1), date(2025, 2, 1), date(2024, 12, 1)
_LONG_AGO = date(2023, 1, 1)
_BEFORE_AGENTS = date(2012, 1, 1)  # bots that update and release are older than agents


def _ids(grade: Grade, *entries: tuple[str, str, date, str]) -> tuple[Rule, ...]:
    return tuple(
        Rule(f"{agent}-id-{number}", since, agent, grade, "numeric_id", number, source, f"{number}+")
        for number, agent, since, source in entries
    )


def _logins(grade: Grade, *entries: tuple[str, str, date, str]) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            f"{agent or 'automation'}-login-{login.replace('[bot]', '')}",
            since,
            agent,
            grade,
            "login",
            login,
            source,
        )
        for login, agent, since, source in entries
    )


def _branches(*entries: tuple[str, str, date, str]) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            f"{agent}-branch-{prefix}", since, agent, "agent", "branch", rf"^{prefix}/.", source, f"{prefix}/"
        )
        for prefix, agent, since, source in entries
    )


def _patterns(
    grade: Grade, signal: Signal, *entries: tuple[str, str, date, str, str, str]
) -> tuple[Rule, ...]:
    return tuple(
        Rule(f"{agent}-{name}", since, agent, grade, signal, pattern, source, hint)
        for name, agent, since, hint, pattern, source in entries
    )


IDENTITIES: Final = (
    *_ids(
        "agent",
        ("198982749", COPILOT, _COPILOT_ON, "CHAOSS; AIDev: 99.5 % of its commits"),
        ("158243242", DEVIN, _DEVIN_ON, "CHAOSS; AIDev: 99.0 % of its commits"),
        ("161369871", JULES, _JULES_ON, "seen"),
        ("209825114", CLAUDE, _CLAUDE_ON, "seen: claude[bot], the GitHub action"),
        ("138933559", DROID, _LONG_AGO, "seen"),
        ("208079219", AMAZON_Q, _LONG_AGO, "seen"),
        ("206951365", CURSOR, _CURSOR_ON, "seen: cursor[bot]"),
    ),
    *_ids("assisted", ("223556219", COPILOT_CLI, _COPILOT_ON, "seen: Copilot CLI's co-author")),
    *_ids(
        "review_only",
        ("175728472", COPILOT, _LONG_AGO, "AIDev: 41 commits by people who accepted a suggestion"),
        ("62310815", "github-advanced-security", _LONG_AGO, "AIDev: 10 accepted autofixes"),
        ("176961590", GEMINI, _LONG_AGO, "seen: reviewer"),
        ("199175422", CODEX, _LONG_AGO, "seen: reviewer"),
    ),
    *_logins(
        "agent",
        ("copilot-swe-agent", COPILOT, _COPILOT_ON, "AIDev: 100 %"),
        ("copilot", COPILOT, _COPILOT_ON, "AIDev: REST name of the same account"),
        ("devin-ai-integration", DEVIN, _DEVIN_ON, "AIDev: 100 %; PRarena"),
        ("google-labs-jules", JULES, _JULES_ON, "PRarena"),
        ("codegen-sh", CODEGEN, _LONG_AGO, "PRarena"),
        ("openhands-agent", OPENHANDS, _LONG_AGO, "OpenHands documentation"),
        ("openhands-ai", OPENHANDS, _LONG_AGO, "OpenHands documentation"),
        ("cursoragent", CURSOR, _CURSOR_ON, "AIDev: 97.9 % of its commits"),
        ("cursor[bot]", CURSOR, _CURSOR_ON, "AIDev: 1.4 %"),
        ("claude[bot]", CLAUDE, _CLAUDE_ON, "AIDev: 70 commits"),
        ("chatgpt-codex-connector[bot]", CODEX, _CODEX_ON, "seen; as a reviewer it is no author"),
        ("factory-droid", DROID, _LONG_AGO, "seen"),
        ("amazon-q-developer", AMAZON_Q, _LONG_AGO, "seen"),
    ),
    Rule("claude-code-account", _CLAUDE_ON, CLAUDE, "assisted", "commit_login", "claude",
         "the account behind the address of its trailers; AIDev: 7 commits"),
)  # fmt: skip

# A branch is an agent's own naming; AIDev cannot measure it, PRarena finds agents by it.
BRANCHES: Final = _branches(
    ("copilot", COPILOT, _COPILOT_ON, "PRarena"),
    ("codex", CODEX, _CODEX_ON, "PRarena; indispensable: other signals catch 47.6 %"),
    ("cursor", CURSOR, _CURSOR_ON, "PRarena"),
    ("devin", DEVIN, _DEVIN_ON, "AIDev: merge messages name it"),
    ("claude", CLAUDE, _CLAUDE_ON, "Claude Code documentation"),
    ("jules", JULES, _JULES_ON, "Jules documentation"),
    ("codegen-bot", CODEGEN, _LONG_AGO, "Codegen documentation"),
    ("openhands", OPENHANDS, _LONG_AGO, "OpenHands documentation"),
)

_COPILOT_TIPS = (
    r"start copilot coding agent|gh\.io/copilot(?:-coding-agent|/actions-setup-steps|/firewall-config)|"
    r"\[copilot coding agent tips\]"
)
MARKERS: Final = _patterns(
    "agent", "body",
    ("marker-generated", CLAUDE, _CLAUDE_ON, "claude code",
     r"(?:generated|created|made|built) (?:with|by|using) \[?claude code\b", "AIDev: 81 %"),
    ("marker-session", CLAUDE, _CLAUDE_ON, "claude.ai/code/session",
     r"claude\.ai/code/session[-_/]\w+", "Claude Code on the web"),
    ("marker-session", DEVIN, _DEVIN_ON, "app.devin.ai/sessions",
     r"app\.devin\.ai/sessions/\w*", "AIDev: 96.7 %"),
    ("marker-task", CODEX, _CODEX_ON, "chatgpt.com/codex/",
     r"chatgpt\.com/codex/tasks/\w+", "AIDev: 46.5 %"),
    ("marker-tips", COPILOT, _COPILOT_ON, "copilot",
     _COPILOT_TIPS, "AIDev: 91.7 %"),
    ("marker-link", CURSOR, _CURSOR_ON, "cursor.com/",
     r"cursor\.com/(?:agents|background-agent)\b", "coderbuds"),
    ("marker-task", JULES, _JULES_ON, "jules.google.com/task", r"jules\.google\.com/task/\w+", "seen"),
    ("marker-thread", AMP, _LONG_AGO, "ampcode.com/threads", r"ampcode\.com/threads/[\w-]+", "seen"),
    ("marker-generated", OPENCODE, _LONG_AGO, "opencode", r"generated with \[?opencode\b", "seen"),
    ("marker-generated", DROID, _LONG_AGO, "factory", r"generated (?:with|by) \[?factory droid\b", "seen"),
    ("marker-generated", CODEX, _CODEX_ON, "codex",
     r"(?:generated|made|created) (?:with|by) \W{0,4}openai codex\b", "AIDev: 2"),
    ("marker-generated", CRUSH, _LONG_AGO, "generated with crush",
     r"^\W{0,4}\U0001f498\W{0,4}generated with crush\b", "Crush's README, `generated_with`"),
    ("marker-chat", AIDER, _LONG_AGO, "# aider chat conversation", r"^# aider chat conversation\b",
     "Aider until 2024-06, below its own subject; 7 of its commits have nothing else"),
    ("marker-generated", VIBE, _LONG_AGO, "mistral vibe", r"^\W{0,4}generated by mistral vibe\b", "seen"),
)  # fmt: skip

_CO = r"^co-authored-by:\s*"
TRAILERS: Final = _patterns(
    "assisted", "trailer",
    ("trailer", CLAUDE, _CLAUDE_ON, "anthropic.com",
     _CO + r"claude\b.*<no-?reply@anthropic\.com>", "AIDev: 74.3 %"),
    ("trailer-model", CLAUDE, _CLAUDE_ON, "claude",
     _CO + r"claude (?:code|opus|sonnet|haiku)\b.*", "the name alone may be a person's; a model's is not"),
    ("trailer", CURSOR, _CURSOR_ON, "cursor", _CO + r".*<cursoragent@cursor\.com>", "CHAOSS; AIDev: 1.4 %"),
    ("trailer", CODEX, _CODEX_ON, "openai.com", _CO + r".*<(?:codex|noreply)@openai\.com>", "AIDev: 0.9 %"),
    ("trailer", OPENHANDS, _LONG_AGO, "all-hands.dev",
     _CO + r".*<(?:openhands|opendevin)@all-hands\.dev>", "OpenHands source"),
    ("trailer", AIDER, _LONG_AGO, "aider", _CO + r"aider\b.*<\w+@aider\.(?:chat|dev)>",
     "Aider source; CHAOSS; aider.dev in spring 2025"),
    ("trailer", AMP, _LONG_AGO, "ampcode.com", _CO + r".*<amp@ampcode\.com>", "seen"),
    ("trailer", OPENCODE, _LONG_AGO, "opencode", _CO + r".*<noreply@opencode\.ai>", "seen"),
    ("trailer", WINDSURF, _LONG_AGO, "windsurf", _CO + r".*<windsurf@codeium\.com>", "seen"),
    ("trailer", GEMINI, _LONG_AGO, "gemini", _CO + r"gemini[- ](?:cli|code|\d).*", "Gemini CLI"),
    ("trailer", REPLIT, _LONG_AGO, "replit-", r"^replit-commit-author:\s*agent\b.*", "CHAOSS"),
    ("trailer", CRUSH, _LONG_AGO, "crush@charm.land",
     r"^(?:co-authored|assisted)-by:.*<crush@charm\.land>", "Crush's README, `trailer_style`"),
    ("trailer", QWEN, _LONG_AGO, "alibabacloud.com",
     _CO + r".*<qwen-coder@alibabacloud\.com>", "Qwen Code's default, `gitCoAuthor`"),
    ("trailer", VIBE, _LONG_AGO, "mistral.ai", _CO + r".*<vibe@mistral\.ai>", "seen"),
    ("trailer", JUNIE, _LONG_AGO, "jetbrains.com", _CO + r".*<junie@jetbrains\.com>", "seen"),
    ("trailer", WARP, _LONG_AGO, "warp.dev", _CO + r".*<(?:oz-)?agent@warp\.dev>", "seen"),
    ("disclosed", CLAUDE, _CLAUDE_ON, "-by: claude",
     r"^(?:assisted|generated)-by:\s*claude(?::| code\b).*", "Linux and Apache guidelines; seen"),
    ("disclosed", CODEX, _CODEX_ON, "codex",
     r"^(?:assisted|generated)-by:\s*(?:openai )?codex\b.*", "Linux guidelines; seen"),
    ("disclosed", COPILOT_CLI, _COPILOT_ON, "copilot",
     r"^(?:assisted|generated)-by:\s*(?:github )?copilot:.*", "Linux guidelines; seen"),
    ("trailer", GENERIC, _LONG_AGO, "-by:",
     r"^(?:assisted|generated)-by:\s*.*\b(?:claude|codex|copilot|gpt|gemini|cursor|aider|llm|ai)\b.*",
     "disclosure as Linux asks for it (process/coding-assistants), Apache by `Generated-by`"),
)  # fmt: skip

COMMIT_AUTHORS: Final = (
    *_patterns(
        "agent", "author_email",
        ("email", CURSOR, _CURSOR_ON, "cursoragent@", r"^cursoragent@cursor\.com$", "AIDev: 97.9 %"),
        ("email", OPENHANDS, _LONG_AGO, "@all-hands.dev", r"^(?:openhands|opendevin)@all-hands\.dev$",
         "OpenHands source; OpenDevin before autumn 2024"),
        ("email", CLAUDE, _CLAUDE_ON, "anthropic.com", r"^no-?reply@anthropic\.com$", "seen"),
        ("email", CODEX, _CODEX_ON, "openai.com", r"^(?:codex|noreply)@openai\.com$", "seen"),
        ("email", AMP, _LONG_AGO, "ampcode.com", r"^amp@ampcode\.com$", "seen"),
        ("email", OPENCODE, _LONG_AGO, "opencode", r"^noreply@opencode\.ai$", "seen"),
    ),
    *_patterns("agent", "author_name", ("name", AIDER, _LONG_AGO, "(aider)", r"\(aider\)$", "older Aider")),
    *_patterns(
        "assisted", "committer_name",
        ("committer", AIDER, _LONG_AGO, "(aider)", r"\(aider\)$",
         "Aider's documentation, commit attribution: a person's own change that it committed"),
    ),
    *_patterns("agent", "subject", ("subject", AIDER, _LONG_AGO, "aider:", r"^aider: .+", "Aider source")),
)  # fmt: skip

AUTOMATION: Final = _logins(
    "automation",
    *(
        (login, "", _BEFORE_AGENTS, "a release, update or build bot")
        for login in (
            "dependabot", "dependabot-preview", "renovate", "renovate-bot", "pre-commit-ci",
            "autofix-ci", "mergify", "snyk-bot", "pyup-bot", "greenkeeper", "imgbot", "release-please",
            "semantic-release-bot", "allcontributors", "dotnet-maestro", "web-flow", "github-merge-queue",
            "codecov-commenter", "codecov", "changeset-bot", "graphite-app",
        )
    ),
)  # fmt: skip

REVIEW_BOTS: Final = frozenset({
    "copilot-pull-request-reviewer", "coderabbitai", "greptile-apps", "gemini-code-assist", "sourcery-ai",
    "ellipsis-dev", "graphite-app", "cubic-dev-ai", "entelligence-ai-pr-reviews", "recurseml",
    "seer-by-sentry", "windsurf-bot", "github-advanced-security", "qodo-merge-pro",
    "qodo-merge-for-open-source", "codeant-ai", "propel-code-bot", "wispbit-ai", "callstackai",
    "matter-code-review", "chatgpt-codex-connector", "codefactor-io", "jazzberry-ai", "deepsource-io",
    "github-actions",  # opens changes for people, automation and agents alike: no evidence by itself
})  # fmt: skip  # AIDev: all seen as reviewers; machines whatever a source calls them

RULES: Final = (*IDENTITIES, *AUTOMATION, *BRANCHES, *MARKERS, *TRAILERS, *COMMIT_AUTHORS)

# What agents are called in texts that are not about authorship; also the houses and kinds of their models.
# Not "codegen": that is what generators of every kind are called.
AGENT_NAMES: Final = tuple(sorted(
    {rule.agent for rule in RULES if rule.grade in ("agent", "assisted")} - {GENERIC, CODEGEN}
    | {"ai", "anthropic", "chatgpt", "claude", "genai", "gpt", "llm", "openai", "qwen"},
    key=lambda name: (-len(name), name),
))  # fmt: skip
AGENT_PLACES: Final = ("claude.ai", "chatgpt.com", "cursor.com", "devin.ai", "jules.google.com", "openai.com")

# Addresses of agents; every other address is a person's and is never kept.
MACHINE_ADDRESSES: Final = (
    r"(?:no-?reply@(?:anthropic\.com|openai\.com|aider\.(?:chat|dev)|opencode\.ai)|aider@aider\.chat|codex@openai\.com|"
    r"cursoragent@cursor\.com|(?:openhands|opendevin)@all-hands\.dev|amp@ampcode\.com|windsurf@codeium\.com|"
    r"crush@charm\.land|qwen-coder@alibabacloud\.com|vibe@mistral\.ai|junie@jetbrains\.com|"
    r"(?:oz-)?agent@warp\.dev)"
)

# Blocks that review bots write into the descriptions of other people's pull requests.
FOREIGN_BLOCKS: Final = (
    ("cursor_summary", r"<!-- cursor_summary -->.*?(?:<!-- /cursor_summary -->|\Z)"),
    (
        "coderabbit.ai",
        r"<!-- this is an auto-generated comment: .*?coderabbit\.ai -->.*?(?:<!-- end of .*?-->|\Z)",
    ),
    ("pr-codex", r"<!-- start pr-codex -->.*?(?:<!-- end pr-codex -->|\Z)"),
    ("ellipsis_hidden", r"<!-- ellipsis_hidden -->.*?(?:<!-- ellipsis_hidden -->|\Z)"),
)

# Titles of pull requests in which people install an agent: its name there is no evidence.
INSTALLING: Final = (
    r"\b(?:add|install|set ?up|enable)\b.*\bclaude\b.*\b(?:github|workflow|action|app|review)\b"
)

# Models and versions of agents, as their traces spell them; the first group that matched is the name.
# Forms with a place for any name: Linux, "Assisted-by: AGENT:MODEL"; Crush, "Assisted-by: MODEL via
# Crush"; Aider, "aider (MODEL)". A name without a digit may be a family's or a person's.
MODEL: Final = (
    r"assisted-by: [^:\n]{1,40}:([\w./-]*\d[\w./-]*)"
    r"|assisted-by: ([^<\n]{0,40}\d[^<\n]{0,40}?) via crush"
    r"|aider \(([^)]{2,60})\)"
    r"|\b(claude[ -](?:code[ -])?(?:opus|sonnet|haiku)(?:[ -]\d[\w.]*)*|claude[ -][a-z]{3,12}[ -]\d[\w.]*|"
    r"claude-[\w.]*\d[\w.-]*|(?:opus|sonnet|haiku) \d[\w.]*|"
    r"gpt[- ]\d[\w.]*(?:-\d+)?(?:-(?:codex|mini|nano|max|pro|turbo|spark))*|gpt-oss-\w+|"
    r"o[134](?:-mini|-pro)?\b|"
    r"gemini[ -]\d[\w.]*(?:[ -](?:pro|flash))?(?:-lite)?(?:-preview)?|deepseek[\w./-]*|"
    r"grok[ -][\w.-]*\d[\w.-]*|qwen[ -]?\d[\w.-]*|glm[ -]\d[\w.]*|kimi[ -]k\d[\w.-]*|"
    r"devstral[\w.-]*|composer[ -]\d[\w.]*)"
)

RULES_VERSION: Final = sha256(
    repr((RULES, sorted(REVIEW_BOTS), FOREIGN_BLOCKS, INSTALLING, MODEL)).encode()
).hexdigest()[:12]
