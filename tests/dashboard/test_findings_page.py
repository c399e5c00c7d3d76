from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import loading, recording
from dashboard.components import explorer, explorer_form, explorer_text, explorer_who
from dashboard.components.explorer_evidence import life
from dashboard.components.explorer_rows import Wanted, all_findings, filtered, options
from dashboard.components.explorer_sights import by_tool, first_sights_of
from metrics.gate.case import Ask, Case
from tests.builders_dashboard import finding as plain_finding
from tests.builders_metrics import (
    REPOSITORY,
    bypass,
    day,
    decision,
    finding,
    landed,
    pilot,
    policy,
    pull_request,
    review,
    scan,
    tables,
)
from tests.builders_snapshot import World
from tests.dashboard.test_app import APP, opened, texts

PAGE = "views/findings.py"
AS_OF = day(30)
ROWS: dict[str, Any] = {
    "pull_requests": [
        pull_request(1, 2),
        pull_request(2, 20, authorship="human", agent=None),
        pull_request(3, 3, authorship="assisted"),
    ],
    "reviews": [review(1, 1.9)],
    "scans": [
        scan("base", 0),
        scan("main-5", 5, tool="scan-b"),
        scan("main-7", 7, tool="scan-c"),
    ],
    "findings": [
        finding("escape", 1, 5, seen_commit="4f2a9c", tools=["scan-b", "scan-c"], cwe=["CWE-89"],
                message="Query built from input"),
        bypass("before", 1, 1.8, severity="critical", path="src/pay.py"),
        finding("people", 2, 25, severity="medium", rule="py/xss"),
        finding("assist", 3, 6, severity="low"),
        finding("nobody", None, 8, path=None, line=None),
        finding("old", None, -3, method="baseline"),
    ],
    "dispositions": [decision("people", "false_positive", 26), decision("before", "accepted", 1.85)],
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with findings of every kind."""
    folder = tmp_path_factory.mktemp("findings")
    World(folder).deliver(28, **ROWS)
    return folder / "lake"


@pytest.fixture
def world(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A copy of it that pages open; people decide a while before the moment that is looked at."""
    shutil.copytree(filled, tmp_path / "lake")
    made = World(tmp_path)
    made.look(30)
    monkeypatch.setattr(loading, "open_session", lambda: made.session)
    monkeypatch.setattr(recording, "clock", lambda: day(29))
    st.cache_resource.clear()
    yield made
    st.cache_resource.clear()


def case(**changed: Any) -> Case:
    return Case(tables(**{**ROWS, **changed}), pilot(), policy(), Ask(AS_OF))


def ids(found: pl.DataFrame) -> list[str]:
    return [each.rstrip("_") for each in found["finding_id"]]


def shown(app: AppTest) -> list[str]:
    """What the rows of the table are about."""
    return [each.rstrip("_") for each in app.dataframe[0].value["Id"]] if app.dataframe else []


def alone(**query: str) -> AppTest:
    """Open the page by its address, without the frame around it: that has tests of its own."""
    app = AppTest.from_file(APP.parent / PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def fill(app: AppTest, disposition: str, reason: str = "", **others: str) -> AppTest:
    """Choose what is decided, fill the form in and send it off."""
    app.selectbox(key=explorer_form.DISPOSITION_KEY).set_value(disposition).run()
    app.text_area[0].set_value(reason)
    for label, value in others.items():
        next(each for each in app.text_input if each.label.startswith(label)).set_value(value)
    return app.button[-1].click().run()


def named(app: AppTest, name: str = "rosa") -> AppTest:
    return app.text_input(key=explorer_who.FIELD_KEY).set_value(name).run()


# -- which findings there are ----------------------------------------------------------------------


def test_every_finding_is_listed_whatever_it_counts_as() -> None:
    found = all_findings(case())
    counts = dict(zip(ids(found), found["counts_as"], strict=True))
    assert counts == {
        "escape": "escape",
        "before": "merged over it",
        "people": "dismissed",
        "assist": "below what counts",
        "nobody": "no change explains it",
        "old": "older than the first look",
    }


def test_why_a_finding_is_counted_to_no_change_is_said_as_it_is() -> None:
    pushed = finding("pushed", None, 9, introduced_commit="f00d")
    own = finding("own", None, 9, introduced_commit="beef")
    found = all_findings(case(
        findings=[*ROWS["findings"], pushed, own],
        landed_commits=[landed("f00d", 4, authorship="agent"), landed("beef", 5, pull_request=1)],
    ))  # fmt: skip
    counts = dict(zip(ids(found), found["counts_as"], strict=True))
    assert counts["pushed"] == "pushed past review"
    assert counts["own"] == "landed with a change of the pilot that it is not attributed to"
    assert counts["nobody"] == "no change explains it"


def test_what_needs_a_decision_comes_first_and_then_the_worst() -> None:
    found = all_findings(case())
    waiting = found.filter("waiting")
    assert ids(waiting) == ["nobody", "escape"]
    assert ids(found)[:3] == ["nobody", "escape", "before"]


def test_arm_and_sprint_are_those_of_the_change() -> None:
    found = all_findings(case()).with_columns(pl.col("finding_id").str.strip_chars("_"))
    told = {row["finding_id"]: (row["arm"], row["sprint"]) for row in found.iter_rows(named=True)}
    assert told["escape"] == ("agent", 1)
    assert told["people"] == ("human", 2)
    assert told["assist"] == ("assisted", 1)
    assert told["nobody"] == ("no known change", None)


def test_the_order_of_rows_does_not_depend_on_the_order_of_the_tables() -> None:
    reversed_rows = {name: list(reversed(rows)) for name, rows in ROWS.items()}
    assert all_findings(case()).equals(all_findings(case(**reversed_rows)))


def test_a_pilot_of_some_paths_lists_only_what_is_inside() -> None:
    narrow = Case(tables(**ROWS), pilot(paths=("src/**",)), policy(), Ask(AS_OF))
    assert "before" in ids(all_findings(narrow))
    assert "old" not in ids(all_findings(narrow))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted("XSS"), {"people"}),
        (Wanted("query INPUT"), {"escape"}),
        (Wanted(f"{REPOSITORY}#2"), {"people"}),
        (Wanted("src/pay.py"), {"before"}),
        (Wanted("", {"severity": ("critical", "medium")}), {"before", "people"}),
        (Wanted("", {"tool": ("scan-c",)}), {"escape"}),
        (Wanted("", {"sprint": ("outside",)}), {"nobody", "old"}),
        (Wanted("", {"arm": ("human",)}), {"people"}),
        (Wanted("", {"stage": ("pre_merge",), "status": ("confirmed",)}), {"before"}),
        (Wanted("", {"method": ("baseline",)}), {"old"}),
        (Wanted("", {}, only_waiting=True), {"escape", "nobody"}),
        (Wanted("(["), set()),
    ],
)
def test_filters_find_what_is_meant(wanted: Wanted, expected: set[str]) -> None:
    assert set(ids(filtered(all_findings(case()), wanted))) == expected


