"""What differs between two snapshots, by their files alone?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from dashboard.snapshot.manifest import MANIFEST
from ingest.errors import SnapshotError

Kind = Literal["pilot", "state", "policy", "number", "version"]
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
    of: tuple[str, ...]  # pilot; or pilot, metric, arm, segment; or table
    before: Any
    after: Any


def differences(before: Path, after: Path) -> tuple[Difference, ...]:
    """Compare two folders: verdicts and policies, then numbers, then the table versions behind them."""
    verdicts = (_verdicts(before), _verdicts(after))
    versions = (_versions(before), _versions(after))
    numbers = (_numbers(before), _numbers(after))
    return (
        *_compared("pilot", *({name: name[0] for name in seen} for seen in verdicts)),
        *_compared("state", *_within(verdicts, "state")),
        *_compared("policy", *_within(verdicts, "policy_digest")),
        *_compared("number", _in_both(*numbers), _in_both(*reversed(numbers))),
        *_compared("version", *versions),
    )


def _compared(
    kind: Kind, before: Mapping[tuple[str, ...], Any], after: Mapping[tuple[str, ...], Any]
) -> Iterator[Difference]:
    for of in dict.fromkeys((*before, *after)):
        pair = (before.get(of), after.get(of))
        if pair[0] != pair[1]:
            yield Difference(kind, of, *pair)


def _within(
    verdicts: Iterable[Mapping[tuple[str, ...], Mapping[str, Any]]], field: str
) -> tuple[dict[tuple[str, ...], Any], dict[tuple[str, ...], Any]]:
    """One field of the pilots that both snapshots hold."""
    before, after = verdicts
    both = [name for name in before if name in after]
    return {name: before[name][field] for name in both}, {name: after[name][field] for name in both}


def _verdicts(folder: Path) -> dict[tuple[str, ...], Mapping[str, Any]]:
    return {(each["pilot"],): each for each in _read(folder, "gate.json")}


def _numbers(folder: Path) -> dict[tuple[str, ...], dict[str, Any]]:
    return {
        (each["pilot"], each["metric"], each["arm"], each["segment"]): {name: each[name] for name in COMPARED}
        for each in _read(folder, "metrics.json")
    }


def _in_both(
    numbers: Mapping[tuple[str, ...], Any], others: Mapping[tuple[str, ...], Any]
) -> dict[tuple[str, ...], Any]:
    """Numbers of pilots and weeks that the other snapshot shows at all: each shows weeks of its own."""
    shown = {(pilot, segment) for pilot, _, _, segment in others}
    return {of: number for of, number in numbers.items() if (of[0], of[3]) in shown}


def _versions(folder: Path) -> dict[tuple[str, ...], int]:
    """Versions of the tables; what was written without being sealed names none."""
    if not (folder / MANIFEST).is_file():
        return {}
    versions = _read(folder, MANIFEST)["published"]["versions"]
    return {(name,): version for name, version in versions.items()}


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
