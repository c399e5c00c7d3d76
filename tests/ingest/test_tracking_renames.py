"""Without history, a rename is followed where nothing else could be meant."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders_sarif import Row, day, head_scan, pull, scan
from tests.ingest.helpers_tracking import at, found, id_of, only

TWO = [scan("s1", 1), scan("s2", 5)]


def test_the_only_finding_of_its_rule_and_text_that_went_is_the_only_one_that_came():
    results = [at("s1"), at("s2", path="lib/run.py")]
    row = only(found(TWO, results))
    assert (row["method"], row["gone_at"], row["aliases"]) == ("baseline", None, [id_of(results[1])])


def test_a_finding_that_is_still_there_was_not_renamed():
    rows = found(TWO, [at("s1"), at("s2"), at("s2", position=1, path="copy.py")])
    assert [row["gone_at"] for row in rows] == [None, None]


def test_one_that_went_and_two_that_came_in_two_files_are_three_findings():
    results = [at("s1"), at("s2", path="a.py"), at("s2", position=1, path="b.py")]
    assert len(found(TWO, results)) == 3


def test_equal_lines_of_one_file_are_renamed_together_in_their_order():
    places = ((3, 0), (9, 1))
    results = [
        at(name, line, ordinal, ordinal=ordinal, path=path)
        for name, path in (("s1", "old.py"), ("s2", "new.py"))
        for line, ordinal in places
    ]
    rows = found(TWO, results)
    assert [(row["line"], row["aliases"]) for row in rows] == [
        (3, [id_of(results[2])]),
        (9, [id_of(results[3])]),
    ]


def test_a_moved_folder_keeps_the_findings_of_files_with_equal_lines():
    files = ("one.py", "two.py")
    results = [
        at(name, position=place, path=f"{folder}/{each}")
        for name, folder in (("s1", "old"), ("s2", "new"))
        for place, each in enumerate(files)
    ]
    assert [row["gone_at"] for row in found(TWO, results)] == [None, None]


def test_without_a_text_the_scanners_own_fingerprint_tells():
    facts = {"text_key": None, "fingerprint": "f1"}
    assert len(found(TWO, [at("s1", **facts), at("s2", path="b.py", **facts)])) == 1
    assert len(found(TWO, [at("s1", **facts), at("s2", path="b.py", text_key=None, fingerprint="f2")])) == 2


def test_without_a_text_and_a_fingerprint_nothing_is_the_same():
    rows = found(TWO, [at("s1", text_key=None), at("s2", path="b.py", text_key=None)])
    assert [row["gone_at"] for row in rows] == [day(5), None]


def test_what_a_partial_scan_does_not_have_has_not_gone():
    scans = [scan("s1", 1), scan("s2", 5, status="partial")]
    assert len(found(scans, [at("s1"), at("s2", path="b.py")])) == 2


def test_what_comes_a_look_later_is_no_rename():
    scans = [*TWO, scan("s3", 7)]
    assert len(found(scans, [at("s1"), at("s2", rule="B9"), at("s3", path="b.py")])) == 3


def test_a_rename_on_a_head_is_no_news_of_that_pull_request():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 5)]
    results = [at("s1"), at("h1", path="b.py"), at("s2", path="b.py")]
    row = only(found(scans, results, pulls=[pull(7, 4)]))
    assert (row["introduced_by"], row["method"]) == (None, "baseline")


def test_new_rules_and_other_scanners_are_not_compared():
    scans = [scan("s1", 1), scan("s2", 5, rules_version="2.0")]
    assert len(found(scans, [at("s1"), at("s2", path="b.py")])) == 2


def test_news_in_the_stead_of_a_finding_of_its_rule_is_never_sure():
    scans = [scan("s1", 1), head_scan("h1", 2, 7)]
    news = [at("s1"), at("h1", text="run(other)")]
    assert {row["confidence"] for row in found(scans, news, pulls=[pull(7)])} == {"none", "medium"}


def test_news_with_the_text_of_another_finding_is_never_sure():
    scans = [scan("s1", 1), head_scan("h1", 2, 7)]
    news = [at("s1"), at("h1"), at("h1", position=1, path="copy.py")]
    assert {row["confidence"] for row in found(scans, news, pulls=[pull(7)])} == {"none", "medium"}
    other = [at("s1"), at("h1"), at("h1", position=1, path="copy.py", text="run(other)")]
    assert {row["confidence"] for row in found(scans, other, pulls=[pull(7)])} == {"none", "high"}


# -- laws ----------------------------------------------------------------------------------------

TEXTS = ("a(x)", "b(x)", "c(x)")
Lane = list[list[tuple[str, int]]]


def lane_rows(looks: Lane, added: int = 0, path: str = "app.py") -> tuple[list[Row], list[Row]]:
    """Scans of days 1, 2 ..., each with the texts and their ordinals in one file."""
    scans = [scan(f"s{place}", place + 1) for place in range(len(looks))]
    results = [
        at(f"s{place}", 10 * ordinal + 3 + added, position, text=text, ordinal=ordinal, path=path)
        for place, look in enumerate(looks)
        for position, (text, ordinal) in enumerate(look)
    ]
    return scans, results


@st.composite
def lanes(draw: st.DrawFn) -> Lane:
    counts = st.tuples(*(st.integers(0, 2) for _ in TEXTS))
    return [
        [(text, ordinal) for text, count in zip(TEXTS, look, strict=True) for ordinal in range(count)]
        for look in draw(st.lists(counts, min_size=1, max_size=4))
    ]


@settings(deadline=None, max_examples=15)
@given(lanes(), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_looks_give_the_same_findings(looks: Lane, chance: object):
    scans, results = lane_rows(looks)
    expected = found(scans, results)
    chance.shuffle(scans)  # type: ignore[attr-defined]
    chance.shuffle(results)  # type: ignore[attr-defined]
    assert found(scans, results) == expected


@settings(deadline=None, max_examples=15)
@given(lanes(), st.integers(1, 300))
def test_lines_added_above_change_no_id(looks: Lane, added: int):
    before = found(*lane_rows(looks))
    after = found(*lane_rows(looks, added))
    assert {row["finding_id"] for row in before} == {row["finding_id"] for row in after}


@settings(deadline=None, max_examples=15)
@given(lanes())
def test_looking_again_makes_no_finding(looks: Lane):
    assert len(found(*lane_rows([*looks, looks[-1]]))) == len(found(*lane_rows(looks)))


@settings(deadline=None, max_examples=15)
@given(lanes())
def test_renaming_the_file_makes_no_finding(looks: Lane):
    scans, results = lane_rows(looks)
    last = len(looks)
    renamed = [
        at(f"s{last}", 10 * ordinal + 3, position, text=text, ordinal=ordinal, path="new.py")
        for position, (text, ordinal) in enumerate(looks[-1])
    ]
    again = found([*scans, scan(f"s{last}", last + 1)], [*results, *renamed])
    assert {row["finding_id"] for row in again} == {row["finding_id"] for row in found(scans, results)}
