"""Everything that can go wrong, drawn once; each class knows its exit code.

::

    PilotError                      1   anything the product reports in one line
    ├── UsageError                  2   a command was called in a way that cannot work
    ├── ConfigurationError         10   pilot.toml is missing, malformed or contradictory
    ├── SourceError                11   a source is missing, unreachable or not permitted
    ├── RefusedFileError           12   a file lacks what its contract needs; nothing of it was taken
    ├── StoreError                 13   the tables cannot be read, written or locked
    └── SnapshotError              14   a sealed snapshot is broken

A message says what was seen, what was expected, where, and what to do next. Bad *rows* are
not errors: they go to quarantine with the names of the rules they broke.
"""

from __future__ import annotations

from typing import ClassVar


class PilotError(Exception):
    """Base of every error that people see as one line; catch it at the edge only."""

    exit_code: ClassVar[int] = 1


class UsageError(PilotError):
    """A command was called in a way that cannot work."""

    exit_code = 2


class ConfigurationError(PilotError):
    """The configuration is missing, malformed or contradicts itself."""

    exit_code = 10


class SourceError(PilotError):
    """A source is missing, unreachable, rate-limited or not permitted."""

    exit_code = 11


class RefusedFileError(PilotError):
    """A file lacks what its contract needs; nothing of it was taken."""

    exit_code = 12


class StoreError(PilotError):
    """The tables cannot be read, written or locked."""

    exit_code = 13


class SnapshotError(PilotError):
    """A sealed snapshot does not verify."""

    exit_code = 14
