from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import loading
from ingest.errors import ConfigurationError
from tests.builders_dashboard import FakeSession, published

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
PAGES = ("views/readiness.py", "views/data_health.py")  # that a session without measured rows can serve
ON_TABLES = (*PAGES, "views/velocity.py", "views/code_quality.py")  # that rest on ingested tables


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSession]:
    fake = FakeSession()
    monkeypatch.setattr(loading, "open_session", lambda: fake)
    st.cache_resource.clear()
    yield fake
    st.cache_resource.clear()


def opened(page: str | None = None) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30).run()
    return app.switch_page(page).run() if page else app


def opened_at(page: str, **query: str) -> AppTest:
    """Open a page by its address."""
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run().switch_page(page).run()


def texts(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.info, *app.error, *app.title, *app.header]
    return " | ".join([str(each.value) for each in elements] + [str(each.proto.body) for each in app.html])


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(page: str) -> None:
    app = opened(page)
    assert not app.exception
    assert app.title


@pytest.mark.parametrize("page", PAGES)
def test_a_fixed_moment_is_said_on_every_page(page: str) -> None:
    assert "As of **2026-08-17**, fixed in the configuration" in texts(opened(page))


def test_without_a_fixed_moment_there_is_no_banner(session: FakeSession) -> None:
    session.as_of_fixed = False
    assert "fixed in the configuration" not in texts(opened())


@pytest.mark.parametrize("page", ON_TABLES)
def test_before_the_first_ingest_every_page_says_what_to_do(session: FakeSession, page: str) -> None:
    session.published = None
    app = opened(page)
    assert not app.exception
    assert "Run `pilot ingest`" in texts(app)


def test_an_error_of_the_product_is_one_line_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> FakeSession:
        raise ConfigurationError("pilot.toml: gate.require is 'maybe'; expected proven")

    monkeypatch.setattr(loading, "open_session", broken)
    app = opened()
    assert [error.value for error in app.error] == ["pilot.toml: gate.require is 'maybe'; expected proven"]
    assert not app.exception


def test_a_second_look_at_the_same_publication_judges_nothing_again(session: FakeSession) -> None:
    opened()
    opened()
    assert sorted(session.asked) == ["checkout", "payments", "search"]


def test_a_new_publication_is_judged_anew(session: FakeSession) -> None:
    opened()
    session.published = published("a-later-run")
    opened()
    assert len(session.asked) == 6
