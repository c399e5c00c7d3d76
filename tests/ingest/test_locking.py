"""One writer per folder; who waits learns for whom; a dead writer does not block the next."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ingest.errors import StoreError
from ingest.locking import LOCK_FILE, Holder, Waiting, folder_lock

HOLD = """
import sys, time
from pathlib import Path
from ingest.locking import Waiting, folder_lock
with folder_lock(Path(sys.argv[1]), "a long ingest", Waiting()):
    print("held", flush=True)
    time.sleep(60)
"""


def holder_of(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_second_writer_learns_who_holds_the_lock_and_a_killed_one_lets_go(tmp_path: Path):
    process = holder_of(tmp_path)
    try:
        with (
            pytest.raises(StoreError, match=rf"process {process.pid} on .* \(a long ingest, since 20"),
            folder_lock(tmp_path, "another", Waiting()),
        ):
            pass
    finally:
        ended(process)
    with folder_lock(tmp_path, "another", Waiting()):
        told = Holder.told((tmp_path / LOCK_FILE).read_text())
    assert told is not None
    assert told.purpose == "another"


def test_who_waits_is_told_once_and_goes_on_when_the_other_has_finished(tmp_path: Path):
    told: list[str] = []
    is_waiting = threading.Event()
    order: list[str] = []

    def tell(sentence: str) -> None:
        told.append(sentence)
        is_waiting.set()

    def second() -> None:
        with folder_lock(tmp_path, "second", Waiting(30, tell)):
            order.append("second")

    with folder_lock(tmp_path, "first", Waiting()):
        thread = threading.Thread(target=second)
        thread.start()
        assert is_waiting.wait(30)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert len(told) == 1
    assert "(first, since" in told[0]


def test_the_lock_is_free_again_after_an_error_inside(tmp_path: Path):
    with pytest.raises(ValueError, match="inside"), folder_lock(tmp_path, "first", Waiting()):
        raise ValueError("inside")
    with folder_lock(tmp_path, "second", Waiting()):
        assert (tmp_path / LOCK_FILE).exists()


def test_a_place_that_cannot_hold_a_lock_is_a_store_error_with_a_remedy(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    with (
        pytest.raises(StoreError, match="make the folder writable"),
        folder_lock(tmp_path / "file", "x", Waiting()),
    ):
        pass


def test_a_holder_that_has_not_told_its_name_yet_is_still_a_holder():
    assert Holder.told("") is None
    assert Holder.told('{"pid": 1}') is None
    holder = Holder.here("test")
    assert Holder.told(holder.text) == holder
