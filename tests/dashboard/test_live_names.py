"""A renamed repository stays where it was: in its pilot, out of what is left out, under the same policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from json import dumps
from pathlib import Path

import polars as pl
import pytest

from dashboard.composition import Question, Session, open_session, wanted_repositories
from dashboard.configuration import PilotSettings
from dashboard.renames import Renamed, authorship_following, following, pilot_following, renamed
from ingest.contracts import BY_NAME
from ingest.settings import AuthorshipSettings
from ingest.sources.github.state import RepositoryState, written
from metrics.scope import is_of_pilot
from tests.builders_metrics import pilot
from tests.metrics.test_health import run

MOVED = (Renamed("acme/payments", "acme/billing"),)
CONFIG = """
[[pilot]]
name = "pay"
repositories = ["acme/billing"]
exclude = ["acme/sandbox"]
start_on = 2026-06-01
protected_branch = "release"
[[authorship.override]]
repository = "acme/billing"
number = 3
authorship = "human"
[sources.github]
"""


def ledger(*states: RepositoryState, source: str = "github") -> pl.DataFrame:
    cursor = dumps({state.id: written(state) for state in states})
    return pl.DataFrame([run("a", source=source, cursor=cursor)], schema=BY_NAME["ingest_runs"].polars_schema)


def known(name: str, now: str, id_: str = "R_1") -> RepositoryState:
    return RepositoryState(id=id_, name=name, now=now)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    path = tmp_path / "pilot.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return open_session(Question(path))


def remembering(session: Session, *states: RepositoryState) -> Session:
    """The same configuration over a store whose last run knew these repositories."""
    later = replace(session)
    later.__dict__["runs"] = ledger(*states)  # what the cached property would have read
    return later


def test_a_repository_with_another_name_today_is_renamed() -> None:
    states = (known("acme/payments", "acme/billing"), known("acme/web", "acme/web", "R_2"))
    assert renamed(ledger(*states)) == MOVED


def test_another_case_of_the_same_name_is_no_rename() -> None:
    assert renamed(ledger(known("acme/web", "Acme/Web"))) == ()


def test_cursors_of_other_sources_tell_no_names() -> None:
    runs = ledger(known("acme/payments", "acme/billing"), source="sarif")
    assert renamed(runs) == ()


def test_before_the_first_run_nothing_is_renamed(session: Session) -> None:
    assert session.renamed == ()


def test_patterns_that_fit_the_first_name_stay_as_they_are() -> None:
    assert following(["acme/pay*"], MOVED) == ("acme/pay*",)
    assert following(["acme/*"], MOVED) == ("acme/*",)


def test_patterns_that_fit_the_new_name_take_in_the_first() -> None:
    assert following(["acme/bill*"], MOVED) == ("acme/bill*", "acme/payments")


def test_what_is_left_out_by_its_new_name_stays_out() -> None:
    narrowed = pilot_following(pilot(repositories=("acme/*",), exclude=("acme/billing",)), MOVED)
    assert not is_of_pilot("acme/payments", narrowed)
    assert is_of_pilot("acme/web", narrowed)


def test_a_correction_that_names_the_new_name_also_holds_for_the_first() -> None:
    settings = AuthorshipSettings.model_validate(
        {
            "override": [
                {"repository": "acme/billing", "number": 3, "authorship": "human"},
                {"login": "robot", "authorship": "automation"},
            ]
        }
    )
    corrected = authorship_following(settings, MOVED)
    assert [(each.repository, each.number) for each in corrected.override] == [
        ("acme/billing", 3),
        ("acme/payments", 3),
        (None, None),
    ]


def test_a_session_gives_its_pilots_under_the_names_of_the_tables(session: Session) -> None:
    later = remembering(session, known("acme/payments", "acme/billing"))
    assert later.pilot("pay").repositories == ("acme/billing", "acme/payments")
    assert later.ingest_settings.protected_branches == {"acme/billing": "release", "acme/payments": "release"}
    assert [each.repository for each in later.ingest_settings.authorship.override] == [
        "acme/billing",
        "acme/payments",
    ]


def test_a_rename_is_no_change_of_policy(session: Session) -> None:
    later = remembering(session, known("acme/payments", "acme/billing"))
    assert later.pilots != session.pilots
    assert later.policy_digests() == session.policy_digests()


def written_with(session: Session, name: str) -> Session:
    """A session whose configuration calls the repository so."""
    session.path.write_text(CONFIG.replace('["acme/billing"]', f'["{name}"]'), encoding="utf-8")
    return open_session(Question(session.path))


def after(session: Session, earlier: Session, *states: RepositoryState) -> tuple[date, ...]:
    """Days on which the policy changed, when the ledger holds the digests of an earlier configuration."""
    digests, versions = dumps(earlier.policy_digests()), dumps({"pull_requests": 0})
    row = run("a", cursor=None, policy_digest=digests, published=versions)
    runs = pl.concat([ledger(*states), pl.DataFrame([row], schema=BY_NAME["ingest_runs"].polars_schema)])
    session.__dict__["runs"] = runs
    return session._policy_changes("pay")


def test_naming_either_name_of_a_repository_is_no_change_of_policy(session: Session) -> None:
    moved = known("acme/payments", "acme/billing")
    old, new = written_with(session, "acme/payments"), written_with(session, "acme/billing")
    assert old.policy_digests() != new.policy_digests()
    assert after(new, old, moved) == ()
    assert after(old, new, moved) == ()


def test_naming_another_repository_is_a_change_of_policy(session: Session) -> None:
    old, other = written_with(session, "acme/payments"), written_with(session, "acme/other")
    assert after(other, old, known("acme/payments", "acme/billing")) == (session.as_of.date(),)


def test_the_live_source_is_asked_for_what_the_configuration_says(session: Session) -> None:
    settings = remembering(session, known("acme/payments", "acme/billing")).ingest_settings
    assert (settings.repositories, settings.exclude) == (["acme/billing"], ["acme/sandbox"])


def two(first: list[str], second: list[str]) -> list[PilotSettings]:
    common = {"repositories": ["acme/*"], "start_on": date(2026, 6, 1)}
    return [
        PilotSettings.model_validate({"name": name, "exclude": exclude, **common})
        for name, exclude in (("a", first), ("b", second))
    ]


def test_what_one_of_two_pilots_leaves_out_is_read_for_the_other() -> None:
    pilots = two(["acme/docs", "acme/sandbox"], ["acme/sandbox"])
    assert wanted_repositories(pilots) == (["acme/*"], ["acme/sandbox"])


def test_a_single_pilot_decides_alone_what_is_left_out() -> None:
    assert wanted_repositories(two(["acme/docs"], [])[:1]) == (["acme/*"], ["acme/docs"])
