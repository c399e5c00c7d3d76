"""Whatever an answer holds, it is unrecognised, read, or refused with ValueError or KeyError."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts.detections import ACTIONS, SCORE_KINDS, SURFACES, THRESHOLD_OPERATORS, VERDICTS
from ingest.sources.detections.base import Said
from ingest.sources.detections.formats import FORMATS, format_of
from tests.ingest.detections.examples import EXAMPLES

LONG = "SECRET" * 20
_WORDS = st.sampled_from(
    ["flagged", "NONE", "success", "pass", "LABEL_1", "", "2026-01-01", "l1_confident", "default"]
)
_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(10**400) | st.text(max_size=5) | _WORDS
)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    for each in value if isinstance(value, list) else []:
        yield from _names(each)


KNOWN = sorted({name for example in EXAMPLES for name in _names(example.answer)})
_KEYS = st.sampled_from(KNOWN) | st.text(max_size=3)
ANY_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*path, name)
        yield from _places(each, (*path, name))


def _is_allowed(said: Said) -> bool:
    return (
        said.verdict in VERDICTS
        and said.score_kind in SCORE_KINDS
        and said.threshold_op in (None, *THRESHOLD_OPERATORS)
        and said.action in (None, *ACTIONS)
        and said.surface in (None, *SURFACES)
        and (said.verdict in ("flag", "pass") or said.score is None)
    )


def _read_all(answer: Any) -> None:
    for known in FORMATS:
        if known.recognises(answer):
            try:
                assert all(_is_allowed(each) for each in known.read(answer))
            except (ValueError, KeyError):
                continue


@settings(max_examples=80)
@given(ANY_JSON)
def test_arbitrary_json_is_unrecognised_read_or_refused(answer: Any):
    _read_all(answer)


@settings(max_examples=150)
@given(st.data())
def test_an_example_with_one_place_spoilt_is_unrecognised_read_or_refused(data: st.DataObject):
    answer = copy.deepcopy(data.draw(st.sampled_from([each.answer for each in EXAMPLES])))
    *way, last = data.draw(st.sampled_from(list(_places(answer))))
    reduce(getitem, way, answer)[last] = data.draw(ANY_JSON)
    _read_all(answer)


def test_an_error_never_repeats_a_long_text():
    for message in map(_refusal, _with_long_texts()):
        assert LONG not in message


def _with_long_texts() -> Iterator[Any]:
    for example in EXAMPLES:
        for *way, last in _places(example.answer):
            answer = copy.deepcopy(example.answer)
            reduce(getitem, way, answer)[last] = LONG
            yield answer


def _refusal(answer: Any) -> str:
    known = format_of(answer)
    try:
        return "" if known is None else str([each.verdict for each in known.read(answer)])
    except (ValueError, KeyError) as error:
        return str(error)
