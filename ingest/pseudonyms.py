"""Under which name does a person stand in the tables: a keyed pseudonym, and nobody knows it without the key?

The key stands outside the lake, so that whoever has the tables alone cannot try out accounts. The same key
gives the same pseudonym in every log, so that a person's decisions stay one person's.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Collection
from functools import lru_cache
from typing import Final

SECRET: Final = "pseudonyms"  # noqa: S105 - the kind under which the joining place hands the key over
LETTERS: Final = 12  # 60 bits: two people of a company do not meet by chance
SHORTEST_KEY: Final = 16  # characters; a shorter one can be tried out
PSEUDONYM: Final = re.compile(r"p-[a-z2-7]{12}")
_NOBODY: Final = re.compile(
    r"[<\[(*{\s]*(?:redacted|unknown|anonymous|none|null|n/a|undefined|-)?[>\])*}\s]*"
)
_KNOWN_ACCOUNTS: Final = 100_000  # of one run, so that a log of millions asks the hash once for each person


def pseudonym(key: str, account: str | None) -> str | None:
    """Pseudonym of an account, an address or a login; None where nobody is named.

    Returns
    -------
    str or None
        `p-` and 12 letters of HMAC-SHA256 (RFC 2104) in base32, whatever the capitals and outer spaces.

    >>> pseudonym("0123456789abcdef", " Rosa ") == pseudonym("0123456789abcdef", "rosa")
    True
    >>> pseudonym("0123456789abcdef", "rosa"), pseudonym("0123456789abcdef", "<REDACTED>")
    ('p-vyw6y6vkjuql', None)
    """
    told = (account or "").strip().lower()
    return None if _NOBODY.fullmatch(told) else f"p-{_letters(key, told)}"


def is_pseudonym(text: str) -> bool:
    """Whether a text has the form of a pseudonym.

    >>> is_pseudonym("p-vyw6y6vkjuql"), is_pseudonym("rosa")
    (True, False)
    """
    return PSEUDONYM.fullmatch(text.strip()) is not None


def fingerprint(key: str) -> str:
    """What tells one key from another, and nothing else of it."""
    return _letters(key, "\0fingerprint")


def tag(key: str, text: str) -> str:
    """Short keyed mark of something that names a person but is none, as the name of a file."""
    return _letters(key, f"\0tag\0{text}")[:8]


def _letters(key: str, text: str) -> str:
    digest = hmac.digest(key.encode(), text.encode("utf-8", "surrogatepass"), "sha256")
    return b32encode(digest).decode().lower()[:LETTERS]


class People:
    """Turns accounts into pseudonyms, by one key; whoever is to be forgotten is nobody."""

    def __init__(self, key: str, erased: Collection[str] = ()) -> None:
        self._key, self._erased = key, frozenset(erased)
        self._known = lru_cache(_KNOWN_ACCOUNTS)(self._named)

    def person(self, account: str | None) -> str | None:
        """Pseudonym of an account; None where nobody is named, or the person is to be forgotten."""
        return self._known(account)

    @property
    def has_erased(self) -> bool:
        """Whether anybody is to be forgotten."""
        return bool(self._erased)

    def tag(self, text: str) -> str:
        """Mark of something that names a person (see `tag`)."""
        return tag(self._key, text)

    def _named(self, account: str | None) -> str | None:
        named = pseudonym(self._key, account)
        return None if named in self._erased else named
