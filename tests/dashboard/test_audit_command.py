from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import auditing, auditing_commands, loading, recording
from dashboard.auditing import listed, outstanding
from dashboard.cli import main
from dashboard.components import audits, explorer_who
from metrics.audits import audited
from tests.builders_metrics import day
from tests.builders_snapshot import World, week_of_changes
from tests.dashboard.test_app import texts

LAST_MOMENT = day(29) - timedelta(microseconds=1)  # of the 29th of June
REVIEWS = "repository,number,outcome,severity,cwe,path,line,notes,by,at\n"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of twelve agent changes."""
    folder = tmp_path_factory.mktemp("audits")
    world = World(folder)
    world.deliver(7, **week_of_changes(1, 2.0))
    world.deliver(14, **week_of_changes(21, 9.0))
    return folder / "lake"


@pytest.fixture
def world(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    shutil.copytree(filled, tmp_path / "lake")
    made = World(tmp_path)
    made.look(30)
    for module in (auditing, auditing_commands, recording):
        monkeypatch.setattr(module, "clock", lambda: day(29))
    monkeypatch.setattr(loading, "open_session", lambda: made.session)
    st.cache_resource.clear()
    yield made
    st.cache_resource.clear()


def run(world: World, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `pilot audit` with these words."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["audit", *words, "--config", str(world.config)])
    return code, out.getvalue(), " ".join(err.getvalue().split())


def drawn(world: World, *words: str) -> Any:
    """What `draw --json` prints."""
    code, out, err = run(world, "draw", "--pilot", "pay", "--by", "sam", "--json", *words)
    assert code == 0, err
    return json.loads(out)


def draws(world: World) -> Any:
    return json.loads(run(world, "list", "--json")[1])


def sheet(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "reviews.csv"
    path.write_text(REVIEWS + "\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def numbers(document: Any) -> list[int]:
    return [change["number"] for change in document["changes"]]


# -- draw ------------------------------------------------------------------------------------------


def test_a_draw_is_recorded_and_says_what_it_buys(world: World) -> None:
    document = drawn(world, "--size", "5", "--seed", "4")
    assert document["audit"] == "2026-06-30-pay-1"
    assert (document["population"], document["size"], document["seed"]) == (24, 5, 4)
    # 1 - 0.05^(1/5): five clean reviews leave room for almost every second change
    assert (
        document["promise"]
        == "5 clean reviews would show less than 45.1 % of changes with an escape, at 95 %"
    )
    rows = world.session.tables.audits.collect()
    assert sorted(rows["number"]) == sorted(numbers(document))
    assert rows.select("drawn_by", "source", "selection_probability").unique().rows() == [
        ("sam", "command", 5 / 24)
    ]
    assert rows.select("from_at", "until_at").unique().rows() == [(day(0), day(30))]


def test_the_same_seed_draws_the_same_and_a_rehearsal_records_nothing(world: World) -> None:
    rehearsed = drawn(world, "--size", "5", "--seed", "4", "--dry-run")
    assert not rehearsed["recorded"]
    assert draws(world) == []
    assert numbers(drawn(world, "--size", "5", "--seed", "4")) == numbers(rehearsed)


def test_no_change_is_drawn_twice(world: World) -> None:
    first, second = (drawn(world, "--size", "10") for _ in range(2))
    assert (first["audit"], second["audit"]) == ("2026-06-30-pay-1", "2026-06-30-pay-2")
    assert second["population"] == 14
    assert not set(numbers(first)) & set(numbers(second))


def test_a_draw_larger_than_what_there_is_takes_all_and_then_nothing_is_left(world: World) -> None:
    assert drawn(world, "--size", "300")["size"] == 24
    code, _, err = run(world, "draw", "--pilot", "pay", "--by", "sam")
    assert code == 2
    assert "that was not drawn before; choose another window" in err


def test_days_bound_the_window_in_the_pilots_zone(world: World) -> None:
    document = drawn(world, "--from", "2026-06-08", "--until", "2026-06-15")
    assert (document["from"], document["until"]) == ("2026-06-08T00:00:00Z", "2026-06-15T00:00:00Z")
    assert numbers(document) == list(range(21, 33))


def test_people_see_the_changes_with_links_and_the_promise_first(world: World) -> None:
    code, out, err = run(world, "draw", "--pilot", "pay", "--by", "sam", "--size", "1", "--seed", "4")
    assert code == 0
    assert err.startswith("1 change of 24 that could be drawn; 1 clean review would show")
    assert "1 change drawn as 2026-06-30-pay-1; seed 4" in out
    assert "https://example.org/acme/pay" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pilot", "pay"], "by"),
        (["--pilot", "pay", "--by", " "], "by: nobody is named"),
        (["--pilot", "pay", "--by", "jo@example.org"], "e-mail address"),
        (["--pilot", "other", "--by", "sam"], "no pilot 'other'"),
        (["--pilot", "pay", "--by", "sam", "--from", "soon"], "--from 'soon' is no day; write 2026-08-17"),
        (
            ["--pilot", "pay", "--by", "sam", "--from", "2026-06-09", "--until", "2026-06-08"],
            "is no time at all",
        ),
        (["--pilot", "pay", "--by", "sam", "--size", "0"], "size is 0; a draw has at least 1 change"),
        (["--pilot", "pay", "--by", "sam", "--seed", "-1"], "seed is -1; expected 0 or more"),
    ],
)  # fmt: skip
def test_a_draw_that_cannot_be_is_refused_in_one_line(world: World, words: list[str], said: str) -> None:
    code, _, err = run(world, "draw", *words)
    assert code == 2
    assert said in err
    assert world.session.tables.audits.collect().is_empty()


def test_a_filled_in_sheet_is_never_overwritten(world: World, tmp_path: Path) -> None:
    kept = tmp_path / "sheet.csv"
    kept.write_text("mine", encoding="utf-8")
    code, _, err = run(world, "draw", "--pilot", "pay", "--by", "sam", "--out", str(kept))
    assert code == 2
    assert "is there already" in err
    assert kept.read_text(encoding="utf-8") == "mine"
    assert draws(world) == []


# -- record ----------------------------------------------------------------------------------------


def test_a_sheet_goes_out_is_filled_in_and_comes_back(world: World, tmp_path: Path) -> None:
    out = tmp_path / "sheet.csv"
    drawn(world, "--size", "3", "--seed", "4", "--out", str(out))
    rows = pl.read_csv(out, infer_schema=False)
    assert rows.columns[:6] == ["audit", "repository", "number", "title", "url", "merged_at"]
    filled = rows.with_columns(
        outcome=pl.Series(["Clean", "finding", None]), severity=pl.Series([None, "High", None]),
        cwe=pl.Series([None, "89", None]), by=pl.Series(["kim", None, None]),
    )  # fmt: skip
    filled.write_csv(out, separator=";")
    code, said, err = run(world, "record", str(out), "--by", "rosa")
    assert (code, err) == (0, "")
    assert "recorded 2 reviews; 1 line not filled in yet" in said
    reviews = world.session.tables.audit_reviews.sort("outcome").collect()
    assert reviews["reviewed_by"].to_list() == ["kim", "rosa"]
    assert reviews["severity"].to_list() == [None, "high"]
    assert reviews["cwe"].to_list() == [None, ["CWE-89"]]
    assert reviews["raw_ref"].to_list() == ["sheet.csv#line 2", "sheet.csv#line 3"]
    (told,) = draws(world)
    assert {name: told[name] for name in ("drawn", "reviewed", "found", "unclear", "outstanding")} == {
        "drawn": 3, "reviewed": 2, "found": 1, "unclear": 0, "outstanding": 1,
    }  # fmt: skip


def test_a_file_that_is_read_again_changes_nothing(world: World, tmp_path: Path) -> None:
    number = numbers(drawn(world, "--size", "1"))[0]
    file = sheet(tmp_path, f"acme/pay,{number},clean,,,,,,kim,2026-06-29")
    assert "recorded 1 review" in run(world, "record", file)[1]
    assert "recorded 0 reviews; 1 stood there already" in run(world, "record", file)[1]
    # a day is its last moment, so that a review of the day of the merge was made after it
    assert world.session.tables.audit_reviews.collect()["reviewed_at"].to_list() == [LAST_MOMENT]


def test_a_review_of_today_is_of_now_and_keeps_its_moment_when_it_is_read_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = numbers(drawn(world, "--size", "1"))[0]
    file = sheet(tmp_path, f"acme/pay,{number},clean,,,,,looked at it,kim,2026-06-30")
    assert "recorded 1 review" in run(world, "record", file)[1]
    for module in (auditing_commands, recording):
        monkeypatch.setattr(module, "clock", lambda: day(29.5))
    assert "recorded 0 reviews; 1 stood there already" in run(world, "record", file)[1]
    assert world.session.tables.audit_reviews.collect()["reviewed_at"].to_list() == [day(29)]


def test_a_sheet_holds_several_findings_of_one_reviewer_in_one_change(world: World, tmp_path: Path) -> None:
    number = numbers(drawn(world, "--size", "1"))[0]
    lines = [f"acme/pay,{number},finding,{severity},,{path},3,,kim,2026-06-29" for severity, path in
             (("critical", "a.py"), ("low", "b.py"))]  # fmt: skip
    assert "recorded 2 reviews" in run(world, "record", sheet(tmp_path, *lines))[1]
    again = sheet(tmp_path, *reversed(lines))
    assert "recorded 0 reviews; 2 stood there already" in run(world, "record", again)[1]
    reviews = world.session.tables.audit_reviews.sort("path").collect()
    assert reviews["reviewed_at"].to_list() == [LAST_MOMENT, day(28 + 1)]
    found = world.session.tables.findings.filter(pl.col("reported_by") == "audit").collect()
    assert sorted(found.select("path", "severity").rows()) == [("a.py", "critical"), ("b.py", "low")]


def test_one_place_that_stands_twice_and_a_finding_that_is_also_clean_are_named(
    world: World, tmp_path: Path
) -> None:
    number = numbers(drawn(world, "--size", "1"))[0]
    found = f"acme/pay,{number},finding,high,,a.py,3,,kim,2026-06-29"
    for other in (found.replace("high", "low"), f"acme/pay,{number},clean,,,,,all the rest,Kim,2026-06-29"):
        code, _, err = run(world, "record", sheet(tmp_path, found, other))
        assert code == 2
        assert "reviews.csv#line 2: stands 2 times for the same person, thing and moment; leave one" in err
    assert world.session.tables.audit_reviews.collect().is_empty()


def test_what_was_found_is_called_clean_only_with_a_reason(world: World) -> None:
    change = f"acme/pay#{numbers(drawn(world, '--size', '1'))[0]}"
    run(world, "record", change, "finding", "--by", "Kim", "--severity", "high")
    code, _, err = run(world, "record", change, "clean", "--by", "kim")
    assert code == 2
    assert f"kim found something in {change} before and now calls it clean; say in the notes why" in err
    assert run(world, "record", change, "clean", "--by", "rosa")[0] == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("acme/pay,{0},fine,,,,,,kim,", "outcome is 'fine', expected what the review came to"),
        ("acme/pay,{0},finding,,,,,,kim,", "What was found counts by how bad it is"),
        ("acme/pay,{0},clean,,,,,,,", "nobody is named"),
        ("acme/pay,many,clean,,,,,,kim,", "number is 'many', expected a whole number"),
        ("acme/pay,{0},clean,,,a.py,x,,kim,", "line is 'x', expected a whole number"),
        ("acme/pay,{0},clean,,,,,,kim,soon", "at is 'soon', expected 2026-08-17"),
        ("acme/pay,{0},clean,,,,,,kim,2026-12-01", "has not come yet"),
        ("acme/pay,9999,clean,,,,,,kim,", "acme/pay#9999 was never drawn"),
    ],
)
def test_one_bad_line_is_named_and_keeps_the_whole_file_out(
    world: World, tmp_path: Path, line: str, said: str
) -> None:
    first, second = numbers(drawn(world, "--size", "2"))
    file = sheet(tmp_path, f"acme/pay,{first},clean,,,,,,kim,", line.format(second))
    code, _, err = run(world, "record", file)
    assert code == 2
    assert said in err
    assert "nobody is named" in err or "reviews.csv#line 3" in err
    assert world.session.tables.audit_reviews.collect().is_empty()


def test_one_review_is_recorded_by_its_words(world: World) -> None:
    number = numbers(drawn(world, "--size", "1"))[0]
    words = [
        "--severity",
        "high",
        "--cwe",
        "CWE-89",
        "--at",
        "src/pay.py:41",
        "--notes",
        "ask jo@example.org",
    ]
    code, said, _ = run(world, "record", f"acme/pay#{number}", "finding", "--by", "kim", *words)
    assert code == 0
    assert "recorded 1 review" in said
    (row,) = world.session.tables.audit_reviews.collect().iter_rows(named=True)
    assert (row["path"], row["line"], row["cwe"], row["notes"]) == ("src/pay.py", 41, ["CWE-89"], "ask ***")


def test_a_weakness_that_a_review_found_counts_at_once(world: World) -> None:
    number = numbers(drawn(world, "--size", "1"))[0]
    run(world, "record", f"acme/pay#{number}", "finding", "--by", "kim", "--severity", "high")
    escaped = world.session.assess("pay").changes.filter("escaped_confirmed")
    assert escaped["number"].to_list() == [number]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.csv", "--by", "kim"], "is neither a file nor a change such as owner/name#12"),
        (["acme/pay#1", "--by", "kim"], "add clean, finding or unclear"),
        (["acme/pay#9999", "clean", "--by", "kim"], "acme/pay#9999 was never drawn"),
        (["acme/pay#9999", "clean", "--by", "kim", "--audit", "x-1"], "was not drawn in x-1"),
        (["reviews.csv", "clean", "--by", "kim"], "OUTCOME is about one change"),
    ],
)
def test_a_review_that_cannot_be_is_refused_in_one_line(world: World, words: list[str], said: str) -> None:
    code, _, err = run(world, "record", *words)
    assert code == 2
    assert said in err


def test_a_file_without_its_columns_is_refused(world: World, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    code, _, err = run(world, "record", str(path))
    assert code == 12
    assert "lacks repository, number, outcome" in err


# -- list ------------------------------------------------------------------------------------------


def test_before_the_first_draw_the_list_says_how_to_make_one(world: World) -> None:
    assert "`pilot audit draw --pilot NAME --by NAME`" in run(world, "list")[1]


def test_of_several_reviewers_who_found_something_is_not_outvoted(world: World) -> None:
    document = drawn(world, "--size", "2", "--seed", "4")
    number = numbers(document)[0]
    for who, outcome in (("kim", "clean"), ("rosa", "unclear"), ("sam", "clean")):
        run(world, "record", f"acme/pay#{number}", outcome, "--by", who)
    (told,) = listed(world.session, "pay")
    assert (told.reviewed, told.unclear, told.found, told.outstanding) == (1, 1, 0, 1)
    assert outstanding(world.session, "pay")["number"].to_list() == numbers(document)[1:]
    assert "2026-06-30-pay-1" in run(world, "list")[1]


# -- on the page -----------------------------------------------------------------------------------


def panel() -> None:
    """A page that holds nothing but the panel."""
    from dashboard import loading as of_page  # noqa: PLC0415 - runs as a script of its own
    from dashboard.components import audits as panels  # noqa: PLC0415

    panels.panel(of_page.session(), "pay")


def opened() -> AppTest:
    return AppTest.from_function(panel, default_timeout=60).run()


def field(app: AppTest, label: str) -> Any:
    return next(each for each in app.text_input if each.label == label)


def test_a_page_draws_hands_out_the_sheet_and_records_a_review(world: World) -> None:
    app = opened()
    assert "No change has been drawn for a deep review yet" in texts(app)
    assert "300 clean reviews would show less than 0.99 %" in texts(app)
    app.text_input(key=explorer_who.FIELD_KEY).set_value("sam").run()
    app.number_input(key=audits.SIZE_KEY).set_value(2).run()
    app.button(key="audit_draw").click().run()
    assert not app.exception
    assert [each.value.startswith("Drew 2 changes of 24") for each in app.success] == [True]
    assert "**0 of 2 changes reviewed**" in texts(app)
    assert ["Sheet for the reviewers" in each.proto.label for each in app.get("download_button")] == [True]
    app.selectbox(key="audit_outcome").set_value("Found a weakness").run()
    field(app, "CWE").set_value("79")
    app.text_area[0].set_value("of this change only")
    app.button[-1].click().run()
    assert not app.exception
    assert "**1 of 2 changes reviewed**: 1 with a weakness, 0 unclear, 1 waiting" in texts(app)
    assert (field(app, "CWE").value, app.text_area[0].value) == ("", "")
    (row,) = world.session.tables.audit_reviews.collect().iter_rows(named=True)
    assert (row["reviewed_by"], row["severity"], row["cwe"], row["raw_ref"]) == (
        "sam", "high", ["CWE-79"], "page Escapes, by sam",
    )  # fmt: skip


def test_a_page_offers_what_was_unclear_for_another_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = numbers(drawn(world, "--size", "2", "--seed", "4"))
    run(world, "record", f"acme/pay#{first}", "unclear", "--by", "kim")
    app = opened()
    app.text_input(key=explorer_who.FIELD_KEY).set_value("kim").run()
    again = f"acme/pay#{first} (2026-06-30-pay-1, unclear to kim)"
    assert app.selectbox(key="audit_change").options == [f"acme/pay#{second} (2026-06-30-pay-1)", again]
    monkeypatch.setattr(recording, "clock", lambda: day(29.5))
    app.selectbox(key="audit_change").set_value(again).run()
    assert "unclear stays so until whoever could not judge it says something else" in texts(app)
    app.button[-1].click().run()
    assert not app.exception
    (told,) = listed(world.session, "pay")
    assert (told.reviewed, told.unclear) == (1, 0)


def test_a_page_draws_for_nobody_without_a_name(world: World) -> None:
    app = opened()
    app.button(key="audit_draw").click().run()
    assert "nobody is named" in texts(app)
    assert world.session.tables.audits.collect().is_empty()


def test_draws_that_do_not_count_yet_are_no_draws_without_reviews() -> None:
    assert audits.shown(audited(pl.DataFrame({"outcome": []}, schema={"outcome": pl.String}), 0.95)) == (
        "**None of the drawn changes counts** at the moment that this page shows."
    )


def test_what_reviews_show_is_said_with_its_counts() -> None:
    reviewed = pl.DataFrame({"outcome": ["clean"] * 298 + ["unclear", None]})
    words = audits.shown(audited(reviewed, 0.95))
    assert words.startswith("**299 of 300 changes reviewed**: 0 with a weakness, 1 unclear, 1 waiting.")
    assert "0 of 299" in words
    assert "1 of 299" in words
    nothing = audits.shown(audited(pl.DataFrame({"outcome": [None]}, schema={"outcome": pl.String}), 0.95))
    assert nothing == (
        "**0 of 1 change reviewed**: 0 with a weakness, 0 unclear, 1 waiting. "
        "No change that was drawn has been reviewed yet."
    )
