"""Why could the history of a repository not be read, and what is to be done?

Git's own words are kept behind the sentence: they differ by version and by host, and say more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = "`token_env` or `token_file`"  # noqa: S105 - names of settings


@dataclass(frozen=True)
class Reason:
    """What was seen, and what to do; `{url}` stands for the setting that holds the address."""

    seen: str
    remedy: str


def _said(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


# The first whose words are among git's.
_REASONS: Final = (
    (
        _said("took longer than"),
        Reason("it took longer than allowed", "raise `timeout_minutes`, or try again"),
    ),
    (
        _said("host key verification failed"),
        Reason("the key of its host is not known here", "connect to the host by ssh once, by hand"),
    ),
    (
        _said(
            "could not read (?:username|password)",
            "authentication failed",
            r"error: 40[13]\b",
            "prompts disabled",
            r"permission denied \((?:publickey|password)",
            "invalid username",
        ),
        Reason(
            "it wants a login, and what it was shown is not enough",
            f"give a token that may read its contents ({_TOKEN}), or for ssh a key",
        ),
    ),
    (
        _said(
            r"certificate (?:verif|problem|subject|has expired|signed)",
            r"\bssl (?:certificate|connect|peer|error|routines)",
            "self[- ]signed certificate",
            "gnutls_handshake",
        ),
        Reason(
            "no safe connection to its host could be made",
            "name the certificates of the house by GIT_SSL_CAINFO in the environment",
        ),
    ),
    (
        _said(
            "could not resolve",
            "failed to connect",
            "couldn't connect",
            "connection (?:refused|timed out|reset)",
            "no route to host",
            "network is unreachable",
            "operation timed out",
        ),
        Reason(
            "nobody answers at its address", "check {url}, the network, and HTTPS_PROXY in the environment"
        ),
    ),
    (
        _said("dubious ownership"),
        Reason(
            "it belongs to another user of this machine",
            "give it to the one who runs `pilot`, or name a bundle",
        ),
    ),
    (
        _said(
            "not found",
            "does not exist",
            "does not appear to be a git repository",
            "no such file",
            r"error: 404\b",
            "not a git repository",
            "not a bundle",
        ),
        Reason(
            "there is no repository at its address, or it is not shown to this token",
            f"check {{url}} and {_TOKEN}",
        ),
    ),
    (
        _said("is not a git command", "transport .* not allowed", "unable to find remote helper"),
        Reason(
            "its address is of a kind that is not used here",
            "write an https or ssh address, or a path, into {url}",
        ),
    ),
    (
        _said(
            "read-only file system",
            "permission denied",
            "no space left",
            "unable to (?:create|write)",
            "insufficient permission",
        ),
        Reason(
            "the folder of mirrors cannot be written to",
            "make room in it and make it writable, or name another by `folder`",
        ),
    ),
)
UNWRITABLE: Final = _REASONS[-1][1]
DAMAGED: Final = Reason("its mirror cannot be read", "run `pilot ingest git --full`")
_UNKNOWN: Final = Reason("git could not read it", f"check {{url}} and {_TOKEN}")


def reason_of(said: str) -> Reason:
    """Why git gave up, by its words.

    >>> reason_of("fatal: unable to access 'https://a.example/': Could not resolve host: a.example").seen
    'nobody answers at its address'
    """
    return next((reason for words, reason in _REASONS if words.search(said)), _UNKNOWN)
