"""What do the settings name that is no file to read: a pipe, a loop of links, a folder that is called a log?

A pattern passes over folders on its way; one is told only where the pattern spells its ending out. Nothing of
this is opened: to open a pipe would wait for whoever writes into it.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from glob import iglob
from pathlib import Path, PurePosixPath
from typing import Final

from ingest.settings import FilesSettings
from ingest.sources.files import is_excluded, relative

_KINDS: Final = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_FOLDER: Final = "a folder"
_LINK: Final = "a link that leads nowhere, or in a circle"
_ADVICE: Final = "a file was expected; leave it out by `exclude`, or correct `paths`"


def strange(settings: FilesSettings, base: Path) -> dict[str, str]:
    """Names that match and are no files, and what each is."""
    found: dict[str, str] = {}
    for pattern in settings.paths:
        seen = relative(str(Path(pattern).expanduser()), base)
        spells_ending = bool(PurePosixPath(seen).suffix.strip(".*"))
        for name, kind in _kinds(seen, base):
            is_meant = kind != _FOLDER or spells_ending
            if is_meant and not is_excluded(name, settings, base):
                found[name] = f"is {kind}; {_ADVICE}"
    return found


def _kinds(pattern: str, base: Path) -> Iterator[tuple[str, str]]:
    for name in iglob(pattern, root_dir=base, recursive=True):  # noqa: PTH207 - names stay relative
        kind = _kind_of(base / name)
        if kind:
            yield Path(name).as_posix(), kind


def _kind_of(path: Path) -> str | None:
    """What it is, in words; None for a file, and for what is gone meanwhile."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return _LINK if path.is_symlink() else None
    return _FOLDER if stat.S_ISDIR(mode) else next((word for is_it, word in _KINDS if is_it(mode)), None)
