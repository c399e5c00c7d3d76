"""How do raw columns of Claude Code's events become signals?

Most of what is read comes from here, so that it is done by columns: a function call for each event and
column would cost more than reading the file does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
import polars as pl

from ingest.sources.approvals.base import SIGNAL_SCHEMA, Context, Place, marker_in
from ingest.sources.approvals.otlp.events import UNSAID, Origin
from ingest.sources.approvals.telling import kept_text
from ingest.sources.approvals.tools import is_read_only, request_kind

VENDOR: Final = "claude_code"
Row = tuple[Any, ...]
_ALWAYS: Final = (
    "session.id", "app.entrypoint", "app.version", "user.account_uuid", "user.email", "user.id",
)  # fmt: skip
_CALL: Final = ("tool_use_id", "tool_name")
_SHOWN: Final = ("tool_parameters", "tool_input")
ATTRIBUTES: Final = {  # kind of signal -> what is read of its event
    "decided": (*_ALWAYS, *_CALL, *_SHOWN, "decision", "source"),
    "ended": (*_ALWAYS, *_CALL, *_SHOWN, "decision_source", "duration_ms", "tool_input_size_bytes"),
    "waited": (*_ALWAYS, *_CALL, "decision", "source"),
    "called": (*_ALWAYS, *_CALL, "full_command"),
    "prompted": (*_ALWAYS, "prompt_length"),
    "asked": (*_ALWAYS, "hook_name"),
    "mode": (*_ALWAYS, "to_mode", "trigger"),
}
_EVERY: Final = tuple(dict.fromkeys(name for names in ATTRIBUTES.values() for name in names))
_BEFORE: Final = ("raw_ref", "at", "ended_at", "span_id", "parent_id", *Origin._fields)
_NUMBERS: Final = ("at", "ended_at")
_MODES: Final = {
    "default": "default",
    "acceptEdits": "accept_edits",
    "plan": "plan",
    "auto": "auto",
    "bypassPermissions": "bypass",
}
_ACTORS: Final = {
    "config": "policy",  # rules, modes, earlier grants, and the classifier of auto mode
    "hook": "hook",
    "user_permanent": "human",
    "user_temporary": "human",
    "user_abort": "human",
    "user_reject": "human",
}
_DECISIONS: Final = {"accept": "accept", "reject": "reject"}
_REFUSALS: Final = {"user_abort": "reject", "user_reject": "reject"}
_SCOPES: Final = {"user_permanent": "permanent", "user_temporary": "once"}
_BEFORE_PEOPLE: Final = "^(?:cli$|claude-vscode|claude-desktop|claude-jetbrains)"
_MAYBE_UNSAID: Final = (
    "session.id", "tool_use_id", "app.entrypoint", "app.version", "user.account_uuid", "user.email",
    "user.id", "tool_parameters", "tool_input", "full_command",
)  # fmt: skip
_SAFE_NUMBER: Final = float(1 << 53)
_TOLD: Final = {"canary_id": pl.String(), "content_text": pl.String(), "command_chars": pl.Int64()}
_JUDGED: Final = pl.col("kind").is_in(["decided", "waited"])
_ENDED: Final = pl.col("kind") == "ended"


def signals(rows: Mapping[str, Sequence[Row]], context: Context) -> pl.DataFrame:
    """Signals of events, as columns of the contract without identities; session_id may be null."""
    raw = _raw(rows)
    known = raw.with_columns(_interactive(context.place), _tool(), _account(context.place))
    judged = known.with_columns(_proven())
    named = judged.with_columns(*_by_tool(judged), _reviewer(judged, context.person), *_shown(raw, context))
    return named.select(*_columns(context.place))


def _raw(rows: Mapping[str, Sequence[Row]]) -> pl.DataFrame:
    """Rows of every kind as one frame; what a kind does not have is null."""
    nothing = pl.DataFrame(
        schema={"kind": pl.String} | {name: _kind_of(name) for name in (*_BEFORE, *_EVERY)}
    )
    frames = [_of_kind(kind, some) for kind, some in rows.items() if some]
    said = pl.col(_MAYBE_UNSAID)
    whole = pl.concat([nothing, *frames], how="diagonal")
    return whole.with_columns(pl.when(~said.is_in(list(UNSAID))).then(said).name.keep())


def _of_kind(kind: str, rows: Sequence[Row]) -> pl.DataFrame:
    names = (*_BEFORE, *ATTRIBUTES[kind])
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return pl.DataFrame([_series(name, values) for name, values in columns]).with_columns(kind=pl.lit(kind))


def _kind_of(name: str) -> pl.DataType:
    return pl.Int64() if name in _NUMBERS else pl.String()


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    """What is no text where text belongs is not told."""
    try:
        return pl.Series(name, values, _kind_of(name))
    except TypeError:
        return pl.Series(name, [value if isinstance(value, str) else None for value in values], pl.String)


def _mapped(column: str, words: dict[str, str], default: str | None) -> pl.Expr:
    return pl.col(column).replace_strict(words, default=default, return_dtype=pl.String)


def _interactive(place: Place) -> pl.Expr:
    """Whether a person sits before it: the entrypoint tells, which is off by default."""
    entrypoint = pl.coalesce("app.entrypoint", "entrypoint")
    told = entrypoint.str.contains(_BEFORE_PEOPLE)
    return pl.coalesce(told, pl.lit(place.is_interactive, pl.Boolean)).alias("is_interactive")


def _tool() -> pl.Expr:
    """Tool of a call; the hook of a prompt names it behind its own name."""
    of_hook = pl.when(pl.col("kind") == "asked").then(pl.col("hook_name").str.extract("^[^:]*:(.+)$"))
    return pl.coalesce("tool_name", of_hook).alias("tool_name")


def _account(place: Place) -> pl.Expr:
    said = pl.coalesce("user.account_uuid", "user.email", "user.id")
    return pl.coalesce(said, pl.lit(place.person, pl.String)).alias("account")


def _proven() -> pl.Expr:
    """Without a person before it, `user_*` also stands for what a rule decided."""
    is_of_person = _mapped("source", _ACTORS, None) == "human"
    is_rule_as_well = is_of_person.fill_null(value=False) & (~pl.col("is_interactive")).fill_null(value=False)
    return (~is_rule_as_well).alias("is_proven")


def _by_tool(frame: pl.DataFrame) -> list[pl.Expr]:
    names = frame["tool_name"].drop_nulls().unique().to_list()
    kinds = [request_kind(name) for name in names]
    reads = [is_read_only(name) for name in names]
    tool = pl.col("tool_name")
    return [
        tool.replace_strict(names, kinds, default=None, return_dtype=pl.String).alias("request_kind"),
        tool.replace_strict(names, reads, default=None, return_dtype=pl.Boolean).alias("is_read_only"),
    ]


def _reviewer(frame: pl.DataFrame, person: Callable[[str | None], str | None]) -> pl.Expr:
    accounts = frame["account"].drop_nulls().unique().to_list()
    people = [person(account) for account in accounts]
    told = pl.col("account").replace_strict(accounts, people, default=None, return_dtype=pl.String)
    return told.alias("reviewer")


def _shown(raw: pl.DataFrame, context: Context) -> list[pl.Series]:
    """Marker, size and, where the settings ask for it, text of what was asked for."""
    texts = raw.select(pl.coalesce("tool_parameters", "tool_input", "full_command")).to_series().to_list()
    if not any(texts):
        return [pl.Series(name, [None] * len(texts), kind) for name, kind in _TOLD.items()]
    kept = [kept_text(text, context) for text in texts]
    return [
        pl.Series("canary_id", [marker_in(text) if text else None for text in texts], pl.String),
        pl.Series("content_text", kept, pl.String),
        pl.Series("command_chars", [_command_chars(text) if text else None for text in texts], pl.Int64),
    ]


def _command_chars(parameters: str) -> int | None:
    """Characters of the command, which stands whole among the parameters.

    >>> _command_chars('{"full_command": "ls -l"}'), _command_chars("cut {")
    (5, None)
    """
    try:
        told = orjson.loads(parameters)
    except orjson.JSONDecodeError:
        return None
    command = told.get("full_command") if isinstance(told, dict) else None
    return len(command) if isinstance(command, str) else None


def _number(name: str) -> pl.Expr:
    told = pl.col(name).cast(pl.Float64, strict=False)
    return pl.when(told.is_between(0, _SAFE_NUMBER)).then(told)


def _decision() -> pl.Expr:
    said = pl.coalesce(_mapped("decision", _DECISIONS, None), _mapped("source", _REFUSALS, None))
    return pl.when(_ENDED).then(pl.lit("accept")).when(_JUDGED).then(said)


def _source() -> pl.Expr:
    of_mode = pl.when(pl.col("kind") == "mode").then(pl.col("trigger"))
    return (
        pl.when(_ENDED)
        .then(pl.col("decision_source"))
        .when(_JUDGED)
        .then(pl.col("source"))
        .otherwise(of_mode)
    )


def _chars() -> pl.Expr:
    sizes = pl.when(_ENDED).then(_number("tool_input_size_bytes"))
    prompts = sizes.when(pl.col("kind") == "prompted").then(_number("prompt_length"))
    return prompts.when(pl.col("kind") == "decided").then(pl.col("command_chars")).cast(pl.Int64)


def _columns(place: Place) -> list[pl.Expr]:
    actor = pl.when("is_proven").then(_mapped("source", _ACTORS, "unknown")).otherwise(pl.lit("unknown"))
    scope = pl.when(_JUDGED & pl.col("is_proven")).then(_mapped("source", _SCOPES, None))
    made = {
        "vendor": pl.lit(VENDOR),
        "session_id": pl.col("session.id"),
        "call_id": pl.col("tool_use_id"),
        "decision": _decision(),
        "actor": pl.when(_JUDGED).then(actor),
        "scope": scope,
        "mode": pl.when(pl.col("kind") == "mode").then(_mapped("to_mode", _MODES, "other")),
        "source_raw": _source(),
        "run_seconds": pl.when(_ENDED).then(_number("duration_ms") / 1000),
        "content_chars": _chars(),
        "team": pl.coalesce("team", pl.lit(place.team, pl.String)),
        "repository": pl.coalesce("repository", pl.lit(place.repository, pl.String)),
        "agent_version": pl.coalesce("app.version", "version"),
    }
    as_they_are = (
        "kind", "at", "ended_at", "span_id", "parent_id", "tool_name", "request_kind", "is_read_only",
        "is_interactive", "content_text", "canary_id", "reviewer", "raw_ref",
    )  # fmt: skip
    every = made | {name: pl.col(name) for name in as_they_are}
    return [every.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in SIGNAL_SCHEMA.items()]
