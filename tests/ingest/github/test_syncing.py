from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ingest.sources.github import reading, syncing
from ingest.sources.github import state as states
from ingest.sources.github.connection import Connection
from ingest.sources.github.faults import FieldsFault, TooMuchFault
from ingest.sources.github.state import Anchor
from tests.github_server import Faults, GitHubServer, World
from tests.ingest.github.helpers_pulling import NAME, PARTS, Died, Lake, asked_with, plain, world_of

LATER = "2026-11-20T10:00:00Z"


@contextmanager
def read_once(count: int, **settings: Any) -> Iterator[tuple[World, Lake, GitHubServer]]:
    """A world of so many pull requests that was read once; the server counts anew."""
    world, lake = world_of(count), Lake()
    with GitHubServer(world) as server:
        lake.pull(server, **settings)
        server.forget()
        yield world, lake, server


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several batches of a small repository; the usual size is twice this."""
    monkeypatch.setattr(syncing, "BATCH", 144)


def test_a_change_is_read_and_nothing_else_is():
    with read_once(300) as (world, lake, server):
        world.repositories[0].touch(3, LATER, title="Changed", additions=77)
        lake.pull(server)
        assert (lake.pull_request(3)["title"], lake.pull_request(3)["additions"]) == ("Changed", 77)
        assert _numbers_asked(server, "...changes") == {3}
        assert server.requests <= 5  # look, open heads, whole, files and what goes on


def test_a_change_that_is_old_by_the_clock_is_found_after_a_pause():
    """All of it happened months ago: the mark from which a look goes is told by data, not by a clock."""
    with read_once(120) as (world, lake, server):
        latest = max(node["updatedAt"] for node in world.repositories[0].pulls.values())
        assert lake.states[NAME].touched_at == datetime.fromisoformat(latest)
        lake.pull(server)
        minute_later = datetime.fromisoformat(latest) + timedelta(minutes=1)
        world.repositories[0].touch(5, f"{minute_later:%Y-%m-%dT%H:%M:%SZ}", title="Changed then")
        lake.pull(server)
        assert lake.pull_request(5)["title"] == "Changed then"


def test_a_late_review_of_a_closed_one_that_stands_out_of_order_is_found():
    """#20 changed last, and the server lists it behind 60 others that changed up to five days before."""
    world, lake = world_of(200), Lake()
    repo = world.repositories[0]
    repo.order = sorted(repo.pulls, key=lambda number: repo.pulls[number]["updatedAt"], reverse=True)
    with GitHubServer(world) as server:
        lake.pull(server)
        late = {
            "id": "PRR_late", "fullDatabaseId": "999", "state": "APPROVED", "submittedAt": LATER,
            "author": {"__typename": "User", "login": "late-reviewer"}, "body": "",
        }  # fmt: skip
        repo.touch(20, LATER, reviews=[late])
        repo.order.remove(20)
        repo.order.insert(60, 20)
        lake.pull(server)
    reviewers = {row["reviewer"] for row in lake.rows["reviews"].values() if row["number"] == 20}
    assert "late-reviewer" in reviewers


def test_a_check_of_an_open_head_that_ends_is_seen_though_no_date_moves():
    with read_once(100) as (world, lake, server):
        repo = world.repositories[0]
        number = next(n for n, node in sorted(repo.pulls.items()) if _is_open(node) and _rollup(node))
        turned = "FAILURE" if _rollup(repo.pulls[number])["state"] == "SUCCESS" else "SUCCESS"
        _rollup(repo.pulls[number])["state"] = turned
        lake.pull(server)
        assert lake.pull_request(number)["checks_at_merge"] == turned.lower()
        assert _numbers_asked(server, "...changes") == {number}


def test_open_heads_are_left_alone_if_the_settings_say_so():
    with read_once(100) as (_world, lake, server):
        lake.pull(server, reread_open=False)
        assert (server.requests, asked_with(server, "...head")) == (1, 0)


