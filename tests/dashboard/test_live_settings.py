"""Guide, demo and template name every setting of the live source, with the defaults that it has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dashboard.describing import describe
from dashboard.starting import TEMPLATE
from ingest.settings import GitHubSettings
from ingest.sources.github.permissions import PERMISSIONS, Permission
from ingest.sources.github.syncing import BATCH

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "github.md").read_text(encoding="utf-8")
WITHOUT_DEFAULT = {
    "token_file",
    "app_id",
    "installation_id",
    "private_key_path",
    "ca_bundle",
    "created_after",
}
FILLED = {"start_on": "2026-06-01", "ends_on": "2026-12-01", "require": "proven", "pad": ""}
TEXTS = {
    "guide": GUIDE.partition("\n## Settings\n")[2].partition("```toml\n")[2].partition("```")[0],
    "demo": (ROOT / "data" / "pilot.toml").read_text(encoding="utf-8"),
    "template": TEMPLATE.format(**FILLED),
}


def section(text: str) -> dict[str, Any]:
    """The settings of [sources.github] in a text, commented out or not."""
    rest = re.split(r"^(?:# )?\[sources\.github\]", text, maxsplit=1, flags=re.MULTILINE)[1]
    lines = rest.partition("\n")[2].splitlines()
    end = next((index for index, line in enumerate(lines) if not re.match(r"(# )?\w+ = ", line)), len(lines))
    return tomllib.loads("\n".join(line.removeprefix("# ") for line in lines[:end]))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_setting_is_there_with_its_default(text: str) -> None:
    told = section(text)
    assert set(told) == set(GitHubSettings.model_fields)
    settings, defaults = GitHubSettings(**told), GitHubSettings()
    differing = {name for name in told if getattr(settings, name) != getattr(defaults, name)}
    assert differing == WITHOUT_DEFAULT | {"repositories"}


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda permission: permission.name)
def test_the_guide_tells_of_every_permission(permission: Permission) -> None:
    row = next(line for line in GUIDE.splitlines() if line.startswith(f"| {permission.name}"))
    assert "| Read-only |" in row
    assert ("organization permission" in row) == (permission.belongs_to == "organization")


def test_actions_in_the_guide_are_pinned_by_commit_and_may_only_read() -> None:
    workflow = GUIDE.partition("```yaml\n")[2].partition("```")[0]
    used = re.findall(r"uses: (\S+)", workflow)
    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each) for each in used)
    assert "permissions:\n  contents: read" in workflow
    assert "write" not in workflow


def test_the_key_is_taken_away_however_a_run_of_the_guides_workflow_ends() -> None:
    script = GUIDE.partition("        run: |\n")[2].partition("```")[0]
    assert script.index("trap 'rm -f keys/app.pem' EXIT") < script.index("> keys/app.pem")


def test_the_cron_line_of_the_guide_logs_everything_and_tells_somebody() -> None:
    (line,) = re.findall(r"^17 3 \* \* \* .+$", GUIDE, re.MULTILINE)
    assert re.search(r" >> ingest\.log 2>&1 \|\| \S+", line)


def test_the_guide_tells_how_many_pull_requests_a_kept_file_holds() -> None:
    assert f"one file for about {BATCH} pull requests" in GUIDE


@pytest.mark.parametrize("name", sorted(GitHubSettings.model_fields))
def test_every_setting_is_described_in_words(name: str) -> None:
    (section,) = describe("[sources.github]")
    assert not dict(section.lines)[name].startswith("default ")
