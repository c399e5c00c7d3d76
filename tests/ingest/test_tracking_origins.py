"""One finding stays one, whatever happens to its line: told by history."""

from __future__ import annotations

from random import Random

import pytest

from tests.builders_sarif import Row, day, file, head_scan, pull, scan
from tests.ingest.helpers_tracking import (
    at,
    found,
    held,
    history,
    id_of,
    landed,
    only,
    origin,
    replaced,
)

# -- what happens to a line ----------------------------------------------------------------------


def test_a_line_that_moved_keeps_its_finding():
    results = [at("s1", 3), at("s2", 40)]
    row = only(found([scan("s1", 1), scan("s2", 5)], results, history([origin("s1"), origin("s2", 40)])))
    assert (row["gone_at"], row["line"], row["finding_id"]) == (None, 3, id_of(results[0]))


def test_a_renamed_file_keeps_its_finding():
    results = [at("s1"), at("s2", path="lib/run.py")]
    known = history([origin("s1"), origin("s2", path="lib/run.py")])
    row = only(found([scan("s1", 1), scan("s2", 5)], results, known))
    assert (row["path"], row["gone_at"]) == ("app.py", None)
    assert row["aliases"] == [id_of(results[1])]


def test_a_reformatted_line_keeps_its_finding():
    results = [at("s1"), at("s2", text="run(")]
    known = history([origin("s1"), origin("s2", steps=["reformatted:c9"])])
    assert only(found([scan("s1", 1), scan("s2", 5)], results, known))["gone_at"] is None


def test_scans_that_arrive_late_give_the_same_findings():
    known = history([origin("s1"), origin("s2", path="new.py")])
    results = [at("s2", path="new.py"), at("s1")]
    scans = [scan("s2", 5), scan("s1", 1)]
    assert only(found(scans, results, known))["finding_id"] == id_of(results[1])


def test_two_results_of_one_rule_at_one_line_stay_two():
    results = [at(name, position=place, ordinal=place) for name in ("s1", "s2") for place in (0, 1)]
    rows = found([scan("s1", 1), scan("s2", 5)], results, history([origin("s1"), origin("s2")]))
    assert [row["gone_at"] for row in rows] == [None, None]


def test_two_equal_lines_of_two_commits_do_not_change_places_when_the_first_goes():
    results = [at("s1", 3), at("s1", 9, 1, ordinal=1), at("s2", 3, ordinal=0)]
    origins = [
        origin("s1", 3),
        origin("s1", 9, came=("c2", "app.py", 9)),
        origin("s2", 3, came=("c2", "app.py", 9)),
    ]
    first, second = found([scan("s1", 1), scan("s2", 5)], results, history(origins))
    assert (first["gone_at"], second["gone_at"]) == (day(5), None)
    assert second["introduced_commit"] is None


def test_a_fixed_weakness_that_somebody_writes_anew_is_a_new_finding():
    results = [at("s1"), at("s3")]
    known = history(
        [origin("s1"), origin("s3", came=("c2", "app.py", 3))], [landed("c1", 0, 1), landed("c2", 4, 2)]
    )
    first, second = found(
        [scan("s1", 1), scan("s2", 3), scan("s3", 5)], results, known, [pull(1, 0), pull(2, 4)]
    )
    assert first["finding_id"] == id_of(results[0])
    assert (first["introduced_by"], first["gone_at"]) == (1, day(3))
    assert (second["introduced_by"], second["gone_at"]) == (2, None)
    assert first["aliases"] == second["aliases"] == []


def test_a_declared_revert_of_the_fix_brings_the_same_finding_back():
    known = history(
        [origin("s1"), origin("s3", came=("c3", "app.py", 3))],
        [landed("c1", 0, 1), landed("c2", 2, 2), landed("c3", 4, 3, reverts="c2")],
    )
    pulls = [pull(1, 0), pull(2, 2), pull(3, 4)]
    row = only(found([scan("s1", 1), scan("s2", 3), scan("s3", 5)], [at("s1"), at("s3")], known, pulls))
    assert (row["introduced_by"], row["introduced_commit"], row["gone_at"]) == (1, "c1", None)


