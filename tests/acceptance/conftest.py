"""The demo, ingested once into a lake of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dashboard.cli import main

DATA = Path(__file__).parents[2] / "data"


def copy_demo(folder: Path) -> Path:
    """A copy of the demo's configuration and files that a test may spoil; returns its pilot.toml."""
    shutil.copytree(DATA / "demo", folder / "demo")
    shutil.copy(DATA / "pilot.toml", folder / "pilot.toml")
    key = folder / "pseudonyms.key"  # the same for every copy: else people would have other names in each
    key.write_text("a-key-of-tests-alone\n", encoding="utf-8")
    key.chmod(0o600)
    return folder / "pilot.toml"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pilot.toml of an ingested demo; tests that use it do not write."""
    config = copy_demo(tmp_path_factory.mktemp("demo"))
    assert main(["ingest", "--config", str(config)]) == 0
    return config
