"""Is what stands in the settings of the kind that was meant: a name, a path, an address, and no secret?

What may be a secret is never repeated: sentences of this module hold no value that could be one.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

API: Final = "https://api.github.com"
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN_PREFIX: Final = re.compile(r"gh[opsur]_|github_pat_")
_OLD_TOKEN: Final = re.compile(r"[0-9a-f]{40}")  # of servers before 3.2
_PASTED_TOKEN: Final = re.compile(r"(?:gh[opsur]_|github_pat_)\w{16,}|[0-9a-f]{40}")
_WEBSITE: Final = frozenset({"github.com", "www.github.com"})
_REPOSITORY_ADDRESS: Final = re.compile(
    r"(?:\w+://(?:[^/@]*@)?[^/]+/|[\w.-]+@[\w.-]+:|(?:www\.)?github\.com/)(?P<path>.+)", re.IGNORECASE
)


def variable_name(name: str) -> str:
    """The name of an environment variable.

    >>> variable_name("GITHUB_TOKEN")
    'GITHUB_TOKEN'

    Raises
    ------
    ValueError
        It is no name of a variable, or has the form of a token.
    """
    is_token = _TOKEN_PREFIX.match(name) or _OLD_TOKEN.fullmatch(name)
    if is_token or not _VARIABLE.fullmatch(name):
        raise ValueError(
            "is no name of an environment variable, such as GITHUB_TOKEN (its value is not shown, as it may "
            "be a token). A token never stands in this file: put it into the environment variable"
        )
    return name


def path_of_secret(path: str) -> str:
    """The path of a file that holds a secret.

    Raises
    ------
    ValueError
        It looks like the secret itself.
    """
    if _is_a_secret(path):
        raise ValueError(
            "is no path but looks like a secret (its value is not shown). A secret never stands in this "
            "file: put it into a file of its own, and write that one's path"
        )
    return path


def _is_a_secret(text: str) -> bool:
    is_key = "PRIVATE KEY" in text or "\n" in text
    return is_key or _PASTED_TOKEN.fullmatch(text.strip()) is not None


def server_address(url: str) -> str:
    """Where a server is asked, without a slash at the end.

    >>> server_address("https://github.acme.example/api/v3/"), server_address("http://127.0.0.1:8080/api/v3")
    ('https://github.acme.example/api/v3', 'http://127.0.0.1:8080/api/v3')

    Raises
    ------
    ValueError
        It is none, holds user information, would send the token unencrypted, or is that of the website.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"is no address; write {API}, or https://<your server>/api/v3")
    if "@" in parts.netloc:
        raise ValueError(
            "has a user's name, a password or a token before the host (its value is not shown); write the "
            f"address alone, such as {API}, and put the token into the environment variable GITHUB_TOKEN"
        )
    if parts.hostname in _WEBSITE:
        raise ValueError(f"is the address of the website; write {API}, or leave the line out")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise ValueError("would send the token unencrypted; write https:// in the place of http://")
    return url.rstrip("/")


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def repository_pattern(pattern: str) -> str:
    """The name or pattern of repositories.

    Raises
    ------
    ValueError
        It is an address, or the name of a clone; the sentence says which name was probably meant.
    """
    meant = _name_in(pattern)
    if meant != pattern:
        raise ValueError(f"names a repository by its address; write owner/name, here probably {meant}")
    return pattern


def _name_in(pattern: str) -> str:
    """The name that an address means; what is none stays as it is.

    >>> _name_in("https://github.com/acme/payments/pulls"), _name_in("git@github.com:acme/payments.git")
    ('acme/payments', 'acme/payments')
    >>> _name_in("https://github.com/acme"), _name_in("payments.git"), _name_in("acme/payments-*")
    ('acme/*', 'acme/payments', 'acme/payments-*')
    """
    address = _REPOSITORY_ADDRESS.fullmatch(pattern)
    if address is None:
        name = pattern.removesuffix(".git")
        return name if name == pattern or "/" in name else f"acme/{name}"
    owner, _, rest = address["path"].partition("/")
    return f"{owner}/{rest.partition('/')[0].removesuffix('.git') or '*'}"
