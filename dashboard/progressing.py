"""How far is a run: bars on a terminal, a few lines on a pipe, nothing where programs read.

All of it goes to stderr, so that it never mixes with what programs read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dashboard import wording
from dashboard.printing import aside
from ingest.sources.base import DONE
from ingest.sources.base import Progress as Told

WAITING: Final = "waiting"  # the one line of a wait, whoever waits
MINUTE_SECONDS: Final = 60


class Shown(Protocol):
    """What a run tells of itself; safe to call from several threads."""

    def files(self, source: str, done: int, total: int) -> None:
        """So many files of a source are read."""

    def live(self, told: Told) -> None:
        """A live source is so far with one place."""

    def say(self, text: str) -> None:
        """One line for people."""


@contextmanager
def progress(*, quiet: bool) -> Iterator[Shown]:
    """What a run tells its progress to; the bars vanish from the terminal's hands when it ends."""
    shown = _Quiet() if quiet else _Bars() if aside.is_terminal else _Lines()
    try:
        yield shown
    finally:
        shown.stop()


class _Quiet:
    """For programs: only what a person must know while waiting."""

    def files(self, source: str, done: int, total: int) -> None:
        """Nothing is shown."""

    def live(self, told: Told) -> None:
        """Nothing is shown."""

    def say(self, text: str) -> None:
        """Print on stderr."""
        aside.print(text, markup=False)

    def stop(self) -> None:
        """Nothing to stop."""


class _Bars(_Quiet):
    """For terminals: a bar for each source of files and each place of a live one."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        note = TextColumn("{task.fields[note]}", markup=False)
        self._bars = Progress(*columns, note, TimeElapsedColumn(), console=aside)
        self._tasks: dict[str, Any] = {}
        self._lock = RLock()

    def files(self, source: str, done: int, total: int) -> None:
        """Move a source's bar."""
        self._move(source, source, (done, total), "")

    def live(self, told: Told) -> None:
        """Move a place's bar, or count down a wait."""
        with self._lock:
            if is_waiting(told):
                self._move(WAITING, words(told), (0, None), "")
            else:
                self._forget(WAITING)
                self._move(told.place, told.place, (told.done, told.total), note(told))

    def _move(self, key: str, description: str, counts: tuple[int, int | None], noted: str) -> None:
        done, total = counts
        with self._lock:
            self._bars.start()  # not before there is something to show: an error before that stays one line
            if key not in self._tasks:
                self._tasks[key] = self._bars.add_task(description, total=total, note=noted)
            task = self._tasks[key]
            self._bars.update(task, description=description, completed=done, total=total, note=noted)

    def _forget(self, key: str) -> None:
        if key in self._tasks:
            self._bars.remove_task(self._tasks.pop(key))

    def stop(self) -> None:
        """Leave the bars as they are and give the terminal back."""
        if self._tasks:
            self._forget(WAITING)
            self._bars.stop()


class _Lines(_Quiet):
    """For pipes and logs: a line when a place begins, when it is done, and for each wait."""

    def __init__(self) -> None:
        self._latest: dict[str, Told] = {}  # of places that are not done
        self._ended: set[str] = set()
        self._lock = RLock()

    def files(self, source: str, done: int, total: int) -> None:
        """One line when all of a source is read."""
        if done == total:
            self.say(f"{source}: {done:,} of {total:,}")

    def live(self, told: Told) -> None:
        """Say what is new about a place."""
        with self._lock:
            if is_waiting(told):
                self._wait(told)
            else:
                self._advance(told)

    def _wait(self, told: Told) -> None:
        is_beginning = not told.done  # what follows counts down
        if is_beginning:
            self.say(words(told))

    def _advance(self, told: Told) -> None:
        if told.place in self._ended:
            return
        if told.doing == DONE:
            self._end(told)
        elif told.place not in self._latest:
            self.say(words(told))
        self._latest[told.place] = told

    def _end(self, told: Told) -> None:
        self._ended.add(told.place)
        self.say(f"{told.place}: {told.doing}, {note(told)}")

    def stop(self) -> None:
        """Say how far those came that did not get to their end."""
        for told in self._latest.values():
            if told.place not in self._ended:
                self._end(told)


def is_waiting(told: Told) -> bool:
    """Whether the server as a whole keeps us waiting; whatever is read has an owner in its name.

    >>> is_waiting(Told("GitHub", "limit reached: waiting 41 s")), is_waiting(Told("acme/pay", "reading"))
    (True, False)
    """
    return "/" not in told.place


def words(told: Told) -> str:
    """Place and what is done there; sentences may begin with the place.

    >>> words(Told("GitHub", "limit reached: waiting 41 s"))
    'GitHub: limit reached: waiting 41 s'
    >>> words(Told("GitHub", "GitHub answered 502: asking for less at once"))
    'GitHub answered 502: asking for less at once'
    """
    return told.doing if told.doing.startswith(told.place) else f"{told.place}: {told.doing}"


def note(told: Told) -> str:
    """What stands behind a bar: requests, what is left of the limit, time left.

    >>> note(Told("acme/pay", "reading", 36, 400, requests=3, points_left=4997, seconds_left=75))
    '3 requests, 4,997 points left, 2 min left'
    """
    parts = [wording.plural(told.requests, "request")]
    if told.points_left is not None:
        parts.append(f"{wording.plural(told.points_left, 'point')} left")
    if told.seconds_left is not None and told.doing != DONE:
        parts.append(f"{_duration(told.seconds_left)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    """Whole seconds below a minute, else minutes, rounded up: a wait is never shorter than it says.

    >>> _duration(0.2), _duration(59), _duration(61)
    ('1 s', '59 s', '2 min')
    """
    whole = -int(-seconds // 1)
    return f"{whole} s" if whole < MINUTE_SECONDS else f"{-(-whole // MINUTE_SECONDS)} min"
