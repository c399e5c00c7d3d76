"""Where is the key that people's pseudonyms are made with, who else could read it, and is it a good one?

It never stands in the lake: whoever is given the tables would be given the people. Its text leaves this
module only inside `Key`, which never shows it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Final
from uuid import uuid4

from dashboard.configuration import PrivacySettings
from dashboard.secret_places import KNOWS_OWNERS
from ingest.errors import ConfigurationError, SourceError
from ingest.pseudonyms import SHORTEST_KEY

KEY_BYTES: Final = 32
OWN: Final = 0o600  # nobody but its owner reads or writes it
OTHERS: Final = 0o077


@dataclass(frozen=True)
class Key:
    """The key of pseudonyms; printing one does not show it."""

    text: str = field(repr=False)
    path: Path | None = None  # the file that it was read from; None = the environment


def key_path(settings: PrivacySettings, base: Path, lake: Path | None) -> Path:
    """Where the key's file is, or will be.

    Raises
    ------
    ConfigurationError
        That is inside the lake.
    """
    path = base / Path(settings.key_file).expanduser()
    if lake is not None and path.resolve().is_relative_to(lake.resolve()):
        raise ConfigurationError(
            f"[privacy] key_file {settings.key_file}: lies in the lake {lake}, and whoever has the tables "
            "would have the key to their people; name a place outside of it"
        )
    return path


def known_key(settings: PrivacySettings, path: Path, environ: Mapping[str, str]) -> Key | None:
    """The key as it is; None where no file was made yet.

    Raises
    ------
    SourceError
        The variable or file that is named holds no good key: to make another would rename everybody.
    """
    if settings.key_env is not None:
        return Key(_good(environ.get(settings.key_env, ""), f"[privacy] key_env {settings.key_env}"))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"[privacy] key_file: {path} cannot be read ({getattr(error, 'strerror', 'it is no text')}); "
            "make it readable for this user, or restore it"
        ) from None
    return Key(_good(text, f"[privacy] key_file {path}"), path)


def _good(text: str, place: str) -> str:
    key = text.strip()
    if len(key) < SHORTEST_KEY:
        seen = f"{len(key)} characters" if key else "nothing"
        raise SourceError(
            f"{place}: holds {seen}, expected a key of at least {SHORTEST_KEY}; restore the one that was "
            "there, or, before the first ingest, remove it and one is made"
        )
    return key


def key_of_people(settings: PrivacySettings, path: Path, environ: Mapping[str, str]) -> Key:
    """The key, made on first need; two who need it at once get the same one."""
    return known_key(settings, path, environ) or _made(settings, path, environ)


def _made(settings: PrivacySettings, path: Path, environ: Mapping[str, str]) -> Key:
    try:
        _written(path)
    except OSError as error:
        raise SourceError(
            f"[privacy] key_file: {path} cannot be written ({error.strerror}); name a place that can be, or "
            "give a key through the environment by key_env"
        ) from error
    key = known_key(settings, path, environ)
    if key is None:
        raise SourceError(f"[privacy] key_file: {path} was made and is gone; look at the disk")
    return key


def _written(path: Path) -> None:
    """Whole under another name first, then linked to its own, which only one can do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(f"{token_hex(KEY_BYTES)}\n")
            stream.flush()
            os.fsync(stream.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # somebody else was quicker, and theirs it is
    finally:
        draft.unlink(missing_ok=True)


def is_open(key: Key) -> bool:
    """Whether others than the owner of its file may read or change it; False where files have no owner."""
    if key.path is None or not KNOWS_OWNERS:
        return False
    return bool(key.path.stat().st_mode & OTHERS)