def test_a_pending_check_is_not_read_again_at_every_look_but_by_the_sweep():
    world, lake = world_of(60), Lake()
    node = world.repositories[0].pulls[60]
    lately = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    node |= {"state": "OPEN", "closedAt": None, "mergedAt": None, "updatedAt": lately}
    _set_rollup(node, "PENDING", "QUEUED")
    with GitHubServer(world) as server:
        lake.pull(server)
        assert lake.pull_request(60)["checks_at_merge"] == "pending"
        server.forget()
        lake.pull(server)
        assert asked_with(server, "...changes") == 0
        lake.pull(server, sweep_days=0)
        assert 60 in _numbers_asked(server, "...changes")


def test_a_deleted_one_is_missed_in_the_count_and_one_that_is_back_is_there_again():
    with read_once(150) as (world, lake, server):
        repo = world.repositories[0]
        number = next(n for n, node in sorted(repo.pulls.items()) if not _is_open(node))
        node = repo.pulls.pop(number)
        lake.pull(server)
        assert lake.gone() == {number}
        assert lake.pull_request(number)["title"]  # marked, not dropped
        server.forget()
        lake.pull(server)
        assert server.requests <= 2  # what is counted by now is not missed again
        repo.pulls[number] = node
        lake.pull(server)
        assert lake.gone() == set()


def test_one_that_was_deleted_where_another_was_opened_is_missed_in_the_count_too():
    with read_once(150) as (world, lake, server):
        repo = world.repositories[0]
        number = next(n for n, node in sorted(repo.pulls.items()) if not _is_open(node))
        newest = repo.pulls.pop(number)
        lately = {"number": 151, "updatedAt": "2026-11-20T10:00:00Z", "createdAt": "2026-11-20T09:00:00Z"}
        repo.pulls[151] = newest | lately | {"timelineItems": [], "closedAt": None, "mergedAt": None}
        lake.pull(server)
        assert lake.gone() == {number}


def test_a_check_of_an_open_head_that_begins_again_is_not_taken_for_its_old_result():
    world, lake = world_of(60), Lake()
    node = world.repositories[0].pulls[60]
    node |= {"state": "OPEN", "closedAt": None, "mergedAt": None}
    _set_rollup(node, "SUCCESS", "COMPLETED")
    with GitHubServer(world) as server:
        lake.pull(server)
        assert lake.pull_request(60)["checks_at_merge"] == "success"
        _set_rollup(node, "PENDING", "IN_PROGRESS")
        lake.pull(server)
        assert lake.pull_request(60)["checks_at_merge"] == "pending"


def test_the_size_of_an_open_one_moves_without_a_date():
    world, lake = world_of(60), Lake()
    node = world.repositories[0].pulls[60]
    node |= {"state": "OPEN", "closedAt": None, "mergedAt": None}
    with GitHubServer(world) as server:
        lake.pull(server)
        node["additions"] += 7
        lake.pull(server)
        assert lake.pull_request(60)["additions"] == node["additions"]
        server.forget()
        lake.pull(server)
        assert asked_with(server, "...changes") == 0


def test_one_that_changed_in_the_second_it_was_read_is_read_once_more(monkeypatch: pytest.MonkeyPatch):
    world, lake = world_of(60), Lake()
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    world.repositories[0].touch(60, now)
    with GitHubServer(world) as server:
        lake.pull(server)
        monkeypatch.setattr(reading, "_SAME_MOMENT", timedelta(seconds=-1))  # time passes
        for count in (1, 0):
            server.forget()
            lake.pull(server)
            assert asked_with(server, "...changes") == count


def test_checks_that_may_be_read_at_last_are_read_of_all():
    world, lake = world_of(60), Lake()
    world.denied_fields = {"Commit.statusCheckRollup"}
    with GitHubServer(world) as server:
        lake.pull(server)
        world.denied_fields = set()
        lake.pull(server)
        lake.pull(server)
    assert None not in {row["checks_at_merge"] for row in lake.rows["pull_requests"].values()}


