"""Which files does a mapping name, and which mappings name this file?

Patterns are relative to the folder of pilot.toml, so a file's name is too. The folder itself is
recovered from the file (its path without its name), because a source parses one file at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ingest.settings import IngestSettings, TableSettings
from ingest.sources.base import SourceFile
from ingest.sources.files import find_files, is_excluded, relative


def find(mapping: TableSettings, base: Path) -> Sequence[SourceFile]:
    """Files of one mapping, each once, in the order of their names."""
    return find_files(mapping, base, f"[[sources.tables]] of {mapping.table}")


def base_of(file: SourceFile) -> Path:
    """Folder that the file's name starts from."""
    return Path(str(file.path).removesuffix(file.name))


def mappings_of(file: SourceFile, settings: IngestSettings) -> list[TableSettings]:
    """Every mapping that takes rows from this file; one file may feed several tables."""
    base = base_of(file)
    return [mapping for mapping in settings.sources.tables if _takes(mapping, file.name, base)]


def _takes(mapping: TableSettings, name: str, base: Path) -> bool:
    is_named = any(_matches(name, pattern, base) for pattern in mapping.paths)
    return is_named and not is_excluded(name, mapping, base)


def _matches(name: str, pattern: str, base: Path) -> bool:
    return _parts_match(name.split("/"), relative(pattern, base).split("/"))


def _parts_match(parts: list[str], pattern: list[str]) -> bool:
    """Match folder by folder; `**` stands for any number of folders, `*` never crosses one."""
    if not pattern:
        return not parts
    head, *rest = pattern
    if head == "**":
        return any(_parts_match(parts[taken:], rest) for taken in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], head) and _parts_match(parts[1:], rest)