def test_a_revert_brings_back_what_was_renamed_before_its_fix():
    known = history(
        [origin("s1"), origin("s3", path="new.py", came=("c4", "new.py", 3))],
        [landed("c1", 0, 1), landed("c3", 3), landed("c4", 4, 3, reverts="c3")],
    )
    scans = [scan("s1", 1), scan("s2", 3.5), scan("s3", 5)]
    row = only(found(scans, [at("s1"), at("s3", path="new.py")], known, [pull(1, 0), pull(3, 4)]))
    assert (row["introduced_by"], row["gone_at"]) == (1, None)


# -- edits of flagged statements -----------------------------------------------------------------


def edited(**facts: object) -> list[Row]:
    came = ("c2", "app.py", 3)
    return [origin("s1"), origin("s2", came=came, **{**replaced("c1", "app.py", 3), **facts})]


LANDED = [landed("c1", 0, 1), landed("c2", 2, 2)]
PULLS = [pull(1, 0), pull(2, 2)]


def test_an_edit_of_a_flagged_statement_introduces_nothing():
    results = [at("s1"), at("s2", text="run(other)")]
    row = only(found([scan("s1", 1), scan("s2", 3)], results, history(edited(), LANDED), PULLS))
    assert (row["introduced_commit"], row["introduced_by"], row["gone_at"]) == ("c1", 1, None)
    assert row["aliases"] == [id_of(results[1])]


def test_an_edit_that_leaves_the_old_statement_there_is_a_second_finding():
    results = [at("s1"), at("s2", 3, text="run(other)"), at("s2", 4, 1)]
    known = history([*edited(), origin("s2", 4)], LANDED)
    rows = found([scan("s1", 1), scan("s2", 3)], results, known, PULLS)
    assert sorted((row["introduced_by"], row["gone_at"]) for row in rows) == [(1, None), (2, None)]


def test_an_edit_of_a_statement_that_another_rule_flagged_is_a_new_finding():
    results = [at("s1", rule="B9"), at("s2", text="run(other)")]
    rows = found([scan("s1", 1), scan("s2", 3)], results, history(edited(), LANDED), PULLS)
    assert [(row["rule"], row["introduced_by"]) for row in rows] == [("B9", 1), ("B1", 2)]


def test_of_a_statement_that_was_split_in_two_one_half_is_the_old_finding():
    came = ("c2", "app.py", 4)
    origins = [*edited(), origin("s2", 4, came=came, **replaced("c1", "app.py", 3))]
    results = [at("s1"), at("s2", 3, text="run(a)"), at("s2", 4, 1, text="run(b)")]
    rows = found([scan("s1", 1), scan("s2", 3)], results, history(origins, LANDED), PULLS)
    assert sorted(row["introduced_by"] for row in rows) == [1, 2]


def test_edits_between_two_looks_are_followed_through_lines_that_nobody_reported():
    between = origin("nobody", came=("c2", "app.py", 3), **replaced("c1", "app.py", 3))
    last = origin("s2", came=("c3", "app.py", 3), **replaced("c2", "app.py", 3))
    known = history([origin("s1"), between, last], [*LANDED, landed("c3", 3, 3)])
    scans, results = [scan("s1", 1), scan("s2", 5)], [at("s1"), at("s2", text="run(last)")]
    assert only(found(scans, results, known, PULLS))["introduced_by"] == 1
    clean_between = [*scans, scan("s3", 2.5)]
    assert len(found(clean_between, results, known, PULLS)) == 2


def test_an_edit_on_a_head_is_no_news_of_that_pull_request():
    origins = [
        origin("s1"),
        origin("h1", came=("x1", "app.py", 3), **replaced("c1", "app.py", 3)),
        origin("s2"),
    ]
    results = [at("s1"), at("h1", text="run(other)"), at("s2")]
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 3)]
    row = only(found(scans, results, history(origins, LANDED[:1]), [pull(7)], [file(7)]))
    assert (row["introduced_commit"], row["introduced_by"], row["gone_at"]) == ("c1", 1, None)


def test_a_statement_that_is_flagged_at_another_of_its_lines_is_the_same():
    results = [at("s1", 4), at("s2", 3, text="run(command")]
    known = history([origin("s1", 4, came=("c1", "app.py", 4)), origin("s2", 3)], LANDED)
    assert only(found([scan("s1", 1), scan("s2", 3)], results, known, PULLS))["gone_at"] is None


def test_two_statements_of_one_commit_that_lie_apart_stay_two():
    results = [at("s1", 40), at("s2", 3, text="run(command")]
    known = history([origin("s1", 40, came=("c1", "app.py", 40)), origin("s2", 3)], LANDED)
    rows = found([scan("s1", 1), scan("s2", 3)], results, known, PULLS)
    assert [row["gone_at"] for row in rows] == [day(3), None]


