"""Who used an agent in repositories that cannot be read now?

Whoever used an agent in one repository is not taken for a person without one in another. That must not be
forgotten while a mirror cannot be read, so each look leaves beside the mirrors who used one, and since
when: as digests with a key of its own, without names and addresses. The file may be deleted at any time;
the next look at all mirrors makes it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from json import JSONDecodeError, dumps, loads
from pathlib import Path
from secrets import token_hex
from typing import Final

import polars as pl

from ingest.history.makers import FIRST_USE_AT, PERSON

KEPT: Final = Path("pilot") / "agent_users.json"  # below the folder of mirrors
_SCHEMA: Final = {PERSON: pl.String(), FIRST_USE_AT: pl.Datetime("us", "UTC")}
_KEY_BYTES: Final = 32


@dataclass(frozen=True)
class Users:
    """Users of agents by repository: digest of the person -> when they first used one."""

    key: str = field(repr=False)
    seen: Mapping[str, Mapping[str, str]]

    def elsewhere(self, repositories: Collection[str], people: Iterable[str]) -> pl.DataFrame:
        """Those of the people who used an agent in these repositories: person, first_use_at."""
        rows = [
            (person, datetime.fromisoformat(used[digest]))
            for person in people
            for digest in [self.digest(person)]
            for used in (self.seen.get(name, {}) for name in repositories)
            if digest in used
        ]
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")

    def digest(self, person: str) -> str:
        """What is kept instead of a name or an address."""
        return blake2b(person.encode(), key=bytes.fromhex(self.key), digest_size=16).hexdigest()

    def with_seen(self, uses: Mapping[str, pl.DataFrame], wanted: Collection[str]) -> Users:
        """After a look: its repositories as they are now, the other wanted ones as they were."""
        now = {name: dict(self._digested(rows)) for name, rows in uses.items()}
        kept = {name: used for name, used in self.seen.items() if name in wanted}
        return Users(self.key, {**kept, **now})

    def _digested(self, rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
        for person, at in rows.select(PERSON, FIRST_USE_AT).sort(PERSON).iter_rows():
            yield self.digest(person), at.isoformat()


def known_users(folder: Path) -> Users:
    """What earlier looks left in a folder of mirrors; nobody where that cannot be read."""
    try:
        told = loads((folder / KEPT).read_text("utf-8"))
        return Users(str(bytes.fromhex(told["key"]).hex()), told["seen"])
    except (OSError, JSONDecodeError, KeyError, TypeError, ValueError):
        return Users(token_hex(_KEY_BYTES), {})


def keep_users(folder: Path, users: Users) -> None:
    """Leave it for the next look, where the folder may be written to; nothing where nobody used one."""
    half = (folder / KEPT).with_suffix(".half")
    if not any(users.seen.values()) and not (folder / KEPT).exists():
        return
    try:
        half.parent.mkdir(exist_ok=True)
        half.write_text(dumps({"key": users.key, "seen": users.seen}, sort_keys=True), "utf-8")
        half.replace(folder / KEPT)
    except OSError:
        return
