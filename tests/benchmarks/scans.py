"""Reading scan files, beside a bare decoder on the same bytes and beside a library for such files."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

import msgspec

from ingest.settings import IngestSettings, SarifSettings, SourcesSettings
from ingest.sources.base import SourceFile
from ingest.sources.sarif import SARIF
from ingest.sources.sarif.model import Part, Result, Run

ROOT = Path(__file__).parents[2]
REAL = ROOT / ".." / "shared" / "real" / "findings"
SETTINGS: Final = IngestSettings(sources=SourcesSettings(sarif=SarifSettings(paths=["*.sarif"])))
LOOKS: Final = 5
OK: Final = "ok"


class WholeRun(Run):
    """A run with its results, as a bare decoder would read it."""

    results: list[Result] | None = None


class WholeLog(Part):
    """A whole file."""

    version: Any = None
    runs: list[WholeRun] | None = None


def parse_small(folder: Path) -> None:
    take_all(scan(folder, "small"))


def parse_big(folder: Path) -> None:
    take_all(scan(folder, "big"))


def beside_decoder(folder: Path) -> None:
    """By turns in one process, so that both have the same machine."""
    file = scan(folder, "small")
    content = file.path.read_bytes()
    decoder = msgspec.json.Decoder(WholeLog)
    looks = [
        (seconds(lambda: decoder.decode(content)), seconds(lambda: take_all(file))) for _ in range(LOOKS)
    ]
    bare, whole = (median(each) for each in zip(*looks, strict=True))
    print(f"  bare typed decode {bare:>6.2f} s   file to rows {whole:>6.2f} s   {whole / bare:.2f} times")


def real(_folder: Path) -> None:
    """Every real file by this product and by sarif-tools: how many are read rightly, and how fast."""
    if not REAL.exists():
        print("  the real files are not beside this checkout")
        return
    rows = list(csv.DictReader((REAL / "manifest.csv").read_text().splitlines()))
    for name, count in (("this product", our_count), ("sarif-tools", their_count)):
        began = perf_counter()
        right = sum(is_right(row, count) for row in rows)
        print(
            f"  {name:<14} {right:>3} of {len(rows)} files read rightly in {perf_counter() - began:>5.2f} s"
        )


NO_JSON: Final = "checkov_banner_not_json.sarif"  # its manifest calls it ok, but it holds console text only


def is_right(row: dict[str, str], count: Callable[[Path], int | None]) -> bool:
    """A good file gives its results; of any other, its reader says that it is not good."""
    try:
        found = count(REAL / "sarif" / row["file"])
    except Exception:  # noqa: BLE001 - a library may fail in any way; that is what is counted
        found = None
    is_good = row["expected_status"] == OK and row["file"] != NO_JSON
    return found == (int(row["results"]) if is_good else None)


def our_count(path: Path) -> int | None:
    """How many results; null when a scan of the file is not ok."""
    scans = SARIF.parse(SourceFile(path, path.name), SETTINGS).frames["scans"]
    return scans["result_count"].sum() if set(scans["status"]) == {OK} else None


def their_count(path: Path) -> int:
    """How many results; it has no word for a scan that failed."""
    from sarif import loader  # noqa: PLC0415

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return len(loader.load_sarif_file(str(path)).get_records())


def take_all(file: SourceFile) -> int:
    """Rows of a file, part by part."""
    parsed = SARIF.parse(file, SETTINGS)
    return parsed.frames["scan_results"].height + sum(part["scan_results"].height for part in parsed.more)


def scan(folder: Path, name: str) -> SourceFile:
    return SourceFile(folder / "scans" / f"{name}.sarif", f"{name}.sarif")


def seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


CASES: Final[dict[str, Callable[[Path], None]]] = {
    each.__name__: each for each in (beside_decoder, parse_small, parse_big, real)
}

if __name__ == "__main__":
    CASES[sys.argv[1]](Path(sys.argv[2]))
