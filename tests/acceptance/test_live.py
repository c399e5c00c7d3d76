"""`pilot ingest github` against a loopback server: the tables of the file source, for almost no requests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.acceptance.helpers_live import (
    PARTS,
    Drift,
    Tables,
    alert,
    analysis,
    differing,
    drifted,
    file_config,
    live,
    plain,
    quarantined,
    sync,
)
from tests.acceptance.helpers_pilot import ingest, run, table
from tests.github_server.http import GitHubServer
from tests.github_server.loading import invented, page_export, real_world
from tests.github_server.world import Repo, World

REAL = Path(__file__).parents[2] / ".." / "shared" / "real" / "pull_requests"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="real files are not beside this checkout")
EXPORTED = ("dotnet/aspire", "oven-sh/bun")  # in the shape of GraphQL nodes
CRAWLED = "PostHog/posthog"  # its order by last change as the interface told it
CUT_AT = 30  # where the collector of the real files cut its lists

SIGNED = "=eyJhbGciOi"  # how a signed token begins in an address

# -- the same tables as from files --------------------------------------------------------------------


def exported(repo: Repo) -> bytes:
    """A real repository as its file holds it, with its default branch as an answer tells it."""
    branch = {"name": repo.default_branch}
    told = {"nameWithOwner": repo.name_with_owner, "defaultBranchRef": branch}
    return json.dumps(told | {"pullRequests": list(repo.pulls.values())}).encode()


def from_files(folder: Path, texts: dict[str, bytes]) -> Tables:
    config = file_config(
        folder, {f"{name.replace('/', '+')}.json": text for name, text in texts.items()}, texts
    )
    ingest(config)
    return plain(config, PARTS)


@pytest.fixture(scope="module")
def world() -> World:
    """Everything real that can be served."""
    return real_world(REAL)


@needs_real
def test_real_repositories_give_the_same_tables_live_as_from_their_files(
    world: World, tmp_path: Path
) -> None:
    """All five tables, every column, but for lists that their collector cut: served, they are whole.

    Two reviews link to an editor with a signed token, which is hidden before an answer is kept: the length
    of their text stays.
    """
    repositories = [repo for repo in world.repositories if repo.name_with_owner in EXPORTED]
    texts = {repo.name_with_owner: exported(repo) for repo in repositories}
    expected = from_files(tmp_path / "files", texts)
    with GitHubServer(world) as server:
        config = live(tmp_path / "live", server, EXPORTED)
        sync(config, server)
    seen = plain(config, PARTS)
    assert {name: frame.height for name, frame in seen.items()} == {
        "pull_requests": 208, "changed_files": 0, "reviews": 538, "review_events": 492, "commits": 810,
    }  # fmt: skip
    cut = {
        ("pull_requests", (repo.name_with_owner, number), "cut_lists")
        for repo in repositories
        for number, node in repo.pulls.items()
        if CUT_AT in {len(node["reviews"]), len(node["commits"])}
    }
    reviews = [one for repo in repositories for node in repo.pulls.values() for one in node["reviews"]]
    assert (len(cut), sum(SIGNED in review["body"] for review in reviews)) == (3, 2)
    assert differing(seen, expected) == cut
    assert quarantined(config) == 0


@pytest.mark.deep
def test_an_invented_repository_gives_the_same_tables_live_as_from_a_file(tmp_path: Path) -> None:
    """Lists that go on for pages, deleted accounts, drafts, bots and pushes by force among them."""
    repo = invented(400, seed=1)
    expected = from_files(tmp_path / "files", {repo.name_with_owner: page_export(repo)})
    with GitHubServer(World([repo])) as server:
        config = live(tmp_path / "live", server, [repo.name_with_owner])
        sync(config, server)
    seen = plain(config, PARTS)
    assert seen["pull_requests"].height == 400
    assert min(frame.height for frame in seen.values()) > 100
    assert seen["pull_requests"].filter(pl.col("cut_lists").list.len() > 0).is_empty()
    assert differing(seen, expected) == set()
    assert quarantined(config) == 0


# -- what it costs ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def thousand() -> Repo:
    return invented(1000, seed=3)


def test_a_thousand_pull_requests_cost_at_most_sixty_requests_and_nothing_new_at_most_three(
    thousand: Repo, tmp_path: Path
) -> None:
    with GitHubServer(World([thousand])) as server:
        config = live(tmp_path, server, [thousand.name_with_owner])
        first = sync(config, server)
        known = plain(config)
        idle = [sync(config, server) for _ in range(2)]
    assert table(config, "pull_requests").height == 1000
    assert first.requests <= 60
    assert first.points <= 60
    assert first.row["requests"] == first.requests
    assert max(each.requests for each in idle) <= 3
    assert differing(plain(config), known) == set()


@pytest.mark.deep
@needs_real
def test_nothing_new_costs_at_most_three_requests_per_repository_however_many_are_open(
    world: World, tmp_path: Path
) -> None:
    """Of the 2,000 some 420 are open and 1,100 were touched in the last week: all of it is asked again."""
    names = (*EXPORTED, CRAWLED)
    with GitHubServer(deepcopy_of(world)) as server:
        config = live(tmp_path, server, names)
        sync(config, server)
        idle = [sync(config, server) for _ in range(2)]
    rows = table(config, "pull_requests")
    assert rows.filter(repository=CRAWLED).height == 2000
    assert max(each.requests for each in idle) <= 3 * len(names)
    assert all(each.row["rows_in"] == 0 for each in idle)


def deepcopy_of(world: World) -> World:
    """The same world, to be spoiled by one test."""
    return World([deepcopy(repo) for repo in world.repositories])


def test_one_change_costs_a_few_requests_and_writes_that_change_only(tmp_path: Path) -> None:
    repo = invented(300, seed=11)
    with GitHubServer(World([repo])) as server:
        config = live(tmp_path, server, [repo.name_with_owner])
        sync(config, server)
        known = plain(config)
        repo.touch(200, hour_later(repo), title="Another title")
        later = sync(config, server)
    assert later.requests <= 3 + 2
    assert {cell[2] for cell in differing(plain(config, PARTS), {name: known[name] for name in PARTS})} <= {
        "title", "updated_at", "seen_at", "signals", "evidence",
    }  # fmt: skip
    assert table(config, "pull_requests").filter(number=200)["title"].item() == "Another title"


def hour_later(repo: Repo) -> str:
    """An hour after the last change, as GitHub writes it."""
    top = max(datetime.fromisoformat(node["updatedAt"]) for node in repo.pulls.values())
    return f"{top + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"


# -- kept answers -------------------------------------------------------------------------------------


def test_kept_answers_give_the_same_tables_again_without_a_request(tmp_path: Path) -> None:
    repo = invented(200, seed=4)
    with GitHubServer(World([repo])) as server:
        config = live(tmp_path, server, [repo.name_with_owner])
        sync(config, server)
        known = plain(config)
        again = sync(config, server, "--from-raw")
        assert (again.requests, differing(plain(config), known)) == (0, set())
        for part in (tmp_path / "lake").iterdir():
            if part.name != "raw":
                shutil.rmtree(part) if part.is_dir() else part.unlink()
        (tmp_path / "token").unlink()  # nobody is asked, so nobody has to be told who asks
        anew = sync(config, server, "--from-raw")
    assert (anew.requests, differing(plain(config), known)) == (0, set())


def test_after_reading_kept_answers_into_an_empty_store_the_next_look_costs_no_more_than_usual(
    tmp_path: Path,
) -> None:
    repo = invented(200, seed=4)
    with GitHubServer(World([repo])) as server:
        config = live(tmp_path, server, [repo.name_with_owner])
        sync(config, server)
        for part in (tmp_path / "lake").iterdir():
            if part.name != "raw":
                shutil.rmtree(part) if part.is_dir() else part.unlink()
        sync(config, server, "--from-raw")
        assert sync(config, server).requests <= 3


# -- days later ---------------------------------------------------------------------------------------


@needs_real
def test_a_repository_days_later_ends_in_the_tables_of_a_fresh_reading(world: World, tmp_path: Path) -> None:
    """Except that who read before still knows the verdict of a review that was dismissed in silence."""
    earlier = deepcopy(world.find("oven-sh/bun"))
    assert earlier is not None
    days = drifted(earlier)
    seen, fresh = both_ways(earlier, days, tmp_path)
    number, review = days.silent_dismissal
    (row,) = reviews_of(fresh, number, review)
    assert (row["state"], row["state_before_dismissal"]) == ("DISMISSED", None)
    (row,) = reviews_of(seen, number, review)
    assert (row["state"], row["state_before_dismissal"]) == ("DISMISSED", "CHANGES_REQUESTED")
    (told,) = reviews_of(fresh, *days.told_dismissal)
    assert told["state_before_dismissal"] == "CHANGES_REQUESTED"
    key = ("oven-sh/bun", number, row["review_id"])
    assert differing(seen, fresh) == {("reviews", key, "state_before_dismissal")}
    rows = seen["pull_requests"]
    assert rows.height == 116 + len(days.opened)
    grown = rows.filter(pl.col("number").is_in(days.grown))
    assert (grown["additions"].to_list(), days.out_of_place in days.grown) == ([30] * len(days.grown), True)


def both_ways(earlier: Repo, days: Drift, folder: Path) -> tuple[Tables, Tables]:
    """Tables after reading both states, and after reading the later one alone."""
    world = World([earlier])
    with GitHubServer(world) as server:
        twice = live(folder / "twice", server, [earlier.name_with_owner])
        sync(twice, server)
        with world.lock:
            world.repositories[0] = days.repo
        sync(twice, server)
        once = live(folder / "once", server, [earlier.name_with_owner])
        sync(once, server)
    assert quarantined(twice) == 0
    return plain(twice), plain(once)


def reviews_of(tables: Tables, number: int, review: str) -> list[dict[str, Any]]:
    """A review by either of its ids."""
    digits = review.partition("_")[2]
    ids = pl.col("review_id").is_in([review, digits])
    return tables["reviews"].filter(ids, number=number).to_dicts()


def test_a_deleted_pull_request_is_marked_and_keeps_its_rows(tmp_path: Path) -> None:
    repo = invented(120, seed=5)
    with GitHubServer(World([repo])) as server:
        config = live(tmp_path, server, [repo.name_with_owner], "sweep_days = 0")
        sync(config, server)
        known = plain(config, PARTS)
        del repo.pulls[60], repo.pulls[61]
        sync(config, server)
        marked = table(config, "pull_requests").filter(pl.col("gone_at").is_not_null())
        assert sorted(marked["number"]) == [60, 61]
        sync(config, server)
    after = plain(config, PARTS)
    assert {cell[2] for cell in differing(after, known)} == {"gone_at"}
    assert after["pull_requests"].height == 120


def test_a_check_that_turned_is_seen_although_no_date_moved(tmp_path: Path) -> None:
    repo = invented(120, seed=6)
    number = next(number for number, node in repo.pulls.items() if not node["closedAt"] and node["commits"])
    head = repo.pulls[number]["commits"][-1]["commit"]
    head["statusCheckRollup"] = {"state": "PENDING"}
    with GitHubServer(World([repo])) as server:
        config = live(tmp_path, server, [repo.name_with_owner])
        sync(config, server)
        head["statusCheckRollup"] = {"state": "FAILURE"}
        sync(config, server)
    assert table(config, "pull_requests").filter(number=number)["checks_at_merge"].item() == "failure"


def test_a_renamed_repository_stays_one_and_costs_no_second_reading(tmp_path: Path) -> None:
    repo = invented(150, seed=7)
    first_name = repo.name_with_owner
    owner = first_name.partition("/")[0]
    with GitHubServer(World([repo])) as server:
        config = live(tmp_path, server, [first_name])
        sync(config, server)
        known = plain(config)
        repo.former_names.append(first_name)
        repo.name_with_owner = f"{owner}/renamed"
        by_old_name = sync(config, server)
        live(tmp_path, server, [repo.name_with_owner])
        by_new_name = sync(config, server)
    assert max(by_old_name.requests, by_new_name.requests) <= 3
    assert differing(plain(config), known) == set()
    assert table(config, "pull_requests")["repository"].unique().to_list() == [first_name]


# -- servers, callers, patterns -----------------------------------------------------------------------


def test_a_server_without_limits_gives_the_same_tables(tmp_path: Path) -> None:
    repo = invented(150, seed=8)
    expected = from_files(tmp_path / "files", {repo.name_with_owner: page_export(repo)})
    with GitHubServer(World([repo], points_limit=None)) as server:
        config = live(tmp_path / "live", server, [repo.name_with_owner])
        sync(config, server)
    assert differing(plain(config, PARTS), expected) == set()


def test_links_that_name_another_host_are_followed_on_the_configured_one(tmp_path: Path) -> None:
    many = [alert(number) for number in range(1, 131)]
    repo = replace(
        invented(40, seed=9), analyses=[analysis()], code_alerts=many, dependabot_alerts=[], secret_alerts=[],
    )  # fmt: skip
    world = World([repo])
    world.public_url = "http://git.inside.example/api/v3"
    with GitHubServer(world) as server:
        config = live(tmp_path, server, [repo.name_with_owner])
        sync(config, server)
    assert table(config, "alerts").height == 130


@pytest.fixture
def key(tmp_path: Path) -> rsa.RSAPrivateKey:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "app.pem").write_bytes(text)
    (tmp_path / "app.pem").chmod(0o600)
    return made


@pytest.mark.deep
def test_an_app_renews_its_token_in_the_middle_of_a_reading(key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    """Tokens live for a second here; clients renew them some seconds before their end."""
    repo = invented(200, seed=10)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    world = World([repo], {}, app_id=5, app_public_key=public.decode(), token_lives_seconds=1)
    app = 'app_id = 5\ninstallation_id = 9\nprivate_key_path = "app.pem"'
    with GitHubServer(world, latency_seconds=0.15) as server:
        config = live(tmp_path, server, [repo.name_with_owner], app)
        config.write_text(config.read_text().replace('token_file = "token"\n', ""))
        sync(config, server)
        issued = [each for each in server.asked if each.path.endswith("/access_tokens")]
    assert len(issued) > 1
    assert table(config, "pull_requests").height == 200


@pytest.fixture
def family() -> Iterator[GitHubServer]:
    """Five small repositories of two owners, one of them archived."""
    names = ("acme/payments-api", "acme/payments-web", "acme/payments-old", "acme/search", "other/payments-x")
    repositories = [
        replace(invented(20, seed=20 + place), id=f"R_{place}", database_id=100 + place, name_with_owner=name)
        for place, name in enumerate(names)
    ]
    repositories[2].is_archived = True
    with GitHubServer(World(repositories)) as server:
        yield server


def read_repositories(config: Path) -> list[str]:
    return sorted(table(config, "pull_requests")["repository"].unique())


def test_patterns_are_expanded_and_what_is_excluded_stays_away(family: GitHubServer, tmp_path: Path) -> None:
    config = live(tmp_path, family, ["acme/payments-*"], 'exclude = ["acme/*-web"]')
    sync(config, family)
    assert read_repositories(config) == ["acme/payments-api", "acme/payments-old"]


def test_a_repository_named_twice_is_read_once(family: GitHubServer, tmp_path: Path) -> None:
    config = live(tmp_path, family, ["acme/search", "ACME/search", "acme/sear*"])
    sync(config, family)
    assert read_repositories(config) == ["acme/search"]
    assert table(config, "pull_requests").height == 20


def test_a_repository_that_is_not_there_is_named_and_the_others_are_read(
    family: GitHubServer, tmp_path: Path
) -> None:
    config = live(tmp_path, family, ["acme/search", "acme/nothing", "acme/none-*"])
    code, out, err = run("ingest", config, "github")
    assert code == 11
    assert "acme/nothing" in out + err
    assert "acme/none-*" in out + err
    assert read_repositories(config) == ["acme/search"]


def test_a_wrong_token_is_one_line_and_leaves_what_was_there(family: GitHubServer, tmp_path: Path) -> None:
    config = live(tmp_path, family, ["acme/search"])
    sync(config, family)
    known = plain(config)
    (tmp_path / "token").write_text("ghp_" + "x" * 36)
    code, out, err = run("ingest", config, "github", "--json")
    assert (code, len(err.splitlines())) == (11, 1), err
    assert "ghp_" not in out + err
    assert differing(plain(config), known) == set()
