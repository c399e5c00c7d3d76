from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest.errors import SourceError
from ingest.settings import IngestSettings
from ingest.sources.github.state import RepositoryState
from ingest.sources.github.targets import Owned, Targets, targets
from tests.github_server import GitHubServer, World
from tests.github_server.inventing import invented
from tests.ingest.github.helpers_pulling import Lake

ACME = [
    Owned("R_1", "acme/payments-api"),
    Owned("R_2", "acme/payments-web"),
    Owned("R_3", "acme/search"),
]


def test_names_cost_no_request():
    assert _now(_chosen(["acme/payments", "acme/search"], owned=_nobody)) == ["acme/payments", "acme/search"]


def test_a_pattern_takes_what_matches_whatever_its_letters():
    assert _now(_chosen(["Acme/Payments-*"])) == ["acme/payments-api", "acme/payments-web"]


def test_an_owner_is_listed_once_for_all_patterns():
    asked = []

    def owned(owner: str) -> list[Owned]:
        asked.append(owner)
        return ACME

    chosen = _chosen(["acme/pay*", "acme/sea*"], owned=owned)
    assert (len(chosen.found), asked) == (3, ["acme"])


def test_what_is_left_out_is_left_out_of_patterns_and_names():
    chosen = _chosen(["acme/*", "acme/search"], exclude=["acme/*-web", "acme/SEARCH"])
    assert _now(chosen) == ["acme/payments-api"]


def test_what_two_patterns_and_a_name_mean_is_read_once():
    assert len(_chosen(["acme/payments-*", "acme/*-api", "acme/payments-api"]).found) == 2


def test_the_pilots_repositories_are_read_where_the_source_names_none():
    settings = IngestSettings.model_validate(
        {"sources": {"github": {}}, "repositories": ["acme/payments-*"], "exclude": ["acme/*-web"]}
    )
    assert _now(targets(settings, [], lambda _owner: ACME)) == ["acme/payments-api"]


def test_a_pattern_without_a_match_is_refused_and_the_others_go_on():
    chosen = _chosen(["acme/billing-*", "acme/search"])
    assert _now(chosen) == ["acme/search"]
    assert "matches none of the 3 repositories of acme" in chosen.refused["acme/billing-*"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("payments", "expected owner/name"), ("*/payments", "must be written out"), ("a/b/c", "owner/name")],
)
def test_what_is_no_name_is_refused_in_words(name: str, words: str):
    assert words in _chosen([name]).refused[name]


def test_either_name_of_a_renamed_repository_means_it():
    known = [_state("R_9", "acme/old", "acme/new")]
    for name in ("acme/old", "acme/new", "ACME/New"):
        (target,) = _chosen([name], known=known).found
        assert (target.id, target.now) == ("R_9", "acme/new")


def test_todays_name_comes_before_a_former_one():
    known = [_state("R_1", "acme/shop", "acme/shop-legacy"), _state("R_2", "acme/shop@2", "acme/shop")]
    (target,) = _chosen(["acme/shop"], known=known).found
    assert target.id == "R_2"


def test_a_pattern_still_means_what_bore_such_a_name_when_it_was_read_first():
    known = [
        _state("R_3", "acme/payments-search", "acme/search"),
        _state("R_8", "acme/payments-x", "umbrella/x"),
    ]
    assert _now(_chosen(["acme/payments-*"], known=known)) == [
        "acme/payments-api", "acme/payments-web", "acme/search", "umbrella/x",
    ]  # fmt: skip


def test_an_owner_that_cannot_be_listed_is_refused_alone():
    chosen = _chosen(["umbrella/*", "acme/search"], owned=_nobody)
    assert "no organisation" in chosen.refused["umbrella/*"]
    assert _now(chosen) == ["acme/search"]


def test_a_pattern_is_expanded_by_the_server_page_by_page_with_archived_ones():
    """120 repositories are two pages; the archived one belongs to them."""
    world = World([invented(1, 1) for _ in range(120)])
    for place, repo in enumerate(world.repositories):
        repo.id, repo.database_id, repo.name_with_owner = f"R_{place}", place, f"acme/shop-{place:03d}"
    world.repositories[119].is_archived = True
    lake = Lake()
    with GitHubServer(world) as server:
        pulled = lake.pull(server, ["acme/shop-1*", "nobody/*"], exclude=["acme/shop-10*"])
    assert set(lake.states) == {f"acme/shop-{place}" for place in range(110, 120)}
    assert list(pulled.refused) == ["nobody/*"]


def _chosen(
    repositories: Sequence[str],
    *,
    owned: object = None,
    known: Sequence[RepositoryState] = (),
    exclude: Sequence[str] = (),
) -> Targets:
    settings = IngestSettings.model_validate(
        {"sources": {"github": {"repositories": list(repositories), "exclude": list(exclude)}}}
    )
    return targets(settings, known, owned or (lambda _owner: ACME))


def _nobody(owner: str) -> list[Owned]:
    raise SourceError(f"{owner}/*: GitHub knows no organisation or person called {owner}")


def _now(chosen: Targets) -> list[str]:
    return [target.now for target in chosen.found]


def _state(id_: str, name: str, now: str) -> RepositoryState:
    return RepositoryState(id=id_, name=name, now=now)
