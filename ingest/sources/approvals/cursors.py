"""How far was each log read, and which log is it, whatever it is called today?

A log is known by its beginning: a log that was renamed (rotated) is read on from where it ended, one whose
beginning changed is another log. Only names that nothing answers to any more lend their place to others, so
that of two logs that begin alike each is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any, Final, Self

import orjson

KEY_ENTRY: Final = "(key of pseudonyms)"  # no file is called so; holds the key's fingerprint
MARK_BYTES: Final = 1024  # of a log's beginning, that it is known by
ENOUGH_BYTES: Final = 128  # a shorter beginning may be that of many logs
KEPT_DAYS: Final = 400  # a log that went may come back under another name


@dataclass(frozen=True)
class Bookmark:
    """What is known of one log."""

    format: str
    offset: int  # in bytes of the unpacked log, up to which it was read
    mark: str  # hash of its first `marked` bytes
    marked: int
    size: int  # of the file, as it lies there
    modified: int  # its time of change, in nanoseconds
    told: str  # what the settings said of it
    seen_on: str  # day on which it was last there
    is_cut: bool = False  # its last record was not whole
    damage: str | None = None  # what of it could not be read
    damaged_at: int = 0  # the first such place; behind `offset` it is tried again
    state: Mapping[str, Any] = field(default_factory=dict)  # of the reader

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What the ledger kept; None where an older or newer product wrote it in another form."""
        try:
            return cls(**orjson.loads(text))
        except (orjson.JSONDecodeError, TypeError):
            return None

    @property
    def text(self) -> str:
        """As the ledger keeps it."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS).decode()

    @property
    def lasting(self) -> tuple[str | None, int]:
        """Damage that is read over for good, and its place."""
        return (self.damage, self.damaged_at) if self.damaged_at < self.offset else (None, 0)

    def is_of(self, beginning: bytes) -> bool:
        """Whether a log that begins so is this one."""
        return self.marked <= len(beginning) and mark_of(beginning[: self.marked]) == self.mark


def mark_of(beginning: bytes) -> str:
    """Hash of a log's first bytes.

    >>> mark_of(b"") == mark_of(b"{"), len(mark_of(b"{"))
    (False, 16)
    """
    return blake2b(beginning[:MARK_BYTES], digest_size=8).hexdigest()


def bookmarks(cursor: Mapping[str, str]) -> dict[str, Bookmark]:
    """Every log that the cursor knows, by the name that it had."""
    read = ((name, Bookmark.read(text)) for name, text in cursor.items() if name != KEY_ENTRY)
    return {name: bookmark for name, bookmark in read if bookmark is not None}


def recognised(known: Mapping[str, Bookmark], beginnings: Mapping[str, bytes]) -> dict[str, Bookmark]:
    """The bookmark of each log that there is, by the name it has today; of new ones there is none."""
    own = {name: known[name] for name, begin in beginnings.items() if _is_own(known.get(name), begin)}
    loose = {name: each for name, each in known.items() if name not in own and each.marked >= ENOUGH_BYTES}
    for name, beginning in beginnings.items():
        was = None if name in own else _called(loose, beginning)
        if was is not None:
            own[name] = loose.pop(was)
    return own


def _is_own(bookmark: Bookmark | None, beginning: bytes) -> bool:
    return bookmark is not None and bookmark.is_of(beginning)


def _called(loose: Mapping[str, Bookmark], beginning: bytes) -> str | None:
    return next((name for name, each in loose.items() if each.is_of(beginning)), None)


def gone(known: Mapping[str, Bookmark], there: Iterable[Bookmark], today: date) -> dict[str, Bookmark]:
    """Bookmarks of logs that are not there today and may come back."""
    marks = {each.mark for each in there}
    since = (today - timedelta(days=KEPT_DAYS)).isoformat()
    return {name: each for name, each in known.items() if each.mark not in marks and each.seen_on >= since}
