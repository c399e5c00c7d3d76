"""Where is a repository cloned from, and who may be shown the token?

The token belongs to the host of `[sources.git] url`. It is sent there alone, over https or within this
machine, and travels in git's environment: neither on a command line nor in a file.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ingest.errors import SourceError
from ingest.history.wanted import entry_of
from ingest.settings import GitSettings, IngestSettings

_SSH: Final = re.compile(r"[\w.-]+@[\w.-]+:")  # as in git@github.com:acme/search.git
_PLACE: Final = "{repository}"
_WEB: Final = ("https", "http")
_USER: Final = "x-access-token"  # GitHub takes a token of any kind as this user's password


@dataclass(frozen=True)
class Place:
    """Address of one repository, and what git needs to know to ask there."""

    address: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


def place_of(repository: str, settings: IngestSettings, token: str | None) -> Place:
    """Where a repository is cloned from.

    Raises
    ------
    SourceError
        The address holds a name or password, or is none.
    """
    git = settings.sources.git or GitSettings()
    entry = entry_of(repository, settings)
    address = entry.url if entry else git.url.replace(_PLACE, repository)
    _refuse(repository, address)
    is_trusted = token is not None and _is_safe(address) and _host(address) == _host(git.url)
    return Place(address, _header(address, token) if token and is_trusted else {})


def _refuse(repository: str, address: str) -> None:
    parts = _web(address)
    if parts is not None and "@" in parts.netloc:
        raise SourceError(
            f"{repository}: its address has a user's name, a password or a token before the host (not shown "
            "here); write the address alone, and put the token into the environment variable of token_env"
        )
    if not address.strip() or address.startswith("-"):
        raise SourceError(
            f"{repository}: {address!r} is no address; write one like https://github.com/{repository}.git, "
            "or a path"
        )


def is_remote(address: str) -> bool:
    """Whether an address is one of a network, not a path.

    >>> [is_remote(each) for each in ("https://a.example/b.git", "git@a.example:b/c.git", "../b.git", "b:c")]
    [True, True, False, False]
    """
    return "://" in address or _SSH.match(address) is not None


def _web(address: str) -> SplitResult | None:
    """The parts of a web address; None for paths and ssh."""
    try:
        parts = urlsplit(address)
        is_whole = parts.port is None or parts.port > 0  # raises where it is no number
    except ValueError:
        return None
    return parts if is_whole and parts.scheme in _WEB else None


def _host(address: str) -> tuple[str | None, int | None] | None:
    parts = _web(address)
    return (parts.hostname, parts.port) if parts else None


def _is_safe(address: str) -> bool:
    """Whether a secret may be sent there: encrypted, or within this machine."""
    parts = _web(address)
    if parts is None or not parts.hostname:
        return False
    return parts.scheme == "https" or _is_this_machine(parts.hostname)


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _header(address: str, token: str) -> dict[str, str]:
    """Settings of git, by its environment: the token as a header of requests to this host alone."""
    parts = urlsplit(address)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {_encoded(token)}",
    }


def _encoded(token: str) -> str:
    return b64encode(f"{_USER}:{token}".encode()).decode()


def spellings(token: str | None) -> tuple[str, ...]:
    """How a token may look in what git says."""
    return (token, _encoded(token)) if token else ()
