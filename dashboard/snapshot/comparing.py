"""What differs between two snapshots, by their files alone?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from dashboard.snapshot.manifest import MANIFEST
from ingest.errors import SnapshotError

Of = tuple[str, ...]
Kind = Literal["pilot", "state", "policy", "setting", "criterion", "escapes", "number", "version", "manifest"]
THERE: Final = "there"
COMPARED: Final = (
    "value",
    "low",
    "high",
    "level",
    "unit",
    "numerator",
    "denominator",
    "n",
    "coverage",
    "method",
    "undefined_reason",
)


@dataclass(frozen=True)
class Difference:
    """One thing that reads differently; None = it is not in that snapshot at all."""

    kind: Kind
    of: Of  # pilot, and setting, criterion, sprint or metric, arm, segment; or table; or folder
    before: Any
    after: Any


@dataclass(frozen=True)
class _Said:
    """What the files of a folder say; files of an earlier version may say less."""

    folder: Path
    verdicts: Sequence[Mapping[str, Any]]
    results: Sequence[Mapping[str, Any]]
    versions: Mapping[str, int] | None  # None: written without being sealed, so without a manifest


def differences(before: Path, after: Path) -> tuple[Difference, ...]:
    """Compare two folders: verdicts and settings, then numbers, then the table versions behind them."""
    said = (_said(before), _said(after))
    return (
        *_compared("pilot", *({of: of[0] for of in _states(each)} for each in said)),
        *_shared("state", said, _states, _pilot),
        *_shared("policy", said, _policies, _pilot),
        *_shared("setting", said, _settings, _pilot),
        *_shared("criterion", said, _criteria, _pilot),
        *_shared("escapes", said, _escapes, _itself),
        *_shared("number", said, _numbers, _weeks_shown),
        *_versions_compared(*said),
    )


def _compared(kind: Kind, before: Mapping[Of, Any], after: Mapping[Of, Any]) -> Iterator[Difference]:
    for of in dict.fromkeys((*before, *after)):
        pair = (before.get(of), after.get(of))
        if pair[0] != pair[1]:
            yield Difference(kind, of, *pair)


def _shared(
    kind: Kind,
    said: tuple[_Said, _Said],
    told: Callable[[_Said], Mapping[Of, Any]],
    scope: Callable[[Of], Of],
) -> Iterator[Difference]:
    """What differs where both snapshots speak of the same: a pilot, a sprint, a pilot's week."""
    before, after = (told(each) for each in said)
    common = {scope(of) for of in before} & {scope(of) for of in after}
    within = ({of: value for of, value in side.items() if scope(of) in common} for side in (before, after))
    return _compared(kind, *within)


def _pilot(of: Of) -> Of:
    return of[:1]


def _itself(of: Of) -> Of:
    return of


def _weeks_shown(of: Of) -> Of:
    """Pilot and segment of a number: each snapshot shows weeks of its own."""
    return (of[0], of[3])


def _states(said: _Said) -> dict[Of, str]:
    return {(each["pilot"],): each["state"] for each in said.verdicts}


def _policies(said: _Said) -> dict[Of, str]:
    return {(each["pilot"],): each["policy_digest"] for each in said.verdicts}


def _criteria(said: _Said) -> dict[Of, str]:
    return {
        (verdict["pilot"], each["id"]): each["state"]
        for verdict in said.verdicts
        for each in verdict.get("criteria", ())
    }


def _escapes(said: _Said) -> dict[Of, int]:
    """Both ends of each sprint's count of escapes."""
    return {
        (verdict["pilot"], f"sprint {sprint['number']}", end): sprint[name]
        for verdict in said.verdicts
        for sprint in verdict.get("sprints", ())
        for end, name in (("confirmed", "escapes_low"), ("confirmed or unreviewed", "escapes_high"))
    }


def _settings(said: _Said) -> dict[Of, Any]:
    """What was decided about measuring and the gate; every number of a pilot names the same."""
    of_pilot = {each["pilot"]: each.get("settings", {}) for each in said.results}
    return {
        (pilot, name): value
        for pilot, settings in of_pilot.items()
        for name, value in _flat(settings).items()
    }


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those of a table as `table.name`.

    >>> _flat({"clock": "ready", "working": {"start": "09:00"}})
    {'clock': 'ready', 'working.start': '09:00'}
    """
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        inner = value.items() if isinstance(value, dict) else ()
        flat |= {f"{name}.{key}": item for key, item in inner} if inner else {name: value}
    return flat


def _numbers(said: _Said) -> dict[Of, dict[str, Any]]:
    return {
        (each["pilot"], each["metric"], each["arm"], each["segment"]): {name: each[name] for name in COMPARED}
        for each in said.results
    }


def _versions_compared(before: _Said, after: _Said) -> Iterator[Difference]:
    """Versions of the tables; where one folder has no manifest that is the one thing to say."""
    if before.versions is not None and after.versions is not None:
        yield from _compared("version", _by_table(before.versions), _by_table(after.versions))
    elif before.versions is not None:
        yield Difference("manifest", (after.folder.name,), THERE, None)
    elif after.versions is not None:
        yield Difference("manifest", (before.folder.name,), None, THERE)


def _by_table(versions: Mapping[str, int]) -> dict[Of, int]:
    return {(name,): version for name, version in versions.items()}


def _said(folder: Path) -> _Said:
    is_sealed = (folder / MANIFEST).is_file()
    return _Said(
        folder,
        verdicts=_read(folder, "gate.json"),
        results=_read(folder, "metrics.json"),
        versions=_read(folder, MANIFEST)["published"]["versions"] if is_sealed else None,
    )


def _read(folder: Path, name: str) -> Any:
    try:
        return orjson.loads((folder / name).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise SnapshotError(
            f"{folder.name}: {name} cannot be read ({error}); `pilot snapshot verify` says what is broken"
        ) from error


def difference_document(difference: Difference) -> dict[str, Any]:
    """One entry of `pilot snapshot diff --json`."""
    return {
        "kind": difference.kind,
        "of": list(difference.of),
        "from": difference.before,
        "to": difference.after,
    }
