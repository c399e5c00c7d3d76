"""Which words of a log mean that something was found, nothing was found, or nobody looked?"""

from __future__ import annotations

import re
from typing import Final

from ingest.sources.spreadsheets import spelled

_WORDS: Final = {
    "flag": (
        "flag", "flagged", "attack", "injection", "prompt_injection", "indirect_injection", "jailbreak",
        "malicious", "unsafe", "harmful", "detected", "block", "blocked", "deny", "denied", "fail",
        "positive", "true", "yes", "1", "1.0",
    ),
    "pass": (
        "pass", "passed", "benign", "safe", "clean", "legitimate", "not_detected", "no_attack",
        "allow", "allowed", "ok", "negative", "false", "no", "0", "0.0",
    ),
    "error": (
        "error", "errored", "failed", "failure", "timeout", "timed_out", "exception", "unavailable",
        "rate_limited", "guardrail_failed_to_respond",
    ),
    "skipped": ("skipped", "skip", "not_run", "not_executed", "disabled", "not_scanned"),
}  # fmt: skip
_VERDICTS: Final = {word: verdict for verdict, words in _WORDS.items() for word in words}
UNSCANNED: Final = frozenset({"error", "skipped"})  # verdicts of items at which nobody looked
_DECIDED: Final = (None, "flag", "pass")  # a score may decide them anew
_LABELS: Final = {"flag": "attack", "pass": "benign"}
_UNDECIDED: Final = ("unsure", "unclear", "ambiguous", "unknown")
_OF_ATTACKS: Final = re.compile(
    r"inject|jailbr|attack|malicious|guard|threat|shield|exfil|adversar|red.?team"
)


def verdict_of(word: str | None) -> str | None:
    """A verdict in our words; None where the word says none of them.

    >>> [verdict_of(word) for word in ("Not detected", "FAIL", "timeout", "not-run", "perhaps", None)]
    ['pass', 'flag', 'error', 'skipped', None, None]
    """
    return _VERDICTS.get(spelled(word))


def label_of(word: str | None) -> str | None:
    """A label in our words; any other word stays, so that its row goes to quarantine.

    >>> [label_of(word) for word in ("Malicious", "safe", "unclear", "7")]
    ['attack', 'benign', 'unsure', '7']
    """
    verdict = verdict_of(word)
    if spelled(word) in _UNDECIDED:
        return "unsure"
    return _LABELS.get(verdict or "", word)


def is_about_attacks(name: str) -> bool:
    """Whether an evaluation of this name looks for attacks; others measure quality, and are no detectors.

    >>> is_about_attacks("prompt_injection"), is_about_attacks("Relevance")
    (True, False)
    """
    return _OF_ATTACKS.search(name.lower()) is not None


def judged(
    told: str | None, score: float | None, threshold: float | None, operator: str | None
) -> str | None:
    """The verdict at a threshold of the settings; what was not looked at or has no score stays.

    >>> judged("flag", 0.7, 0.9, ">="), judged("flag", None, 0.9, ">="), judged("error", 0.95, 0.9, ">=")
    ('pass', 'flag', 'error')
    """
    is_decided = told in _DECIDED
    return (by_threshold(score, threshold, operator) if is_decided else None) or told


def by_threshold(score: float | None, threshold: float | None, operator: str | None) -> str | None:
    """The verdict that follows from a score and its threshold; None where one of them is not known.

    >>> by_threshold(0.9, 0.9, ">="), by_threshold(0.9, 0.9, ">"), by_threshold(None, 0.9, ">=")
    ('flag', 'pass', None)
    """
    if score is None or threshold is None:
        return None
    return "flag" if (score > threshold if operator == ">" else score >= threshold) else "pass"
