"""Which files does a source name? One answer for all sources, and an error when there are none."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from glob import iglob
from pathlib import Path

from ingest.errors import SourceError
from ingest.settings import FilesSettings
from ingest.sources.base import SourceFile


def find_files(files: FilesSettings, base: Path, setting: str) -> Sequence[SourceFile]:
    """Files whose names match, each once, in the order of their names.

    Raises
    ------
    SourceError
        No file matches: a wrong pattern must not look like an empty, clean input.
    """
    found = {Path(name).as_posix() for pattern in files.paths for name in _matches(pattern, base)}
    wanted = sorted(name for name in found if (base / name).is_file() and not _is_excluded(name, files))
    if not wanted:
        raise SourceError(
            f"{setting}: no file matches {', '.join(files.paths)} below {base}; "
            f"correct `paths`, or take the source out of the configuration"
        )
    return [SourceFile(base / name, name) for name in wanted]


def _matches(pattern: str, base: Path) -> Sequence[str]:
    return list(iglob(pattern, root_dir=base, recursive=True))  # noqa: PTH207 - names stay relative


def _is_excluded(name: str, files: FilesSettings) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in files.exclude)
