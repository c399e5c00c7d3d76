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
    subprocess.run(
        [
            "uv", "pip", "compile", "-", "--universal", "--python-version", "3.11", "--generate-hashes",
            "--no-header", "--no-annotate", "--no-emit-index-url", "--quiet", "-o", str(ROOT / "requirements.lock"),
        ],
        input="\n".join(wanted), text=True, check=True,
    )  # fmt: skip
    sys.stdout.write("requirements.lock is resolved anew; `make run` installs it\n")


if __name__ == "__main__":
    main()
