from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import active_count

import pytest

from ingest.errors import SourceError
from ingest.settings import IngestSettings
from ingest.sources.base import Outside, Surroundings
from ingest.sources.github import GITHUB, syncing
from tests.github_server import Faults, GitHubServer, Repo, World
from tests.github_server.inventing import invented
from tests.github_server.loading import real_world
from tests.ingest.github.helpers_pulling import (
    NAME,
    PARTS,
    TOKEN,
    Died,
    KeptRaw,
    Lake,
    asked_with,
    from_file,
    plain,
    world_of,
)

REAL = Path(__file__).parents[3] / ".." / "shared" / "real" / "pull_requests"


def test_a_first_reading_gives_what_a_file_of_the_same_repository_gives(tmp_path: Path):
    world, lake = world_of(150), Lake()
    with GitHubServer(world) as server:
        pulled = lake.pull(server)
    assert pulled.refused == {}
    expected = from_file(tmp_path, world.repositories[0])
    for name in PARTS:
        assert plain(lake, name) == expected[name], name


def test_a_thousand_cost_at_most_sixty_requests_and_points_and_nothing_new_costs_three():
    lake = Lake()
    with GitHubServer(world_of(1000)) as server:
        pulled = lake.pull(server, alerts=["code_scanning", "secret_scanning", "dependabot"])
        assert (len(lake.numbers), pulled.refused) == (1000, {})
        assert server.requests <= 60
        assert server.points <= 60
        assert pulled.requests == server.requests
        server.forget()
        idle = lake.pull(server)
        assert server.requests <= 3
        assert idle.batches == 0


@pytest.mark.deep
@pytest.mark.skipif(not REAL.exists(), reason="the real pull requests are not on this machine")
def test_nothing_new_in_two_thousand_real_ones_costs_three_requests_right_after_the_first_reading():
    lake = Lake()
    world = World([real_world(REAL).repositories[-1]])
    name = world.repositories[0].name_with_owner
    with GitHubServer(world) as server:
        lake.pull(server, [name])
        for _time in range(2):
            server.forget()
            assert lake.pull(server, [name]).batches == 0
            assert server.requests <= 3
    assert len(lake.numbers) == 2000


