"""Which SARIF files there are, and what makes one of them need another reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from glob import glob
from hashlib import sha256
from pathlib import Path

from ingest.settings import IngestSettings, SarifSettings
from ingest.sources.base import SourceFile
from ingest.sources.sarif.origin import SIDECAR_SUFFIX, matching_places, sidecar_path


def fetch(settings: IngestSettings, folder: Path) -> Sequence[SourceFile]:
    """Files that the settings name, sorted; sidecars belong to their file and are none of their own."""
    sarif = settings.sources.sarif
    if sarif is None:
        return []
    names = {name for pattern in sarif.paths for name in glob(pattern, root_dir=folder, recursive=True)}
    wanted = (name.replace("\\", "/") for name in names if _is_wanted(name, sarif.exclude))
    return [SourceFile(folder / name, name) for name in sorted(wanted) if (folder / name).is_file()]


def settings_key(settings: IngestSettings, file: SourceFile) -> object:
    """What a file's rows depend on beside its own bytes: its sidecar and what the settings say of it."""
    sarif = settings.sources.sarif or SarifSettings(paths=["*"])
    sidecar = sidecar_path(file)
    return {
        "sidecar": sha256(sidecar.read_bytes()).hexdigest() if sidecar.is_file() else None,
        "place": [entry.model_dump(mode="json") for entry in matching_places(file.name, sarif)],
        "security_tools": sorted(sarif.security_tools),
        "protected_branches": sorted(sarif.protected_branches),
        "protected_branches_of_pilots": settings.protected_branches,
    }


def _is_wanted(name: str, excluded: Iterable[str]) -> bool:
    is_excluded = any(fnmatchcase(name, pattern) for pattern in excluded)
    return not is_excluded and not name.endswith(SIDECAR_SUFFIX)
