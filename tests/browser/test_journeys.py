"""What a manager does: open Readiness, choose a pilot, click a mark, look at the data's health."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

pytestmark = pytest.mark.browser

ESCAPES = 3  # place of the trace of escapes: clean, watched, untriaged, escape
WIDTHS = (1440, 400)


def open_readiness(page: Page, address: str, query: str = "") -> None:
    page.goto(f"{address}/{query}")
    expect(page.get_by_role("heading", name="May this pilot expand?")).to_be_visible()
    expect(marks(page, 0).first).to_be_visible()


def marks(page: Page, trace: int) -> Locator:
    return page.locator(".st-key-track .scatterlayer .trace").nth(trace).locator("path.point")


def legend_count(page: Page, words: str) -> int:
    text = page.locator(".st-key-track .legendtext", has_text=words).text_content() or ""
    return int(text.rsplit("(", 1)[1].rstrip(")").replace(",", ""))


def verdict_of(page: Page) -> Locator:
    return page.locator(".pm-verdict")


def test_readiness_shows_every_pilot_with_both_lines(page: Page, address: str) -> None:
    open_readiness(page, address)
    for pilot in ("payments", "search", "checkout"):
        expect(page.locator(".pm-pilots").get_by_role("link", name=pilot)).to_be_visible()
    expect(verdict_of(page)).to_contain_text("Rule")
    expect(verdict_of(page)).to_contain_text("Evidence")


def test_choosing_a_pilot_changes_the_verdict_and_the_address(page: Page, address: str) -> None:
    open_readiness(page, address)
    page.get_by_role("combobox", name="Pilot").click()
    page.get_by_role("option", name="checkout").click()
    expect(page.get_by_role("heading", name="Pilot checkout")).to_be_visible()
    expect(verdict_of(page)).to_contain_text("May not expand yet")
    assert "pilot=checkout" in page.url


def test_a_pilot_can_be_opened_from_the_overview(page: Page, address: str) -> None:
    open_readiness(page, address)
    page.locator(".pm-pilots").get_by_role("link", name="search").click()
    expect(page.get_by_role("heading", name="Pilot search")).to_be_visible()


def test_there_are_as_many_marks_as_the_legend_says(page: Page, address: str) -> None:
    open_readiness(page, address, "?pilot=checkout")
    for trace, words in enumerate(("Watched, clean", "Still watched", "Untriaged finding", "Escape")):
        expect(marks(page, trace)).to_have_count(legend_count(page, words))


def test_clicking_an_escape_opens_its_pull_request_and_its_finding(page: Page, address: str) -> None:
    open_readiness(page, address, "?pilot=checkout")
    panel = page.locator(".st-key-change_panel")
    mark = marks(page, ESCAPES).first
    repeat_until_visible(lambda: click_middle(page, mark), panel)
    expect(panel).to_contain_text("1 finding")
    expect(panel.locator(".pm-findings")).to_contain_text("confirmed")
    expect(panel.get_by_role("link", name="Open acme/")).to_have_attribute("href", re.compile(r"/pull/\d+$"))
    assert "change=" in page.url


def click_middle(page: Page, mark: Locator) -> None:
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def repeat_until_visible(act: Callable[[], object], wanted: Locator) -> None:
    """On a busy machine a page may still be drawn anew when the first key or click reaches it."""
    for _ in range(8):
        act()
        try:
            wanted.first.wait_for(state="visible", timeout=5_000)
        except PlaywrightTimeoutError:
            continue
        return
    expect(wanted.first).to_be_visible()


def test_a_change_can_be_opened_with_the_keyboard_alone(page: Page, address: str) -> None:
    open_readiness(page, address, "?pilot=checkout")
    box = page.get_by_role("combobox", name="Open a change")

    def open_list() -> None:
        box.focus()
        page.keyboard.press("ArrowDown")

    repeat_until_visible(open_list, page.get_by_role("option"))
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-change_panel")).to_contain_text("finding")


def test_a_download_has_as_many_rows_as_its_button_says(page: Page, address: str) -> None:
    open_readiness(page, address, "?pilot=checkout")
    button = page.get_by_role("button", name=re.compile("Download .* rows"))
    said = re.search(r"[\d,]+", button.inner_text())
    assert said is not None
    with page.expect_download() as download:
        button.click()
    rows = pl.read_csv(Path(download.value.path()))
    assert rows.height == int(said.group().replace(",", ""))


def test_data_health_shows_every_source(page: Page, address: str) -> None:
    page.goto(f"{address}/data-health")
    expect(page.get_by_role("heading", name="Can the data be believed?")).to_be_visible()
    expect(page.get_by_role("heading", name="Sources")).to_be_visible()
    expect(page.get_by_text("Rows in quarantine")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["?pilot=checkout", "data-health"])
def test_no_page_scrolls_sideways(page: Page, address: str, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/{path}")
    expect(page.locator(".js-plotly-plot").last).to_be_visible()
    wider = page.evaluate(
        "[document.documentElement, document.querySelector('.stMain')]"
        ".map(element => element.scrollWidth - element.clientWidth)"
    )
    assert max(wider) <= 0


def test_nothing_is_fetched_from_anywhere_else(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_readiness(page, address)
    page.goto(f"{address}/data-health")
    expect(page.locator(".js-plotly-plot").last).to_be_visible()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}
