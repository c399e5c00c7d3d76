"""How are logs read on from where they ended, whatever they hold and whatever became of their names?

Nothing is kept but rows: each log is recognised by its content and read block by block. The cursor says how
far each was read, and is published with the rows; what a killed run has read is read again. What a log is
and what its records say, a subclass knows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from os import stat_result
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from ingest.errors import PilotError, RefusedFileError, SourceError
from ingest.sources.approvals.base import WAITS
from ingest.sources.approvals.cursors import (
    MARK_BYTES,
    Bookmark,
    bookmarks,
    gone,
    mark_of,
    recognised,
)
from ingest.sources.approvals.cutting import Damage
from ingest.sources.approvals.framing import damage_of_beginning, head
from ingest.sources.base import DONE, Parsed, Progress, Pulled, Surroundings

CUT: Final = "last record is still being written, or was cut: waits for its rest"
SHORTENED: Final = "was shortened or begins otherwise than before: read again from its beginning"
EMPTY: Final = "empty log"
MAGICS: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")  # of gzip and zstd
_MAGIC_BYTES: Final = 4
Damaged = tuple[str | None, int]  # in words, and the first place


class AnyLog(Protocol):
    """One log, under the name that goes into tables, ledger and reports."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def name(self) -> str:
        """What people know it by."""


class AnyFormat(Protocol):
    """What a log is."""

    @property
    def name(self) -> str:
        """Its word in the cursor."""


class Cut(Protocol):
    """Records of a log; after the last one it is known how far it went."""

    @property
    def consumed(self) -> int:
        """Unpacked bytes up to which whole records were read."""

    @property
    def cut(self) -> bool:
        """Whether a last record was left behind."""

    @property
    def damaged(self) -> list[Damage]:
        """Places that could not be cut into records."""

    @property
    def damaged_count(self) -> int:
        """How many such places there are."""


LogKind = TypeVar("LogKind", bound=AnyLog)
FormatKind = TypeVar("FormatKind", bound=AnyFormat)


@dataclass(frozen=True)
class Reading(Generic[LogKind, FormatKind]):
    """How one log is to be read."""

    log: LogKind
    format: FormatKind
    start: int  # unpacked bytes that were read before
    state: Mapping[str, Any]  # what the reader left the last time
    judged_at: datetime | None  # now, where rows that stand there already may be wrong


@dataclass(frozen=True)
class Block:
    """Rows of some records, and what the reader needs to know for the next time."""

    parsed: Parsed
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class There(Generic[LogKind]):
    """One log as it lies there."""

    log: LogKind
    stat: stat_result
    beginning: bytes  # its first bytes, unpacked


