"""What came of a call of a tool, by the words with which Claude Code answers it?

Claude Code writes what happened to a refused call as the result of the call, in fixed sentences. A result
only says so if it is marked as an error and *begins* with them: files and pages that a tool reads may hold
the same words. Seen in transcripts of versions 2.0.64 to 2.1.157; the sentences of the auto-mode classifier,
of hooks and of ended turns are known from public reports alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_HEAD: Final = 4000  # characters looked at; a deny rule repeats the command that it denied


@dataclass(frozen=True)
class Outcome:
    """What a result says; `actor` None = it does not say who decided."""

    decision: str
    actor: str | None
    source_raw: str


RAN: Final = Outcome("accept", None, "ran")
FAILED: Final = Outcome("accept", None, "failed")  # nobody refused; it may have failed before any prompt
_REJECTED: Final = Outcome("reject", "human", "user rejected")
# Also the answer to calls that were cut off when a turn ended: it does not prove that a person spoke.
_CANCELLED: Final = Outcome("cancelled", "unknown", "cancelled")
_CLASSIFIED: Final = Outcome("reject", "model", "auto mode classifier")
_UNCLASSIFIED: Final = Outcome("reject", "policy", "auto mode classifier unavailable")
_RULED: Final = Outcome("reject", "policy", "deny rule")
_UNASKED: Final = Outcome("reject", "policy", "nobody to ask")
_HOOKED: Final = Outcome("reject", "hook", "hook")
_SENTENCES: Final = tuple(
    (re.compile(sentence, re.DOTALL), outcome)
    for sentence, outcome in (
        (r"The user doesn['’]t want to proceed with this tool use", _REJECTED),
        (r"The user doesn['’]t want to take this action right now", _CANCELLED),
        (r"\[Tool call (?:did not complete|skipped):", _CANCELLED),
        (r"\[Request interrupted by user", _CANCELLED),
        (r"Permission for this action was denied by the Claude Code auto mode classifier", _CLASSIFIED),
        (r"\S+ is temporarily unavailable, so auto mode cannot determine the safety of ", _UNCLASSIFIED),
        (r"Permission to use .{1,3900}? has been (?:auto-)?denied", _RULED),
        (r"Claude requested permissions? to .{1,3900}?, but you haven['’]t granted it yet", _UNASKED),
        (r"Hook PreToolUse:\S+ denied this tool", _HOOKED),
        (r"PreToolUse:\S+ hook (?:error|denied this tool)", _HOOKED),
    )
)


def outcome_of(result: Mapping[str, Any]) -> Outcome:
    """What a `tool_result` says of its call; a call that failed was not refused.

    >>> said = "The user doesn't want to proceed with this tool use. The tool use was rejected"
    >>> outcome_of({"is_error": True, "content": said})
    Outcome(decision='reject', actor='human', source_raw='user rejected')
    >>> outcome_of({"is_error": False, "content": said}).source_raw  # a file that quotes the sentence
    'ran'
    """
    if result.get("is_error") is not True:
        return RAN
    begin = _text_of(result.get("content"))[:_HEAD]
    return next((outcome for sentence, outcome in _SENTENCES if sentence.match(begin)), FAILED)


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    texts = (each.get("text") for each in blocks if isinstance(each, dict))
    return next((told for told in texts if isinstance(told, str)), "")