def test_what_only_a_head_showed_before_its_fix_comes_back_by_a_revert():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 3), scan("s3", 5)]
    origins = [origin("h1", came=("x1", "app.py", 3)), origin("s3", came=("c4", "app.py", 3))]
    landings = [landed("m7", 2, 7), landed("c3", 3), landed("c4", 4, 8, reverts="c3")]
    row = only(found(scans, [at("h1"), at("s3")], history(origins, landings), [pull(7, 2.5), pull(8, 4)]))
    assert (row["introduced_by"], row["gone_at"]) == (7, None)


# -- heads, squashes, rebases, backports ---------------------------------------------------------


def squashed() -> list[Row]:
    return [origin("h1", came=("x1", "app.py", 3)), origin("s2", 8, came=("m7", "app.py", 8))]


def test_a_finding_of_a_head_is_the_one_that_its_squash_brought_to_the_branch():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 5)]
    known = history(squashed(), [landed("c1", 0), landed("m7", 4, 7)])
    row = only(found(scans, [at("h1"), at("s2", 8)], known, [pull(7, 4)], [file(7)]))
    assert (row["introduced_by"], row["first_seen_at"], row["post_merge_seen_at"]) == (7, day(2), day(5))
    assert row["introduced_commit"] == "m7"


def test_a_head_finding_whose_key_changed_before_the_squash_is_found_by_its_text():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 5)]
    origins = [squashed()[0], origin("s2", path="b.py", came=("m7", "b.py", 3))]
    known = history(origins, [landed("c1", 0), landed("m7", 4, 7)])
    results = [at("h1"), at("s2", path="b.py")]
    assert only(found(scans, results, known, [pull(7, 4)]))["first_seen_stage"] == "pre_merge"


def test_a_squashed_line_that_was_reformatted_before_the_branch_was_looked_at_is_found_by_its_place():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 5)]
    origins = [origin("h1", 8, came=("x1", "app.py", 6)), origin("s2", 40, came=("m7", "app.py", 8))]
    known = history(origins, [landed("c1", 0), landed("m7", 4, 7)])
    results = [at("h1", 8), at("s2", 40, text="run(")]
    assert only(found(scans, results, known, [pull(7, 4)]))["first_seen_stage"] == "pre_merge"


def test_without_knowing_what_landed_a_head_finding_is_the_one_of_the_branch_with_its_key():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 5)]
    row = only(found(scans, [at("h1"), at("s2", 8)], history(squashed()), [pull(7, 4)], [file(7)]))
    assert (row["introduced_by"], row["first_seen_at"]) == (7, day(2))


def test_a_head_finding_stands_alone_until_its_pull_request_lands():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), scan("s2", 5)]
    known = history(squashed(), [landed("c1", 0), landed("m7", 4, 8)])
    rows = found(scans, [at("h1"), at("s2", 8)], known, [pull(7), pull(8, 4)], [file(7), file(8)])
    assert [row["introduced_by"] for row in rows] == [7, 8]


def test_rebasing_a_pull_request_makes_no_second_finding():
    scans = [scan("s1", 1), head_scan("h1", 2, 7), head_scan("h2", 3, 7)]
    origins = [origin("h1", came=("x1", "app.py", 3)), origin("h2", came=("y1", "app.py", 3))]
    row = only(found(scans, [at("h1"), at("h2")], history(origins, [landed("c1", 0)]), [pull(7)]))
    assert (row["introduced_by"], row["gone_at"]) == (7, None)


def test_a_backport_is_the_finding_of_the_branch_that_it_came_from():
    release = {"ref": "refs/heads/release"}
    scans = [scan("s1", 1), scan("s2", 5), scan("r1", 5, **release), scan("r2", 9, **release)]
    origins = [origin("s2"), origin("r2", came=("p1", "app.py", 3))]
    row = only(found(scans, [at("s2"), at("r2")], history(origins, [landed("c1", 4, 7)]), [pull(7, 4)]))
    assert (row["introduced_by"], row["introduced_commit"]) == (7, "c1")


def test_a_head_of_a_backport_is_no_finding_of_its_own():
    scans = [scan("s1", 1), scan("s2", 5), head_scan("h9", 6, 9)]
    origins = [origin("s2"), origin("h9", came=("p1", "app.py", 3))]
    pulls = [pull(7, 4), pull(9, base_branch="release")]
    row = only(found(scans, [at("s2"), at("h9")], history(origins, [landed("c1", 4, 7)]), pulls))
    assert (row["introduced_by"], row["first_seen_at"]) == (7, day(5))


