"""Which files does a source name? One answer for all sources, and an error when there are none.

Patterns are relative to the folder of pilot.toml, and so are the names of files in every report;
an absolute pattern is made relative first.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from glob import iglob
from os.path import relpath
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
    wanted = sorted(name for name in found if (base / name).is_file() and not is_excluded(name, files, base))
    if not wanted:
        raise SourceError(
            f"{setting}: no file matches {', '.join(files.paths)} below {base}; "
            f"correct `paths`, or take the source out of the configuration"
        )
    return [SourceFile(base / name, name) for name in wanted]


def is_excluded(name: str, files: FilesSettings, base: Path) -> bool:
    """Whether a file was taken out again; exclusion is generous, its `*` crosses folders."""
    return any(fnmatchcase(name, relative(pattern, base)) for pattern in files.exclude)


def relative(pattern: str, base: Path) -> str:
    """A pattern as seen from the folder of pilot.toml."""
    return relpath(pattern, base) if Path(pattern).is_absolute() else Path(pattern).as_posix()


def _matches(pattern: str, base: Path) -> Sequence[str]:
    return list(iglob(relative(pattern, base), root_dir=base, recursive=True))  # noqa: PTH207 - names stay relative
