"""How far has a file been cut into records, and what could not be cut?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import orjson

LARGEST: Final = 64 << 20  # bytes of one record; what is longer is damage
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_PLACES_KEPT: Final = 100


@dataclass(frozen=True)
class Damage:
    """One place of a file that could not be cut into records."""

    offset: int  # bytes of the unpacked file
    reason: str


@dataclass
class Progress:
    """What is known of a file while it is cut, and after."""

    consumed: int  # bytes of the unpacked file up to which whole records were read
    cut: bool = False  # a last record is not whole yet, and waits
    damaged: list[Damage] = field(default_factory=list)  # the first hundred places
    damaged_count: int = 0

    def damage(self, offset: int, reason: str) -> None:
        """Tell of one more place."""
        self.damaged_count += 1
        if len(self.damaged) < _PLACES_KEPT:
            self.damaged.append(Damage(offset, reason))


def is_json(content: bytes) -> bool:
    """Whether it is one whole JSON value.

    >>> is_json(b'{"a": 1}'), is_json(b'{"a": ')
    (True, False)
    """
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return True
