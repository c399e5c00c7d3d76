"""How is it said that the code host does not show something, where a number rests on it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from metrics.estimate import Number, Undefined

NAMED: Final = 3  # repositories that a reason names; the rest is counted
REFUSAL_WORDS: Final = {"off": "switched off", "not_permitted": "may not be read", "not_found": "not found"}


def said(words: Sequence[str]) -> str:
    """What the host says, by repository; empty where nothing was refused.

    >>> said(["acme/pay: switched off", "acme/search: Advanced Security must be enabled"])
    'GitHub says for acme/pay: switched off; for acme/search: Advanced Security must be enabled'
    >>> said([])
    ''
    """
    named = "; ".join(f"for {each}" for each in words[:NAMED])
    more = f"; and for {len(words) - NAMED:,} more" if len(words) > NAMED else ""
    return f"GitHub says {named}{more}" if words else ""


def not_measured(words: str) -> str:
    """The reason for which changes of such repositories are left out.

    >>> not_measured("GitHub says for acme/pay: switched off")
    'not measured: GitHub says for acme/pay: switched off'
    """
    return f"not measured: {words}"


def explained(number: Number, words: str) -> Number:
    """A number that does not exist, with what the host says added to its reason; any other as it is."""
    if isinstance(number, Undefined) and words:
        return replace(number, reason=f"{number.reason}; {not_measured(words)}")
    return number
