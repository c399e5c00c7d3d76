"""Texts from tools without secrets and addresses: what may be kept of a message.

Scanners repeat what they found: a secret scanner puts the secret into its message, a password check
quotes the password, and commit metadata brings names and e-mail addresses along. Reports are read by
more people than the code is, so none of that is stored. Where in doubt, the text loses.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

MESSAGE_CHARS: Final = 200
_HIDDEN: Final = "***"

_E_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|$)", re.DOTALL
)
# Prefixes that their issuers publish so that leaked tokens can be found; collected 2026-08.
_KNOWN_TOKENS: Final = re.compile(
    r"\b(?:gh[pousr]_\w{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|sk-[\w-]{16,}"
    r"|[rs]k_(?:live|test)_\w{10,}|whsec_\w{16,}|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}|AIza[\w-]{30,}"
    r"|ya29\.[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|npm_\w{30,}|pypi-[\w-]{30,}|hf_\w{20,}"
    r"|dop_v1_\w{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|shpat_\w{20,}|hvs\.[\w-]{20,})"
)
_URL_PASSWORD: Final = re.compile(r"(?P<before>://[^\s/:@]{0,64}:)[^\s/@]{1,256}(?=@)")
_NAMES: Final = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credential|api[_ -]?key|private[_ -]?key)s?"
)
_QUOTED_SECRET: Final = re.compile(
    rf"(?P<before>{_NAMES}\b[^'\"`\n]{{0,40}})(?P<quote>['\"`])(?P<secret>.*?)(?P=quote)",
    re.IGNORECASE,
)
_ASSIGNED_SECRET: Final = re.compile(
    rf"(?P<before>{_NAMES}\w*\s*[=:]\s*)(?P<secret>[^\s'\"`,;]{{4,}})", re.IGNORECASE
)
_LONG_WORD: Final = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_MIXED_BITS: Final = 3.8  # bits per character: identifiers and paths lie below, random base64 above
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_SHORTEST_HEX_SECRET: Final = 32


def redacted_message(message: str | None, secrets: Iterable[str] = ()) -> str | None:
    """Message without secrets and addresses, cut to 200 characters; null stays null.

    `secrets` are texts known to be secret, such as the match that a secret scanner reports apart.

    >>> redacted_message("Possible hardcoded password: 'hunter2'")
    "Possible hardcoded password: '***'"
    >>> redacted_message("commit by jo@example.org")
    'commit by ***'
    """
    if message is None:
        return None
    return _shortened(without_secrets(message, secrets))


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Text of any length with secrets and addresses hidden."""
    for secret in sorted((each for each in secrets if each.strip()), key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    text = _PRIVATE_KEY.sub(_HIDDEN, text)
    text = _URL_PASSWORD.sub(rf"\g<before>{_HIDDEN}", text)
    text = _E_MAIL.sub(_HIDDEN, text)
    text = _KNOWN_TOKENS.sub(_HIDDEN, text)
    text = _QUOTED_SECRET.sub(rf"\g<before>\g<quote>{_HIDDEN}\g<quote>", text)
    text = _ASSIGNED_SECRET.sub(rf"\g<before>{_HIDDEN}", text)
    return _LONG_WORD.sub(lambda word: _HIDDEN if looks_random(word[0]) else word[0], text)


def looks_random(word: str) -> bool:
    """Whether a long word reads like a key rather than like a name.

    >>> looks_random("AbstractUserRepositoryFactory"), looks_random("q7Zp2LxV9sTfKw03bNdYRm81")
    (False, True)
    """
    if set(word) <= _HEX_DIGITS:
        return len(word) >= _SHORTEST_HEX_SECRET
    has_digit = any(each.isdigit() for each in word)
    has_letter = any(each.isalpha() for each in word)
    return has_digit and has_letter and _bits_per_character(word) >= _MIXED_BITS


def _bits_per_character(word: str) -> float:
    shares = [count / len(word) for count in Counter(word).values()]
    return -sum(share * math.log2(share) for share in shares)


def _shortened(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= MESSAGE_CHARS else one_line[: MESSAGE_CHARS - 1] + "…"
