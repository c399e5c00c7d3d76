from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from metrics.estimate import Undefined
from metrics.fatigue.inventory import ALLOWS_ALL, BYPASS, NEW_SERVER, OLD_VERSION, inventory
from tests.builders_metrics import Row, pilot, tables
from tests.builders_sign_offs import session, sighting
from tests.builders_velocity import NOW, at

OLD = sighting("hook", "PreToolUse", 0)  # watching began at the start


def listed(*sightings: Row, sessions: tuple[Row, ...] = ()) -> pl.DataFrame:
    cut = tables(agent_sightings=sightings, approval_sessions=sessions).cut(at(NOW))
    found = inventory(cut, pilot(), at(NOW))
    assert isinstance(found, pl.DataFrame)
    return found


def flags(kind: str, name: str, *others: Row, hours: float = 0, **given: Any) -> list[str]:
    found = listed(sighting(kind, name, hours, **given), *others)
    return found.row(by_predicate=(pl.col("kind") == kind) & (pl.col("name") == name), named=True)["flags"]


def test_every_fact_stands_once_with_where_and_when():
    found = listed(
        sighting("model", "m-1", 5, repository="acme/pay", team="pay"),
        sighting("model", "m-1", 50, repository="acme/shop", place="settings.json"),
        sighting("model", "m-1", 70),
    )
    assert found.rows(named=True) == [
        {
            "vendor": "claude_code", "kind": "model", "name": "m-1",
            "repositories": ["acme/pay", "acme/shop"], "teams": ["pay"],
            "places": ["settings.json", "telemetry"], "first_seen_at": at(5),
            "last_seen_at": at(70), "flags": [],
        }
    ]  # fmt: skip


def test_sessions_tell_of_versions_models_and_modes():
    ran = session(first=3, last=9, agent_version="2.1", model="m-1", modes=["default", "bypass"])
    found = listed(sessions=(ran, session("s2", 20)))
    assert found.select("kind", "name").rows() == [
        ("agent_version", "2.1"), ("mode", "bypass"), ("mode", "default"), ("model", "m-1"),
    ]  # fmt: skip
    assert found["flags"].to_list() == [[], [BYPASS], [], []]
    assert found.row(0, named=True)["last_seen_at"] == at(9)


@pytest.mark.parametrize(
    ("kind", "name", "flag"),
    [
        ("permission_rule", "allow Bash(*)", ALLOWS_ALL),
        ("permission_rule", "allow Bash", ALLOWS_ALL),
        ("permission_rule", "allow Bash(:*)", ALLOWS_ALL),
        ("permission_rule", "allow *", ALLOWS_ALL),
        ("permission_rule", "allow Bash(npm test:*)", None),
        ("permission_rule", "deny Bash(*)", None),
        ("permission_rule", "allow BashOutput", None),
        ("mode", "bypass", BYPASS),
        ("mode", "default", None),
        ("setting", "defaultMode = bypassPermissions", BYPASS),
        ("setting", "disableBypassPermissionsMode = disable", None),
        ("setting", "defaultMode = acceptEdits", None),
        ("setting", "approval_policy = never", BYPASS),
        ("setting", "sandbox_mode = danger-full-access", BYPASS),
        ("setting", "approvalMode = yolo", BYPASS),
        ("setting", "enableAllProjectMcpServers = true", BYPASS),
        ("setting", "enableAllProjectMcpServers = false", None),
    ],
)
def test_what_goes_round_the_prompts_is_flagged(kind: str, name: str, flag: str | None):
    assert flags(kind, name) == ([flag] if flag else [])


def test_a_server_is_new_only_where_somebody_watched_before():
    recent = NOW - 29 * 24
    assert flags("mcp_server", "files", OLD, hours=recent) == [NEW_SERVER]
    assert flags("mcp_server", "files", hours=recent) == []
    assert flags("mcp_server", "files", OLD, hours=NOW - 31 * 24) == []
    assert flags("plugin", "files", OLD, hours=recent) == []


def test_a_version_is_old_once_a_newer_one_had_been_seen():
    newer = sighting("agent_version", "2.1.10", 50)
    assert flags("agent_version", "2.1.9", newer, hours=60) == [OLD_VERSION]
    assert flags("agent_version", "2.1.9", newer, hours=40) == []
    assert flags("agent_version", "2.1.9", {**newer, "vendor": "codex"}, hours=60) == []
    assert flags("agent_version", "2.1.11", newer, hours=60) == []


def test_other_pilots_and_later_days_are_not_listed():
    others = [sighting("model", "m-1", repository="other/thing"), sighting("model", "m-2", NOW + 1)]
    cut = tables(agent_sightings=others).cut(at(NOW))
    found = inventory(cut, pilot(), at(NOW))
    assert isinstance(found, Undefined)
    assert "no telemetry" in found.reason


def test_what_a_settings_file_says_today_stands_without_a_date_it_did_not_have_then():
    later = sighting("permission_rule", "allow Bash(*)", NOW + 1, place=".claude/settings.json")
    found = listed(OLD, later).filter(pl.col("kind") == "permission_rule").row(0, named=True)
    assert (found["first_seen_at"], found["last_seen_at"], found["flags"]) == (None, None, [ALLOWS_ALL])


def test_a_server_and_a_version_without_a_date_are_not_called_new_or_old():
    undated = [sighting(kind, name, NOW + 1, place=".mcp.json") for kind, name in
               (("mcp_server", "tracker"), ("agent_version", "1.0"))]  # fmt: skip
    found = listed(OLD, sighting("agent_version", "2.0"), *undated)
    assert set(found.filter(pl.col("first_seen_at").is_null())["flags"].to_list()[0]) == set()
    assert found["flags"].list.len().sum() == 0
