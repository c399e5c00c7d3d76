"""Which SARIF files there are, and what makes one of them need another reading."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from ingest.settings import IngestSettings, SarifSettings
from ingest.sources.base import SourceFile
from ingest.sources.files import find_files
from ingest.sources.sarif.origin import SIDECAR_SUFFIX, matching_places, sidecar_path


def fetch(settings: IngestSettings, folder: Path) -> Sequence[SourceFile]:
    """Files that the settings name, sorted; a sidecar belongs to its file and is none of its own."""
    sarif = settings.sources.sarif
    if sarif is None:
        return []
    without_sidecars = [*sarif.exclude, f"*{SIDECAR_SUFFIX}"]
    return find_files(sarif.model_copy(update={"exclude": without_sidecars}), folder, "[sources.sarif]")


def settings_key(settings: IngestSettings, file: SourceFile) -> object:
    """Everything that a file's rows depend on beside its own bytes: its sidecar, and its settings."""
    sarif = settings.sources.sarif or SarifSettings(paths=["*"])
    sidecar = sidecar_path(file)
    return {
        "sidecar": sha256(sidecar.read_bytes()).hexdigest() if sidecar.is_file() else None,
        "place": [entry.model_dump(mode="json") for entry in matching_places(file.name, sarif)],
        "security_tools": sorted(sarif.security_tools),
        "protected_branches": sorted(sarif.protected_branches),
        "protected_branches_of_pilots": settings.protected_branches,
    }
