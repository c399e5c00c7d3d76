"""Whose is a log, and of which repository: what the settings tell of its name, where it does not say so.

Entries of [[sources.approvals.place]] are tried in their order, and each fact is taken from the first that
tells it. What an entry says outright stands before what its `path_pattern` finds in the file's name. The name
that is kept names nobody: neither by the home folder, nor by a folder that spells it, nor as a pattern knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pydantic import ValidationError

from ingest.errors import ConfigurationError
from ingest.settings import ApprovalPlace, ApprovalsSettings
from ingest.sources.approvals.base import Place
from ingest.sources.approvals.strange import strange
from ingest.sources.base import SourceFile
from ingest.sources.files import find_files, relative

SETTING: Final = "[sources.approvals]"
_FACTS: Final = ("repository", "team", "person", "interactive")
_PERSON: Final = "person"
_HOME: Final = "~"
# Folders of Claude Code, called after the folder an agent worked in: /Users/rosa/pay is -Users-rosa-pay.
_SPELLED: Final = re.compile(r"(?<![^/])(?:(?<=\.claude/projects/)|-|~-|[A-Za-z]--)[^/]*(?=/)")
_Hidden = tuple[int, int, str]  # from, to, what stands there instead


@dataclass(frozen=True)
class Log:
    """One log, under the name that goes into tables, ledger and reports."""

    path: Path
    name: str  # names nobody: home folders are `~`; folders that spell one, and people, are keyed marks
    place: Place


def logs(settings: ApprovalsSettings, base: Path, tag: Callable[[str], str]) -> list[Log]:
    """Every file that the settings name, with what they say of it; `tag` makes marks for names of people.

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
    return [_log(file, settings, (base, tag)) for file in find_files(wanted, base, SETTING)]


def no_files(settings: ApprovalsSettings, base: Path, tag: Callable[[str], str]) -> dict[str, str]:
    """What the settings name that is no file, under a name that names nobody, and what it is."""
    wanted = settings.model_copy(update={"exclude": at_home(settings.exclude)})
    found = strange(wanted, base).items()
    return {_name_of(SourceFile(base / name, name), settings, (base, tag)): why for name, why in found}


def _name_of(file: SourceFile, settings: ApprovalsSettings, means: tuple[Path, Callable[[str], str]]) -> str:
    try:
        return _log(file, settings, means).name
    except RuntimeError:  # a link in a circle has no place that could be looked up
        return f"link-{means[1](file.name)}"


def at_home(patterns: Iterable[str]) -> list[str]:
    """Patterns with the home folder in the place of `~`."""
    return [str(Path(pattern).expanduser()) if pattern.startswith(_HOME) else pattern for pattern in patterns]


def _log(file: SourceFile, settings: ApprovalsSettings, means: tuple[Path, Callable[[str], str]]) -> Log:
    base, tag = means
    name = without_home(file.name, file.path)
    entries = [entry for entry in settings.place if fits((file.name, name), entry.paths, base)]
    facts: dict[str, Any] = {}
    for entry in entries:
        facts = _told(entry, name) | facts
    place = Place(*(facts.get(fact) for fact in _FACTS))
    return Log(file.path, _without_people(name, entries, tag), place)


def fits(names: Iterable[str], patterns: Iterable[str], base: Path) -> bool:
    """Whether one of a file's names matches one of the patterns."""
    spelled = tuple(names)
    return any(is_match(name, pattern, base) for pattern in patterns for name in spelled)


def is_match(name: str, pattern: str, base: Path = Path()) -> bool:
    """Whether a name fits a pattern; `**/` may stand for no folder at all, which fnmatch does not know.

    >>> is_match("logs/otel/data.json", "logs/**/*.json"), is_match("logs/data.json", "logs/**/*.json")
    (True, True)
    """
    spelled = (pattern, relative(pattern, base))
    return any(fnmatchcase(name, each) or fnmatchcase(name, each.replace("**/", "")) for each in set(spelled))


def without_home(name: str, path: Path) -> str:
    """Name of a file outside the project's folder with `~` for the home folder, which names a person.

    Claude Code also writes the folder that an agent worked in into the name, with dashes between its parts.
    """
    home = Path(_HOME).expanduser()
    is_outside = name.startswith("../") or Path(name).is_absolute()
    if is_outside and path.resolve().is_relative_to(home):
        name = f"{_HOME}/{path.resolve().relative_to(home).as_posix()}"
    dashed = re.sub(r"[^0-9A-Za-z]", "-", str(home))
    return re.sub(rf"(?<=/){re.escape(dashed)}(?=[-/])", _HOME, name) if len(home.parts) > 1 else name


def _told(entry: ApprovalPlace, name: str) -> dict[str, Any]:
    """What one entry tells of a file, in the types of the settings."""
    said = entry.model_dump(include=set(_FACTS), exclude_none=True)
    try:
        found = _found(entry, name)
        named = {fact: text for fact, text in (found.groupdict() if found else {}).items() if text}
        told = ApprovalPlace.model_validate({**named, **said, "paths": entry.paths})
    except (re.error, ValidationError) as error:
        raise ConfigurationError(
            f"[[sources.approvals.place]] for {', '.join(entry.paths)}: {complaint(error)} "
            f"(file {PurePosixPath(name).name}); groups of path_pattern are called {', '.join(_FACTS)}, a "
            "repository is owner/name"
        ) from error
    return told.model_dump(include=set(_FACTS), exclude_none=True)


def _found(entry: ApprovalPlace, name: str) -> re.Match[str] | None:
    return re.search(entry.path_pattern, name) if entry.path_pattern else None


def complaint(error: re.error | ValidationError) -> str:
    """What is wrong with an entry, in words."""
    if isinstance(error, re.error):
        return f"path_pattern: {error}"
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _without_people(name: str, entries: Iterable[ApprovalPlace], tag: Callable[[str], str]) -> str:
    """The name with keyed marks in the place of spelled folders, and of what a pattern knows for a person."""
    hidden: list[_Hidden] = [
        (*found.span(), f"project-{tag(found[0])}") for found in _SPELLED.finditer(name) if found[0]
    ]
    person = next((span for entry in entries if (span := _person_in(entry, name))), None)
    if person:
        hidden = _with_person(hidden, person, f"person-{tag(name)}")
    for start, end, mark in sorted(hidden, reverse=True):
        name = f"{name[:start]}{mark}{name[end:]}"
    return name


def _person_in(entry: ApprovalPlace, name: str) -> tuple[int, int] | None:
    found = _found(entry, name)
    return found.span(_PERSON) if found and found.groupdict().get(_PERSON) else None


def _with_person(hidden: list[_Hidden], person: tuple[int, int], mark: str) -> list[_Hidden]:
    """What is hidden, and the person; where they overlap, one mark stands for all of it."""
    start, end = person
    touched = [each for each in hidden if each[0] < end and start < each[1]]
    first, last = min([start, *(each[0] for each in touched)]), max([end, *(each[1] for each in touched)])
    return [*(each for each in hidden if each not in touched), (first, last, mark)]
