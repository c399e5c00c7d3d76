"""What do results say by themselves, before it is known which tool, rules and files they speak of?

A tool may stand after its results, so the results are noted column by column first: what kind of result
it is (which of the distinct combinations of rule, level and properties), at which of the distinct
places, on which line, with which text. Few objects stay alive, and what repeats is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import orjson
import polars as pl

from ingest.sources.sarif.columns import Columns, columns_of
from ingest.sources.sarif.fingerprints import line_hash, own_fingerprints, told_commit
from ingest.sources.sarif.messages import Sifted, begun, sift
from ingest.sources.sarif.model import Result, bag, text_of
from ingest.sources.sarif.severity import is_failure

DRAFT_ROWS: Final = 2**14  # enough to work on columns, few enough to hold
_SHORT: Final = 6  # properties; a longer bag is mostly about the one result
# Properties that a severity, a weakness or a tag is read from: see the module about severity.
_TELLING: Final = (
    "security-severity", "tags", "cwe", "issue_severity", "severity", "Severity", "DevSkimSeverity",
)  # fmt: skip
_SECRETS: Final = ("offender", "secret", "match", "Secret", "Match", "email", "author")
_ASIDE: Final = frozenset({*_SECRETS, "commit", "Commit", "commitSha"})

Place = tuple[str | None, str | None]  # address, and the base that it starts from
Kind = object  # what the facts of a result depend on


@dataclass
class Spots:
    """Distinct places of a list of results."""

    places: list[Place] = field(default_factory=list)
    nowhere: set[int] = field(default_factory=set)  # numbers of those that name no file
    _by_base: dict[str | None, dict[str | None, int]] = field(default_factory=dict)

    def numbers(self, columns: Columns) -> list[int]:
        """Number of each place; new ones get the next numbers."""
        try:
            known = self._by_base.get(columns.bases[0], {}) if len(set(columns.bases)) == 1 else {}
            numbers = list(map(known.get, columns.addresses))
        except TypeError:  # an address or a base that is no text
            return self.numbers(columns.with_texts())
        if None not in numbers:
            return numbers  # type: ignore[return-value]  # none of them is null
        places = zip(numbers, columns.addresses, columns.bases, strict=True)
        return [self._number(*place) if number is None else number for number, *place in places]

    def _number(self, address: str | None, base: str | None) -> int:
        number = self._by_base.setdefault(base, {}).setdefault(address, len(self.places))
        if number == len(self.places):
            self.places.append((address, base))
            if text_of(address) is None:
                self.nowhere.add(number)
        return number


@dataclass
class Draft:
    """Columns of results that say that something is wrong; one row for each."""

    where: Spots
    positions: list[int] = field(default_factory=list)  # place in the run's list
    kinds: list[int] = field(default_factory=list)  # place in `samples`
    spots: list[int] = field(default_factory=list)  # number of its place in `where`
    lines: list[int | None] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)  # bare text of the line, or the tool's hash of it
    messages: list[str | None] = field(default_factory=list)
    fingerprints: list[str | None] = field(default_factory=list)
    commits: dict[int, str] = field(default_factory=dict)  # row -> commit that the tool names
    secrets: dict[int, list[str]] = field(default_factory=dict)  # row -> texts that must not be kept
    late: dict[int, Result] = field(default_factory=dict)  # row -> what must be read when the run is known
    samples: list[Result] = field(default_factory=list)  # one result of each kind
    _sifted: Future[Sifted] | None = None
    _numbers: dict[Kind, int] = field(default_factory=dict)  # of kinds
    _telling: set[int] = field(default_factory=set)  # kinds whose properties may hold secrets or commits

    def note(self, found: Sequence[Result]) -> None:
        """Add rows for results that are all failures."""
        start = len(self.kinds)
        columns = columns_of(found)
        self.kinds += self._kind_numbers(found)
        self.spots += self.where.numbers(columns)
        self.lines += columns.lines
        self.texts += columns.texts
        self.messages += columns.messages
        self._note_fingerprints(found, start)
        self._note_aside(found, start)
        self._note_late(found, start)

    def sift(self) -> None:
        """Begin to look for messages that need a closer look, while other work goes on."""
        self._sifted = begun(self.messages)

    def tell(self, row: int, message: str | None) -> None:
        """Complete a message that was told in a roundabout way."""
        if message != self.messages[row]:
            self.messages[row] = message
            self._sifted = None

    def kept_messages(self) -> pl.Series:
        """Messages that may be stored."""
        sifted = self._sifted.result() if self._sifted else sift(self.messages)
        return sifted.redacted(self.messages, self.secrets)

    def known(self) -> Iterable[tuple[Kind, Result]]:
        """Each kind, in the order of its number, and one result of it."""
        return zip(self._numbers, self.samples, strict=True)

    def _kind_numbers(self, found: Sequence[Result]) -> list[int]:
        """Which kind each result is of; each is one of its own where its fields cannot be compared."""
        try:
            return self._numbered(_kinds(found), found)
        except (TypeError, ValueError, OverflowError, RecursionError):
            return self._numbered([object() for _ in found], found)

    def _numbered(self, kinds: list[Kind], found: Sequence[Result]) -> list[int]:
        numbers = list(map(self._numbers.get, kinds))
        if None not in numbers:
            return numbers  # type: ignore[return-value]  # none of them is null
        return [
            self._learn(kind, result) if number is None else number
            for number, kind, result in zip(numbers, kinds, found, strict=True)
        ]

    def _learn(self, kind: Kind, sample: Result) -> int:
        number = self._numbers.setdefault(kind, len(self.samples))
        if number == len(self.samples):
            self.samples.append(sample)
            properties = bag(sample.properties)
            if len(properties) > _SHORT or not _ASIDE.isdisjoint(properties):
                self._telling.add(number)
        return number

    def _note_fingerprints(self, found: Sequence[Result], start: int) -> None:
        partial = [each.partial_fingerprints for each in found]
        own = [each.fingerprints for each in found]
        if any(own) or any(partial):
            self.fingerprints += own_fingerprints(found)
        else:
            self.fingerprints += [None] * len(found)
        if any(partial):
            for row, each in enumerate(found, start):
                self.texts[row] = self.texts[row] or line_hash(each)
                self._note_one_aside(each, row)

    def _note_aside(self, found: Sequence[Result], start: int) -> None:
        """Note what must be hidden, and commits; few tools tell either."""
        if self._telling:
            for row, each in enumerate(found, start):
                if self.kinds[row] in self._telling:
                    self._note_one_aside(each, row)

    def _note_one_aside(self, result: Result, row: int) -> None:
        secrets = [told for name in _SECRETS if (told := text_of(bag(result.properties).get(name)))]
        commit = told_commit(result)
        if secrets:
            self.secrets[row] = secrets
        if commit:
            self.commits[row] = commit

    def _note_late(self, found: Sequence[Result], start: int) -> None:
        """Keep results whose place or message is told in a roundabout way."""
        if not self.where.nowhere and None not in self.messages[start:]:
            return
        for row, each in enumerate(found, start):
            if self.messages[row] is None or self.spots[row] in self.where.nowhere:
                self.late[row] = each


class Drafting:
    """Notes the results of one run's list, in their order."""

    def __init__(self, *, needs_messages: bool = True) -> None:
        self._needs_messages = needs_messages
        self.read_count = 0  # everything in the list
        self.damaged_count = 0  # not in the shape of a result
        self.passed_count = 0  # passes and notices, which are no findings
        self._spots = Spots()
        self._draft = Draft(self._spots)
        self._full: list[Draft] = []

    def add(self, results: Sequence[Result | None]) -> None:
        """Note the next results; a null one is damaged."""
        first = self.read_count
        failures = self.count(results)
        if len(failures) == len(results):
            self._note(failures, range(first, first + len(results)))
        elif failures:
            kept = {id(each) for each in failures}
            self._note(failures, [place for place, each in enumerate(results, first) if id(each) in kept])

    def count(self, results: Sequence[Result | None]) -> Sequence[Result]:
        """Count the next results; the failures among them."""
        self.read_count += len(results)
        failures = _failures(results)
        if len(failures) < len(results):
            damaged_count = sum(each is None for each in results)
            self.damaged_count += damaged_count
            self.passed_count += len(results) - len(failures) - damaged_count
        return failures

    def take_full(self) -> list[Draft]:
        """Drafts that nothing is added to any more."""
        full, self._full = self._full, []
        return full

    def take_all(self) -> list[Draft]:
        """All drafts that were not yet taken."""
        if self._draft.positions:
            self._close()
        return self.take_full()

    def _note(self, found: Sequence[Result], positions: Iterable[int]) -> None:
        if not found:
            return
        self._draft.positions += positions
        self._draft.note(found)
        if len(self._draft.positions) >= DRAFT_ROWS:
            self._close()

    def _close(self) -> None:
        if self._needs_messages:
            self._draft.sift()
        self._full.append(self._draft)
        self._draft = Draft(self._spots)


