"""Who decided a request of GitHub Copilot CLI, and what?

`permission.completed` says what was decided (`result.kind`) and, in newer versions, by whom
(`decisionSource`). A record without `decisionSource` is no human decision; only the kind that names the
person says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CARRIED: Final = "authorization_carry_forward"
_DECISIONS: Final = {  # result.kind -> decision, how far it reaches
    "approved": ("accept", "once"),
    "approved-for-session": ("accept", "session"),
    "approved-for-location": ("accept", "permanent"),
    "cancelled": ("cancelled", None),
    "denied-by-rules": ("reject", None),
    "denied-no-approval-rule-and-could-not-request-from-user": ("reject", None),
    "denied-interactively-by-user": ("reject", None),
    "denied-by-content-exclusion-policy": ("reject", None),
    "denied-by-permission-request-hook": ("reject", None),
}
_ACTORS: Final = {  # decisionSource -> who
    "human_response": "human",
    "assisted_approval": "model",
    "host_policy": "policy",
    "unattended_fallback": "policy",  # nobody could be asked, and a rule for that case answered
    CARRIED: "policy",
}
_ACTORS_BY_KIND: Final = {  # where no decisionSource is told
    "denied-interactively-by-user": "human",
    "denied-by-rules": "policy",
    "denied-no-approval-rule-and-could-not-request-from-user": "policy",
    "denied-by-content-exclusion-policy": "policy",
    "denied-by-permission-request-hook": "hook",
}


@dataclass(frozen=True)
class Verdict:
    """What was decided, by whom, how far it reaches, and the log's own word for who."""

    decision: str
    actor: str
    scope: str | None
    source_raw: str


def verdict_of(kind: str | None, source: str | None, *, is_by_hook: bool) -> Verdict | None:
    """Verdict of a completed request; None for a kind that decides nothing, or that nobody knows.

    >>> verdict_of("approved", "human_response", is_by_hook=False)
    Verdict(decision='accept', actor='human', scope='once', source_raw='human_response')
    >>> verdict_of("approved", None, is_by_hook=False).actor
    'unknown'
    >>> verdict_of("no-result", None, is_by_hook=False) is None
    True
    """
    if kind not in _DECISIONS:
        return None
    decision, scope = _DECISIONS[kind]
    is_carried = source == CARRIED and decision == "accept"
    actor = "hook" if is_by_hook else _actor(kind, source)
    return Verdict(
        decision, actor, "carried" if is_carried else scope, source or ("hook" if is_by_hook else kind)
    )


def _actor(kind: str, source: str | None) -> str:
    return _ACTORS_BY_KIND.get(kind, "unknown") if source is None else _ACTORS.get(source, "unknown")