@dataclass(frozen=True)
class Undisturbed:
    """A first reading of 300 pull requests without any fault."""

    lake: Lake
    requests: int


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several batches of a small repository; the usual size is twice this."""
    monkeypatch.setattr(syncing, "BATCH", 144)


@pytest.fixture(scope="module")
def undisturbed() -> Undisturbed:
    lake = Lake()
    with GitHubServer(world_of(300)) as server:
        lake.pull(server)
        return Undisturbed(lake, server.requests)


@pytest.mark.parametrize("dies_at", [0, 1, 2])
def test_a_run_that_dies_between_keeping_and_publishing_loses_nothing(undisturbed: Undisturbed, dies_at: int):
    """300 are three batches: 144, 144 and 12."""
    lake = Lake()
    with GitHubServer(world_of(300)) as server:
        with pytest.raises(Died):
            lake.pull(server, dies_at=dies_at)
        lake.pull(server)
    assert lake.states[NAME].walked
    for name in PARTS:
        assert plain(lake, name) == plain(undisturbed.lake, name), name


@pytest.mark.parametrize("ordinal", [1, 2, 4, 7, 8, 9, 12, 15, 18])
def test_a_run_that_ends_at_any_request_goes_on_with_at_most_eight_repeated(
    undisturbed: Undisturbed, ordinal: int
):
    world, lake = world_of(300), Lake()
    with GitHubServer(world, _ending_at(ordinal)) as server:
        with pytest.raises(SourceError):
            lake.pull(server)
        world.tokens = {TOKEN: ["repo"]}
        lake.pull(server)
        refused = 1
        assert server.requests - refused <= undisturbed.requests + 8
    assert plain(lake, "pull_requests") == plain(undisturbed.lake, "pull_requests")


def _ending_at(ordinal: int) -> Faults:
    """The token is taken away before one request, which ends the run at once."""

    def before(number: int, world: World) -> None:
        if number == ordinal:
            world.tokens = {}

    return Faults(before=before)


def test_what_was_kept_is_taken_up_without_a_request_even_if_nothing_is_published():
    lake = Lake()
    with GitHubServer(world_of(200)) as server:
        with pytest.raises(Died):
            lake.pull(server, dies_at=1)
        kept = len(lake.raw.kept)
        server.forget()
        lake.pull(server)
        assert kept >= 2
        assert asked_with(server, "...whole") <= 2
    assert len(lake.numbers) == 200


def test_from_raw_gives_the_same_rows_without_a_request():
    lake = Lake()
    with GitHubServer(world_of(200)) as server:
        lake.pull(server)
        again = Lake(raw=lake.raw)
        server.forget()
        pulled = again.pull(server, outside={"from_raw": True, "secrets": {}})
        assert (server.requests, pulled.requests) == (0, 0)
    for name in PARTS:
        assert plain(again, name) == plain(lake, name), name
    assert again.states[NAME].walked
    assert again.states[NAME].batch == lake.states[NAME].batch


def test_from_raw_keeps_the_published_state_which_knows_more_than_the_last_batch():
    lake = Lake()
    with GitHubServer(world_of(100)) as server:
        lake.pull(server)
        lake.pull(server)
        before = dict(lake.cursor)
        lake.pull(server, outside={"from_raw": True})
    assert lake.cursor == before


def test_full_reads_everything_anew_under_new_numbers():
    lake = Lake()
    world = world_of(100)
    with GitHubServer(world) as server:
        lake.pull(server)
        before = lake.states[NAME].batch
        world.repositories[0].remove(7)
        server.forget()
        pulled = lake.pull(server, outside={"full": True})
        assert asked_with(server, "pullRequests(first:$first,after:$after") >= 3
    assert pulled.refused == {}
    assert lake.states[NAME].batch > before
    assert lake.gone() == {7}


def test_several_repositories_are_read_and_one_that_is_not_there_is_refused_alone():
    world = World([_repo("acme/one", 60), _repo("acme/two", 60), _repo("acme/three", 60)])
    lake = Lake()
    with GitHubServer(world) as server:
        pulled = lake.pull(server, ["acme/one", "acme/missing", "acme/two", "acme/three"])
    assert list(pulled.refused) == ["acme/missing"]
    assert "there is no such repository" in pulled.refused["acme/missing"]
    assert set(lake.states) == {"acme/one", "acme/two", "acme/three"}
    assert len(lake.rows["pull_requests"]) == 180


def test_a_name_given_twice_or_by_its_former_name_is_read_once():
    world, lake = World([_repo("acme/new", 30)]), Lake()
    world.repositories[0].former_names = ["acme/old"]
    with GitHubServer(world) as server:
        pulled = lake.pull(server, ["acme/new", "acme/old", "Acme/New"], at_once=1)
        assert asked_with(server, "...changes") == 1
    assert pulled.refused == {}
    assert {name for name, _ in lake.rows["pull_requests"]} == {"acme/new"}


def test_a_repository_that_was_renamed_before_it_was_read_has_the_name_that_the_settings_know():
    world, lake = World([_repo("acme/new", 30)]), Lake()
    world.repositories[0].former_names = ["acme/old"]
    with GitHubServer(world) as server:
        assert lake.pull(server, ["acme/old"]).refused == {}
        assert lake.pull(server, ["acme/old"]).refused == {}
    assert {name for name, _ in lake.rows["pull_requests"]} == {"acme/old"}
    assert lake.states["acme/old"].now == "acme/new"


def test_a_renamed_repository_keeps_the_name_that_the_tables_use():
    world, lake = World([_repo("acme/old", 30)]), Lake()
    repo = world.repositories[0]
    with GitHubServer(world) as server:
        lake.pull(server, ["acme/old"])
        repo.name_with_owner, repo.former_names = "acme/new", ["acme/old"]
        repo.touch(30, "2026-11-20T10:00:00Z", title="After the move")
        lake.pull(server, ["acme/new"])
    assert set(lake.states) == {"acme/old"}
    assert lake.states["acme/old"].now == "acme/new"
    assert lake.pull_request(30, "acme/old")["title"] == "After the move"
    assert len(lake.rows["pull_requests"]) == 30


def test_a_repository_that_is_renamed_while_it_is_read_is_read_to_its_end():
    world, lake = World([_repo("acme/old", 120)]), Lake()

    def before(number: int, world: World) -> None:
        if number == 3:
            repo = world.repositories[0]
            repo.name_with_owner, repo.former_names = "acme/new", ["acme/old"]

    with GitHubServer(world, Faults(before=before)) as server:
        pulled = lake.pull(server, ["acme/old"])
    assert pulled.refused == {}
    assert (lake.states["acme/old"].now, len(lake.numbers)) == ("acme/new", 120)


def test_another_repository_under_an_old_name_gets_a_name_of_its_own():
    world, lake = World([_repo("acme/shop", 10, place=1)]), Lake()
    with GitHubServer(world) as server:
        lake.pull(server, ["acme/shop"])
        world.repositories[0].name_with_owner = "acme/shop-legacy"
        world.repositories.append(_repo("acme/shop", 5, place=2))
        pulled = lake.pull(server, ["acme/shop", "acme/shop-legacy"])
    assert pulled.refused == {}
    assert {name: state.now for name, state in lake.states.items()} == {
        "acme/shop": "acme/shop-legacy", "acme/shop@2": "acme/shop",
    }  # fmt: skip
    assert len(lake.rows["pull_requests"]) == 15


def test_a_refused_token_ends_the_run_at_once_and_says_so():
    lake = Lake()
    with GitHubServer(world_of(10)) as server:
        with pytest.raises(SourceError, match="not accepted"):
            lake.pull(server, outside={"secrets": {"token": "bad-" + "token"}})
        assert server.requests == 1


def test_without_repositories_there_is_a_sentence():
    lake = Lake()
    with GitHubServer(world_of(1)) as server, pytest.raises(SourceError, match="names no repositories"):
        lake.pull(server, [])


def test_ctrl_c_ends_the_run_and_leaves_no_thread_behind():
    lake, threads = Lake(), active_count()
    with GitHubServer(world_of(300)) as server:
        serving = active_count()

        def interrupt(_parsed: object, _name: str) -> None:
            raise KeyboardInterrupt

        around = Surroundings(
            lake.raw, lake.held, {}, lambda: datetime.now(UTC),
            Outside(secrets={"token": TOKEN}, sleep=lake.slept.append), interrupt,
        )  # fmt: skip
        with pytest.raises(KeyboardInterrupt):
            GITHUB.pull(_settings(server), around)
        assert active_count() <= serving + 1  # the server's thread of the open connection
    assert active_count() == threads


def _settings(server: GitHubServer) -> IngestSettings:
    return IngestSettings.model_validate(
        {"sources": {"github": {"url": server.url, "repositories": [NAME], "alerts": []}}}
    )


def test_an_error_of_the_store_ends_the_run_as_it_is():
    class Full(KeptRaw):
        def keep(self, name: str, content: bytes) -> None:
            raise OSError(f"no space for {name}: {len(content)} bytes")

    lake = Lake(raw=Full())
    with GitHubServer(world_of(300)) as server, pytest.raises(OSError, match="no space"):
        lake.pull(server)


def test_progress_tells_place_requests_points_and_time_left():
    lake = Lake()
    with GitHubServer(world_of(200)) as server:
        lake.pull(server)
    pages = [one for one in lake.told if one.doing == "reading pull requests"]
    assert [one.done for one in pages] == [36, 72, 108, 144, 180, 200]
    assert {(one.place, one.total) for one in pages} == {(NAME, 200)}
    assert pages[-1].requests >= 6
    assert pages[-1].points_left is not None
    assert pages[-1].seconds_left == 0
    assert (lake.told[-1].doing, lake.told[-1].done) == ("done", 200)


def test_old_batches_are_let_go_but_never_the_last_or_an_unpublished_one():
    lake = Lake()
    with GitHubServer(world_of(300)) as server:
        lake.pull(server)
        names = lake.raw.names("github/")
        lake.ahead = timedelta(days=401)
        lake.pull(server)
    assert len(names) >= 3
    assert lake.raw.dropped == names[:-1]
    assert lake.raw.names("github/") == names[-1:]


def test_young_batches_stay():
    lake = Lake()
    with GitHubServer(world_of(300)) as server:
        lake.pull(server)
        lake.ahead = timedelta(days=399)
        lake.pull(server)
    assert lake.raw.dropped == []


def test_secrets_never_reach_what_is_kept():
    world, lake = world_of(40), Lake()
    leaked = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    world.repositories[0].pulls[3]["body"] = f"push with {leaked} or {TOKEN}"
    with GitHubServer(world) as server:
        lake.pull(server)
    everything = b"".join(lake.raw.kept.values()) + "".join(lake.cursor.values()).encode()
    assert leaked.encode() not in everything
    assert TOKEN.encode() not in everything
    assert b"push with " + b"*" * len(leaked) + b" or " + b"*" * len(TOKEN) in everything


def _repo(name: str, count: int, place: int | None = None) -> Repo:
    repo = invented(count, 1)
    repo.name_with_owner = name
    repo.id, repo.database_id = f"R_{place or name}", place or len(name)
    return repo
