"""Which files is a week sent as, and are they the ones that were sealed already?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from dashboard.snapshot.content import Content
from dashboard.snapshot.data_files import csv, long_table, parquet, xlsx
from dashboard.snapshot.manifest import Manifest, listed, publication_in
from dashboard.snapshot.report import render
from ingest.errors import UsageError
from ingest.store.durable import sync

REPORT: Final = "report.html"


def files_of(content: Content) -> dict[str, bytes]:
    """Every file but the manifest: the same content gives the same bytes."""
    table = long_table(content.results)
    return {
        REPORT: render(content).encode(),
        "gate.json": content.gate_json,
        "metrics.json": content.metrics_json,
        "metrics.parquet": parquet(table),
        "metrics.csv": csv(table),
        "metrics.xlsx": xlsx(table, max(pilot.end for pilot in content.pilots)),
    }


def is_sealed_in(manifest: Manifest, content: Content, files: Mapping[str, bytes]) -> bool:
    """Whether a sealed snapshot says just this, although a later run may have published the same again."""
    earlier = replace(content, published=publication_in(manifest.document["published"]))
    same_words = {**files, REPORT: render(earlier).encode()}
    return dict(manifest.files) == listed(same_words)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder and flush them and the folder to the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        sync(folder / name)
    sync(folder)


def write_aside(folder: Path, content: Content) -> None:
    """Write the files for looking or comparing, without a manifest: nothing is sealed by it.

    Raises
    ------
    UsageError
        The folder holds something already, or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"--out {folder}: is not an empty folder; name a new one so that nothing is lost"
            )
        write_files(folder, files_of(content))
    except OSError as error:
        raise UsageError(
            f"--out {folder}: cannot be written ({error.strerror}); name a folder that can be"
        ) from error
