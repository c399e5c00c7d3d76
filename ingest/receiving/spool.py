"""Where do received messages lie, so that nothing that was acknowledged can be lost?

Two series of files in one folder: JSON messages one per line, protobuf messages behind a 4-byte big-endian
length, as the collector's file exporter writes them. Messages are flushed to the disk before anybody is told
that they were kept; what could be written only in part is cut off again. A file is never continued by a
later start: its end may be cut, and a cut end must stay the end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from ingest.store.durable import sync

Form = Literal["json", "protobuf"]
PREFIX: Final = "otlp-"
FILE_BYTES: Final = 64 * 1024 * 1024
KEEP_DAYS: Final = 90
_ENDINGS: Final[dict[Form, str]] = {"json": ".jsonl", "protobuf": ".binpb"}
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True)
class Message:
    """One message as it will stand in a file."""

    form: Form
    content: bytes  # JSON without line breaks, or protobuf

    @property
    def framed(self) -> bytes:
        """With what parts it from the next one.

        >>> Message("protobuf", b"abc").framed.hex(" ")
        '00 00 00 03 61 62 63'
        """
        if self.form == "json":
            return self.content + b"\n"
        return len(self.content).to_bytes(_LENGTH_BYTES, "big") + self.content


class _File:
    """One file that grows by whole messages."""

    def __init__(self, path: Path) -> None:
        self.size = 0
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def add(self, content: bytes) -> None:
        """Write and flush to the disk."""
        left = memoryview(content)
        while left:
            left = left[os.write(self._descriptor, left) :]
        os.fsync(self._descriptor)
        self.size += len(content)

    def take_back(self, size: int) -> None:
        """Cut off what lies behind this many bytes."""
        os.ftruncate(self._descriptor, size)
        os.lseek(self._descriptor, size, os.SEEK_SET)
        self.size = size

    def close(self) -> None:
        """End it."""
        os.close(self._descriptor)


@dataclass
class Spool:
    """The files of one run of the receiver; for one thread."""

    folder: Path
    now: Callable[[], datetime]
    file_bytes: int = FILE_BYTES
    keep_days: int = KEEP_DAYS
    _files: dict[Form, _File] = field(default_factory=dict)
    _count: int = 0

    def keep(self, messages: Sequence[Message]) -> None:
        """Write all of them to the disk, or none.

        Raises
        ------
        OSError
            The disk is full or broken. Nothing of these messages is left in a file that is continued.
        """
        sizes: dict[Form, int] = {}
        try:
            for form in dict.fromkeys(message.form for message in messages):
                file = self._file(form)
                sizes[form] = file.size
                file.add(b"".join(message.framed for message in messages if message.form == form))
        except OSError:
            self._undo(sizes)
            raise

    def close(self) -> None:
        """End all files."""
        for form in tuple(self._files):
            self._files.pop(form).close()

    def _file(self, form: Form) -> _File:
        if form in self._files and self._files[form].size >= self.file_bytes:
            self._files.pop(form).close()
        if form not in self._files:
            self._files[form] = self._begun(form)
        return self._files[form]

    def _begun(self, form: Form) -> _File:
        self._forget_old()
        path = self._free_path(_ENDINGS[form])
        file = _File(path)
        sync(self.folder)
        return file

    def _free_path(self, ending: str) -> Path:
        while True:
            self._count += 1
            path = self.folder / f"{PREFIX}{self.now():%Y%m%dT%H%M%S}-{self._count:04}{ending}"
            if not path.exists():
                return path

    def _undo(self, sizes: dict[Form, int]) -> None:
        """Take half a write back; a file that does not let itself be mended is not continued."""
        for form, size in sizes.items():
            try:
                self._files[form].take_back(size)
            except OSError:
                self._files.pop(form).close()

    def _forget_old(self) -> None:
        """Remove files of earlier days that nobody has to keep any longer."""
        oldest = (self.now() - timedelta(days=self.keep_days)).timestamp()
        for path in self.folder.glob(f"{PREFIX}*"):
            if path.suffix in _ENDINGS.values() and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
