"""Which files does a mapping name, and which mappings name this file?

Patterns are relative to the folder of pilot.toml, so a file's name is too. The folder itself is
recovered from the file (its path without its name), because a source parses one file at a time.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from glob import iglob
from os.path import relpath
from pathlib import Path

from ingest.settings import FilesSettings, IngestSettings, TableSettings
from ingest.sources.base import SourceFile


def find(files: FilesSettings, base: Path) -> list[SourceFile]:
    """Files of these patterns, each once, in the order of their names."""
    found = {
        name
        for pattern in files.paths
        for name in iglob(_relative(pattern, base), root_dir=base, recursive=True)  # noqa: PTH207 - root_dir keeps names relative
        if (base / name).is_file()
    }
    kept = sorted(Path(name).as_posix() for name in found)
    return [SourceFile(base / name, name) for name in kept if not _is_excluded(name, files, base)]


def base_of(file: SourceFile) -> Path:
    """Folder that the file's name starts from."""
    return Path(str(file.path).removesuffix(file.name))


def mappings_of(file: SourceFile, settings: IngestSettings) -> list[TableSettings]:
    """Every mapping that takes rows from this file; one file may feed several tables."""
    base = base_of(file)
    return [mapping for mapping in settings.sources.tables if _takes(mapping, file.name, base)]


def _takes(mapping: TableSettings, name: str, base: Path) -> bool:
    is_named = any(_matches(name, pattern, base) for pattern in mapping.paths)
    return is_named and not _is_excluded(name, mapping, base)


def _is_excluded(name: str, files: FilesSettings, base: Path) -> bool:
    """Exclusion is generous, as in every source: here `*` crosses folders."""
    return any(fnmatchcase(name, _relative(pattern, base)) for pattern in files.exclude)


def _relative(pattern: str, base: Path) -> str:
    return relpath(pattern, base) if Path(pattern).is_absolute() else Path(pattern).as_posix()


def _matches(name: str, pattern: str, base: Path) -> bool:
    return _parts_match(name.split("/"), _relative(pattern, base).split("/"))


def _parts_match(parts: list[str], pattern: list[str]) -> bool:
    """Match folder by folder; `**` stands for any number of folders, `*` never crosses one."""
    if not pattern:
        return not parts
    head, *rest = pattern
    if head == "**":
        return any(_parts_match(parts[taken:], rest) for taken in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], head) and _parts_match(parts[1:], rest)
