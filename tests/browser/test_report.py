"""The weekly report as a browser prints and shows it: one sheet, nothing cut, nothing too small."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dashboard.snapshot.report import render
from metrics.gate.states import Verdict
from tests.builders_report import content, full, stretched

pytestmark = pytest.mark.browser
SMALLEST_PT = 6.5


def pages(page: Page, html: str, tmp_path: Path) -> int:
    """Sheets of A4 that the report prints on."""
    page.set_content(html)
    target = tmp_path / "report.pdf"
    page.pdf(path=target, format="A4", print_background=True, prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))


def broken(judged: Verdict) -> Verdict:
    """The same pilot with a broken rule, whose sentence and outlook are long."""
    return replace(
        judged,
        state="NOT_MET",
        sentence="Rule broken: sprint 12, 1 of 35 (the rule allows 0 here). Earliest clear: 2026-08-26",
        blocked_by=("NOT_MET", "proven", "no_bypass"),
        clear_on=date(2026, 8, 26),
    )


@pytest.mark.parametrize("count", [1, 3, 6, 10])
def test_the_report_prints_on_one_sheet(page: Page, tmp_path: Path, count: int) -> None:
    assert pages(page, render(full(count)), tmp_path) == 1


@pytest.mark.parametrize("count", [3, 6, 10])
def test_long_numbers_still_fit_on_one_sheet(page: Page, tmp_path: Path, count: int) -> None:
    assert pages(page, render(stretched(count)), tmp_path) == 1


@pytest.mark.parametrize("count", [3, 6, 10])
def test_broken_rules_with_long_forecasts_fit_on_one_sheet(page: Page, tmp_path: Path, count: int) -> None:
    made = stretched(count)
    pilots = tuple(replace(each, verdict=broken(each.verdict)) for each in made.pilots)
    assert pages(page, render(replace(made, pilots=pilots)), tmp_path) == 1


def test_more_pilots_print_on_more_sheets(page: Page, tmp_path: Path) -> None:
    assert pages(page, render(full(20)), tmp_path) > 1


def test_a_quiet_week_prints_on_one_sheet(page: Page, tmp_path: Path) -> None:
    assert pages(page, render(content()), tmp_path) == 1


@pytest.mark.parametrize("count", [3, 10])
@pytest.mark.parametrize("width", [400, 1440])
def test_the_report_does_not_scroll_sideways(page: Page, count: int, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(render(full(count)))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("count", [1, 3, 6, 10])
def test_no_type_is_too_small_to_read(page: Page, count: int) -> None:
    page.set_content(render(full(count)))
    sizes = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => e.innerText && !e.closest('svg'))"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) * 72 / 96 >= SMALLEST_PT - 0.01


def test_telephones_get_type_of_their_own(page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    page.set_content(render(full(10)))
    assert page.evaluate("getComputedStyle(document.querySelector('main')).fontSize") == "15px"


def test_nothing_lies_over_anything_else(page: Page) -> None:
    page.set_content(render(full(10)))
    overlaps = page.evaluate(
        "[...document.querySelectorAll('.row')].filter(row => [...row.children].some((cell, i, all) =>"
        " i && cell.getBoundingClientRect().left < all[i - 1].getBoundingClientRect().right - 0.5)).length"
    )
    assert overlaps == 0


def test_the_report_works_without_scripts_and_fetches_nothing(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(render(full(3)))
    assert asked == []
