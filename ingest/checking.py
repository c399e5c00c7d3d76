"""Which of these rows may be trusted, and why the others may not.

Rows arrive with loose types (text for moments, floats for counts). Each value is cast on its own;
what cannot be cast breaks the rule `<column>|type` for its row only. Of several copies of a key the
newest stays, and the rest is counted: a contract alone would reject them all. What is left must hold
the contract's rules. No row is lost: valid + rejected + duplicates is what came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from ingest.casting import as_text, cast_leniently, is_absent
from ingest.contracts import Table
from ingest.errors import RefusedFileError

BROKEN_RULES: Final = "broken_rules"
_POSITION: Final = "__position"
_TYPE_RULE: Final = "{}|type"
_INVALID: Final = "invalid"


@dataclass(frozen=True)
class Checked:
    """Rows apart by trust: what holds the contract, and what does not with the names of the rules."""

    valid: pl.DataFrame  # exactly the contract's columns and types
    rejected: pl.DataFrame  # what was given, as text, and `broken_rules`
    rejected_by_rule: Mapping[str, int]  # rows may break several rules
    duplicates: int  # older copies of a key in the same batch


def check(rows: pl.DataFrame, table: Table) -> Checked:
    """Part rows into those that hold the table's contract and those that do not.

    Missing nullable columns become null and missing lists empty; columns without a place in the
    contract are ignored here (sources report them). A missing required column refuses everything.
    """
    if rows.width == 0:
        return Checked(table.schema.create_empty(), _no_rejects(rows), {}, 0)
    refuse_without_required(rows, table)
    typed = _typed(rows, table)
    broken_types = _type_breaks(rows, typed, table)
    castable = typed.join(broken_types, on=_POSITION, how="anti", maintain_order="left")
    newest = _newest_copies(castable, table)
    valid, broken_contract = _hold_contract(newest, table)
    broken = pl.concat([broken_types, broken_contract])
    return Checked(
        valid=valid,
        rejected=_as_given(rows, broken),
        rejected_by_rule=_count_by_rule(broken),
        duplicates=castable.height - newest.height,
    )


def _no_rejects(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.clear().with_columns(pl.lit(None, pl.List(pl.String)).alias(BROKEN_RULES))


def _is_required(column: Any) -> bool:
    return not column.nullable and not isinstance(column.dtype, pl.List)


def refuse_without_required(rows: pl.DataFrame, table: Table) -> None:
    """Refuse an input that lacks a required column: no row of it could hold the contract."""
    required = [name for name, column in table.columns.items() if _is_required(column)]
    missing = [name for name in required if name not in rows.columns]
    if missing:
        raise RefusedFileError(
            f"{_place(rows)}: table {table.name} needs the columns {', '.join(missing)}, which are missing; "
            f"seen: {', '.join(rows.columns)}. Add them, or name their origin by `rename`, `derive` or "
            f"`constants` of the source. Nothing of this input was taken."
        )


def _place(rows: pl.DataFrame) -> str:
    is_placed = "raw_ref" in rows.columns and rows.height > 0
    return str(rows["raw_ref"][0]) if is_placed else "input"


def _typed(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    columns = [_typed_column(rows, name, column) for name, column in table.columns.items()]
    return pl.DataFrame(columns).with_row_index(_POSITION)


def _typed_column(rows: pl.DataFrame, name: str, column: Any) -> pl.Series:
    if name not in rows.columns:
        values = pl.Series(name, [None], column.dtype).new_from_index(0, rows.height)
    else:
        values = cast_leniently(rows[name], column.dtype)
    is_a_list_that_must_be = isinstance(column.dtype, pl.List) and not column.nullable
    if not is_a_list_that_must_be:
        return values
    # an absent list says "none", but text that is no list must stay null to be noticed
    absent = is_absent(rows[name], column.dtype) if name in rows.columns else values.is_null()
    empty = pl.lit([], column.dtype)
    return pl.select(pl.when(absent).then(empty).otherwise(values).alias(name)).to_series()


def _type_breaks(rows: pl.DataFrame, typed: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Find positions and the type rules that they break: a value was there, and is null after its cast."""
    lost = {
        _TYPE_RULE.format(name): typed[name].is_null() & ~is_absent(rows[name], dtype)
        for name, dtype in table.polars_schema.items()
        if name in rows.columns and rows[name].dtype != dtype
    }
    return _names_of_true(pl.DataFrame({_POSITION: typed[_POSITION], **lost}))


def _names_of_true(flags: pl.DataFrame) -> pl.DataFrame:
    """Turn one flag column per rule into rows of position and the list of rules that are true there."""
    names = [name for name in flags.columns if name != _POSITION]
    listed = [pl.when(pl.col(name)).then(pl.lit(name)) for name in names]
    rules = pl.concat_list(listed).list.drop_nulls() if listed else pl.lit([], pl.List(pl.String))
    found = flags.select(_POSITION, rules.alias(BROKEN_RULES))
    return found.filter(pl.col(BROKEN_RULES).list.len() > 0)


def _newest_copies(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Keep one row per key: the newest version, or else the last delivered.

    Rows without a whole key are no copies of each other; they stay, for the contract to reject.
    """
    order = [table.version_of, _POSITION] if table.version_of else [_POSITION]
    has_key = pl.all_horizontal(pl.col(table.key).is_not_null())
    keyed = rows.filter(has_key).sort(order, nulls_last=False).unique(table.key, keep="last")
    return pl.concat([keyed, rows.filter(~has_key)]).sort(_POSITION)


def _hold_contract(rows: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows into those that hold the contract, and positions and rules of those that do not."""
    # the contract's filter returns only its own columns, so `extras`, which has no rule,
    # carries each row's position through it
    carrier = rows.with_columns(pl.col(_POSITION).cast(pl.String).alias("extras"))
    held, failure = table.schema.filter(carrier.drop(_POSITION))
    position = pl.col("extras").cast(rows[_POSITION].dtype).alias(_POSITION)
    kept = held.select(position)
    valid = rows.join(kept, on=_POSITION, how="semi", maintain_order="left").select(list(table.columns))
    flags = failure.details().with_columns(position).drop(list(table.columns))
    return valid, _names_of_true(flags.with_columns(pl.exclude(_POSITION).cast(pl.String) == _INVALID))


def _as_given(rows: pl.DataFrame, broken: pl.DataFrame) -> pl.DataFrame:
    """Look up the broken rows as they were delivered: text, and the rules they break."""
    given = rows.with_row_index(_POSITION).join(broken, on=_POSITION, how="inner", maintain_order="left")
    texts = [as_text(given[name]) for name in rows.columns]
    return pl.DataFrame([*texts, given[BROKEN_RULES]])


def _count_by_rule(broken: pl.DataFrame) -> dict[str, int]:
    rules = broken[BROKEN_RULES].explode(empty_as_null=False)
    counts = rules.value_counts(sort=True).sort("count", BROKEN_RULES, descending=[True, False])
    return {str(rule): int(count) for rule, count in counts.iter_rows()}
