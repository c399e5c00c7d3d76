"""Which runs does a tool's own output hold?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ingest.errors import RefusedFileError
from ingest.sources.base import SourceFile
from ingest.sources.sarif.model import bag, text_of
from ingest.sources.sarif.native import bandit, detect_secrets, gitleaks, semgrep
from ingest.sources.sarif.native.loading import document_of
from ingest.sources.sarif.native.saying import NativeRun
from ingest.sources.sarif.origin import sidecar_path
from ingest.sources.sarif.read import ReadRun


@dataclass(frozen=True)
class Format:
    """One native format."""

    name: str
    recognises: Callable[[Any], bool]
    runs: Callable[[Any], Sequence[NativeRun]]


FORMATS: Final = (
    Format(bandit.NAME, bandit.recognises, bandit.runs),
    Format(semgrep.NAME, semgrep.recognises, semgrep.runs),
    Format(gitleaks.NAME, gitleaks.recognises, gitleaks.runs),
    Format(detect_secrets.NAME, detect_secrets.recognises, detect_secrets.runs),
)
FORMAT_NAMES: Final = tuple(each.name for each in FORMATS)


def read_native(file: SourceFile) -> tuple[ReadRun, ...] | None:
    """Runs of a tool's own output; null where no format recognises the file.

    Raises
    ------
    RefusedFileError
        The file is too big for a native format, or an empty list whose tool nothing tells.
    """
    document = document_of(file)
    if document == []:
        return _read(gitleaks.runs(_silence_of_gitleaks(file)))
    known = next((each for each in FORMATS if each.recognises(document)), None)
    return _read(known.runs(document)) if known else None


def _read(found: Sequence[NativeRun]) -> tuple[ReadRun, ...]:
    return tuple(
        ReadRun(position, run.header, iter(run.results), run.problem) for position, run in enumerate(found)
    )


def _silence_of_gitleaks(file: SourceFile) -> list[Any]:
    """The empty list of a clean report, if the file's name or the category in its sidecar says so."""
    told = (file.name, _category(file))
    if any(gitleaks.TOOL in (each or "").casefold() for each in told):
        return []
    raise RefusedFileError(
        "an empty list names no tool, so nobody knows whose silence it is; let the tool write SARIF, or, if "
        f'it is a clean report of {gitleaks.NAME}, name the file so or write "category": "gitleaks" into '
        "its sidecar"
    )


def _category(file: SourceFile) -> str | None:
    try:
        return text_of(bag(json.loads(sidecar_path(file).read_bytes())).get("category"))
    except (OSError, ValueError, RecursionError):
        return None
