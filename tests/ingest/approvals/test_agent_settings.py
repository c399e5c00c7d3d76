from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.sources.approvals.agent_settings import AGENT_SETTINGS, NO_MOMENT
from ingest.sources.approvals.base import Place
from tests.ingest.approvals.reading import Reading, at, context, read

NOW = "2026-11-02T10:00:00+00:00"
CLAUDE = {
    "cleanupPeriodDays": 90,
    "model": "opus",
    "enableAllProjectMcpServers": True,
    "permissions": {
        "allow": ["Bash(npm test:*)"], "deny": ["Read(./.env)"], "defaultMode": "acceptEdits",
        "disableBypassPermissionsMode": "disable", "additionalDirectories": ["/home/ann/private", "/srv"],
    },
    "hooks": {"PermissionRequest": [{"hooks": [{"command": "log.sh --key hunter2"}]}], "Stop": []},
    "env": {"ANTHROPIC_API_KEY": "hunter2"},
    "enabledMcpjsonServers": ["jira"],
    "enabledPlugins": {"review@acme": True, "old@acme": False},
}  # fmt: skip
SERVERS = {
    "mcpServers": {
        "docs": {"url": "https://ann:hunter2@mcp.example.com/v1?token=hunter2", "headers": {"X": "hunter2"}},
        "local": {"command": "run", "args": ["--token", "hunter2"], "env": {"KEY": "hunter2"}},
    }
}


def told(name: str, content: Any, **parts: Any) -> Reading:
    written = content if isinstance(content, str) else json.dumps(content)
    assert AGENT_SETTINGS.recognises(written.encode()[:65536], name)
    return read(AGENT_SETTINGS, [written.encode()], context(name, **{"state": {"now": NOW}, **parts}))


def told_settings(content: Any) -> Reading:
    return told(".claude/settings.json", content)


def facts(reading: Reading) -> set[tuple[str, str]]:
    return {(row["kind"], row["name"]) for row in reading.sightings}


def test_settings_of_claude_code_are_told_and_nothing_that_is_secret():
    reading = told("acme/.claude/settings.json", CLAUDE)

    assert facts(reading) == {
        ("permission_rule", "allow Bash(npm test:*)"), ("permission_rule", "deny Read(./.env)"),
        ("setting", "defaultMode = acceptEdits"), ("setting", "disableBypassPermissionsMode = disable"),
        ("setting", "enableAllProjectMcpServers = true"), ("setting", "additionalDirectories: 2"),
        ("hook", "PermissionRequest"), ("mcp_server", "jira"), ("plugin", "review@acme"), ("model", "opus"),
        ("retention_days", "90"),
    }  # fmt: skip
    assert {row["seen_at"] for row in reading.sightings} == {
        at(NOW).replace(hour=0, minute=0, second=0, microsecond=0)
    }
    assert {row["place"] for row in reading.sightings} == {"acme/.claude/settings.json"}
    assert "hunter2" not in str(reading)
    assert "/home" not in str(reading)


def test_a_default_that_nobody_wrote_down_is_not_told():
    assert not told(".claude/settings.local.json", {"permissions": {}}).sightings


@pytest.mark.parametrize(("name", "vendor"), [(".mcp.json", "claude_code"), (".cursor/mcp.json", "cursor")])
def test_servers_are_named_with_no_more_than_their_host(name: str, vendor: str):
    reading = told(name, SERVERS)

    assert facts(reading) == {
        ("mcp_server", "docs"), ("mcp_server", "local"), ("setting", "mcpServers.docs at mcp.example.com"),
    }  # fmt: skip
    assert {row["vendor"] for row in reading.sightings} == {vendor}
    assert "hunter2" not in str(reading)


