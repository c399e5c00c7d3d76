from __future__ import annotations

import re
from datetime import date

import pytest

from ingest.authorship import commit_signals, pull_request_signals
from ingest.authorship_rules import BRANCHES, IDENTITIES, MARKERS, MODEL, RULES, RULES_VERSION, Rule

VALUES = ("numeric_id", "login", "commit_login")


def test_ids_of_rules_are_unique_because_evidence_refers_to_them():
    ids = [rule.id for rule in RULES]

    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_a_source_and_a_date_and_an_id_that_fits_into_evidence(rule: Rule):
    assert rule.source
    assert date(2023, 1, 1) <= rule.since <= date(2026, 1, 1)
    assert re.fullmatch(r"[a-z0-9-]+", rule.id)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.signal not in VALUES], ids=lambda rule: rule.id
)
def test_every_expression_compiles_and_has_a_hint(rule: Rule):
    re.compile(rule.pattern)

    assert rule.hint
    assert rule.hint == rule.hint.lower()


def test_the_version_is_a_short_digest():
    assert re.fullmatch(r"[0-9a-f]{12}", RULES_VERSION)


@pytest.mark.parametrize("rule", BRANCHES, ids=lambda rule: rule.id)
def test_a_branch_of_the_agent_fires_and_one_that_only_mentions_it_does_not(rule: Rule):
    prefix = rule.hint

    assert pull_request_signals("jane", "user", f"{prefix}fix", "", None) == [f"{rule.id}: {prefix}fix"]
    assert pull_request_signals("jane", "user", f"feature/{prefix}fix", "", None) == []
    assert pull_request_signals("jane", "user", prefix.rstrip("/"), "", None) == []


@pytest.mark.parametrize(
    "rule", [rule for rule in IDENTITIES if rule.signal == "numeric_id"], ids=lambda rule: rule.id
)
def test_a_numeric_id_survives_a_rename_of_its_account(rule: Rule):
    made = commit_signals(None, None, f"{rule.pattern}+renamed[bot]@users.noreply.github.com", None)

    assert [signal.partition(":")[0] for signal in made.signals] == [rule.id]


MARKED = {
    "claude-code-marker-generated": "Generated with [Claude Code](https://claude.com/claude-code)",
    "claude-code-marker-session": "https://claude.ai/code/session_011CabC",
    "devin-marker-session": "Link to run: https://app.devin.ai/sessions/0123abcd",
    "codex-marker-task": "https://chatgpt.com/codex/tasks/task_e_0123",
    "copilot-marker-tips": "<!-- START COPILOT CODING AGENT TIPS -->",
    "cursor-marker-link": "[Open](https://cursor.com/agents?id=bc-1)",
    "jules-marker-task": "PR created by Jules: https://jules.google.com/task/12",
    "amp-marker-thread": "https://ampcode.com/threads/T-1",
    "opencode-marker-generated": "Generated with [opencode](https://opencode.ai)",
    "factory-droid-marker-generated": "Generated with Factory Droid",
    "codex-marker-generated": "Made by OpenAI Codex",
}


@pytest.mark.parametrize("rule", MARKERS, ids=lambda rule: rule.id)
def test_every_marker_is_recognised_in_a_description_and_in_a_message(rule: Rule):
    told = f"Totals were off.\n\n{MARKED[rule.id]}\n"
    in_description = pull_request_signals("jane", "user", None, "Fix", told)
    in_message = commit_signals("jane", "Jane", None, f"Fix\n\n{told}").signals

    assert [signal.partition(":")[0] for signal in in_description] == [rule.id]
    assert [signal.partition(":")[0] for signal in in_message] == [rule.id]


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Co-authored-by: Claude Opus 4.5 <noreply@anthropic.com>", "Claude Opus 4.5"),
        ("Co-authored-by: Claude Sonnet 4 <noreply@anthropic.com>", "Claude Sonnet 4"),
        ("Co-authored-by: Claude <noreply@anthropic.com>", None),
        ("Co-authored-by: aider (gpt-4o) <noreply@aider.chat>", "gpt-4o"),
        ("Co-authored-by: aider (openrouter/x-1) <noreply@aider.chat>", "openrouter/x-1"),
        ("Assisted-by: Codex with gpt-5.1-codex", "gpt-5.1-codex"),
    ],
)
def test_the_model_is_read_where_a_trailer_tells_it(text: str, model: str | None):
    assert commit_signals("jane", "Jane", None, f"Fix\n\n{text}").model == model


def test_the_expression_for_models_takes_no_ordinary_words():
    assert re.search(MODEL, "the claude rule for gpts and o5 gemini", re.IGNORECASE) is None
