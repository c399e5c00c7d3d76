"""How is the receiver of telemetry started: on this machine only, one for each folder?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn

from dashboard.composition import Session, clock
from dashboard.ports import LOOPBACK, require_free
from ingest.errors import StoreError, UsageError
from ingest.locking import Waiting, folder_lock
from ingest.receiving.app import Counts, Limits, Receiver, application
from ingest.receiving.spool import KEEP_DAYS, Spool
from ingest.receiving.writing import Writer

FOLDER: Final = "telemetry"
PORT: Final = 4318  # of OTLP/HTTP
_CONNECTIONS: Final = 64  # more are answered with 503 by the server itself
_HEADER_BYTES: Final = 16 * 1024
_IDLE_SECONDS: Final = 5
_PATIENCE_SECONDS: Final = 10  # for requests that are being answered when the receiver is asked to end


@dataclass(frozen=True)
class Wanted:
    """How somebody wants to receive."""

    port: int = PORT
    folder: Path | None = None  # None = telemetry beside pilot.toml
    keep_days: int = KEEP_DAYS


def receive(session: Session, wanted: Wanted) -> Counts:
    """Receive until stopped by Ctrl-C or SIGTERM; what was answered in that time."""
    require_free(wanted.port)
    folder = _made(wanted.folder or session.path.parent / FOLDER)
    approvals = session.configuration.sources.approvals
    keep_text = approvals is not None and approvals.keep_text
    counts = Counts()
    with _alone(folder):
        writer = Writer(Spool(folder, clock, keep_days=wanted.keep_days))
        receiver = Receiver(writer, Limits(), counts, keep_text=keep_text)
        _say(f"telemetry at http://localhost:{wanted.port} goes to {folder} (Ctrl-C stops it)")
        _run(uvicorn.Config(application(receiver, writer.close), **_server(wanted.port)))
    _say(f"messages: {counts.kept:,} kept, {counts.refused:,} refused, {counts.put_off:,} put off")
    return counts


def _server(port: int) -> dict[str, Any]:
    return {
        "host": LOOPBACK, "port": port, "log_level": "warning", "access_log": False, "server_header": False,
        "limit_concurrency": _CONNECTIONS, "h11_max_incomplete_event_size": _HEADER_BYTES, "http": "h11",
        "timeout_keep_alive": _IDLE_SECONDS, "timeout_graceful_shutdown": _PATIENCE_SECONDS, "ws": "none",
    }  # fmt: skip


def _run(config: uvicorn.Config) -> None:
    """Serve until asked to end; the server ends in order and then raises what it was asked with."""
    try:
        uvicorn.Server(config).run()
    except KeyboardInterrupt:
        return


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); name another --folder") from error
    return folder.resolve()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the only right to write to a folder."""
    with ExitStack() as held:
        try:
            held.enter_context(folder_lock(folder, "receive", Waiting()))
        except StoreError as error:
            raise UsageError(
                f"{folder}: another receiver writes here, or it cannot be written; "
                f"name another --folder and --port ({error})"
            ) from error
        yield


def _say(text: str) -> None:
    sys.stderr.write(f"pilot: {text}\n")
    sys.stderr.flush()
