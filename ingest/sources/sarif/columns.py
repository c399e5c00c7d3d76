"""What do some results say of their place, line and message, column by column?

Most results name a file at their first location and bring their own message. What does not (a file by
its index, a message by its id) shows by an empty entry: it can be read only when the run is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ingest.identity import bare_texts
from ingest.sources.sarif.model import (
    LINES_END,
    ArtifactLocation,
    Location,
    Message,
    PhysicalLocation,
    Region,
    Result,
    Snippet,
    line_of,
    text_of,
)

_NO_ARTIFACT: Final = ArtifactLocation()
_NO_LOCATIONS: Final = (Location(PhysicalLocation(_NO_ARTIFACT)),)
_NO_MESSAGE: Final = Message()
_NO_PLACE: Final = PhysicalLocation(_NO_ARTIFACT)
_NO_REGION: Final = Region()
_NO_SNIPPET: Final = Snippet()


@dataclass(frozen=True)
class Columns:
    """One entry for each result."""

    addresses: list[Any]
    bases: list[Any]
    lines: list[int | None]
    texts: list[bytes]  # bare text of the line
    messages: list[str | None]

    def with_texts(self) -> Columns:
        """Columns whose addresses and bases are texts or null."""
        addresses, bases = map(text_of, self.addresses), map(text_of, self.bases)
        return replace(self, addresses=list(addresses), bases=list(bases))


def columns_of(results: Sequence[Result]) -> Columns:
    """Columns of some results; what is not of the type that it should have is null."""
    firsts = [(each.locations or _NO_LOCATIONS)[0].physical_location or _NO_PLACE for each in results]
    artifacts = [each.artifact_location or _NO_ARTIFACT for each in firsts]
    regions = [each.region or _NO_REGION for each in firsts]
    return Columns(
        [each.uri for each in artifacts],
        [each.uri_base_id for each in artifacts],
        _lines([each.start_line for each in regions]),
        _bare_texts([(each.snippet or _NO_SNIPPET).text for each in regions]),
        _messages([(each.message or _NO_MESSAGE).text for each in results]),
    )


def _lines(told: list[Any]) -> list[int | None]:
    is_regular = set(map(type, told)) == {int} and min(told) > 0 and max(told) < LINES_END
    return told if is_regular else [line_of(each) for each in told]


def _bare_texts(told: list[Any]) -> list[bytes]:
    try:
        return bare_texts(told)
    except TypeError:
        return bare_texts([text_of(each) for each in told])


def _messages(told: list[Any]) -> list[str | None]:
    try:
        is_regular = "" not in told and not any(map(str.isspace, told))
    except TypeError:
        is_regular = False
    return told if is_regular else [text_of(each) for each in told]
