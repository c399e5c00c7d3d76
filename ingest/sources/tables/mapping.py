"""Which of their columns become which of ours, and what is left over?

Order: what was joined stands among their columns; then same names, `rename`, `constants`, `derive`.
A column that the product judges by itself (authorship, evidence) is never taken merely because it has
the same name: in other people's tables `agent` means something else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

import polars as pl

from ingest.casting import as_text
from ingest.contracts import BY_NAME
from ingest.settings import DeriveSettings, TableSettings
from ingest.sources.tables.keys import content_keys
from ingest.sources.tables.reading import ROW
from ingest.sources.tables.refusals import refused, without_column

OTHERS: Final = "*"  # in `values`: every value that is not named
PROVENANCE: Final = frozenset({"source", "ingested_at", "raw_ref", "extras"})
# taken when a mapping names them, never for their name alone
ON_REQUEST: Final = frozenset({"authorship", "agent", "model", "signals", "trailers", "cut_lists"})
# read, used for evidence, and never stored
INPUT_ONLY: Final[dict[str, frozenset[str]]] = {
    "pull_requests": frozenset({"body", "assignees", "labelled_agent"}),
    "commits": frozenset({"message", "author_name", "author_email"}),
    "scan_results": frozenset({"line_text"}),
}


@dataclass(frozen=True)
class Mapped:
    """Rows in our columns, and the names of theirs that have no place here."""

    rows: pl.DataFrame  # our columns, input-only ones, and __row
    left_over: pl.DataFrame  # their columns without a place


def places_for(table: str) -> frozenset[str]:
    """Columns that a mapping may fill: not those that the product judges from several tables."""
    contract = BY_NAME[table]
    return (frozenset(contract.columns) - PROVENANCE - set(contract.derived)) | INPUT_ONLY.get(
        table, frozenset()
    )


def mapped(frame: pl.DataFrame, mapping: TableSettings, place: str, only: Collection[str] = ()) -> Mapped:
    """Map rows of a file; `only` some of our columns when the rest does not matter.

    Raises RefusedFileError when the mapping names a column, of theirs or of ours, that does not exist.
    """
    _refuse_unknown_places(mapping, place)
    wanted = places_for(mapping.table) & frozenset(only) if only else places_for(mapping.table)
    work = _Mapping(frame, mapping, place, wanted)
    ours = work.ours()
    rows = pl.DataFrame([frame[ROW], *(column.alias(name) for name, column in ours.items())])
    return Mapped(rows, frame.select(work.left_over(ours)))


def _refuse_unknown_places(mapping: TableSettings, place: str) -> None:
    known = places_for(mapping.table)
    given = [*mapping.rename, *mapping.constants, *mapping.derive]
    unknown = next((name for name in given if name not in known), None)
    if unknown is None:
        return
    where = f"{place} ([[sources.tables]] for {mapping.table})"
    if unknown in BY_NAME[mapping.table].derived:
        seen, remedy = (
            f"{unknown} is mapped",
            "Take it out, and correct single cases in [[authorship.override]]",
        )
        raise refused(where, seen, "nothing, because it is judged from all tables together", remedy)
    raise without_column(where, unknown, "the mapping", sorted(known))


@dataclass(frozen=True)
class _Mapping:
    frame: pl.DataFrame
    mapping: TableSettings
    place: str
    wanted: Collection[str]

    def ours(self) -> dict[str, pl.Series]:
        """Our columns by name."""
        ours = {name: self.frame[name] for name in self._same_names()}
        for name, their in self.mapping.rename.items():
            if name in self.wanted:
                ours[name] = self._theirs(their, f"rename.{name}")
        for name, value in self.mapping.constants.items():
            if name in self.wanted:
                ours[name] = pl.repeat(value, self.frame.height, eager=True)
        for name, recipe in self.mapping.derive.items():
            if name in self.wanted:
                ours[name] = self._derived(recipe, name, ours)
        return ours

    def left_over(self, ours: Collection[str]) -> list[str]:
        """Their columns that nothing used and nobody wants ignored."""
        used = {ROW, *self._named(), *(name for name in self._same_names() if name in ours)}
        used |= {name for join in self.mapping.join for name in join.take}
        return [name for name in self.frame.columns if name not in used and not self._is_ignored(name)]

    def _same_names(self) -> list[str]:
        elsewhere = set(self.mapping.rename.values()) - set(self.mapping.rename)
        taken = set(self.wanted) - ON_REQUEST - elsewhere
        return [name for name in self.frame.columns if name in taken]

    def _named(self) -> set[str]:
        recipes = self.mapping.derive.values()
        derived = {recipe.column for recipe in recipes if recipe.column}
        hashed = {name for recipe in recipes for name in recipe.hash_of or []}
        return {*self.mapping.rename.values(), *derived, *hashed, *(join.on for join in self.mapping.join)}

    def _is_ignored(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.mapping.ignore)

    def _theirs(self, name: str, role: str) -> pl.Series:
        if name not in self.frame.columns:
            raise without_column(self.place, name, role, [c for c in self.frame.columns if c != ROW])
        return self.frame[name]

    def _derived(self, recipe: DeriveSettings, name: str, ours: dict[str, pl.Series]) -> pl.Series:
        role = f"derive.{name}"
        sources = [self._either(column, role, ours) for column in recipe.hash_of or [recipe.column or ""]]
        if recipe.hash_of is not None:
            return content_keys(sources)
        return _translated(_extracted(sources[0], recipe, f"{self.place}: {role}"), recipe)

    def _either(self, name: str, role: str, ours: dict[str, pl.Series]) -> pl.Series:
        """Their column of this name or, where there is none, ours as far as it is made."""
        is_ours = name in ours and name not in self.frame.columns
        return ours[name] if is_ours else self._theirs(name, role)


def _extracted(values: pl.Series, recipe: DeriveSettings, place: str) -> pl.Series:
    if recipe.pattern is None:
        return values
    try:
        return as_text(values).str.extract(recipe.pattern, 1)
    except pl.exceptions.PolarsError as error:
        seen = f"the pattern {recipe.pattern!r} cannot be used ({error})"
        raise refused(place, seen, "a regular expression with one group", "Mend it in pilot.toml") from error


def _translated(values: pl.Series, recipe: DeriveSettings) -> pl.Series:
    if recipe.values is None:
        return values
    texts = as_text(values)
    named = {seen: stored for seen, stored in recipe.values.items() if seen != OTHERS}
    default = _others(texts, recipe.values.get(OTHERS))
    return texts.replace_strict(named, default=default, return_dtype=pl.String) if named else default


def _others(texts: pl.Series, stored: str | None) -> pl.Series:
    """Values that the vocabulary does not name: as they are, or all the same; null stays unknown."""
    if stored is None:
        return texts
    return pl.select(pl.when(texts.is_not_null()).then(pl.lit(stored))).to_series()
