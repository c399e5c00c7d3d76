"""From the answer about prompts to the rows behind it, on a wide screen and on a telephone."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journeys import WIDTHS, sideways

pytestmark = pytest.mark.browser


def open_approvals(page: Page, address: str, pilot: str) -> None:
    page.goto(f"{address}/approvals?pilot={pilot}")
    expect(page.locator(".pm-foot")).to_be_visible()


def test_a_number_about_prompts_opens_as_many_rows_as_it_says(page: Page, address: str) -> None:
    open_approvals(page, address, "checkout")
    link = page.locator(".pm-card").first.get_by_role("link", name=re.compile("open the"))
    said = re.search(r"[\d,]+", link.first.inner_text())
    assert said is not None
    link.first.click()
    page.wait_for_url(re.compile("approved="))
    expect(page.locator("strong", has_text=re.compile(rf"^{said.group()} decisions$"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Download .* rows")).click()
    assert pl.read_csv(Path(download.value.path())).height == int(said.group().replace(",", ""))


@pytest.mark.deep
def test_a_pilot_of_few_people_shows_counts_and_nobody(page: Page, address: str) -> None:
    open_approvals(page, address, "search")
    expect(page.locator(".pm-verdict")).to_contain_text("3 people, and no rate is stated")
    expect(page.get_by_text("Nobody is shown below 5 people")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_does_not_scroll_sideways(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_approvals(page, address, "payments")
    assert sideways(page) <= 0
