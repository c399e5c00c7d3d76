"""How long does a part of a benchmark take in a process of its own, and how much memory?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def apart(module: str, work: str, *given: str) -> str:
    """Run one part of a benchmark in its own process; what it says, its seconds and its largest memory."""
    began = perf_counter()
    command = [sys.executable, "-m", module, work, *given]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench: {work} ended with {process.returncode}")
    return f"{perf_counter() - began:.1f} s, {usage.ru_maxrss / 1024:,.0f} MB at most; {said.strip()}"
