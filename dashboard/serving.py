"""How is the dashboard started: as its own program, on this machine only, saying when a port is busy?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from dashboard.composition import CONFIG_VARIABLE
from dashboard.ports import LOOPBACK, require_free

PAGES: Final = Path(__file__).with_name("app.py")
ROOT: Final = PAGES.parents[1]  # .streamlit/config.toml, with the theme, lies here
# Given on the command line so that no file of Streamlit's elsewhere can open the dashboard to others.
QUIET: Final = (
    "--server.headless=true",  # no e-mail prompt, no browser window
    "--browser.gatherUsageStats=false",
    "--server.fileWatcherType=none",
    "--client.toolbarMode=minimal",
    "--client.showErrorLinks=false",  # an error page offers no links that carry the error away
    "--client.showErrorDetails=type",
)


def serve(config: Path, port: int) -> None:
    """Serve until stopped; a busy port is an error that says so."""
    require_free(port)
    sys.stderr.write(f"pilot: dashboard at http://localhost:{port} (Ctrl-C stops it)\n")
    sys.stderr.flush()
    environment = {**os.environ, CONFIG_VARIABLE: str(config)}
    command = [
        sys.executable, "-m", "streamlit", "run", str(PAGES),
        f"--server.address={LOOPBACK}", f"--server.port={port}", *QUIET,
    ]  # fmt: skip
    try:
        subprocess.run(command, env=environment, cwd=ROOT, check=False)  # noqa: S603 - our own page
    except KeyboardInterrupt:
        sys.stderr.write("pilot: dashboard stopped\n")
