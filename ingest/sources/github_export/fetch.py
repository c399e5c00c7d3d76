"""Which export files are there, and what besides their bytes decides how they read."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path

from ingest.authorship import RULES_VERSION
from ingest.settings import FilesSettings, IngestSettings
from ingest.sources.base import SourceFile


def fetch(settings: IngestSettings, base: Path) -> Sequence[SourceFile]:
    """Files that [sources.github_export] names, in the order of their names."""
    return find_files(settings.sources.github_export, base)


def find_files(files: FilesSettings | None, base: Path) -> Sequence[SourceFile]:
    """Files whose names match, each once; none when the source is not configured."""
    if files is None:
        return []
    found = {name for pattern in files.paths for name in glob(pattern, root_dir=base, recursive=True)}  # noqa: PTH207 - keeps names relative
    wanted = sorted(Path(name).as_posix() for name in found if (base / name).is_file())
    return [SourceFile(base / name, name) for name in wanted if not _is_excluded(name, files)]


def _is_excluded(name: str, files: FilesSettings) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in files.exclude)


def settings_key(settings: IngestSettings, _file: SourceFile) -> object:
    """Name the settings and rules that rows depend on: texts are judged once and not kept."""
    authorship = settings.authorship
    return [settings.classes.model_dump(), authorship.human, authorship.automation, RULES_VERSION]