def test_what_can_be_chosen_is_what_there_is() -> None:
    found = all_findings(case())
    assert options(found, "severity") == ["critical", "high", "medium", "low"]
    assert options(found, "sprint") == ["1", "2", "outside"]
    assert options(found, "tool") == ["scan-a", "scan-b", "scan-c"]


# -- the page --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("world")
def test_the_page_counts_what_it_lists() -> None:
    app = alone()
    assert not app.exception
    assert "**6 findings** in the pilot's repositories; **2 of them need a decision**" in texts(app)
    assert "**6 rows**" in texts(app)
    assert len(shown(app)) == 6
    assert "Download 6 rows (CSV)" in [button.proto.label for button in app.get("download_button")]


CHOSEN = (
    ("severity", "critical", "before"),
    ("status", "dismissed", "people"),
    ("stage", "before merge", "before"),
    ("arm", "human", "people"),
    ("tool", "scan-c", "escape"),
    ("method", "was there when looking began", "old"),
    ("sprint", "2", "people"),
)


@pytest.mark.usefixtures("world")
def test_every_chooser_changes_the_rows_and_their_count() -> None:
    app = alone()
    for key, value, expected in CHOSEN:
        app.multiselect(key=key).set_value([value]).run()
        assert shown(app) == [expected]
        assert "**1 row**" in texts(app)
        app.multiselect(key=key).set_value([])


