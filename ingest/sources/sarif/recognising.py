"""Is a file SARIF, a tool's own output, or neither?

What stands at the head of a file decides, not its name: every SARIF log begins with what it is, and
only what does not is offered to the native formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ingest.errors import RefusedFileError
from ingest.sources.base import SourceFile
from ingest.sources.sarif import opening
from ingest.sources.sarif.native import FORMAT_NAMES, read_native
from ingest.sources.sarif.scanned import ScannedRun, run_of, scanned_runs

_HEAD_BYTES: Final = 2**16
_SARIF: Final = re.compile(rb'"runs"\s*:|"\$schema"\s*:\s*"[^"]*sarif')
_READ: Final = f"SARIF 2.1.0, {', '.join(FORMAT_NAMES)} and pages of GitHub's alerts"


def is_sarif(file: SourceFile) -> bool:
    """Whether a file says at its head that it is SARIF of any version; an empty one cannot deny it."""
    with opening.open_json(file) as stream:
        head = opening.read_block(stream, _HEAD_BYTES)
    return not head.strip() or _SARIF.search(head) is not None


def native_runs(file: SourceFile) -> list[ScannedRun] | None:
    """Runs of a tool's own output; null when no format recognises the file."""
    found = read_native(file)
    return None if found is None else [run_of(each) for each in found]


def runs_of_anything(file: SourceFile) -> Iterable[ScannedRun]:
    """Runs of a file that does not say what it is, and may still be SARIF."""
    try:
        return list(scanned_runs(file))
    except RefusedFileError as error:
        raise RefusedFileError(f"{error} (what can be read: {_READ})") from error
