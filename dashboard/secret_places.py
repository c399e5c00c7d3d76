"""Where does the secret of a live source come from, and who else could read it?

The text of a secret leaves this module only inside `Secret`, which never shows it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from ingest.errors import SourceError
from ingest.settings import GitHubSettings, GitSettings

Kind = Literal["token", "private_key", "git_token"]
READABLE_BY_OTHERS: Final = 0o044  # group or everybody
KNOWS_OWNERS: Final = os.name == "posix"


@dataclass(frozen=True)
class Secret:
    """A token or a private key; printing one does not show it."""

    kind: Kind
    text: str = field(repr=False)
    path: Path | None = None  # the file that it was read from; None = the environment


def secret_of(settings: GitHubSettings, base: Path, environ: Mapping[str, str]) -> Secret | None:
    """The secret that the settings name: an App's key before a token's file before the environment.

    None means that nothing is there; what is missing is said by whoever needs it. A file that is
    named but cannot be read, or is empty, is a `SourceError`: falling back to another secret in
    silence would ask GitHub as somebody else.
    """
    if settings.private_key_path is not None:
        return _from_file("private_key", "[sources.github] private_key_path", settings.private_key_path, base)
    if settings.token_file is not None:
        return _from_file("token", "[sources.github] token_file", settings.token_file, base)
    token = environ.get(settings.token_env, "").strip()
    return Secret("token", token) if token else None


def git_secret_of(settings: GitSettings, base: Path, environ: Mapping[str, str]) -> Secret | None:
    """The token that histories are cloned with; None where there is none: public ones need none.

    A file that is named but cannot be read, or is empty, is a `SourceError`, as for GitHub itself.
    """
    if settings.token_file is not None:
        return _from_file("git_token", "[sources.git] token_file", settings.token_file, base)
    token = environ.get(settings.token_env, "").strip()
    return Secret("git_token", token) if token else None


def _from_file(kind: Kind, setting: str, named: str, base: Path) -> Secret:
    path = base / Path(named).expanduser()
    place = f"{setting} {named}"
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise SourceError(f"{place}: cannot be read ({error.strerror}); looked at {path}") from error
    except UnicodeDecodeError:
        raise SourceError(f"{place}: is no text; expected {_expected(kind)} in {path}") from None
    if not text:
        raise SourceError(f"{place}: is empty; expected {_expected(kind)} in {path}")
    return Secret(kind, text, path)


def _expected(kind: Kind) -> str:
    return "the private key (.pem) of the GitHub App" if kind == "private_key" else "a token"


def is_open_to_others(secret: Secret) -> bool:
    """Whether others than the owner of its file may read a secret; False where files have no owner."""
    if secret.path is None or not KNOWS_OWNERS:
        return False
    return bool(secret.path.stat().st_mode & READABLE_BY_OTHERS)
