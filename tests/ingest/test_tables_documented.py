"""The guide's examples are held to the code: each one is a mapping that works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ingest.contracts import BY_NAME
from ingest.settings import IngestSettings, TableSettings
from ingest.sources.tables.mapping import ON_REQUEST, places_for
from ingest.sources.tables.parsing import NOT_FROM_FILES

GUIDE = (Path(__file__).parents[2] / "docs" / "your-own-files.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


def _mappings() -> list[TableSettings]:
    settings = [IngestSettings.model_validate(tomllib.loads(example)) for example in EXAMPLES]
    return [mapping for one in settings for mapping in one.sources.tables]


def test_every_table_has_an_example():
    assert {mapping.table for mapping in _mappings()} == BY_NAME.keys() - NOT_FROM_FILES


@pytest.mark.parametrize("mapping", _mappings(), ids=lambda mapping: mapping.paths[0])
def test_an_example_fills_columns_that_exist(mapping: TableSettings):
    filled = {*mapping.rename, *mapping.constants, *mapping.derive}
    assert filled <= places_for(mapping.table)


@pytest.mark.parametrize("name", sorted(set(TableSettings.model_fields) - {"table", "paths"}))
def test_every_setting_of_a_mapping_is_explained(name: str):
    assert f"| `{name}` |" in GUIDE


@pytest.mark.parametrize("name", sorted(ON_REQUEST))
def test_every_column_that_must_be_asked_for_is_named(name: str):
    assert f"`{name}`" in GUIDE