def test_a_deleted_open_one_is_marked_at_once():
    with read_once(60) as (world, lake, server):
        repo = world.repositories[0]
        number = next(n for n, node in sorted(repo.pulls.items()) if _is_open(node))
        repo.remove(number)
        lake.pull(server)
        assert lake.gone() == {number}


def test_the_sweep_finds_what_no_look_found_and_is_not_due_again_for_its_days():
    """A change that was lost: its moment lies long before the last look's overlap."""
    with read_once(300) as (world, lake, server):
        repo = world.repositories[0]
        closed = [number for number, node in repo.pulls.items() if not _is_open(node)]
        oldest = min(closed, key=lambda number: repo.pulls[number]["updatedAt"])
        repo.pulls[oldest] |= {"title": "Lost and found", "updatedAt": "2026-03-02T00:00:00Z"}
        lake.pull(server)
        assert lake.pull_request(oldest)["title"] != "Lost and found"
        lake.pull(server, sweep_days=0)
        assert lake.pull_request(oldest)["title"] == "Lost and found"
        server.forget()
        lake.pull(server)
        assert asked_with(server, "CREATED_AT") == 0


def test_what_changes_while_the_first_reading_goes_on_is_read_in_the_same_run():
    """#1 is at the end of the list; before it is reached it moves to the top, where nobody looks any more."""

    def before(ordinal: int, world: World) -> None:
        if ordinal == 5:
            world.repositories[0].touch(1, LATER, title="Moved to the top")
            world.repositories[0].touch(500, LATER, title="Opened meanwhile", state="OPEN")

    lake = Lake()
    with GitHubServer(world_of(300), Faults(before=before)) as server:
        lake.pull(server)
    assert lake.pull_request(1)["title"] == "Moved to the top"
    assert lake.pull_request(500)["title"] == "Opened meanwhile"
    assert len(lake.numbers) == 301


def test_one_that_is_deleted_while_the_first_reading_goes_on_is_marked_in_the_same_run():
    def before(ordinal: int, world: World) -> None:
        if ordinal == 12:  # the list is read, the last files are not
            world.repositories[0].pulls.pop(300, None)

    lake = Lake()
    with GitHubServer(world_of(300), Faults(before=before)) as server:
        lake.pull(server)
    assert lake.gone() == {300}


@pytest.mark.deep
def test_more_changes_than_a_page_holds_are_walked_until_the_known_places_are_met():
    """250 of 600 move to the top: three pages bring them, and then the old places are met."""
    with read_once(600) as (world, lake, server):
        for number in range(1, 251):
            world.repositories[0].touch(number, LATER, title=f"Changed {number}")
        lake.pull(server)
        assert all(lake.pull_request(n)["title"] == f"Changed {n}" for n in range(1, 251))
        assert asked_with(server, "t0:") <= 4
        server.forget()
        lake.pull(server)
        assert server.requests <= 3


@pytest.mark.parametrize("kind", ["502", "errors"])
def test_pages_that_are_too_much_shrink_and_nothing_is_lost(kind: Any):
    world, lake, whole = world_of(120), Lake(), Lake()
    with GitHubServer(world) as server:
        whole.pull(server)
    with GitHubServer(world, Faults(too_much_above=10, too_much_as=kind)) as server:
        pulled = lake.pull(server)
    assert pulled.refused == {}
    for name in PARTS:
        assert plain(lake, name) == plain(whole, name), name


def test_one_that_cannot_be_told_is_named_asked_again_and_recovers(monkeypatch: pytest.MonkeyPatch):
    world, lake = world_of(100), Lake()
    spoiled = {12}
    _spoil(monkeypatch, lambda text, data: _tells_whole(text, data, spoiled))
    with GitHubServer(world) as server:
        pulled = lake.pull(server)
        assert list(pulled.refused) == [f"{NAME}#12"]
        assert "asked for again in every run" in pulled.refused[f"{NAME}#12"]
        assert lake.numbers == set(range(1, 101)) - {12}
        assert list(lake.pull(server).refused) == [f"{NAME}#12"]
        spoiled.clear()
        assert lake.pull(server).refused == {}
    assert lake.pull_request(12)["title"]
    assert lake.states[NAME].unread == {}


