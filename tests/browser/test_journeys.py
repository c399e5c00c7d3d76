"""What a manager does: open a page, choose a pilot, go from a number to what is behind it, compare weeks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from dashboard.cli import main
from tests.marks import deep

pytestmark = pytest.mark.browser

ESCAPES = 3  # place of the trace of escapes: clean, watched, untriaged, escape
WIDTHS = (*deep(1440), 400)


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


@pytest.mark.deep
def test_choosing_a_pilot_changes_the_verdict_and_the_address(page: Page, address: str) -> None:
    open_readiness(page, address)
    page.get_by_role("combobox", name="Pilot").click()
    page.get_by_role("option", name="checkout").click()
    expect(page.get_by_role("heading", name="Pilot checkout")).to_be_visible()
    expect(verdict_of(page)).to_contain_text("May not expand yet")
    assert "pilot=checkout" in page.url


@pytest.mark.deep
def test_a_pilot_can_be_opened_from_the_overview(page: Page, address: str) -> None:
    open_readiness(page, address)
    page.locator(".pm-pilots").get_by_role("link", name="search").click()
    expect(page.get_by_role("heading", name="Pilot search")).to_be_visible()


@pytest.mark.deep
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


@pytest.mark.deep
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
    assert sideways(page) <= 0


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    wider = page.evaluate(
        "[document.documentElement, document.querySelector('.stMain')]"
        ".map(element => element.scrollWidth - element.clientWidth)"
    )
    return int(max(wider))


def test_nothing_is_fetched_from_anywhere_else(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_readiness(page, address)
    page.goto(f"{address}/data-health")
    expect(page.locator(".js-plotly-plot").last).to_be_visible()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}


@pytest.mark.deep
def test_a_number_of_velocity_opens_as_many_pull_requests_as_it_says(page: Page, address: str) -> None:
    page.goto(f"{address}/velocity?pilot=payments")
    of_people = page.locator(".pm-card").first.get_by_role("link", name=re.compile("open the")).nth(1)
    of_people.click()
    page.wait_for_url(re.compile("people"))
    counted = page.locator("strong", has_text=re.compile(r"^[\d,]+ pull requests$"))
    expect(counted).to_be_visible()
    said = re.match(r"[\d,]+", counted.inner_text())
    assert said is not None
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Download .* rows")).click()
    assert pl.read_csv(Path(download.value.path())).height == int(said.group().replace(",", ""))


def test_methods_finds_a_number_its_source_and_its_function(page: Page, address: str) -> None:
    page.goto(f"{address}/methods")
    entries = page.locator(".pm-methods details")
    expect(entries.first).to_be_visible()
    box = page.get_by_role("textbox", name="Search")

    def search() -> None:
        box.fill("security_escape_rate_high")
        box.press("Enter")

    repeat_until_visible(search, page.locator(".pm-methods details[open]"))
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("metrics.measures.escape_rate_high")
    expect(entries.get_by_role("link", name=re.compile(r"^10\."))).to_have_attribute(
        "href", re.compile(r"^https://doi\.org/10\.")
    )
    assert "find=security_escape_rate_high" in page.url


@pytest.fixture(scope="module")
def sealed(lake: Path) -> None:
    """Two weeks of the demo, sealed."""
    for week in ("2026-W32", "2026-W33"):
        assert main(["snapshot", "--week", week, "--config", str(lake)]) == 0


@pytest.mark.deep
@pytest.mark.usefixtures("sealed")
def test_two_sealed_weeks_can_be_compared_and_downloaded(page: Page, address: str) -> None:
    page.goto(f"{address}/snapshots")
    expect(page.get_by_text("every byte and link as sealed")).to_be_visible()
    expect(page.get_by_role("heading", name="From 2026-W32 to 2026-W33")).to_be_visible()
    expect(page.get_by_text(re.compile("reads? differently"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="report.html").click()
    assert download.value.suggested_filename == "2026-W33-report.html"
    assert "2026-W33" in Path(download.value.path()).read_text(encoding="utf-8")


@pytest.mark.deep
@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["methods", "snapshots"])
def test_pages_of_text_do_not_scroll_sideways_either(page: Page, address: str, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/{path}")
    expect(page.locator(".pm-foot")).to_be_visible()
    assert sideways(page) <= 0
