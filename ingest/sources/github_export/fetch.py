"""Which export files are there, and what besides their bytes decides how they read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.authorship import RULES_VERSION
from ingest.settings import IngestSettings
from ingest.sources.base import SourceFile
from ingest.sources.files import find_files


def fetch(settings: IngestSettings, base: Path) -> Sequence[SourceFile]:
    """Files that [sources.github_export] names; none when the source is not configured."""
    files = settings.sources.github_export
    return find_files(files, base, "[sources.github_export]") if files else []


def settings_key(settings: IngestSettings, _file: SourceFile) -> object:
    """Name the settings and rules that rows depend on: texts are judged once and not kept."""
    authorship = settings.authorship
    return [settings.classes.model_dump(), authorship.human, authorship.automation, RULES_VERSION]