# -- reports without an origin -------------------------------------------------------------------


def test_a_report_without_an_origin_joins_the_line_with_its_key():
    scans = [scan("s1", 2), scan("lost", 3), scan("s2", 5)]
    row = only(found(scans, [at("s1"), at("lost"), at("s2", 9)], history([origin("s1"), origin("s2", 9)])))
    assert row["gone_at"] is None


@pytest.mark.parametrize("moment", [2.5, 4.5])
def test_of_two_lines_that_had_its_key_a_report_joins_the_nearer_one(moment: float):
    scans = [scan("s1", 2), scan("lost", moment), scan("clean", 3.5), scan("s2", 4)]
    origins = [origin("s1"), origin("s2", came=("c2", "app.py", 3))]
    known = history(origins, [landed("c1", 1), landed("c2", 4, on_day=3.75)])
    rows = found(scans, [at("s1"), at("lost"), at("s2")], known)
    assert [row["introduced_commit"] for row in rows] == ["c1", "c2"]
    assert [row["gone_at"] for row in rows] == [day(3.5), None]


def test_a_report_older_than_the_line_is_not_about_it():
    scans = [scan("lost", 1), scan("clean", 2), scan("s2", 5)]
    known = history([origin("s2", came=("c2", "app.py", 3))], [landed("c2", 4, 7)])
    rows = found(scans, [at("lost"), at("s2")], known, [pull(7, 4)])
    assert [row["introduced_by"] for row in rows] == [None, 7]


# -- ids -----------------------------------------------------------------------------------------


def test_ids_that_a_finding_had_before_stay_its_aliases():
    results = [at("s1"), at("s2", path="new.py")]
    before = [{"finding_id": id_of(results[1]), "aliases": ["older-id"]}]
    known = history([origin("s1"), origin("s2", path="new.py")], earlier=before)
    row = only(found([scan("s1", 1), scan("s2", 5)], results, known))
    assert row["aliases"] == sorted([id_of(results[1]), "older-id"])


def test_the_id_of_a_finding_is_nobodys_alias():
    known = history(
        [origin("s1"), origin("s3", came=("c2", "app.py", 3))],
        [landed("c1", 0), landed("c2", 4)],
        earlier=[{"finding_id": "old-id", "aliases": [id_of(at("s1"))]}],
    )
    rows = found([scan("s1", 1), scan("s2", 3), scan("s3", 5)], [at("s1"), at("s3")], known)
    own = {row["finding_id"] for row in rows}
    assert not own & {alias for row in rows for alias in row["aliases"]}


def test_a_finding_that_becomes_a_later_one_of_its_key_keeps_its_old_id_when_it_becomes_the_first_again():
    origins = [origin("s1"), origin("s3", came=("c2", "app.py", 3))]
    landings = [landed("c1", 0), landed("c2", 4)]
    scans, results = [scan("s1", 1), scan("s2", 3), scan("s3", 5)], [at("s1"), at("s3")]
    _, later = found(scans, results, history(origins, landings))
    before = [{"finding_id": later["finding_id"], "aliases": []}]
    row = only(found(scans[2:], results[1:], history(origins, landings, earlier=before)))
    assert row["finding_id"] == id_of(results[1])
    assert row["aliases"] == [later["finding_id"]]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_of_history_changes_nothing(seed: int):
    chance = Random(seed)  # noqa: S311 - a seeded shuffle
    origins = [*edited(), *squashed(), origin("h2", came=("y1", "app.py", 3))]
    scans = [scan("s1", 1), head_scan("h1", 2, 7), head_scan("h2", 2.5, 7), scan("s2", 5)]
    results = [
        at("s1"),
        at("h1", text="a"),
        at("h2", text="a"),
        at("s2", 3, text="b"),
        at("s2", 8, 1, text="a"),
    ]
    landings = [*LANDED, landed("m7", 4, 7)]
    pulls, commits = [*PULLS, pull(7, 4)], [held("x1", 7)]
    expected = found(scans, results, history(origins, landings, commits), pulls)
    for rows in (scans, results, origins, landings, pulls):
        chance.shuffle(rows)
    assert found(scans, results, history(origins, landings, commits), pulls) == expected
