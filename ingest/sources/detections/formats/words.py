"""Does a label's word say attack or benign? Only words that nobody uses the other way round are known."""

from __future__ import annotations

from typing import Any, Final

from ingest.sources.detections.formats.told import shown

_ATTACK: Final = frozenset({
    "attack", "attack_detected", "injection", "prompt_injection", "indirect_injection", "jailbreak",
    "malicious", "unsafe", "injected", "jailbroken",
})  # fmt: skip
_BENIGN: Final = frozenset({
    "benign", "safe", "legitimate", "legit", "clean", "no_attack", "no_injection", "not_injection",
    "non_malicious", "not_malicious", "no_jailbreak",
})  # fmt: skip


def verdict_of(label: Any) -> str:
    """The verdict that a label says.

    >>> verdict_of("INJECTION"), verdict_of("No injection")
    ('flag', 'pass')

    Raises
    ------
    ValueError
        The word is not known; `LABEL_1` or `positive` mean this in one log and that in another.
    """
    word = (
        "_".join(label.casefold().replace("-", " ").replace("_", " ").split())
        if isinstance(label, str)
        else ""
    )
    if word in _ATTACK:
        return "flag"
    if word in _BENIGN:
        return "pass"
    raise ValueError(
        f"label is {shown(label)}; expected a word for attack ({', '.join(sorted(_ATTACK))}) or for benign "
        f"({', '.join(sorted(_BENIGN))}); for other words name the columns in a mapping"
    )
