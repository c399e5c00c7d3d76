"""Two people label the same draw at the same time, a third settles, and the miss rate follows; keys alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import labelling
from tests.browser.conftest import PATIENCE_SECONDS, ROOT, free_port, wait_until_up
from tests.browser.test_journeys import repeat_until_visible
from tests.builders_labelling import SCORE, draw, labelling_world
from tests.builders_snapshot import World

pytestmark = pytest.mark.browser

SIZE = 6
ROSA, KIM = "abbbbb", "aabbbb"  # the second item divides them
Said = tuple[str, str, bool]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Six items are drawn."""
    made = labelling_world(tmp_path_factory.mktemp("labelling"))
    draw(made, SIZE)
    return made


@pytest.fixture(scope="module")
def own_address(world: World) -> Iterator[str]:
    """Where that store is served."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", f"--server.port={port}"]
    quiet = subprocess.DEVNULL
    environment = {**os.environ, "PILOT_CONFIG": str(world.config)}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    try:
        wait_until_up(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def people(browser: Browser) -> Iterator[tuple[Page, Page]]:
    """Two people, each with a browser of their own."""
    contexts = [browser.new_context(viewport={"width": 1280, "height": 900}) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.set_default_timeout(1000 * PATIENCE_SECONDS)
    yield pages[0], pages[1]
    for context in contexts:
        context.close()


def at_rest(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def shows(page: Page, words: str) -> None:
    expect(page.locator(".st-key-labelling_progress")).to_contain_text(words)
    at_rest(page)


def heard(page: Page, key: str, words: str) -> None:
    """A key may come before the page listens; pressed again for an item left already, it is dropped."""
    try:
        expect(page.locator(".st-key-labelling_progress")).to_contain_text(words, timeout=12_000)
    except AssertionError:
        page.keyboard.press(key)
    shows(page, words)


def sit_down(page: Page, address: str, name: str) -> None:
    """Give the name once; from here on no field has the cursor, so that keys are labels."""
    page.goto(f"{address}/labelling?pilot=pay&view=Label")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your name").press("Enter")
    shows(page, f"0 of {SIZE}, {SIZE} left")


def open_view(page: Page, address: str, view: str, name: str) -> None:
    page.goto(f"{address}/labelling?pilot=pay&view={view}&annotator={name}")
    expect(page.get_by_role("heading", name="What did a detector miss?")).to_be_visible()


def said(world: World) -> list[Said]:
    rows = world.session.tables.labels.filter(pl.col("design_id").is_not_null())
    return sorted(rows.select("annotator", "label", "is_adjudication").collect().iter_rows())


def test_two_people_label_at_once_a_third_settles_and_the_numbers_follow(
    people: tuple[Page, Page], own_address: str, world: World
) -> None:
    rosa, kim = people
    sit_down(rosa, own_address, "rosa")
    sit_down(kim, own_address, "kim")
    for done, keys in enumerate(zip(ROSA, KIM, strict=True), start=1):
        for page, key in zip(people, keys, strict=True):
            is_blind(page)
            page.keyboard.press(key)  # neither waits for the other
        if done < SIZE:
            for page, key in zip(people, keys, strict=True):
                heard(page, key, f"{done} of {SIZE}, {SIZE - done} left")
    for page in people:
        expect(page.get_by_text("All done: nothing waits for you")).to_be_visible()

    open_view(rosa, own_address, "Disagreements", "zoe")
    panel = rosa.locator(".st-key-labelling_disagreement")
    for words in ("rosa", "benign", "kim", "attack", "text of p"):
        expect(panel).to_contain_text(words)
    at_rest(rosa)
    rosa.keyboard.press("a")
    expect(rosa.get_by_text("Every disagreement is settled")).to_be_visible()

    open_view(kim, own_address, "Progress", "kim")
    answer = kim.locator(".pm-verdict")
    expect(answer).to_contain_text(f"{SIZE} of {SIZE} items settled")
    expect(answer).to_contain_text(
        re.compile(r"Cohen's kappa 0\.\d\d \(.* to .*\); 5 of 6 items labelled alike")
    )
    expect(answer).to_contain_text(re.compile(r"Miss rate.*between.*as the Detectors page states it"))

    assert said(world) == sorted(
        [("rosa", full(key), False) for key in ROSA]
        + [("kim", full(key), False) for key in KIM]
        + [("zoe", "attack", True)]
    )
    is_each_once(world)


def full(key: str) -> str:
    return {"a": "attack", "b": "benign"}[key]


def is_blind(page: Page) -> None:
    """Nothing that anybody or any program said of an item is anywhere in the page."""
    body = page.locator("body").inner_html()
    sheet = re.compile(r"<style.*?</style>", re.DOTALL)
    told = sheet.sub("", body)
    other = {"rosa", "kim"} - set(re.findall(r"You are <b>(\w+)</b>", told))
    for secret in (SCORE, SCORE[:6], "flagged", "passed", "stratum", "by Other", *other):
        assert secret not in told, secret


def is_each_once(world: World) -> None:
    """Every item has one label of each, with a moment of its own; the page shows what the tables hold."""
    rows = world.session.tables.labels.filter(pl.col("design_id").is_not_null()).collect()
    own = rows.filter(~pl.col("is_adjudication"))
    assert own.select("event_id", "annotator").is_unique().all()
    assert own.group_by("event_id").len()["len"].to_list() == [2] * SIZE
    assert rows["labelled_at"].null_count() == 0
    assert not own["saw_score"].any()
    (found,) = labelling.designs(world.session)
    assert (found.done, found.open_disagreements) == (SIZE, 0)


@pytest.mark.deep
def test_a_kind_is_typed_and_a_label_is_put_right_without_the_mouse(
    page: Page, own_address: str, world: World
) -> None:
    name = draw(world, 4)
    page.goto(f"{own_address}/labelling?pilot=pay&view=Label&annotator=mia&draw={name}")
    shows(page, "0 of 4, 4 left")
    field = page.get_by_label("Kind of attack")
    repeat_until_visible(lambda: page.keyboard.press("f"), field)  # the first key may come before its ear
    expect(field).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("exfiltration")
    page.keyboard.press("Enter")
    shows(page, "1 of 4, 3 left")
    page.keyboard.press("1")
    shows(page, "2 of 4, 2 left")
    page.keyboard.press("z")
    expect(page.get_by_text("You said: attack, exfiltration.")).to_be_visible()
    at_rest(page)
    page.keyboard.press("u")
    expect(page.get_by_text("You said:")).to_have_count(0)
    rows = world.session.tables.labels.filter(pl.col("annotator") == "mia").sort("labelled_at").collect()
    assert rows.select("label", "family").rows() == [
        ("attack", "exfiltration"), ("attack", "exfiltration"), ("unsure", None),
    ]  # fmt: skip
    assert rows["event_id"][1] == rows["event_id"][2] != rows["event_id"][0]
