"""Who are we to GitHub? A token, or an installed App with its key; never shown anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from github.Auth import AppAuth
from jwt.exceptions import PyJWTError

from ingest.errors import SourceError
from ingest.settings import GitHubSettings

TOKEN: Final = "token"  # noqa: S105 - the name of a secret, not one
PRIVATE_KEY: Final = "private_key"
_KEY_LINE_CHARS: Final = 40  # shorter lines of a key are no secret by themselves


@dataclass(frozen=True)
class App:
    """A GitHub App that is installed somewhere."""

    id: int
    installation: int
    private_key: str = field(repr=False)  # PEM


@dataclass(frozen=True)
class Credentials:
    """A token or an App; `origin` says in words where it comes from."""

    origin: str
    token: str | None = field(default=None, repr=False)
    app: App | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that may appear nowhere, longest first; a key also line by line."""
        key = self.app.private_key if self.app else ""
        lines = (line.strip() for line in key.splitlines())
        parts = {self.token or "", key, *(line for line in lines if _is_key_material(line))}
        return tuple(sorted(filter(str.strip, parts), key=len, reverse=True))


def credentials_of(settings: GitHubSettings, secrets: Mapping[str, str]) -> Credentials:
    """Credentials from settings and the secrets that the joining place read for them.

    Raises
    ------
    SourceError
        There is none where the settings say it is, or it cannot be one.
    """
    if settings.app_id is not None and settings.installation_id is not None:
        return _app(settings.app_id, settings.installation_id, _key(settings, secrets))
    return _token(settings, secrets.get(TOKEN, "").strip())


def _app(app_id: int, installation: int, origin_and_key: tuple[str, str]) -> Credentials:
    origin, key = origin_and_key
    if not _signs(app_id, key):
        raise SourceError(
            f"{origin}: this is no private key of a GitHub App (expected a PEM file that begins with "
            "-----BEGIN RSA PRIVATE KEY-----); download a new one from the App's page, Private keys"
        )
    return Credentials(origin, app=App(app_id, installation, key))


def _key(settings: GitHubSettings, secrets: Mapping[str, str]) -> tuple[str, str]:
    key = secrets.get(PRIVATE_KEY, "").strip()
    origin = f"key file {settings.private_key_path}"
    if not key:
        raise SourceError(
            f"{origin} ([sources.github] private_key_path) is missing or empty; download a private key from "
            "the App's page and put it there"
        )
    return origin, key + "\n"


def _signs(app_id: int, key: str) -> bool:
    try:
        return bool(AppAuth(app_id, key).token)
    except (PyJWTError, ValueError, TypeError, AttributeError):  # the last one: a public key cannot sign
        return False


def _token(settings: GitHubSettings, token: str) -> Credentials:
    origin = _origin_of_token(settings)
    if not token:
        raise SourceError(
            f"no token for GitHub: {origin} is missing or empty; put a token that may read the "
            "repositories there, or name another place by [sources.github] token_env or token_file"
        )
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise SourceError(
            f"{origin} holds spaces, line breaks or other characters that no token has; "
            "expected the token alone"
        )
    return Credentials(origin, token=token)


def _origin_of_token(settings: GitHubSettings) -> str:
    if settings.token_file is not None:
        return f"token file {settings.token_file}"
    return f"environment variable {settings.token_env}"


def _is_key_material(line: str) -> bool:
    return len(line) >= _KEY_LINE_CHARS and not line.startswith("-----")
