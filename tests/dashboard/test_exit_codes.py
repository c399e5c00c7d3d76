"""Exit codes of `pilot gate`: the worst of the selected pilots; 20 before 21 before 22."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.exit_codes import exit_code, gate_exit_code
from metrics.gate.states import STATES


def verdict(
    state: str,
    *,
    allowed: bool = False,
    blocking: str | None = None,
    blocked_by: tuple[str, ...] = ("proven",),
) -> Any:
    criteria = [SimpleNamespace(blocking=True, state=blocking)] if blocking else []
    readings = SimpleNamespace(proven=False)
    is_unproven = state == "MET_UNPROVEN"
    named = blocked_by if is_unproven else (state, *blocked_by)
    return SimpleNamespace(
        state=state, allowed=allowed, criteria=criteria, readings=readings, blocked_by=named
    )


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("ABOVE_PROVEN", 20),
        ("NOT_MET", 20),
        ("UNTRIAGED", 21),
        ("NOT_MEASURABLE", 21),
        ("TOO_EARLY", 21),
        ("MET_UNPROVEN", 22),
    ],
)
def test_each_state_that_does_not_allow_has_its_code(state: str, code: int) -> None:
    assert exit_code(verdict(state)) == code


def test_allowed_is_zero() -> None:
    assert exit_code(verdict("MET_PROVEN", allowed=True, blocking="met")) == 0


def test_a_blocking_criterion_that_is_not_met_is_as_bad_as_a_broken_rule() -> None:
    assert exit_code(verdict("MET_PROVEN", blocking="not_met")) == 20


@pytest.mark.parametrize("state", ["not_measurable", "not_enough_evidence"])
def test_a_blocking_criterion_that_is_unknown_means_cannot_tell(state: str) -> None:
    assert exit_code(verdict("MET_PROVEN", blocking=state)) == 21


def test_the_worst_pilot_decides() -> None:
    proven = verdict("MET_PROVEN", allowed=True)
    assert gate_exit_code([proven, verdict("MET_UNPROVEN"), verdict("TOO_EARLY")]) == 21
    assert gate_exit_code([verdict("TOO_EARLY"), verdict("NOT_MET"), proven]) == 20
    assert gate_exit_code([proven, verdict("MET_UNPROVEN")]) == 22
    assert gate_exit_code([]) == 0


def test_met_and_held_back_by_something_else_than_proof_means_cannot_tell() -> None:
    assert exit_code(verdict("MET_UNPROVEN", blocked_by=("proven", "unheard_of"))) == 21
    assert exit_code(verdict("MET_UNPROVEN", blocked_by=("as_written",))) == 21


def test_every_state_has_an_exit_code() -> None:
    assert {exit_code(verdict(state)) for state in STATES} == {20, 21, 22}