def _failures(results: Sequence[Result | None]) -> Sequence[Result]:
    """Results that say that something is wrong: usually all."""
    try:
        kinds = [each.kind for each in results]  # type: ignore[union-attr]  # one that is null raises
        if not any(kinds):
            return results  # type: ignore[return-value]  # none of them is null
    except AttributeError:
        pass
    return [each for each in results if each is not None and is_failure(each)]


def _kinds(found: Sequence[Result]) -> list[Kind]:
    """All that the rule, the severity and the state of each result depend on, in a form to compare.

    The class of the index is in it because `True == 1` although only one of them is a place.
    """
    return [
        (
            each.rule_id,
            each.rule_index,
            each.rule_index.__class__,
            each.level,
            _bag_kind(each.properties) if each.properties else None,
            _seldom(each)
            if each.rule is not None
            or each.suppressions is not None
            or each.baseline_state is not None
            or each.taxa is not None
            or each.provenance is not None
            else None,
        )
        for each in found
    ]


def _bag_kind(properties: Any) -> bytes:
    if len(properties) <= _SHORT:
        return orjson.dumps(properties)
    # Marked: the rest of a long bag must not pass for a short one, as secrets are asked of each kind once.
    return b"+" + orjson.dumps({name: properties[name] for name in _TELLING if name in properties})


def _seldom(result: Result) -> bytes:
    return msgspec.json.encode(
        (result.rule, result.suppressions, result.baseline_state, result.taxa, result.provenance)
    )
