"""How are logs of approvals read: which there are, what each is, and what must not be kept of them?

Each log is recognised by its content, cut into records by `framing` and read by its format, block by block
(:mod:`ingest.sources.tailing`); what a killed run has read is read again and changes nothing, as signals have
identities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from ingest.errors import SourceError
from ingest.pseudonyms import SECRET, People, fingerprint
from ingest.settings import ApprovalsSettings, IngestSettings
from ingest.sources.approvals import formats
from ingest.sources.approvals.base import WAITS, Context, Format
from ingest.sources.approvals.completing import parsed
from ingest.sources.approvals.cursors import KEY_ENTRY
from ingest.sources.approvals.framing import Framed, framed
from ingest.sources.approvals.places import Log, logs, no_files
from ingest.sources.approvals.wordless import without_texts_in
from ingest.sources.base import Pulled, Surroundings
from ingest.sources.tailing import CUT, EMPTY, SHORTENED, Block, Reading, Tail

SOURCE: Final = "approvals"
NOW: Final = "now"  # in a reader's state: the moment of the run, for what has no moment of its own

__all__ = ["CUT", "EMPTY", "SHORTENED", "pull"]


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
    key = _key(around)
    pulled = _Run(around, settings=wanted, people=People(key, around.erased)).all()
    return replace(pulled, cursor={**pulled.cursor, KEY_ENTRY: fingerprint(key)})


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


@dataclass(kw_only=True)
class _Run(Tail[Log, Format]):
    """What one call of `pull` works with, and what it did so far."""

    settings: ApprovalsSettings
    people: People

    place: ClassVar[str] = "logs of approvals"
    guide: ClassVar[str] = "docs/telemetry.md"

    def logs(self) -> Iterable[Log]:
        return logs(self.settings, self.around.base, self.people.tag)

    def no_files(self) -> Mapping[str, str]:
        return no_files(self.settings, self.around.base, self.people.tag)

    def format_of(self, beginning: bytes, log: Log) -> Format | None:
        return formats.format_of(beginning, log.name, self.settings)

    def is_whole(self, name: str) -> bool:
        return any(each.framing == "whole" for each in formats.FORMATS if each.name == name)

    def is_dated(self, name: str) -> bool:
        """An inventory is dated by the run."""
        return self.is_whole(name)

    def records(self, reading: Reading[Log, Format]) -> Framed:
        return framed(reading.log.path, reading.format.framing, reading.start)

    def blocks(self, reading: Reading[Log, Format], records: Framed) -> Iterator[Block]:
        context, keep_text = self._context(reading.log, reading.state), self.settings.keep_text
        for found in reading.format.read(records, context):
            rows = parsed(found, reading.log, self.people, keep_text=keep_text, judged_at=reading.judged_at)
            yield Block(rows, _for_next_time(found.state))

    def _context(self, log: Log, state: Mapping[str, Any]) -> Context:
        told = {**state, NOW: self.around.now().isoformat()}
        return Context(log.name, self.people.person, log.place, self.settings.keep_text, told, self.settings)

    def told(self, log: Log) -> str:
        """Keyed mark of what the settings say of a log: a change of it reads the log again."""
        mappings = [each.model_dump_json() for each in self.settings.mapping]
        return self.people.tag(repr((log.place, mappings, self.settings.keep_text)))

    def unknown(self) -> str:
        known = "; ".join(each.meaning for each in formats.FORMATS)
        return (
            "is no log of a known format, by its first 64 KB; known are: "
            f"{known}. Leave it out by `exclude`, or map its columns by [[sources.approvals.mapping]]"
        )


def _for_next_time(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader left, without the moment of the run and anybody's text; our own words stay."""
    ours = {key: state[key] for key in (WAITS,) if key in state}
    kept: dict[str, Any] = without_texts_in({key: value for key, value in state.items() if key != NOW})
    return kept | ours