@pytest.mark.usefixtures("world")
def test_an_address_brings_every_filter_back() -> None:
    method = "the only merge since the scan before"
    app = alone(arm="human", status="dismissed", sprint="2", method=method)
    assert shown(app) == ["people"]
    assert [app.multiselect(key=key).value for key in ("arm", "sprint")] == [["human"], ["2"]]


@pytest.mark.usefixtures("world")
def test_search_and_toggle_change_the_rows_by_hand_and_by_address() -> None:
    app = alone()
    app.toggle(key="waiting").set_value(True).run()
    assert shown(app) == ["nobody", "escape"]
    app.text_input(key="search").set_value("query").run()
    assert shown(app) == ["escape"]
    assert shown(alone(search="query", waiting="true")) == ["escape"]


@pytest.mark.usefixtures("world")
def test_filters_that_leave_nothing_say_so_and_can_be_taken_away() -> None:
    app = alone(search="nothing like it", severity="high")
    assert "No finding is like that" in texts(app)
    assert "**0 rows**" in texts(app)
    next(button for button in app.button if button.label == "Clear the filters").click().run()
    assert len(shown(app)) == 6


@pytest.mark.usefixtures("world")
def test_opening_a_finding_shows_all_that_is_known_of_it() -> None:
    app = alone()
    app.selectbox(key=explorer.FINDING_KEY).set_value("escape__").run()
    told = texts(app)
    assert not app.exception
    for words in (
        "py/sql-injection", "app.py:3", "Query built from input", "CWE-89",
        "acme/pay#1 (agent, copilot): Change 1",
        "the only merge since the scan before; confidence medium", "first seen by scan-a, after merge",
    ):  # fmt: skip
        assert words in told
    links = [each.proto.url for each in app.get("link_button")]
    assert links == [
        "https://example.org/acme/pay/blob/4f2a9c/app.py#L3",
        "https://example.org/acme/pay/pull/1",
    ]


@pytest.mark.usefixtures("world")
def test_an_address_opens_its_finding_also_when_filters_hide_its_row() -> None:
    app = alone(finding="escape__", severity="critical")
    assert shown(app) == ["before"]
    assert "Query built from input" in texts(app)


@pytest.mark.usefixtures("world")
def test_an_address_that_names_no_finding_opens_none() -> None:
    app = alone(finding="gone_forever")
    assert not app.exception
    assert app.selectbox(key=explorer.FINDING_KEY).value is None


def test_a_chosen_row_opens_its_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {explorer.TABLE_KEY: {"selection": {"rows": [1]}}}
    monkeypatch.setattr(st, "session_state", state)
    explorer._open(["a", "b"])
    assert state[explorer.FINDING_KEY] == "b"  # type: ignore[comparison-overlap]


@pytest.mark.usefixtures("world")
def test_before_the_first_ingest_and_without_findings_the_page_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    empty = World(tmp_path / "empty")
    monkeypatch.setattr(loading, "open_session", lambda: empty.session)
    st.cache_resource.clear()
    assert "Nothing has been ingested yet" in texts(alone())
    empty.deliver(20, pull_requests=[pull_request(1, 2)])
    st.cache_resource.clear()
    assert "No finding is known" in texts(alone())


def test_long_lists_are_cut_and_say_so(world: World) -> None:
    world.deliver(28.5, findings=[finding(f"more{number:05}", 1, 5) for number in range(250)])
    app = alone()
    assert "**256 rows**; the first 200 are shown, the download has all" in texts(app)
    assert len(shown(app)) == 200


# -- deciding --------------------------------------------------------------------------------------


def test_a_decision_is_recorded_and_shown_at_once(world: World) -> None:
    app = named(alone(finding="escape__"))
    fill(app, "False positive", "the input is a constant")
    assert not app.exception
    told = texts(app) + " ".join(each.value for each in app.success)
    assert "Recorded: False positive." in told
    assert "**1 of them needs a decision**" in told
    assert "False positive, by rosa: the input is a constant" in told
    rows = world.session.tables.dispositions.filter(pl.col("finding_id") == "escape__").collect()
    (row,) = rows.iter_rows(named=True)
    assert (row["decided_by"], row["source"], row["raw_ref"]) == (
        "rosa",
        "dashboard",
        "page Findings, by rosa",
    )
    assert app.text_area[0].value == ""


