"""`python -m dashboard` is the `pilot` program."""

from __future__ import annotations

from dashboard.cli import run

if __name__ == "__main__":
    run()
