"""How is a text taken out of a table's past: its older versions, its quarantine and what its log says?

Delta keeps what was, so that a text which no row holds any more still stands in older files, and as the
smallest or largest value of a column in the log. Versions that somebody still reads stay, so the caller
publishes rows without the text first. On an object store the log is left as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from ingest.store.delta import Delta
from ingest.store.place import Place, place_of, store_errors
from ingest.store.upkeep import tidy

_LOG: Final = "_delta_log"
_FIRST: Final = "00000000000000000000.json"
_CHECKPOINTS: Final = ("*.checkpoint*.parquet", "_last_checkpoint")


def forget(uri: str, options: Mapping[str, str] | None, name: str, text: str, kept: Collection[int]) -> None:
    """Delete the files of all versions but the kept ones, whatever snapshots refer to, and mend the log."""
    place = place_of(uri, options)
    table, aside = Delta(place, "tables", name), Delta(place, "quarantine", name)
    if table.exists():
        tidy(table, kept)
        _mend_log(place, ("tables", name), text)
    if aside.exists():
        tidy(aside, ())
        _mend_log(place, ("quarantine", name), text)


def forget_refused(uri: str, options: Mapping[str, str] | None, name: str, column: str, text: str) -> None:
    """Take a value out of a column of refused rows; the rows stay."""
    delta = Delta(place_of(uri, options), "quarantine", name)
    if delta.exists():
        with store_errors("forgetting", delta.uri):
            delta.open().update(updates={column: "NULL"}, predicate=f"{column} = '{_quoted(text)}'")


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _mend_log(place: Place, parts: tuple[str, str], text: str) -> None:
    if place.folder is None:
        return
    log = Path(place.at(*parts, _LOG))
    with store_errors("forgetting", str(log)):
        for commit in log.glob("*.json"):
            _without(commit, text.encode())
        if (log / _FIRST).is_file():  # checkpoints repeat what the commits say; these are all there
            _without_checkpoints(log)


def _without(commit: Path, text: bytes) -> None:
    """Another text of the same length; the files that it speaks of are gone."""
    content = commit.read_bytes()
    if text in content:
        draft = commit.with_name(f"{commit.name}.staged")
        draft.write_bytes(content.replace(text, b"-" * len(text)))
        draft.replace(commit)


def _without_checkpoints(log: Path) -> None:
    for pattern in reversed(_CHECKPOINTS):  # the pointer before what it points to
        for path in log.glob(pattern):
            path.unlink()
