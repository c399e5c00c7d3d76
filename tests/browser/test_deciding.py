"""What a security reviewer does: find what waits, look at it, decide, and see the verdict follow."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.composition import Question, open_session
from tests.browser.conftest import ROOT, free_port, wait_until_up
from tests.browser.test_journeys import WIDTHS, repeat_until_visible, sideways, verdict_of

pytestmark = pytest.mark.browser

REASON = "the address comes from a constant list"


@pytest.fixture(scope="module")
def own_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of its own, whose pilots have ended and whose moment is now: what is decided counts at once."""
    place = tmp_path_factory.mktemp("deciding")
    shutil.copytree(ROOT / "data" / "demo", place / "demo")
    text = (ROOT / "data" / "pilot.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^as_of = .*\n", "", text)
    config = place / "pilot.toml"
    config.write_text(re.sub(r"(?m)^(start_on = .*)$", r"\1\nends_on = 2026-08-16", text), encoding="utf-8")
    open_session(Question(config=config)).ingest()
    return config


@pytest.fixture(scope="module")
def own_address(own_lake: Path) -> Iterator[str]:
    """Where that demo is served."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", f"--server.port={port}"]
    quiet = subprocess.DEVNULL
    environment = {**os.environ, "PILOT_CONFIG": str(own_lake)}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    try:
        wait_until_up(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def open_findings(page: Page, address: str, query: str = "pilot=checkout") -> None:
    page.goto(f"{address}/findings?{query}")
    expect(page.get_by_role("heading", name="Which findings are there")).to_be_visible()
    expect(page.locator(".pm-foot")).to_be_visible()


@pytest.mark.deep
def test_a_dismissal_moves_the_verdict_and_stands_after_a_reload(page: Page, own_address: str) -> None:
    page.goto(f"{own_address}/?pilot=checkout")
    expect(verdict_of(page)).to_contain_text("Waiting for triage")
    open_findings(page, own_address)
    expect(page.get_by_text("1 of them needs a decision")).to_be_visible()

    page.get_by_text("Only what needs a decision").click()
    expect(page.get_by_text("1 row", exact=True)).to_be_visible()
    panel = page.locator(".st-key-finding_panel")
    repeat_until_visible(lambda: open_first(page), panel)
    expect(panel).to_contain_text("not decided")
    expect(panel.get_by_role("link", name="Pull request")).to_have_attribute(
        "href", re.compile(r"/pull/\d+$")
    )

    panel.get_by_label("Your name").fill("rosa")
    panel.get_by_label("Your name").press("Enter")
    page.wait_for_timeout(500)  # until the page has begun to answer
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    choice = page.get_by_role("option", name="False positive")
    repeat_until_visible(lambda: open_list(page, panel.get_by_label("What do you decide?")), choice)
    choice.click()
    expect(panel.get_by_text("A dismissal needs a reason")).to_be_visible()
    panel.get_by_label("Reason").fill(REASON)
    panel.get_by_role("button", name="Record this decision").click()

    expect(page.get_by_text("Recorded: False positive.")).to_be_visible()
    expect(page.get_by_text("none needs a decision")).to_be_visible()
    page.reload()
    expect(page.locator(".st-key-finding_panel")).to_contain_text(f"False positive, by rosa: {REASON}")
    expect(page.locator(".st-key-finding_panel")).to_contain_text("dismissed")
    page.goto(f"{own_address}/?pilot=checkout")
    expect(verdict_of(page)).to_be_visible()
    expect(verdict_of(page)).not_to_contain_text("Waiting for triage")


def open_list(page: Page, box: Locator) -> None:
    """Open a list by keyboard: a click waits for a place that stands still, and gives up late."""
    box.focus(timeout=5_000)
    page.keyboard.press("ArrowDown")


def open_first(page: Page) -> None:
    """Open the first finding by keyboard alone."""
    page.get_by_role("combobox", name="Open a finding").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option").first.wait_for(state="visible", timeout=5_000)
    page.keyboard.press("Enter")


def test_choosing_a_row_opens_its_finding(page: Page, own_address: str) -> None:
    open_findings(page, own_address, "pilot=payments")
    table = page.locator(".st-key-findings_table [data-testid=stDataFrame]")
    panel = page.locator(".st-key-finding_panel")
    repeat_until_visible(lambda: table.click(position={"x": 17, "y": 52}), panel)
    expect(panel).to_contain_text("Its life")
    assert "finding=" in page.url


@pytest.mark.deep
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["findings?pilot=checkout", "escapes?pilot=checkout"])
def test_pages_of_decisions_do_not_scroll_sideways(
    page: Page, own_address: str, path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{own_address}/{path}")
    expect(page.locator(".pm-foot")).to_be_visible()
    assert sideways(page) <= 0
