"""`make lock`: resolve pyproject.toml to requirements.lock, with hashes and without addresses."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    options = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate")
    quiet = ("--no-emit-index-url", "--quiet", "-o", str(ROOT / "requirements.lock"))
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", *options, *quiet]
    subprocess.run(command, input="\n".join(wanted), text=True, check=True)
    sys.stdout.write("requirements.lock is resolved anew; `make run` installs it\n")


if __name__ == "__main__":
    main()
