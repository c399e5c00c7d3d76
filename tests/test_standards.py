"""The standards that every file is held to, run by the tools themselves."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REGISTRY = re.compile(r"(py" + r"pi\.org|python" + r"hosted|registry\.npm|deb\.debian)", re.IGNORECASE)
TOOLS = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
}


@pytest.mark.parametrize("words", TOOLS.values(), ids=TOOLS)
def test_the_tools_find_nothing(words: tuple[str, ...]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-2000:]


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [name for name in listed.stdout.split("\0") if name]


def test_no_tracked_file_names_a_package_registry() -> None:
    suspects = (
        name for name in tracked() if not name.startswith("data/demo/") and name != "tests/test_standards.py"
    )
    found = [name for name in suspects if (ROOT / name).is_file() and REGISTRY.search(read(ROOT / name))]
    assert not found


def test_every_locked_package_is_pinned_by_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    requirements = [block for block in re.split(r"\n(?=\S)", lock) if "==" in block]
    assert len(requirements) > 50
    assert all("--hash=sha256:" in block for block in requirements)
    assert "://" not in lock


def test_the_top_level_holds_only_what_was_agreed() -> None:
    top = {name.split("/")[0] for name in tracked()}
    agreed = {
        "pyproject.toml", "README.md", "Makefile", "requirements.lock", "CHANGELOG.md", "LICENSE", "docs",
        "data", "ingest", "metrics", "dashboard", "tests",
    }  # fmt: skip
    assert {name for name in top if not name.startswith(".")} == agreed


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")
