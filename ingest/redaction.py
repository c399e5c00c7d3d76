"""Texts from tools without secrets and addresses: what may be kept of a message.

Scanners repeat what they found: a secret scanner puts the secret into its message, a password check
quotes the password, and commit metadata brings names and e-mail addresses along. Reports are read by
more people than the code is, so none of that is stored. Where in doubt, the text loses.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
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
# The same for answers that must stay what they are: names of branches, files and packages begin like
# some tokens ("sk-learn-…", "npm_config_…"), so those must also look drawn by lot.
_LOT: Final = r"(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])"
_CERTAIN_TOKENS: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[pousr]_\w{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}"
    rf"|sk-{_LOT}[\w-]{{16,}}|[rs]k_(?:live|test)_\w{{10,}}|whsec_\w{{16,}}|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{{12,}}"
    rf"|AIza{_LOT}[\w-]{{30,}}|ya29\.[\w-]{{20,}}|eyJ[\w-]{{8,}}\.eyJ[\w-]{{8,}}(?:\.[\w-]*)?"
    rf"|npm_{_LOT}\w{{30,}}|pypi-AgE[\w-]{{30,}}|hf_{_LOT}\w{{20,}}|dop_v1_\w{{20,}}|SG\.[\w-]{{16,}}\.[\w-]{{16,}}"
    r"|shpat_\w{20,}|hvs\.[\w-]{20,})",
    re.ASCII,
)
# What has one of these in it is looked at closely: bytes that must be there, and what must follow them.
_HINTS: Final = tuple(
    (needle, re.compile(re.escape(needle) + following))
    for needle, following in (
        *((prefix, rb"\w{16}") for prefix in (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_")),
        *((prefix, rb"\w{10}") for prefix in (b"k_live_", b"k_test_", b"whsec_", b"dop_v1_", b"shpat_")),
        *((prefix, rb"[A-Z0-9]{12}") for prefix in (b"AKIA", b"ASIA", b"AROA", b"AIDA")),
        *((prefix, rb"[\w-]{16}") for prefix in (b"glpat-", b"sk-", b"AIza", b"ya29.", b"hvs.", b"SG.")),
        (b"github_pat_", rb"\w{20}"),
        (b"xox", rb"[abeoprs]-[\w-]{10}"),
        (b"eyJ", rb"[\w-]{8,}\.eyJ"),
        (b"npm_", rb"\w{30}"),
        (b"pypi-AgE", rb""),
        (b"hf_", rb"\w{20}"),
        (b"PRIVATE KEY-----", rb""),
        (b"://", rb'[^\s/:@"]{0,64}:(?:\\.|[^\s/@"\\]){1,256}@'),
        (b"\\u00", rb"[2-7]"),  # a plain character, escaped: a hint may hide behind it
        (b"\\/", rb""),
    )
)
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')
_URL_PASSWORD: Final = re.compile(r"(?P<before>://[^\s/:@]{0,64}:)(?P<password>[^\s/@]{1,256})(?=@)")
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
    for secret in _longest_first(secrets):
        text = text.replace(secret, _HIDDEN)
    text = _PRIVATE_KEY.sub(_HIDDEN, text)
    text = _URL_PASSWORD.sub(rf"\g<before>{_HIDDEN}", text)
    text = _E_MAIL.sub(_HIDDEN, text)
    text = _KNOWN_TOKENS.sub(_HIDDEN, text)
    text = _QUOTED_SECRET.sub(rf"\g<before>\g<quote>{_HIDDEN}\g<quote>", text)
    text = _ASSIGNED_SECRET.sub(rf"\g<before>{_HIDDEN}", text)
    return _LONG_WORD.sub(lambda word: _HIDDEN if looks_random(word[0]) else word[0], text)


def without_known_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Text without these secrets, known tokens, private keys and passwords in addresses; all else stays.

    >>> without_known_secrets("https://jo:hunter2@example.org answers jo@example.org", ["answer"])
    'https://jo:***@example.org ***s jo@example.org'
    """
    return _without_known_secrets(text, _longest_first(secrets), lambda _secret: _HIDDEN)


def _without_known_secrets(text: str, secrets: Iterable[str], hidden: Callable[[str], str]) -> str:
    for secret in secrets:
        text = text.replace(secret, hidden(secret))
    text = _PRIVATE_KEY.sub(lambda found: hidden(found[0]), text)
    text = _URL_PASSWORD.sub(lambda found: found["before"] + hidden(found["password"]), text)
    return _CERTAIN_TOKENS.sub(lambda found: hidden(found[0]), text)


def without_secrets_in_json(content: bytes, secrets: Iterable[str] = ()) -> bytes:
    """JSON, or lines of JSON, with as many `*` where a string in it holds such secrets.

    What was valid stays valid, and every string keeps its number of characters: they are counted later.

    >>> without_secrets_in_json(b'{"url": "https://jo:hunter2@example.org", "n": 1}')
    b'{"url": "https://jo:*******@example.org", "n": 1}'
    """
    known = _longest_first(secrets)
    hits = sorted([*_hinted(content), *_known(content, known)])
    return _STRING.sub(partial(_cleaned, hits=hits, secrets=known), content) if hits else content


def _cleaned(found: re.Match[bytes], hits: list[int], secrets: list[str]) -> bytes:
    is_hit = bisect_left(hits, found.start()) < bisect_left(hits, found.end())
    return _without_secrets_in_string(found[0], secrets) if is_hit else found[0]


def _without_secrets_in_string(quoted: bytes, secrets: list[str]) -> bytes:
    text = json.loads(quoted, strict=False)
    clean = _without_known_secrets(text, secrets, lambda secret: "*" * len(secret))
    return quoted if clean == text else json.dumps(clean).encode()


def _hinted(content: bytes) -> Iterator[int]:
    """Places of what may be a secret by its form."""
    for needle, pattern in _HINTS:
        if needle in content:
            yield from (found.start() for found in pattern.finditer(content))


def _known(content: bytes, secrets: Iterable[str]) -> Iterator[int]:
    """Places of these secrets."""
    for spelling in set(_spellings(secrets)):
        if spelling in content:
            yield from (found.start() for found in re.finditer(re.escape(spelling), content))


def _spellings(secrets: Iterable[str]) -> Iterable[bytes]:
    """How JSON may spell a text: as UTF-8, or with what is not ASCII escaped."""
    for secret in secrets:
        yield json.dumps(secret, ensure_ascii=False).encode(errors="surrogatepass")[1:-1]
        yield json.dumps(secret).encode()[1:-1]


def _longest_first(secrets: Iterable[str]) -> list[str]:
    return sorted((each for each in secrets if each.strip()), key=len, reverse=True)


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
