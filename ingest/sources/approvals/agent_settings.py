"""What do the settings files of coding agents allow: rules, modes, servers, hooks, how long logs are kept?

Names and short words only: never what starts a server, its headers or environment, nor anybody's folders.
Only what a file tells is told; a default that nobody wrote down is none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from ingest.redaction import redacted_message, without_known_secrets
from ingest.sources.approvals.base import Context, Format, Found, Record, unreadable
from ingest.sources.approvals.telling import items, mapping, moment, number, sighted, text, with_place

NO_MOMENT: Final = "settings files read without the moment of the run"
NOTHING_TOLD: Final = "settings files that say nothing of permissions, servers, hooks and retention"
_COMMENTS: Final = re.compile(rb'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_DAYS: Final = re.compile(r"\s*(\d{1,5})\s*d(?:ays?)?\s*")
_HOME: Final = re.compile(r"(?:/home|/Users|[A-Za-z]:[\\/]Users)[\\/][^\\/\s:*()'\"]+")
_LONGEST_WORD: Final = 60  # of a value; what is longer is a text, not a setting
_BOM: Final = b"\xef\xbb\xbf"
Fact = tuple[str, str]  # kind and name of a sighting
Reading = Callable[[Mapping[str, Any]], Iterator[Fact]]

_CLAUDE_KEYS: Final = (
    "permissions.defaultMode", "permissions.disableBypassPermissionsMode", "permissions.disableAutoMode",
    "disableAutoMode", "disableAllHooks", "enableAllProjectMcpServers", "allowManagedHooksOnly",
    "allowManagedPermissionRulesOnly", "allowManagedMcpServersOnly", "skipDangerousModePermissionPrompt",
    "sandbox.enabled", "sandbox.autoAllowBashIfSandboxed", "sandbox.allowUnsandboxedCommands",
)  # fmt: skip
_CODEX_KEYS: Final = (
    "approval_policy", "sandbox_mode", "approvals_reviewer", "sandbox_workspace_write.network_access",
    "history.persistence", "otel.log_user_prompt",
)  # fmt: skip
_GEMINI_KEYS: Final = (
    "general.defaultApprovalMode", "security.disableYoloMode", "security.disableAlwaysAllow",
    "security.folderTrust.enabled", "autoAccept", "tools.autoAccept", "tools.sandbox", "telemetry.enabled",
    "telemetry.logPrompts", "hooksConfig.enabled",
)  # fmt: skip


# -- what a file says --------------------------------------------------------------------------------


def _claude(said: Mapping[str, Any]) -> Iterator[Fact]:
    rules = mapping(said.get("permissions"))
    for effect in ("allow", "ask", "deny"):
        yield from (("permission_rule", f"{effect} {rule}") for rule in _texts(rules.get(effect)))
    yield from _plain(said, _CLAUDE_KEYS, dropped="permissions.")
    yield from _size("additionalDirectories", rules.get("additionalDirectories"))
    yield from _hooks(said.get("hooks"))
    yield from (("mcp_server", name) for name in _texts(said.get("enabledMcpjsonServers")))
    for limit in ("allowedMcpServers", "deniedMcpServers"):
        names = (text(mapping(each).get("serverName")) for each in items(said.get(limit)))
        yield from (("setting", f"{limit} has {name}") for name in names if name)
    yield from (("plugin", name) for name, is_on in mapping(said.get("enabledPlugins")).items() if is_on)
    yield from _servers(said)
    yield from _model(said.get("model"))
    yield from _retained(said.get("cleanupPeriodDays"))


def _servers(said: Mapping[str, Any], key: str = "mcpServers") -> Iterator[Fact]:
    """Names of MCP servers, and of those far away the host."""
    for name, server in mapping(said.get(key)).items():
        yield "mcp_server", name
        host = _host(mapping(server))
        if host:
            yield "setting", f"{key}.{name} at {host}"
        if mapping(server).get("trust") is True:
            yield "setting", f"{key}.{name}.trust = true"


def _host(server: Mapping[str, Any]) -> str | None:
    address = text(server.get("url")) or text(server.get("httpUrl")) or text(server.get("serverUrl"))
    try:
        return urlsplit(address).hostname if address else None
    except ValueError:
        return None


def _codex(said: Mapping[str, Any]) -> Iterator[Fact]:
    yield from _plain(said, _CODEX_KEYS)
    for name, profile in mapping(said.get("profiles")).items():
        told = _plain(mapping(profile), _CODEX_KEYS)
        yield from ((kind, f"profiles.{name}.{fact}") for kind, fact in told)
    projects = mapping(said.get("projects")).values()
    trusted = [each for each in projects if mapping(each).get("trust_level") == "trusted"]
    yield from _size("trusted projects", trusted)
    yield from _servers(said, "mcp_servers")
    yield from _hooks(said.get("hooks"))
    yield from ([("hook", "notify")] if said.get("notify") else [])
    yield from _model(said.get("model"))


def _gemini(said: Mapping[str, Any]) -> Iterator[Fact]:
    tools = mapping(said.get("tools"))
    for effect, told in (("allow", tools.get("allowed")), ("deny", tools.get("exclude"))):
        yield from (("permission_rule", f"{effect} {rule}") for rule in _texts(told))
    for effect, key in (("allow", "allowedTools"), ("deny", "excludeTools")):
        yield from (("permission_rule", f"{effect} {rule}") for rule in _texts(said.get(key)))
    yield from _plain(said, _GEMINI_KEYS)
    yield from _servers(said)
    yield from _hooks(said.get("hooks"))
    model = said.get("model")
    yield from _model(mapping(model).get("name") or model)
    yield from _retained(mapping(mapping(said.get("general")).get("sessionRetention")).get("maxAge"))


def _cursor_hooks(said: Mapping[str, Any]) -> Iterator[Fact]:
    yield from _hooks(said.get("hooks"))


def _plain(said: Mapping[str, Any], keys: Iterable[str], dropped: str = "") -> Iterator[Fact]:
    """Settings that are truth values, numbers or single words; of an object only that it is there."""
    for key in keys:
        word = _word(_inside(said, key.split(".")))
        if word is not None:
            yield "setting", f"{key.removeprefix(dropped)} = {word}"


def _inside(said: Any, steps: list[str]) -> Any:
    return _inside(mapping(said).get(steps[0]), steps[1:]) if steps else said


def _word(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(sorted(value)[:5]) or None
    told = text(value)
    return told if told and len(told) <= _LONGEST_WORD else None


def _texts(value: Any) -> list[str]:
    return [told for told in (each.strip() for each in items(value) if isinstance(each, str)) if told]


def _hooks(value: Any) -> Iterator[Fact]:
    """Events that hooks listen to; what they run stays where it is."""
    yield from (("hook", event) for event, told in mapping(value).items() if isinstance(told, list) and told)


def _size(name: str, value: Any) -> Iterator[Fact]:
    yield from ([("setting", f"{name}: {len(items(value))}")] if items(value) else [])


def _model(value: Any) -> Iterator[Fact]:
    yield from ([("model", told)] if (told := _word(value)) and not isinstance(value, dict) else [])


def _retained(value: Any) -> Iterator[Fact]:
    written = _DAYS.fullmatch(value) if isinstance(value, str) else None
    days = number(written[1] if written else value)
    yield from ([("retention_days", f"{days:g}")] if days is not None else [])


# -- which file --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """One kind of settings file."""

    folder: str | None  # with or without its leading dot; None = any
    names: tuple[str, ...]
    vendor: str
    read: Reading


_KINDS: Final = (
    _Kind("claude", ("settings.json", "settings.local.json"), "claude_code", _claude),
    _Kind(None, ("managed-settings.json",), "claude_code", _claude),
    _Kind(None, (".mcp.json",), "claude_code", _servers),
    _Kind("codex", ("config.toml",), "codex", _codex),
    _Kind("cursor", ("mcp.json",), "cursor", _servers),
    _Kind("cursor", ("hooks.json",), "cursor", _cursor_hooks),
    _Kind("gemini", ("settings.json",), "gemini", _gemini),
)


def _kind_of(name: str) -> _Kind | None:
    path = PurePosixPath(name)
    folder = path.parent.name.removeprefix(".")
    return next((each for each in _KINDS if path.name in each.names and each.folder in (None, folder)), None)


def _is_settings(head: bytes, name: str) -> bool:
    if _kind_of(name) is None:
        return False
    is_json = head.lstrip(_BOM + b" \r\n\t").startswith((b"{", b"/"))
    return is_json or name.endswith(".toml")


def _read(records: Iterable[Record], context: Context) -> Iterator[Found]:
    kind, seen_at = _kind_of(context.name), _today(context)
    for record in records:
        said = _content(record.content, context.name)
        if said is None or kind is None:
            yield Found([unreadable(context, record, kind.vendor if kind else "other")], state=context.state)
        elif seen_at is None:
            yield Found(left_out={NO_MOMENT: 1}, state=context.state)
        else:
            fixed = {"vendor": kind.vendor, "place": context.name, "seen_at": seen_at,
                     "raw_ref": f"{context.name}#{record.offset}"}  # fmt: skip
            told = [_sighting(fact, fixed, context) for fact in _clean(kind, said)]
            yield Found((), told, {} if told else {NOTHING_TOLD: 1}, context.state)


def _today(context: Context) -> datetime | None:
    """Day of the run, in UTC: a file of settings has no moment of its own, and is read again every day."""
    now = moment(context.state.get("now"))
    return now and now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _clean(kind: _Kind, said: Mapping[str, Any]) -> Iterator[Fact]:
    """Each fact once, without secrets and addresses of people."""
    told = {(word, _hidden(word, name)): None for word, name in kind.read(said)}
    yield from ((word, name) for word, name in told if name)


def _hidden(word: str, name: str) -> str | None:
    """A fact without secrets and home folders; settings have known names, and "bypass" is no password."""
    plain = _HOME.sub("~", name)
    return without_known_secrets(plain) if word == "setting" else redacted_message(plain)


def _sighting(fact: Fact, fixed: Mapping[str, Any], context: Context) -> dict[str, Any]:
    return with_place({**fixed, "kind": fact[0], "name": fact[1]}, sighted(context))


def _content(content: bytes, name: str) -> dict[str, Any] | None:
    plain = content.removeprefix(_BOM)
    try:
        said = tomllib.loads(plain.decode()) if name.endswith(".toml") else _json(plain)
    except ValueError:  # what orjson, tomllib and a bad encoding raise
        return None
    return said if isinstance(said, dict) else None


def _json(content: bytes) -> Any:
    """JSON, with or without the comments that some agents allow."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return orjson.loads(_COMMENTS.sub(lambda found: found[1] or b"", content))


AGENT_SETTINGS: Final = Format(
    "agent_settings", "settings files of agents: rules, modes, MCP servers, hooks, retention", "whole",
    _is_settings, _read,
)  # fmt: skip