def test_files_that_cannot_be_told_leave_the_rest_of_the_pull_request(monkeypatch: pytest.MonkeyPatch):
    world, lake = world_of(60), Lake()
    spoiled = {12}
    _spoil(monkeypatch, lambda text, data: "...changes" in text and _names(data, spoiled))
    with GitHubServer(world) as server:
        pulled = lake.pull(server)
        assert (pulled.refused, dict(pulled.left_out)) == (
            {}, {"list of changed files that GitHub did not tell": 1}
        )  # fmt: skip
        assert lake.pull_request(12)["title"]
        assert not [key for key in lake.rows["changed_files"] if key[1] == 12]
        spoiled.clear()
        lake.pull(server)
    assert [key for key in lake.rows["changed_files"] if key[1] == 12]


def test_a_part_that_may_not_be_read_is_remembered_and_forgotten_when_it_may():
    world, lake = world_of(40), Lake()
    world.denied_fields = {"Commit.statusCheckRollup"}
    with GitHubServer(world) as server:
        pulled = lake.pull(server)
        assert list(lake.states[NAME].denied) == ["statusCheckRollup"]
        assert [reason.partition(":")[0] for reason in pulled.left_out] == ["statusCheckRollup"]
        assert {row["checks_at_merge"] for row in lake.rows["pull_requests"].values()} == {None}
        assert lake.rows["features"][NAME, "checks"]["status"] == "not_permitted"
        world.denied_fields = set()
        lake.pull(server)
    assert lake.states[NAME].denied == {}


def test_an_older_server_is_asked_without_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch):
    lake = Lake()
    real = Connection.ask

    def ask(self: Connection, query: str, variables: Mapping[str, Any]) -> Any:
        if "closingIssuesReferences" in query:
            raise FieldsFault((("PullRequest", "closingIssuesReferences"),))
        if "AddedToMergeQueueEvent" in query:
            raise FieldsFault((("AddedToMergeQueueEvent", ""), ("PullRequestTimelineItemsItemType", "")))
        return real(self, query, variables)

    monkeypatch.setattr(Connection, "ask", ask)
    with GitHubServer(world_of(60)) as server:
        pulled = lake.pull(server)
        assert asked_with(server, "ADDED_TO_MERGE_QUEUE") == 0
    assert pulled.refused == {}
    assert len(lake.numbers) == 60


def test_a_field_without_which_no_question_is_left_is_refused_in_words(monkeypatch: pytest.MonkeyPatch):
    def ask(_self: Connection, _query: str, _variables: Mapping[str, Any]) -> Any:
        raise FieldsFault((("Ship", "mast"),))

    monkeypatch.setattr(Connection, "ask", ask)
    with GitHubServer(world_of(1)) as server:
        pulled = Lake().pull(server)
    assert "does not know Ship.mast" in pulled.refused[NAME]


def test_pull_requests_of_before_the_wanted_day_are_left_alone():
    world, lake = world_of(300), Lake()
    born = {number: node["createdAt"][:10] for number, node in world.repositories[0].pulls.items()}
    wanted = {number for number, day in born.items() if day >= "2026-04-10"}
    with GitHubServer(world) as server:
        lake.pull(server, created_after=date(2026, 4, 10))
        assert lake.numbers == wanted
        world.repositories[0].touch(1, LATER)
        server.forget()
        assert lake.pull(server, created_after=date(2026, 4, 10)).batches == 0
    assert lake.numbers == wanted


def test_alerts_are_batches_of_their_own_and_are_not_asked_for_again_at_once():
    lake = Lake()
    kinds = ["code_scanning", "secret_scanning", "dependabot"]
    with GitHubServer(world_of(40)) as server:
        lake.pull(server, alerts=kinds, rule_bypasses=True)
        assert lake.states[NAME].batch == 1 + 4
        assert set(lake.states[NAME].alerts_at) == set(kinds)
        server.forget()
        lake.pull(server, alerts=kinds, rule_bypasses=True)
        assert [one for one in server.asked if one.kind == "rest"] == []


