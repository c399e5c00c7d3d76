"""How are logs read: each file on from where it ended, whatever became of its name?

Nothing is kept but rows: each log is recognised by its content, cut into records by `framing` and read by
its format, block by block. The cursor says how far each was read, and is published with the rows; what a
killed run has read is read again and changes nothing, as signals have identities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from os import stat_result
from typing import Any, Final

from ingest.errors import PilotError, RefusedFileError, SourceError
from ingest.pseudonyms import SECRET, People, fingerprint
from ingest.settings import ApprovalsSettings, IngestSettings
from ingest.sources.approvals import formats
from ingest.sources.approvals.base import WAITS, Context, Format
from ingest.sources.approvals.completing import parsed
from ingest.sources.approvals.cursors import (
    KEY_ENTRY,
    MARK_BYTES,
    Bookmark,
    bookmarks,
    gone,
    mark_of,
    recognised,
)
from ingest.sources.approvals.framing import Framed, damage_of_beginning, framed, head
from ingest.sources.approvals.places import Log, logs, no_files
from ingest.sources.approvals.wordless import without_texts_in
from ingest.sources.base import DONE, Progress, Pulled, Surroundings

SOURCE: Final = "approvals"
PLACE: Final = "logs of approvals"  # what people see of the progress
CUT: Final = "last record is still being written, or was cut: waits for its rest"
SHORTENED: Final = "was shortened or begins otherwise than before: read again from its beginning"
EMPTY: Final = "empty log"
NOW: Final = "now"  # in a reader's state: the moment of the run, for what has no moment of its own
MAGICS: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")  # of gzip and zstd
_MAGIC_BYTES: Final = 4
Damaged = tuple[str | None, int]  # in words, and the first place


def pull(settings: IngestSettings, around: Surroundings) -> Pulled:
    """Read what is new in the files that [sources.approvals] names.

    Raises
    ------
    SourceError
        No file matches, the key of pseudonyms is missing, or it is another one than before.
    """
    wanted = settings.sources.approvals
    if wanted is None or around.outside.from_raw:  # no bytes of logs are kept, so there is nothing to parse
        return Pulled(around.cursor)
    return _Run(wanted, around, People(_key(around), around.erased)).all()


def _key(around: Surroundings) -> str:
    key = around.outside.secrets.get(SECRET)
    if not key:
        raise SourceError(
            "[sources.approvals]: there is no key for pseudonyms, and people are not stored by name; "
            "name a place for it by [privacy] key_file or key_env"
        )
    known = around.cursor.get(KEY_ENTRY)
    if known not in {None, fingerprint(key)} and not around.outside.full:
        raise SourceError(
            "[privacy]: this is another key than the one of the stored pseudonyms, so everybody "
            "would get a second one; restore the old key, or accept new pseudonyms for all logs that are "
            "still there: `pilot ingest approvals --full`"
        )
    return key


@dataclass(frozen=True)
class _There:
    """One log as it lies there."""

    log: Log
    stat: stat_result
    beginning: bytes  # its first MARK_BYTES, unpacked


@dataclass
class _Run:
    """What one call of `pull` works with, and what it did so far."""

    settings: ApprovalsSettings
    around: Surroundings
    people: People
    refused: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    batches: int = 0

    def all(self) -> Pulled:
        """Every log, one after the other; one that cannot be read keeps nobody from the others."""
        known = bookmarks(self.around.cursor)
        self.refused |= no_files(self.settings, self.around.base, self.people.tag)
        there = list(self._there())
        marked = recognised(known, {each.log.name: each.beginning for each in there})
        new = dict(marked)
        for done, each in enumerate(there):
            self._tell("reading", done, len(there))
            new |= self._one(each, marked.get(each.log.name), is_known=each.log.name in known)
        self._tell(DONE, len(there), len(there))
        kept = gone(known, [*new.values(), *marked.values()], self.around.now().date())
        texts = {name: each.text for name, each in (kept | new).items()}
        return Pulled({**texts, KEY_ENTRY: self._fingerprint}, 0, self.batches, self.refused, self.left_out)

    @property
    def _fingerprint(self) -> str:
        return fingerprint(self.around.outside.secrets[SECRET])

    def _there(self) -> Iterator[_There]:
        for log in logs(self.settings, self.around.base, self.people.tag):
            try:
                yield _There(log, log.path.stat(), head(log.path)[:MARK_BYTES])
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one log, the others are read
                self.refused[log.name] = _sentence(error)

    def _one(self, there: _There, known: Bookmark | None, *, is_known: bool) -> dict[str, Bookmark]:
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
            self.refused[name] = _sentence(error)
        return {}

    def _tell_of_nothing(self, there: _There) -> None:
        """A log that says nothing: it is empty, or its first record or packing is not whole yet."""
        if not there.stat.st_size:
            self.left_out[EMPTY] += 1
        elif problem := damage_of_beginning(there.log.path):
            self.refused[there.log.name] = f"its packing is damaged from the beginning on ({problem})"
        else:
            self.left_out[f"{there.log.name}: {CUT}"] += 1

    def _noted(self, there: _There, bookmark: Bookmark) -> Bookmark:
        """What waits or is damaged is said in every run, until the log is mended or gone."""
        why = CUT if bookmark.is_cut else bookmark.state.get(WAITS)
        if why:
            self.left_out[f"{there.log.name}: {why}"] += 1
        if bookmark.damage:
            self.refused[there.log.name] = bookmark.damage
        return replace(bookmark, seen_on=self._today)

    def _read(self, there: _There, known: Bookmark | None) -> Bookmark:
        """Read a log on, or again, or not at all where nothing is new."""
        if known is not None and self._is_unchanged(there, known):
            return known
        reader = formats.format_of(head(there.log.path), there.log.name, self.settings)
        if reader is None:
            raise RefusedFileError(_unknown())
        return self._read_from(there, reader, known)

    def _is_unchanged(self, there: _There, known: Bookmark) -> bool:
        is_same_file = (there.stat.st_size, there.stat.st_mtime_ns) == (known.size, known.modified)
        is_inventory = _framing(known.format) == "whole" and known.seen_on != self._today  # dated by the run
        is_same_rule = known.told == self._told(there.log) and not self.around.outside.full
        return is_same_file and is_same_rule and not is_inventory

    def _start(self, there: _There, known: Bookmark | None, reader: Format) -> int:
        """Where to begin: where it ended, unless the log, its reader or what the settings say changed."""
        is_another = known is None or (known.format, known.told) != (reader.name, self._told(there.log))
        if known is None or is_another or reader.framing == "whole" or self.around.outside.full:
            return 0
        if there.stat.st_size < known.offset and not _is_packed(there.log):
            self.left_out[f"{there.log.name}: {SHORTENED}"] += 1
            return 0
        return known.offset

    def _read_from(self, there: _There, reader: Format, known: Bookmark | None) -> Bookmark:
        log, start = there.log, self._start(there, known, reader)
        state = known.state if known and start else {}
        records = framed(log.path, reader.framing, start)
        judged_at = self._judged_at(log, known)
        for found in reader.read(records, self._context(log, state)):
            block = parsed(found, log, self.people, keep_text=self.settings.keep_text, judged_at=judged_at)
            self.around.take(block, log.name)
            self.batches += 1
            state = _for_next_time(found.state)
        lasting = known.lasting if known and start else (None, 0)
        return self._bookmark(there, (reader.name, records), state, _damage(records) or lasting)

    def _judged_at(self, log: Log, known: Bookmark | None) -> datetime | None:
        """Now, where rows that stand there already may be wrong: after a change of what the settings say."""
        is_otherwise = known is not None and (known.told != self._told(log) or self.around.outside.full)
        return self.around.now() if is_otherwise else None

    def _bookmark(
        self, there: _There, read: tuple[str, Framed], state: Mapping[str, Any], damage: Damaged
    ) -> Bookmark:
        (name, records), stat, beginning = read, there.stat, there.beginning
        return Bookmark(
            name, records.consumed, mark_of(beginning), len(beginning), stat.st_size, stat.st_mtime_ns,
            self._told(there.log), self._today, records.cut, *damage, state,
        )  # fmt: skip

    def _context(self, log: Log, state: Mapping[str, Any]) -> Context:
        told = {**state, NOW: self.around.now().isoformat()}
        return Context(log.name, self.people.person, log.place, self.settings.keep_text, told, self.settings)

    def _told(self, log: Log) -> str:
        """Keyed mark of what the settings say of a log: a change of it reads the log again."""
        mappings = [each.model_dump_json() for each in self.settings.mapping]
        return self.people.tag(repr((log.place, mappings, self.settings.keep_text)))

    @property
    def _today(self) -> str:
        return self.around.now().date().isoformat()

    def _tell(self, doing: str, done: int, total: int) -> None:
        self.around.outside.tell(Progress(PLACE, doing, done, total))


def _framing(name: str) -> str | None:
    return next((each.framing for each in formats.FORMATS if each.name == name), None)


def _is_packed(log: Log) -> bool:
    with log.path.open("rb") as stream:
        return stream.read(_MAGIC_BYTES).startswith(MAGICS)


def _for_next_time(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader left, without the moment of the run and anybody's text; our own words stay."""
    ours = {key: state[key] for key in (WAITS,) if key in state}
    kept: dict[str, Any] = without_texts_in({key: value for key, value in state.items() if key != NOW})
    return kept | ours


def _damage(records: Framed) -> Damaged | None:
    """What of a log could not be cut into records: how many places, and the first one."""
    if not records.damaged:
        return None
    first, more = records.damaged[0], records.damaged_count - 1
    others = f", and {more:,} more such places" if more else ""
    said = f"damaged at byte {first.offset:,} ({first.reason}){others}; what could be read was taken"
    return said, first.offset


def _unknown() -> str:
    known = "; ".join(each.meaning for each in formats.FORMATS)
    return (
        "is no log of a known format, by its first 64 KB; known are: "
        f"{known}. Leave it out by `exclude`, or map its columns by [[sources.approvals.mapping]]"
    )


def _sentence(error: Exception) -> str:
    """Why a log cannot be read; the words of an unforeseen error may hold what the log says."""
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror or type(error).__name__}); check its permissions"
    return f"cannot be read ({type(error).__name__}); the rest of it was not taken; see docs/telemetry.md"
