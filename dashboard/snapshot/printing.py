"""How do snapshots, their state and their differences look in a terminal?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from rich.table import Table
from rich.text import Text

from dashboard import wording
from dashboard.printing import STATE_STYLES, console
from dashboard.snapshot.comparing import Difference
from dashboard.snapshot.listing import Entry
from dashboard.snapshot.sealing import Sealed
from dashboard.snapshot.verifying import Verification
from metrics.estimate import Coverage, Estimate, Number, Undefined

MOST_SHOWN = 12  # differences that a restatement prints; `pilot snapshot diff` prints all
ABSENT = "not there"


def say(text: str) -> None:
    """One line that is never broken: digests and paths are copied out of it."""
    console.print(text, markup=False, soft_wrap=True)


def print_sealed(sealed: Sealed) -> None:
    """What came of sealing, with what changed if it restates."""
    if sealed.is_entered:
        say(f"entered {sealed.name} into the store's list: a run that was killed had left it unlisted")
    if not sealed.is_new:
        say(f"{sealed.name} stands: nothing has changed")
        return
    say(f"sealed {sealed.name} in {sealed.folder}")
    say(f"SHA-256 of its manifest: {sealed.digest}")
    if sealed.restates:
        print_restatement(sealed)


def print_restatement(sealed: Sealed) -> None:
    """What a restatement says differently."""
    changes = [each for each in sealed.differences if each.kind != "version"]
    say(f"it restates {sealed.restates}:" if changes else f"it restates {sealed.restates} in words only")
    for change in changes[:MOST_SHOWN]:
        say(f"  {_sentence(change)}")
    if len(changes) > MOST_SHOWN:
        more = len(changes) - MOST_SHOWN
        say(f"  and {more:,} more: pilot snapshot diff {sealed.restates} {sealed.name}")


def print_differences(found: Sequence[Difference]) -> None:
    """One line per difference."""
    for difference in found:
        say(_sentence(difference))
    if all(difference.kind == "manifest" for difference in found):
        say("no other difference" if found else "no difference")


def _sentence(difference: Difference) -> str:
    if difference.kind == "manifest":
        return f"{difference.of[0]} has no manifest.json: table versions cannot be compared"
    before, after = in_words(difference.before), in_words(difference.after)
    told = f"{before} -> {after}" if before != after else f"{before}; {_in_detail(difference)}"
    return f"{difference.kind} {' / '.join(difference.of)}: {told}"


def _in_detail(difference: Difference) -> str:
    """What differs between two numbers that read the same.

    >>> rows = [{"coverage": {"measured": n, "total": 22, "excluded": {}}, "n": 3} for n in (20, 21)]
    >>> _in_detail(Difference("number", (), *rows))
    'coverage 20 of 22 -> 21 of 22'
    """
    before, after = difference.before, difference.after
    changed = [name for name in before if before[name] != after[name]]
    return "; ".join(f"{name} {_detail(before[name])} -> {_detail(after[name])}" for name in changed)


def _detail(value: Any) -> str:
    if not isinstance(value, dict):
        return in_words(value)
    left_out = "".join(f", {count:,} {reason}" for reason, count in value["excluded"].items())
    return f"{value['measured']:,} of {value['total']:,}{left_out}"


def in_words(value: Any) -> str:
    """One side of a difference, as people read it."""
    if value is None:
        return ABSENT
    if isinstance(value, dict):
        return wording.number(_number(value))
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _number(said: dict[str, Any]) -> Number:
    """The number that a difference quotes from metrics.json."""
    counted = said["coverage"]
    coverage = Coverage(counted["measured"], counted["total"], tuple(counted["excluded"].items()))
    if said["value"] is None:
        return Undefined(said["undefined_reason"] or "no finite value", said["n"], coverage, said["unit"])
    counts = {name: said[name] for name in ("value", "low", "high", "unit", "numerator", "denominator", "n")}
    return Estimate(**counts, level=said["level"], method=said["method"], coverage=coverage)


def print_verification(verification: Verification) -> None:
    """One line per snapshot."""
    if verification.without_store:
        say(f"without the store's list: {verification.without_store}")
    for each in verification.snapshots:
        say(f"{each.name}: {'BROKEN: ' + '; '.join(each.broken) if each.broken else 'as sealed'}")
    if not verification.snapshots:
        say("no snapshot has been sealed yet")


def print_entries(entries: Sequence[Entry]) -> None:
    """A table of the snapshots, the last one below."""
    if not entries:
        say("no snapshot has been sealed yet; `pilot snapshot` seals the last week")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("snapshot", "sealed", "as of", "pilots", "files"):
        table.add_column(heading)
    for entry in entries:
        moments = sorted({str(pilot["as_of"])[:16] for pilot in entry.pilots})
        files = "all there" if entry.complete else entry.problem or "not as sealed"
        table.add_row(entry.name, entry.sealed_at[:16], ", ".join(moments), _states(entry), Text(files))
    console.print(table)


def _states(entry: Entry) -> Text:
    lines = [
        Text(f"{pilot['name']}: {wording.state(pilot['state'])}", style=STATE_STYLES[pilot["state"]])
        for pilot in entry.pilots
    ]
    return Text("\n").join(lines)
