"""Where a name belongs, does somebody's text stand there?

A damaged record may still be JSON and have a command, a path or an address where an id or the name of a
tool belongs. Names are short and of few words; what is none is not told, and an event whose id is none is
refused.
A single word that was torn out of a text cannot be told from a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from ingest.sources.approvals.base import SIGNAL_SCHEMA, UNREADABLE, signal_id

_IDS: Final = ("session_id", "call_id", "span_id", "parent_id")
_NAMES: Final = ("tool_name", "source_raw", "agent_version", "model", "team")
# An address of e-mail, a path from the root or home or of Windows, one with a file at its end, a sentence,
# too much, or a token with a beginning that its issuer publishes.
_TEXT_OF_IDS: Final = (
    r"(?s)@[\w-]+\.\w|\\|^[/~]|(?:\s+\S+){4}|^.{201}|[\x00-\x1f\x7f]|/[^/]+\.[A-Za-z]{1,4}$|"
    r"(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-)\w{16}"
)
_TEXT: Final = rf"{_TEXT_OF_IDS}|/[^/]*/"  # and of several folders; ids of one's own may be made so
_KEPT: Final = ("vendor", "raw_ref")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def is_text(column: str, texts: str = _TEXT) -> pl.Expr:
    """Whether a value is no name; False where there is none.

    >>> names = pl.DataFrame({"n": ["mcp__jira__search", "claude-sonnet-4@20250514", "/home/jo/a.py", None]})
    >>> names.select(is_text("n"))["n"].to_list()
    [False, False, True, False]
    """
    return pl.col(column).str.contains(texts).fill_null(value=False)


def without_texts(signals: pl.DataFrame) -> pl.DataFrame:
    """Signals whose names are names; one whose ids are none becomes a row that no contract takes."""
    plain = signals.with_columns(pl.when(~is_text(name)).then(name).alias(name) for name in _NAMES)
    is_spoilt = plain.select(pl.any_horizontal(is_text(name, _TEXT_OF_IDS) for name in _IDS)).to_series()
    if not is_spoilt.any():
        return plain
    return pl.concat([plain.filter(~is_spoilt), _refused(plain.filter(is_spoilt))])


def without_texts_in(state: Any) -> Any:
    """What a reader keeps for the next time, without entries whose key or value is somebody's text.

    >>> without_texts_in({"mode": "default", "at": {"s-1": "/home/jo/a.py", "s-2": "plan"}})
    {'mode': 'default', 'at': {'s-2': 'plan'}}
    """
    if isinstance(state, Mapping):
        kept = {key: without_texts_in(value) for key, value in state.items() if not _is_text(key)}
        return {key: value for key, value in kept.items() if not _is_text(value)}
    return (
        [without_texts_in(each) for each in state if not _is_text(each)] if isinstance(state, list) else state
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and re.search(_TEXT_OF_IDS, value) is not None


def _refused(spoilt: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {**row, "kind": UNREADABLE, "session_id": "unknown", "at": _EPOCH}
        for row in spoilt.select(_KEPT).iter_rows(named=True)
    ]
    return pl.DataFrame([{**row, "signal_id": signal_id(row)} for row in rows], schema=SIGNAL_SCHEMA)