def test_settings_of_codex_are_told():
    written = """
model = "gpt-6-codex"
approval_policy = "on-request"
sandbox_mode = "workspace-write"
notify = ["python3", "/home/ann/notify.py"]
[profiles.quick]
approval_policy = "never"
[projects."/home/ann/pay"]
trust_level = "trusted"
[mcp_servers.jira]
command = "npx"
[mcp_servers.jira.env]
TOKEN = "hunter2"
"""
    reading = told("home/.codex/config.toml", written)

    assert facts(reading) == {
        ("model", "gpt-6-codex"), ("setting", "approval_policy = on-request"),
        ("setting", "sandbox_mode = workspace-write"), ("setting", "profiles.quick.approval_policy = never"),
        ("setting", "trusted projects: 1"), ("mcp_server", "jira"), ("hook", "notify"),
    }  # fmt: skip
    assert "hunter2" not in str(reading)
    assert "/home" not in str(reading.sightings)


def test_settings_of_gemini_may_have_comments():
    written = """{
  // who is asked
  "general": {"defaultApprovalMode": "auto_edit", "sessionRetention": {"maxAge": "30d"}},
  "tools": {"allowed": ["run_shell_command(git)"], "exclude": ["web_fetch"]}, /* no web */
  "model": {"name": "gemini-3-pro"}, "mcpServers": {"x": {"httpUrl": "http://h.example//a", "trust": true}}
}"""
    assert facts(told("acme/.gemini/settings.json", written)) == {
        ("setting", "general.defaultApprovalMode = auto_edit"), ("retention_days", "30"),
        ("permission_rule", "allow run_shell_command(git)"), ("permission_rule", "deny web_fetch"),
        ("model", "gemini-3-pro"), ("mcp_server", "x"), ("setting", "mcpServers.x at h.example"),
        ("setting", "mcpServers.x.trust = true"),
    }  # fmt: skip


def test_hooks_of_cursor_are_told_by_their_event():
    reading = told(
        ".cursor/hooks.json", {"version": 1, "hooks": {"beforeShellExecution": [{"command": "x"}]}}
    )
    assert facts(reading) == {("hook", "beforeShellExecution")}


def test_managed_settings_limit_servers():
    reading = told("etc/managed-settings.json", {"allowedMcpServers": [{"serverName": "jira"}], "x": 1})
    assert facts(reading) == {("setting", "allowedMcpServers has jira")}


@pytest.mark.parametrize("broken", ["{", "[1]", '{"a": '])
def test_a_file_that_cannot_be_read_goes_to_quarantine(broken: str):
    reading = read(AGENT_SETTINGS, [broken.encode()], context(".mcp.json", state={"now": NOW}))
    assert reading.broken() == [["kind|check__vocabulary"]]


def test_without_the_moment_of_the_run_nothing_is_seen():
    reading = told(".mcp.json", SERVERS, state={})
    assert (reading.sightings, reading.left_out) == ([], {NO_MOMENT: 1})


def test_a_place_says_whose_settings_they_are():
    reading = told(".mcp.json", SERVERS, place=Place(repository="acme/pay", team="pay"))
    assert {(row["repository"], row["team"]) for row in reading.sightings} == {("acme/pay", "pay")}


@pytest.mark.parametrize("name", ["settings.json", "vscode/settings.json", ".claude/other.json"])
def test_other_files_are_not_taken_for_settings(name: str):
    assert not AGENT_SETTINGS.recognises(b'{"permissions": {}}', name)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("Read(//home/ann/notes/**)", "allow Read(/~/notes/**)"),
        ("Bash(/Users/ann/bin/x:*)", "allow Bash(~/bin/x:*)"),
        (r"Bash(C:\Users\ann\x.cmd)", r"allow Bash(~\x.cmd)"),
    ],
)
def test_a_home_folder_inside_a_rule_names_nobody(rule: str, told: str):
    reading = told_settings({"permissions": {"allow": [rule]}})
    assert facts(reading) == {("permission_rule", told)}


def test_a_secret_inside_a_rule_is_hidden():
    rule = "Bash(curl -H 'Authorization: token ghp_" + "a1B2" * 9 + "')"
    assert "ghp_" not in str(told(".claude/settings.json", {"permissions": {"allow": [rule]}}))
