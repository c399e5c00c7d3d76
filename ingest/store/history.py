"""Which publications can still be read, after clean-up took away the files of others?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from ingest.errors import StoreError
from ingest.store.delta import Delta, MissingFilesError
from ingest.store.values import Published


class CleanedUpError(StoreError):
    """A publication was asked for whose files nobody had asked to keep."""


def oldest_whole(publications: Iterable[Published], delta_of: Callable[[str], Delta]) -> Published | None:
    """The first of some publications whose files are all there; no version is looked at twice."""
    is_whole = cache(lambda name, version: _is_whole(delta_of(name), version))
    return next(
        (one for one in publications if all(is_whole(*version) for version in one.versions.items())), None
    )


def _is_whole(delta: Delta, version: int) -> bool:
    try:
        delta.scan(version)
    except MissingFilesError:
        return False
    return True
