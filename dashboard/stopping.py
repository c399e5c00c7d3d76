"""What becomes of a command that the system asks to end? It gives up in order, as after Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from signal import SIG_DFL, SIGINT, SIGTERM, siginterrupt, signal
from typing import Final

INTERRUPTED: Final = 130  # stopped by SIGINT, as shells count it
TERMINATED: Final = 143  # stopped by SIGTERM


@dataclass
class Ending:
    """Whether the system asked the command to end."""

    was_asked: bool = False

    @property
    def exit_code(self) -> int:
        """What a command that was stopped ends with."""
        return TERMINATED if self.was_asked else INTERRUPTED


@contextmanager
def ending_in_order() -> Iterator[Ending]:
    """Let the first SIGTERM raise KeyboardInterrupt in the main thread; a second one changes nothing."""
    ending = Ending()

    def end(_signal: int, _frame: object) -> None:
        if not ending.was_asked:
            ending.was_asked = True
            raise KeyboardInterrupt

    siginterrupt(SIGINT, True)
    before = signal(SIGTERM, end)
    try:
        yield ending
    finally:
        signal(SIGTERM, before or SIG_DFL)
