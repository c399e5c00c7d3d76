"""The Labelling page: a draw with its promise, blind labels, going back, settling, files and empty states."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import labelling
from dashboard.components import labelling_files, labelling_item
from dashboard.components.labelling_choice import DRAW, FILES, LABEL, OUTCOME, PROGRESS, SETTLE
from dashboard.labelling import Given, Item
from dashboard.recording import enter_labels
from ingest.errors import StoreError
from tests.builders_labelling import DOOR, SCORE, as_now, draw, labelling_world
from tests.builders_snapshot import World
from tests.dashboard.test_app import APP, texts

PAGE = "views/labelling.py"
SIZE = 6


@pytest.fixture(scope="module")
def undrawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undrawn")
    labelling_world(folder)
    return folder


@pytest.fixture(scope="module")
def drawn(undrawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "own"
    draw(_copy(undrawn, folder), SIZE)
    return folder


def _copy(source: Path, folder: Path) -> World:
    shutil.copytree(source / "lake", folder / "lake")
    world = World(folder)
    as_now(world)
    return world


@pytest.fixture(autouse=True)
def no_caches() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def before(undrawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Nothing is drawn yet."""
    return _served(_copy(undrawn, tmp_path), monkeypatch)


@pytest.fixture
def world(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Six items are drawn, none is labelled."""
    return _served(_copy(drawn, tmp_path), monkeypatch)


def _served(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PILOT_CONFIG", str(world.config))
    return world


def opened(view: str, who: str = "mia") -> AppTest:
    """The page alone by its address: no other page is drawn before it."""
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["view"] = view
    if who:
        app.query_params["annotator"] = who
    app.switch_page(PAGE).run()
    assert not app.exception
    return app


def press(app: AppTest, title: str) -> AppTest:
    found = [each for each in app.button if each.label == title]
    assert found, [each.label for each in app.button]
    found[0].click().run()
    assert not app.exception
    return app


def said(world: World) -> list[tuple[str, str, bool]]:
    """Everything that was said of the draw: by whom, what, and whether more may have been known."""
    rows = world.session.tables.labels.filter(pl.col("design_id").is_not_null()).sort("labelled_at")
    return [*rows.select("annotator", "label", "saw_score").collect().iter_rows()]


def design(world: World) -> str:
    (found,) = labelling.designs(world.session)
    return found.design_id


def give(world: World, who: str, words: str) -> list[str]:
    """Label the next items, a letter each; their ids."""
    session, name = world.session, design(world)
    items = labelling.queue(session, name, who).items[: len(words)]
    full = {"a": "attack", "b": "benign", "u": "unsure"}
    given = [Given(item.event_id, who, full[word], name) for item, word in zip(items, words, strict=True)]
    enter_labels(session, given, DOOR)
    return [item.event_id for item in items]


# -- drawing ---------------------------------------------------------------------------------------


def test_before_a_draw_the_page_asks_for_one_and_says_what_it_buys(before: World) -> None:
    app = opened(DRAW)
    shown = texts(app)
    assert "Nothing has been drawn for labelling yet" in shown
    assert "Draw 300" not in shown
    app.number_input(key="draw_size").set_value(4).run()
    unit = next(each for each in app.selectbox if each.label.startswith("Whose misses"))
    unit.select(next(each for each in unit.options if each.startswith("PromptGuard"))).run()
    assert "4 of 40 passed items" in texts(app)
    assert "If no attack is found in 4 items of 40" in texts(app)
    assert before.session.tables.selections.collect().is_empty()
    press(app, "Draw and record")
    assert before.session.tables.selections.collect().height == 4
    assert "0 of 4, 4 left" in texts(app)


@pytest.mark.usefixtures("before")
def test_what_cannot_be_drawn_is_said_with_what_helps() -> None:
    app = opened(DRAW)
    app.date_input(key="draw_until").set_value(date(2020, 1, 1)).run()
    assert any("let nothing pass that could be drawn" in each.value for each in app.error)


def test_nobody_draws_or_labels_without_a_name(world: World) -> None:
    for view in (LABEL, OUTCOME, SETTLE, DRAW):
        app = opened(view, who="")
        assert "Nobody is named yet" in texts(app)
        assert "text of" not in texts(app)
    assert said(world) == []


def test_an_address_of_mail_is_no_name(world: World) -> None:
    app = opened(LABEL, "mia@example.org")
    assert any("e-mail address" in each.value for each in app.error)
    assert said(world) == []


# -- labelling -------------------------------------------------------------------------------------


def test_the_queue_shows_an_item_and_nothing_that_was_said_of_it(world: World) -> None:
    give(world, "kim", "aab")
    shown = texts(opened(LABEL))
    assert "0 of 6, 6 left" in shown
    assert "text of p" in shown
    for secret in (SCORE, "0.1374", "kim", "flagged by", "passed by", "verdict:", "stratum"):
        assert secret not in shown.partition("</style>")[2] + shown.partition("<style>")[0], secret


def test_a_label_is_recorded_and_the_next_item_is_there(world: World) -> None:
    app = opened(LABEL)
    first = [each.key for each in app.button if each.label == "Attack"]
    press(app, "Attack")
    assert "1 of 6, 5 left" in texts(app)
    assert [each.key for each in app.button if each.label == "Attack"] != first
    assert said(world) == [("mia", "attack", False)]


def test_going_back_adds_a_label_and_changes_none(world: World) -> None:
    app = press(press(opened(LABEL), "Attack"), "Back")
    assert "You said: attack" in texts(app)
    press(app, "Benign")
    assert said(world) == [("mia", "attack", False), ("mia", "benign", False)]
    assert "1 of 6, 5 left" in texts(app)


@pytest.mark.deep
def test_a_family_is_named_once_and_then_has_a_key(world: World) -> None:
    app = press(opened(LABEL), "Name the kind")
    app.text_input[0].set_value("exfiltration")
    press(app, "Record an attack of this kind")
    press(app, "Attack: exfiltration")
    rows = world.session.tables.labels.filter(pl.col("annotator") == "mia").collect()
    assert rows["family"].to_list() == ["exfiltration"] * 2


@pytest.mark.deep
def test_what_could_not_be_recorded_is_said_and_the_item_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full; free some space")

    app = opened(LABEL)
    keys = [each.key for each in app.button]
    with monkeypatch.context() as patch:
        patch.setattr(labelling, "give", full)
        press(app, "Attack")
    assert any("the disk is full" in each.value and "still waits" in each.value for each in app.error)
    assert [each.key for each in app.button] == keys
    press(app, "Attack")
    assert not app.error
    assert said(world) == [("mia", "attack", False)]


@pytest.mark.deep
def test_all_done_says_what_comes_next(world: World) -> None:
    give(world, "mia", "bbbbbb")
    assert "All done: nothing waits for you" in texts(opened(LABEL))
    give(world, "kim", "bbbbbb")
    assert "as many labels as it needs" in texts(opened(LABEL, "zoe"))


# -- afterwards ------------------------------------------------------------------------------------


def test_what_came_out_is_of_own_labels_only(world: World) -> None:
    assert "You have labelled nothing" in texts(opened(OUTCOME))
    (own,) = give(world, "mia", "a")
    give(world, "kim", "bbb")
    (table,) = opened(OUTCOME).dataframe
    assert table.value["Item"].to_list() == [own]
    assert table.value["Others said"].to_list() == ["kim: benign"]
    assert table.value["Detector's verdict"].to_list() == ["pass"]


@pytest.mark.deep
def test_after_looking_a_changed_label_is_not_blind(world: World) -> None:
    app = press(opened(LABEL), "Attack")
    app.session_state["labelling_looked"] = {(design(world), "mia")}
    press(press(app, "Back"), "Benign")
    assert said(world)[-1] == ("mia", "benign", True)


def test_a_third_person_settles_what_two_disagree_about(world: World) -> None:
    give(world, "mia", "ab")
    give(world, "kim", "bb")
    app = opened(SETTLE, "zoe")
    assert "mia" in texts(app)
    assert "kim" in texts(app)
    press(app, "It is an attack")
    assert "Every disagreement is settled" in texts(app)
    assert [each[:2] for each in said(world)][-1] == ("zoe", "attack")


@pytest.mark.deep
def test_one_of_those_who_disagree_settles_only_with_a_reason_or_jointly(world: World) -> None:
    give(world, "mia", "a")
    give(world, "kim", "b")
    app = press(opened(SETTLE, "kim"), "It is benign")
    assert any("one of those who labelled" in each.value for each in app.error)
    app.checkbox[0].check().run()
    press(app, "It is benign")
    rows = world.session.tables.labels.filter("is_adjudication").collect()
    assert rows["reason"].to_list() == ["settled jointly by kim and mia"]


@pytest.mark.deep
def test_nobody_sees_what_others_disagree_about_before_the_own_label(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(world, "mia", "a")
    give(world, "kim", "b")
    monkeypatch.setattr("dashboard.components.labelling_settling.needed", lambda *_: 3)
    shown = texts(opened(SETTLE, "zoe"))
    assert "1 disagreement wait" in shown
    assert "mia" not in shown


@pytest.mark.deep
def test_progress_says_what_was_reached_and_what_kappa_means(world: World) -> None:
    assert "not identifiable" in texts(opened(PROGRESS))
    give(world, "mia", "abbbbb")
    give(world, "kim", "abbbbb")
    st.cache_resource.clear()
    shown = texts(opened(PROGRESS))
    assert "6 of 6 items settled" in shown
    assert "kappa 1.00" in shown
    assert "as the Detectors page states it" in shown


# -- files -----------------------------------------------------------------------------------------


def test_planted_attacks_are_registered_on_the_page(world: World) -> None:
    app = opened(FILES)
    app.text_input(key="seed_name").set_value("payroll-1")
    press(app, "Register")
    assert world.session.tables.labels.filter(annotator_kind="seed").collect()["event_id"].to_list() == [
        "seed:payroll-1"
    ]
    press(app, "Register")
    assert any("seed is empty" in each.value for each in app.error)


def test_a_wrong_file_is_refused_line_by_line() -> None:
    told = "a.csv#line 2: label is 'x'; say attack; a.csv#line 4: no item; and 2 more. Nothing was recorded."
    assert labelling_files.complaints(told) == [
        "a.csv#line 2: label is 'x'; say attack",
        "a.csv#line 4: no item; and 2 more",
    ]
    assert labelling_files.complaints("a.csv: the header lacks label") == ["a.csv: the header lacks label"]


# -- an item ---------------------------------------------------------------------------------------


def test_hidden_characters_are_shown_and_markup_is_only_text() -> None:
    item = Item("e", 0, "a<b>\u200bc\nd", None, "javascript:alert(1)", "x.jsonl#3", 5, "user", None, None)
    assert labelling_item.text(item) == (
        '<div class="pm-item" tabindex="0">a&lt;b&gt;<mark>U+200B</mark>c\nd</div>'
    )
    assert "javascript" not in labelling_item.origin(item)
    assert "x.jsonl#3" in labelling_item.origin(item)


def test_an_item_without_text_says_where_to_look() -> None:
    item = Item("e", 0, None, None, "https://x.test/?a=1&b=2", None, None, None, None, None)
    assert "No text is kept" in labelling_item.text(item)
    assert 'href="https://x.test/?a=1&amp;b=2"' in labelling_item.origin(item)
