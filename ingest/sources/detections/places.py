"""Which detector wrote a log, and in whose traffic: what the settings tell of its name?

Entries of [[sources.detections.place]] are tried in their order, and each fact is taken from the first that
tells it. What an entry says outright stands before what its `path_pattern` finds in the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pydantic import ValidationError

from ingest.errors import ConfigurationError
from ingest.settings import DetectionPlace, DetectionsSettings, FilesSettings, LabelsSettings
from ingest.sources.approvals.places import at_home, complaint, fits, without_home
from ingest.sources.approvals.strange import strange
from ingest.sources.detections.records import Log, Place
from ingest.sources.files import find_files

_NOT_FACTS: Final = {"paths", "path_pattern"}


def logs(
    settings: DetectionsSettings | LabelsSettings,
    entries: Sequence[DetectionPlace],
    base: Path,
    setting: str,
) -> list[Log]:
    """Every file that the settings name, with what they say of it.

    Raises
    ------
    SourceError
        No file matches.
    ConfigurationError
        An entry cannot be understood.
    """
    wanted = settings.model_copy(
        update={"paths": at_home(settings.paths), "exclude": at_home(settings.exclude)}
    )
    found: list[Log] = []
    for file in find_files(wanted, base, setting):
        name = without_home(file.name, file.path)
        names = (file.name, name)
        meant = [entry for entry in entries if fits(names, entry.paths, base)]
        mappings = tuple(each for each in settings.mapping if fits(names, each.paths, base))
        found.append(Log(file.path, name, _place(meant, name), mappings))
    return found


def no_files(settings: FilesSettings, base: Path) -> dict[str, str]:
    """What the settings name that is no file, and what it is."""
    wanted = settings.model_copy(update={"exclude": at_home(settings.exclude)})
    return strange(wanted, base)


def inside(said: Mapping[str, Any], path: str) -> Any:
    """A value by its name, or by the names on the way to it: `response.results.0` reaches into objects.

    >>> inside({"a": {"b": [{"c": 1}]}}, "a.b.0.c"), inside({"a.b": 2}, "a.b"), inside({}, "a.b")
    (1, 2, None)
    """
    if path in said:
        return said[path]
    head, _, rest = path.partition(".")
    value = said.get(head)
    if isinstance(value, list):
        value = {str(place): each for place, each in enumerate(value)}
    return inside(value, rest) if rest and isinstance(value, Mapping) else None


def _place(entries: Iterable[DetectionPlace], name: str) -> Place:
    facts: dict[str, Any] = {}
    for entry in entries:
        facts = _told(entry, name) | facts
    return Place(**facts)


def _told(entry: DetectionPlace, name: str) -> dict[str, Any]:
    """What one entry tells of a file, in the types of the settings."""
    said = entry.model_dump(exclude=_NOT_FACTS, exclude_none=True)
    try:
        found = re.search(entry.path_pattern, name) if entry.path_pattern else None
        named = {fact: text for fact, text in (found.groupdict() if found else {}).items() if text}
        told = DetectionPlace.model_validate({**named, **said, "paths": entry.paths})
    except (re.error, ValidationError) as error:
        raise ConfigurationError(
            f"[[sources.detections.place]] for {', '.join(entry.paths)}: {complaint(error)} "
            f"(file {PurePosixPath(name).name}); groups of path_pattern are called as the keys of an entry, "
            "as (?P<detector>...) or (?P<cohort>...)"
        ) from error
    return told.model_dump(exclude=_NOT_FACTS, exclude_none=True)
