"""Entries of which one value, anywhere, is something else."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

_WHOLE = st.integers(-(2**60), 2**60)
_WORDS = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01", "user", "default")
ANYTHING = st.one_of(
    st.none(), st.booleans(), _WHOLE, st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8),
    st.lists(_WHOLE, max_size=2), st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
    st.sampled_from(_WORDS),
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, entry: dict[str, Any]) -> dict[str, Any]:
    place = draw(st.sampled_from(list(_places(entry))))
    other = deepcopy(entry)
    inner: Any = other
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = draw(ANYTHING)
    return other


def _places(told: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for step, value in steps:
        yield (*before, step)
        yield from _places(value, (*before, step))
