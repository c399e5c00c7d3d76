"""Which cases of a test are run every day, and which only by `make check-deep`?"""

from __future__ import annotations

from typing import Any

import pytest


def deep(*cases: Any) -> list[Any]:
    """Cases of a parametrised test that only `make check-deep` runs; a tuple has several values."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.deep)
        for case in cases
    ]
