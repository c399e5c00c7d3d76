"""Which files does a repository itself mark as generated, vendored, documentation or minified?

Three kinds of marks, the first that speaks of a file counts: attributes in `.gitattributes`, also when they
say *not*; words in the first lines of a file; the length of its lines. Marks are kept only where they say
something else than the names of files do, and never where patterns of the settings decide. Who may change a
repository may change its marks, so they stand in a table of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from ingest.file_classes import BUILT_IN, ORDER, classify_files, shell_regex
from ingest.history.attributes import ATTRIBUTES, Said, attributes_of
from ingest.history.git import Git
from ingest.history.headers import by_length, by_words
from ingest.history.names import storable
from ingest.history.tree import Tree, tree_of
from ingest.settings import ClassSettings

SCHEMA: Final = {"path": pl.String(), "file_class": pl.String(), "mark": pl.String()}
_NO_PERSON_WROTE: Final = ("code", "test")  # classes that words and long lines may change

Mark = tuple[str, str, str]  # path, class, the mark itself


def marks_of(git: Git, commit: str, settings: ClassSettings) -> pl.DataFrame:
    """Files whose class their repository's own marks change: path, file_class, mark; sorted by path."""
    tree = tree_of(git, commit)
    named = _by_name(list(tree.blobs), settings)
    said = attributes_of(tree)
    marks = (*_negated(named, said, settings), *_set(said), *_seen(tree, named, said))
    told = [(storable(path), name, mark) for path, name, mark in marks if named.get(path, name) != name]
    every = pl.DataFrame(told, schema=SCHEMA, orient="row")
    return every.unique("path", keep="first", maintain_order=True).sort("path")


def _by_name(paths: list[str], settings: ClassSettings) -> dict[str, str]:
    """Class of each file by its name, without the files that the settings' own patterns decide about."""
    own = [shell_regex(pattern) for name in ORDER for pattern in getattr(settings, name)]
    is_own = pl.col("path").str.contains("|".join(own)) if own else pl.lit(False)
    classed = _classed(paths, settings).select("file_class", is_own=is_own)
    told = zip(paths, classed.iter_rows(), strict=True)
    return {path: name for path, (name, is_decided) in told if not is_decided}


def _classed(paths: list[str], settings: ClassSettings) -> pl.DataFrame:
    names = pl.DataFrame({"path": list(map(storable, paths))}, schema={"path": pl.String()})
    return classify_files(names, settings)


def _negated(named: Mapping[str, str], said: Said, settings: ClassSettings) -> Iterator[Mark]:
    """Files that are not what their name makes of them, and what they are then."""
    for attribute, name in ATTRIBUTES.items():
        wrong = [
            path for path, told in said.items() if told.get(attribute) is False and named.get(path) == name
        ]
        others = _classed(wrong, _without(settings, name))["file_class"]
        yield from (
            (path, other, f"attribute -{attribute}") for path, other in zip(wrong, others, strict=True)
        )


def _without(settings: ClassSettings, name: str) -> ClassSettings:
    """The patterns that are left without the built-in ones of one class."""
    kept = {each: [*BUILT_IN[each]] for each in ORDER if each != name}
    return ClassSettings(**kept, built_in=False) if settings.built_in else settings


def _set(said: Said) -> Iterator[Mark]:
    for path, told in said.items():
        for attribute, name in ATTRIBUTES.items():
            if told.get(attribute):
                yield path, name, f"attribute {attribute}"


def _seen(tree: Tree, named: Mapping[str, str], said: Said) -> Iterator[Mark]:
    """Files that say by themselves that no person wrote them, unless an attribute denies it."""
    for look, name in ((by_words, "generated"), (by_length, "minified")):
        for path, mark in look(tree):
            is_denied = said.get(path, {}).get("linguist-generated") is False
            if named.get(path) in _NO_PERSON_WROTE and not is_denied:
                yield path, name, mark
