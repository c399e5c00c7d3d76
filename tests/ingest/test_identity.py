from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.identity import (
    Sighting,
    assign_ordinals,
    bare_text,
    bare_texts,
    finding_id,
    finding_key,
    finding_keys,
    first_keys,
    identity_text,
    key_parts,
    line_text_key,
    text_keys,
)

SIGHTINGS = st.lists(
    st.builds(
        Sighting,
        rule=st.sampled_from(["B1", "B2"]),
        path=st.sampled_from(["a.py", "b.py", None]),
        text=st.sampled_from(["x", "y"]),
        line=st.integers(1, 50),
    ),
    max_size=12,
    unique_by=lambda seen: (seen.rule, seen.path, seen.text, seen.line),
)


def test_key_is_the_first_16_hex_digits_of_a_sha256():
    # printf 'B102\0app/run.py\0exec(code)\0000' | sha256sum
    assert finding_key("B102", "app/run.py", "exec(code)", 0) == "1e5f67cd69ea158d"


def test_reindented_line_keeps_its_key():
    assert finding_key("B1", "a.py", "\tcall( x )\r\n", 0) == finding_key("B1", "a.py", "call(x)", 0)


def test_rule_path_text_and_ordinal_each_change_the_key():
    keys = {
        finding_key("B1", "a.py", "call(x)", 0),
        finding_key("B2", "a.py", "call(x)", 0),
        finding_key("B1", "b.py", "call(x)", 0),
        finding_key("B1", "a.py", "call(y)", 0),
        finding_key("B1", "a.py", "call(x)", 1),
    }
    assert len(keys) == 5


def test_parts_do_not_run_into_each_other():
    assert finding_key("ab", "c", "", 0) != finding_key("a", "bc", "", 0)


def test_same_weakness_in_two_repositories_is_two_findings():
    key = finding_key("B1", "a.py", "call(x)", 0)
    assert finding_id("acme/one", key) != finding_id("acme/two", key)


def test_half_of_a_surrogate_pair_does_not_stop_the_hash():
    assert len(finding_key("B1", "a.py", "\ud800", 0)) == 16


def test_snippet_comes_before_the_hash_and_the_hash_before_the_message():
    assert identity_text("call( x )", "abc:1", "bad") == "call(x)"
    assert identity_text(None, "abc:1", "bad") == "abc"
    assert identity_text("", "", "bad call") == "badcall"


def test_tools_that_count_equal_hashes_do_not_count_twice():
    assert identity_text(None, "abc:1", None) == identity_text(None, "abc:2", None)


def test_three_equal_lines_are_numbered_from_the_top():
    sightings = [Sighting("B1", "a.py", "x", line) for line in (30, 10, 20)]
    assert assign_ordinals(sightings) == [2, 0, 1]


def test_equal_text_in_another_file_starts_again_at_zero():
    assert assign_ordinals([Sighting("B1", "a.py", "x", 1), Sighting("B1", "b.py", "x", 1)]) == [0, 0]


def test_results_that_are_gone_do_not_shift_those_that_are_there():
    gone = Sighting("B1", "a.py", "x", 1, is_present=False)
    assert assign_ordinals([gone, Sighting("B1", "a.py", "x", 9)]) == [1, 0]


@settings(deadline=None, max_examples=100)
@given(SIGHTINGS)
def test_every_result_of_a_scan_has_a_key_of_its_own(sightings: list[Sighting]):
    assert len(set(finding_keys(sightings))) == len(sightings)


@settings(deadline=None, max_examples=100)
@given(SIGHTINGS, st.integers(1, 1000))
def test_lines_added_above_change_nothing(sightings: list[Sighting], added: int):
    moved = [seen._replace(line=seen.line + added) for seen in sightings]
    assert finding_keys(moved) == finding_keys(sightings)


@settings(deadline=None, max_examples=100)
@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_order_of_the_results_changes_nothing(sightings: list[Sighting], chance: Random):
    order = list(range(len(sightings)))
    chance.shuffle(order)
    keys = finding_keys(sightings)
    assert finding_keys([sightings[at] for at in order]) == [keys[at] for at in order]


@settings(deadline=None, max_examples=100)
@given(st.text())
def test_bare_text_has_no_whitespace_left(text: str):
    assert not any(each.isspace() for each in bare_text(text))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.none() | st.text() | st.text("ab \t\r\n\0\x1c\x85\u2003", max_size=6), max_size=5))
def test_many_texts_are_bared_as_each_is(texts: list[str | None]):
    assert bare_texts(texts) == [bare_text(text or "").encode("utf-8", "surrogatepass") for text in texts]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.text(), st.none() | st.text(), st.text()), max_size=4))
def test_many_first_keys_are_those_with_ordinal_zero(found: list[tuple[str, str | None, str]]):
    rules, paths, texts = (list(column) for column in zip(*found, strict=True)) if found else ([], [], [])
    keys = first_keys(key_parts(rules), key_parts(paths), bare_texts(texts))
    assert keys == [finding_key(rule, path, text, 0) for rule, path, text in found]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(), max_size=4))
def test_many_text_keys_are_those_of_each_text(texts: list[str]):
    assert text_keys(bare_texts(texts)) == [line_text_key(text) for text in texts]


def test_text_key_is_the_start_of_a_sha256_of_the_bare_line():
    # printf 'exec(code)' | sha256sum
    assert line_text_key("   exec( code )") == "3363559101310ae6"


@pytest.mark.parametrize("text", [None, "", " \t\n"])
def test_line_without_text_has_no_text_key(text: str | None):
    assert line_text_key(text) is None