def test_a_decision_can_be_reopened_and_both_stay_listed(world: World) -> None:
    app = named(alone(finding="people__"))
    assert "Reopened: decide again" in app.selectbox(key=explorer_form.DISPOSITION_KEY).options
    fill(app, "Reopened: decide again")
    told = texts(app)
    assert "False positive, by sam: looked at it" in told
    assert "Reopened: decide again, by rosa" in told
    assert world.session.tables.dispositions.filter(pl.col("finding_id") == "people__").collect().height == 2


@pytest.mark.usefixtures("world")
def test_what_was_never_decided_cannot_be_reopened() -> None:
    app = alone(finding="escape__")
    assert "Reopened: decide again" not in app.selectbox(key=explorer_form.DISPOSITION_KEY).options


@pytest.mark.parametrize(
    ("name", "disposition", "reason", "second", "words"),
    [
        ("", "Confirmed: it is real", "", None, "nobody is named"),
        ("jo@example.org", "Confirmed: it is real", "", None, "e-mail address"),
        ("rosa", "False positive", " ", None, "so they say why"),
        ("rosa", "Risk accepted", "until the next release", "", "needs a second person"),
        ("rosa", "Risk accepted", "until the next release", "Rosa", "cannot be the second person"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_in_words_and_nothing_is_kept(  # noqa: PLR0913, PLR0917 - one row of a table
    world: World, name: str, disposition: str, reason: str, second: str | None, words: str
) -> None:
    before = world.store.published()
    app = named(alone(finding="escape__"), name)
    fill(app, disposition, reason, **({} if second is None else {"Second person": second}))
    assert words in texts(app)
    assert world.store.published() == before
    assert app.text_area[0].value == reason


def test_an_acceptance_keeps_its_second_person_and_its_end(world: World) -> None:
    app = named(alone(finding="escape__"))
    app.selectbox(key=explorer_form.DISPOSITION_KEY).set_value("Risk accepted").run()
    app.text_area[0].set_value("behind the firewall")
    app.text_input[-1].set_value("kim")
    app.date_input[0].set_value(day(60).date())
    app.button[-1].click().run()
    assert "agreed by kim; until" in texts(app)
    row = (
        world.session.tables.dispositions.filter(pl.col("second_person") == "kim")
        .collect()
        .row(0, named=True)
    )
    assert row["expires_at"] == day(60)


@pytest.mark.usefixtures("world")
def test_the_name_is_asked_for_once_a_session() -> None:
    app = opened(PAGE)
    app.selectbox(key=explorer.FINDING_KEY).set_value("escape__").run()
    named(app)
    app.switch_page("views/data_health.py").run()
    app.switch_page(PAGE).run()
    app.selectbox(key=explorer.FINDING_KEY).set_value("escape__").run()
    assert app.text_input(key=explorer_who.FIELD_KEY).value == "rosa"


@pytest.mark.usefixtures("world")
def test_who_is_signed_in_decides_and_needs_no_name() -> None:
    app = alone(finding="escape__")
    app.user = {"is_logged_in": True, "email": "kim@example.org"}
    app.run()
    assert "You decide as **kim**" in texts(app)
    fill(app, "Confirmed: it is real")
    assert "Confirmed: it is real, by kim" in texts(app)


@pytest.mark.usefixtures("world")
def test_with_a_login_nobody_decides_unsigned(world: World) -> None:
    before = world.store.published()
    app = alone(finding="escape__")
    app.user = {"is_logged_in": False}
    app.run()
    assert "Sign in to decide" in [button.label for button in app.button]
    assert not [each for each in app.text_input if each.key == explorer_who.FIELD_KEY]
    fill(app, "Confirmed: it is real")
    assert "nobody is named" in texts(app)
    assert world.store.published() == before


def test_a_decision_after_the_fixed_moment_is_listed_as_such(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "clock", lambda: day(40))
    app = named(alone(finding="escape__"))
    assert "The configuration fixes the moment of judgement at 2026-07-01" in texts(app)
    fill(app, "Confirmed: it is real")
    assert "it counts from then on" in texts(app)
    assert "**2 of them need a decision**" in texts(app)
    world.look(41)
    st.cache_resource.clear()
    assert "**1 of them needs a decision**" in texts(alone())


def test_a_store_that_another_writer_holds_is_said_in_one_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = recording.Door("dashboard", "page Findings", wait_seconds=0)
    monkeypatch.setattr(explorer_form, "DOOR", door)
    app = named(alone(finding="escape__"))
    with world.store.lock("ingest"):
        fill(app, "Confirmed: it is real")
    assert "the store is being written by process" in texts(app)


def test_a_store_that_cannot_be_written_is_said_in_one_line(world: World, tmp_path: Path) -> None:
    app = named(alone(finding="escape__"))
    lock = tmp_path / "lake" / ".lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    fill(app, "Confirmed: it is real")
    assert "make the folder writable for this user" in texts(app)
    assert world.session.tables.dispositions.collect().height == 2


# -- words -----------------------------------------------------------------------------------------


def told(**given: Any) -> dict[str, Any]:
    """An opened finding as the page has it."""
    usual = plain_finding(
        post_merge_seen_at=None,
        gone_at=None,
        tools=["DeepScan"],
        aliases=[],
        close_at=None,
        reported_by="scan",
    )
    return usual | given


def decided(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {"decided_at": pl.Datetime("us", "UTC"), "disposition": pl.String, "decided_by": pl.String,
              "reason": pl.String, "second_person": pl.String, "expires_at": pl.Datetime("us", "UTC"),
              "is_later": pl.Boolean}  # fmt: skip
    return pl.DataFrame(list(rows), schema=schema)


def sights(*rows: tuple[str, str, int | None, datetime]) -> pl.DataFrame:
    schema = {"finding_id": pl.String, "tool": pl.String, "pull_request": pl.Int64,
              "first_seen_at": pl.Datetime("us", "UTC")}  # fmt: skip
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def test_a_late_dismissal_is_marked() -> None:
    event = {"decided_at": day(20), "disposition": "false_positive", "decided_by": "sam", "reason": "no",
             "second_person": None, "expires_at": None, "is_later": False}  # fmt: skip
    late = [words for _, words in life(told(close_at=day(14)), sights(), decided(event))]
    early = [words for _, words in life(told(close_at=day(28)), sights(), decided(event))]
    assert "False positive, by sam: no; after its sprint had closed" in late
    assert "False positive, by sam: no" in early


def test_every_scanner_stands_with_its_first_sight() -> None:
    row = told(tool="A", tools=["A", "B", "C"], first_seen_at=day(3), aliases=["b" * 16])
    own = (row["finding_id"], "A", None, day(3))
    known = sights(own, ("b" * 16, "B", None, day(9)), ("b" * 16, "B", 7, day(5)))
    assert by_tool(known, row) == [("A", day(3)), ("B", day(5)), ("C", None)]


def test_what_the_head_of_another_change_shows_is_no_first_report() -> None:
    row = told(tool="A", tools=["A", "B"], first_seen_at=day(5), repository="acme/pay", stage="post_merge")
    of_heads = (("f", "A", 8, day(3)), ("f", "A", 7, day(2)), ("f", "B", None, day(1)))
    known = sights(
        *((row["finding_id"], *rest) for _, *rest in of_heads), (row["finding_id"], "B", None, day(6))
    )
    assert by_tool(known, row) == [("A", day(5)), ("B", day(6))]
    assert [(at, words) for at, words in sorted(life(row, known, decided())) if "seen by" in words] == [
        (day(1), "seen by B; not its first report"),
        (day(2), "seen by A on the head of acme/pay#7; not its first report"),
        (day(5), "first seen by A, after merge"),
        (day(6), "first seen by B"),
    ]


def test_what_a_person_found_is_said_to_be_so() -> None:
    row = told(tool=None, tools=["a person"], reported_by="audit")
    assert "first seen by an audit, after merge" in [words for _, words in life(row, sights(), decided())]


def test_first_sights_come_from_scans_of_the_repository(world: World) -> None:
    assert first_sights_of(world.session, REPOSITORY).is_empty()  # this lake holds no single results


@pytest.mark.parametrize(
    ("page", "commit", "path"),
    [(None, "4f", "a.py"), ("https://h/o/n/pull/1", None, "a.py"), ("https://h/o/n/pull/1", "4f", None),
     ("ftp://h/o/n/pull/1", "4f", "a.py"), ("https://h/o/n/issues/1", "4f", "a.py")],
)  # fmt: skip
def test_without_all_of_its_parts_there_is_no_address(
    page: str | None, commit: str | None, path: str | None
) -> None:
    assert explorer_text.line_address(page, commit, (path, 1)) is None
