"""What many tests start from: sessions that are measured, and stores with weeks in them, copied for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from dashboard import loading
from dashboard.measured import Measured, measure
from dashboard.snapshot import files
from tests.builders_measured import MeasuredSession
from tests.builders_snapshot import World, words_of


@pytest.fixture(scope="session")
def published_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four weeks, none of them sealed."""
    folder = tmp_path_factory.mktemp("published")
    World(folder).four_weeks()
    return folder / "lake"


@pytest.fixture(scope="session")
def sealed_lake(published_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with WEEK sealed, its report in the stand-in's words."""
    folder = tmp_path_factory.mktemp("sealed")
    shutil.copytree(published_lake, folder / "lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "render", words_of)
        World(folder).seal()
    return folder / "lake"


@pytest.fixture
def world(published_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Four weeks to seal; reports are stood in for."""
    return _copied(published_lake, tmp_path, monkeypatch)


@pytest.fixture
def sealed(sealed_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Four weeks of which WEEK is sealed; reports are stood in for."""
    return _copied(sealed_lake, tmp_path, monkeypatch)


def _copied(lake: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(files, "render", words_of)
    shutil.copytree(lake, folder / "lake")
    return World(folder)


@pytest.fixture
def measured_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[MeasuredSession]:
    """The session that pages open: three pilots on tables."""
    fake = MeasuredSession()
    monkeypatch.setattr(loading, "open_session", lambda: fake)
    st.cache_resource.clear()
    yield fake
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def payments() -> Measured:
    """A pilot with both sides, for tests that only read."""
    return measure(MeasuredSession().case("payments"))
