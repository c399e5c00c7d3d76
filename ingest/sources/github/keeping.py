"""How are batches kept, found again, and let go?

A batch is kept before it is parsed, without secrets; what is parsed is what was kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from re import compile as pattern
from typing import Final

from ingest.errors import StoreError
from ingest.sources.base import RawArea
from ingest.sources.github.batches import Batch, folder_of, unpacked
from ingest.sources.github.state import RepositoryState

FOLDER: Final = "github/"
_SUFFIX: Final = ".jsonl"
_BATCH_NAME: Final = pattern(r"/\d+\.jsonl$")


def kept_batches(raw: RawArea) -> dict[str, list[str]]:
    """Names of all batches by the folder of their repository, in order of reading."""
    names = (name for name in raw.names(FOLDER) if _BATCH_NAME.search(name))
    ordered = sorted(names, key=lambda name: (_folder(name), number_of(name)))
    return {folder: list(inside) for folder, inside in groupby(ordered, _folder)}


def _folder(name: str) -> str:
    return name.rpartition("/")[0] + "/"


def number_of(name: str) -> int:
    """A batch's place in the order of reading."""
    return int(name.rpartition("/")[2].removesuffix(_SUFFIX))


def read_batch(raw: RawArea, name: str) -> Batch:
    """A kept batch; a store error when it is damaged."""
    return unpacked(raw.read(name), name)


def unpublished(raw: RawArea, published: Mapping[str, RepositoryState]) -> Iterator[str]:
    """Names of batches that no published run includes, in order: a run died behind them."""
    reached = {folder_of(state.id): state.batch for state in published.values()}
    for folder, names in kept_batches(raw).items():
        yield from (name for name in names if number_of(name) > reached.get(folder, 0))


def let_go(raw: RawArea, published: Mapping[str, RepositoryState], before: datetime) -> None:
    """Drop batches of before a moment; never one that is not published yet, nor a repository's last.

    Batches lie in order of time, so the first young one ends the search.
    """
    reached = {folder_of(state.id): state.batch for state in published.values()}
    for folder, names in kept_batches(raw).items():
        droppable = [name for name in names[:-1] if number_of(name) < reached.get(folder, 0)]
        raw.drop(list(_old(raw, droppable, before)))


def _old(raw: RawArea, names: list[str], before: datetime) -> Iterator[str]:
    for name in names:
        if _is_young(raw, name, before):
            return
        yield name


def _is_young(raw: RawArea, name: str, before: datetime) -> bool:
    """Whether a batch is to be kept; one that cannot be read any more helps nobody."""
    try:
        at = read_batch(raw, name).at
    except StoreError:
        return False
    return at is not None and at >= before
