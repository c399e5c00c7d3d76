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
PATIENCE_SECONDS: Final = 10.0  # for the program that serves to end by itself
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
    """Serve until stopped by Ctrl-C or SIGTERM; a busy port is an error that says so."""
    require_free(port)
    sys.stderr.write(f"pilot: dashboard at http://localhost:{port} (Ctrl-C stops it)\n")
    sys.stderr.flush()
    environment = {**os.environ, CONFIG_VARIABLE: str(config)}
    command = [
        sys.executable, "-m", "streamlit", "run", str(PAGES),
        f"--server.address={LOOPBACK}", f"--server.port={port}", *QUIET,
    ]  # fmt: skip
    server = subprocess.Popen(command, env=environment, cwd=ROOT)  # noqa: S603 - our own page
    try:
        server.wait()
    except KeyboardInterrupt:  # SIGTERM arrives as one, too: see `stopping`
        _stop(server)
        sys.stderr.write("pilot: dashboard stopped\n")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the program that serves; nothing may go on listening when we are gone."""
    server.terminate()
    try:
        server.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
