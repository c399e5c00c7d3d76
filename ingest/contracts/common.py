"""What every trusted table shares: provenance columns, vocabularies, and the shape of a contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import dataframely as dy
import polars as pl

Kind = Literal["entity", "event", "ledger"]

AUTHORSHIPS: Final = ("agent", "assisted", "automation", "unknown", "human")
ACTOR_KINDS: Final = ("user", "bot", "mannequin", "deleted", "unknown")
SEVERITIES: Final = ("critical", "high", "medium", "low", "none")
STAGES: Final = ("pre_merge", "post_merge", "unknown")
FILE_CLASSES: Final = ("code", "test", "generated", "vendored", "lock", "minified", "docs")
SENSITIVE_AREAS: Final = ("identity", "secrets", "network")


def moment(description: str, *, nullable: bool = False) -> dy.Datetime:
    """A UTC moment in microseconds, the only time type that the store writes."""
    return dy.Datetime(nullable=nullable, time_zone="UTC", time_unit="us", description=description)


def words(description: str, *, nullable: bool = False) -> dy.List:
    """A list of short strings (evidence, labels, areas)."""
    return dy.List(dy.String(), nullable=nullable, description=description)


def count(description: str, *, unit: str = "count", nullable: bool = True) -> dy.Int64:
    """A number of things, never negative; null means unknown, never zero."""
    return dy.Int64(nullable=nullable, min=0, description=description, metadata={"unit": unit})


def one_of(
    values: tuple[str, ...], description: str, *, nullable: bool = False, primary_key: bool = False
) -> dy.String:
    """A word of a closed vocabulary; kept as text because Delta cannot store enumerations."""
    return dy.String(
        nullable=nullable,
        primary_key=primary_key,
        check={"vocabulary": lambda column: column.is_in(values)},
        description=f"{description} (one of: {', '.join(values)})",
        metadata={"values": values},
    )


class Trusted(dy.Schema):
    """Columns that trace any row back to its bytes."""

    source = dy.String(description="source that delivered the row, as named in SOURCES")
    ingested_at = moment("when the row was last written")
    raw_ref = dy.String(description="file and position, or API page, that the row was read from")
    extras = dy.String(nullable=True, description="input columns without a place here, as JSON")


@dataclass(frozen=True)
class Table:
    """One trusted table: its public name, its contract and how the store keeps it."""

    name: str  # public name, also the folder in the lake
    schema: type[Trusted]
    kind: Kind  # entity: latest state wins; event: append-only, first copy stays; ledger: runs
    meaning: str  # "one row per ..."
    month_of: str | None  # immutable time column whose month partitions the table
    version_of: str | None  # column that says which copy of an entity is newer
    derived: tuple[str, ...] = ()  # columns judged after ingestion, from several tables

    @property
    def key(self) -> tuple[str, ...]:
        """Natural key, so that a replay changes nothing."""
        return tuple(self.schema.primary_key())

    @property
    def columns(self) -> dict[str, Any]:
        """Column name -> declaration (type, nullability, description, unit)."""
        return dict(self.schema.columns())

    @property
    def polars_schema(self) -> dict[str, pl.DataType]:
        """Column name -> polars type."""
        return {name: column.dtype for name, column in self.columns.items()}