@dataclass
class Tail(ABC, Generic[LogKind, FormatKind]):
    """What one run over some logs works with, and what it did so far."""

    around: Surroundings
    refused: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    batches: int = 0

    place: ClassVar[str] = "logs"  # what people see of the progress
    guide: ClassVar[str] = "docs"  # where people can read on

    # -- what a subclass knows -------------------------------------------------------------------------

    @abstractmethod
    def logs(self) -> Iterable[LogKind]:
        """Every log that the settings name; SourceError when there is none."""

    @abstractmethod
    def no_files(self) -> Mapping[str, str]:
        """What the settings name that is no file, and what it is."""

    @abstractmethod
    def format_of(self, beginning: bytes, log: LogKind) -> FormatKind | None:
        """What a log is; None when nobody knows it."""

    @abstractmethod
    def records(self, reading: Reading[LogKind, FormatKind]) -> Cut:
        """Records of a log, to be read by `blocks`."""

    @abstractmethod
    def blocks(self, reading: Reading[LogKind, FormatKind], records: Any) -> Iterator[Block]:
        """What the records say, block by block."""

    @abstractmethod
    def told(self, log: LogKind) -> str:
        """Mark of what the settings say of a log: a change of it reads the log again."""

    @abstractmethod
    def unknown(self) -> str:
        """What people are told of a log that nobody knows."""

    def is_whole(self, _format: str) -> bool:
        """Whether logs of this format are read anew whenever they change."""
        return False

    def is_dated(self, _format: str) -> bool:
        """Whether a log of this format says something new every day, even when it did not change."""
        return False

    # -- the run -----------------------------------------------------------------------------------------

    def all(self) -> Pulled:
        """Every log, one after the other; one that cannot be read keeps nobody from the others."""
        known = bookmarks(self.around.cursor)
        self.refused |= self.no_files()
        there = list(self._there())
        marked = recognised(known, {each.log.name: each.beginning for each in there})
        new = dict(marked)
        for done, each in enumerate(there):
            self._tell("reading", done, len(there))
            new |= self._one(each, marked.get(each.log.name), is_known=each.log.name in known)
        self._tell(DONE, len(there), len(there))
        kept = gone(known, [*new.values(), *marked.values()], self.around.now().date())
        texts = {name: each.text for name, each in (kept | new).items()}
        return Pulled(texts, 0, self.batches, self.refused, self.left_out)

    def _there(self) -> Iterator[There[LogKind]]:
        for log in self.logs():
            try:
                yield There(log, log.path.stat(), head(log.path)[:MARK_BYTES])
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one log, the others are read
                self.refused[log.name] = self._sentence(error)

    def _one(self, there: There[LogKind], known: Bookmark | None, *, is_known: bool) -> dict[str, Bookmark]:
        name = there.log.name
        if not there.beginning:
            self._tell_of_nothing(there)
            return {}
        if known is None and is_known:
            self.left_out[f"{name}: {SHORTENED}"] += 1
        try:
            return {name: self._noted(there, self._read(there, known))}
        except PilotError as error:
            if not isinstance(error, RefusedFileError | SourceError):  # the store's fault, not the log's
                raise
            self.refused[name] = str(error)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one log, the others are read
            self.refused[name] = self._sentence(error)
        return {}

    def _tell_of_nothing(self, there: There[LogKind]) -> None:
        """A log that says nothing: it is empty, or its first record or packing is not whole yet."""
        if not there.stat.st_size:
            self.left_out[EMPTY] += 1
        elif problem := damage_of_beginning(there.log.path):
            self.refused[there.log.name] = f"its packing is damaged from the beginning on ({problem})"
        else:
            self.left_out[f"{there.log.name}: {CUT}"] += 1

    def _noted(self, there: There[LogKind], bookmark: Bookmark) -> Bookmark:
        """What waits or is damaged is said in every run, until the log is mended or gone."""
        why = CUT if bookmark.is_cut else bookmark.state.get(WAITS)
        if why:
            self.left_out[f"{there.log.name}: {why}"] += 1
        if bookmark.damage:
            self.refused[there.log.name] = bookmark.damage
        return replace(bookmark, seen_on=self.today)

    def _read(self, there: There[LogKind], known: Bookmark | None) -> Bookmark:
        """Read a log on, or again, or not at all where nothing is new."""
        if known is not None and self._is_unchanged(there, known):
            return known
        reader = self.format_of(head(there.log.path), there.log)
        if reader is None:
            raise RefusedFileError(self.unknown())
        return self._read_from(there, reader, known)

    def _is_unchanged(self, there: There[LogKind], known: Bookmark) -> bool:
        is_same_file = (there.stat.st_size, there.stat.st_mtime_ns) == (known.size, known.modified)
        is_new_day = self.is_dated(known.format) and known.seen_on != self.today
        is_same_rule = known.told == self.told(there.log) and not self.around.outside.full
        return is_same_file and is_same_rule and not is_new_day

    def _start(self, there: There[LogKind], known: Bookmark | None, reader: FormatKind) -> int:
        """Where to begin: where it ended, unless the log, its reader or what the settings say changed."""
        is_another = known is None or (known.format, known.told) != (reader.name, self.told(there.log))
        if known is None or is_another or self.is_whole(reader.name) or self.around.outside.full:
            return 0
        if there.stat.st_size < known.offset and not _is_packed(there.log.path):
            self.left_out[f"{there.log.name}: {SHORTENED}"] += 1
            return 0
        return known.offset

    def _read_from(self, there: There[LogKind], reader: FormatKind, known: Bookmark | None) -> Bookmark:
        log, start = there.log, self._start(there, known, reader)
        state = known.state if known and start else {}
        reading = Reading(log, reader, start, state, self._judged_at(log, known))
        records = self.records(reading)
        for block in self.blocks(reading, records):
            self.around.take(block.parsed, log.name)
            self.batches += 1
            state = block.state
        lasting = known.lasting if known and start else (None, 0)
        return self._bookmark(there, (reader.name, records), state, _damage(records) or lasting)

    def _judged_at(self, log: LogKind, known: Bookmark | None) -> datetime | None:
        """Now, where rows that stand there already may be wrong: after a change of what the settings say."""
        is_otherwise = known is not None and (known.told != self.told(log) or self.around.outside.full)
        return self.around.now() if is_otherwise else None

    def _bookmark(
        self, there: There[LogKind], read: tuple[str, Cut], state: Mapping[str, Any], damage: Damaged
    ) -> Bookmark:
        (name, records), stat, beginning = read, there.stat, there.beginning
        return Bookmark(
            name, records.consumed, mark_of(beginning), len(beginning), stat.st_size, stat.st_mtime_ns,
            self.told(there.log), self.today, records.cut, *damage, state,
        )  # fmt: skip

    @property
    def today(self) -> str:
        """Day of the run, UTC."""
        return self.around.now().date().isoformat()

    def _tell(self, doing: str, done: int, total: int) -> None:
        self.around.outside.tell(Progress(self.place, doing, done, total))

    def _sentence(self, error: Exception) -> str:
        """Why a log cannot be read; the words of an unforeseen error may hold what the log says."""
        if isinstance(error, OSError):
            return f"cannot be read ({error.strerror or type(error).__name__}); check its permissions"
        return f"cannot be read ({type(error).__name__}); the rest of it was not taken; see {self.guide}"


def _is_packed(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(_MAGIC_BYTES).startswith(MAGICS)


def _damage(records: Cut) -> Damaged | None:
    """What of a log could not be cut into records: how many places, and the first one."""
    if not records.damaged:
        return None
    first, more = records.damaged[0], records.damaged_count - 1
    others = f", and {more:,} more such places" if more else ""
    said = f"damaged at byte {first.offset:,} ({first.reason}){others}; what could be read was taken"
    return said, first.offset