def test_an_empty_repository_is_read_too():
    with GitHubServer(world_of(0)) as server:
        lake = Lake()
        assert lake.pull(server).refused == {}
        assert lake.states[NAME].walked
        lake.pull(server)
    assert lake.numbers == set()


def test_a_state_written_by_an_earlier_version_is_read():
    with read_once(40) as (_world, lake, server):
        (text,) = lake.cursor.values()
        lake.cursor = {
            key: text.replace('"older_count":0,', "").replace(',"position":36', "") for key in lake.cursor
        }
        assert lake.pull(server).batches == 0


def test_a_look_that_died_between_its_batches_is_made_again():
    with read_once(300) as (world, lake, server):
        for number in range(1, 201):
            world.repositories[0].touch(number, LATER, title=f"Changed {number}")
        with pytest.raises(Died):
            lake.pull(server, dies_at=1)
        lake.pull(server)
        assert all(lake.pull_request(n)["title"] == f"Changed {n}" for n in range(1, 201))


def test_places_that_the_server_no_longer_takes_are_done_without():
    with read_once(120) as (world, lake, server):
        state = lake.states[NAME]
        broken = tuple(Anchor("no cursor", one.number, one.position) for one in state.anchors)
        lake.cursor = {state.id: states.written(replace(state, anchors=broken))}
        world.repositories[0].touch(3, LATER, title="Changed")
        assert lake.pull(server).refused == {}
        assert lake.pull_request(3)["title"] == "Changed"


def test_an_unread_one_that_was_never_read_and_is_deleted_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    world, lake = world_of(40), Lake()
    spoiled = {12}
    _spoil(monkeypatch, lambda text, data: _tells_whole(text, data, spoiled))
    with GitHubServer(world) as server:
        lake.pull(server)
        world.repositories[0].remove(12)
        assert lake.pull(server).refused == {}
    assert 12 not in lake.numbers
    assert lake.states[NAME].unread == {}


def _spoil(monkeypatch: pytest.MonkeyPatch, is_too_much: Callable[[str, Mapping[str, Any]], bool]) -> None:
    """Let some answers be too much for GitHub, whatever the size."""
    real = Connection.ask

    def ask(self: Connection, query: str, variables: Mapping[str, Any]) -> Any:
        answer = real(self, query, variables)
        if is_too_much(query, answer.data):
            raise TooMuchFault("Something went wrong")
        return answer

    monkeypatch.setattr(Connection, "ask", ask)


def _tells_whole(text: str, data: Mapping[str, Any], numbers: set[int]) -> bool:
    return "...whole" in text and _names(data, numbers)


def _names(data: Mapping[str, Any], numbers: set[int]) -> bool:
    repository = data["repository"]
    listed = (repository.get("pullRequests") or {}).get("nodes") or ()
    told = {node["number"] for node in listed} | {
        node["number"] for alias, node in repository.items() if alias[1:].isdigit() and node
    }
    return bool(told & numbers)


def _numbers_asked(server: GitHubServer, fragment: str) -> set[int]:
    """Numbers that were asked for with this fragment."""
    texts = [one.query or "" for one in server.asked]
    pieces = [piece for text in texts for piece in text.split("pullRequest(number:")[1:]]
    return {int(piece.partition(")")[0]) for piece in pieces if fragment in piece.partition("}")[0]}


def _is_open(node: Mapping[str, Any]) -> bool:
    return node["state"] == "OPEN"


def _rollup(node: Mapping[str, Any]) -> dict[str, Any]:
    commits = node["commits"]
    told: dict[str, Any] = commits[-1]["commit"].get("statusCheckRollup") or {}
    return told


def _set_rollup(node: Mapping[str, Any], state: str, status: str) -> None:
    """Give the head an open conclusion and one fresh suite."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    suite = {"status": status, "conclusion": None, "createdAt": now, "app": {"slug": "actions"}}
    node["commits"][-1]["commit"] |= {"statusCheckRollup": {"state": state}, "checkSuites": [suite]}
