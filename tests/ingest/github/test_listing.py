from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.settings import GitHubSettings
from ingest.sources.base import Outside
from ingest.sources.github.asking import Asker, Common
from ingest.sources.github.connection import Hub
from ingest.sources.github.credentials import credentials_of
from ingest.sources.github.held import Held, Light
from ingest.sources.github.listing import Lister, Look, older_at_end
from ingest.sources.github.state import Anchor
from tests.github_server import Faults, GitHubServer, Repo, World
from tests.ingest.github.helpers_pulling import NAME, TOKEN

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = "2026-11-01T00:00:00Z"
HELD = Light(7, NOON, "a" * 40, is_open=True, checks="pending")


def test_what_is_as_it_was_is_not_read_again():
    assert not Held([HELD]).differs(HELD)


@pytest.mark.parametrize(
    "told",
    [
        replace(HELD, updated_at=NOON + timedelta(seconds=1)),
        replace(HELD, updated_at=NOON - timedelta(seconds=1)),
        replace(HELD, head_sha="b" * 40),
        replace(HELD, is_open=False),
        replace(HELD, checks="failure"),
        replace(HELD, number=8),
    ],
    ids=["later", "earlier", "pushed", "closed", "check ended", "never seen"],
)
def test_what_differs_is_read_again(told: Light):
    assert Held([HELD]).differs(told)


@pytest.mark.parametrize("word", ["pending", "none", None])
def test_a_check_that_is_open_or_untold_changes_nothing_of_a_settled_one(word: str | None):
    """The tables may have settled it from the suites that ended; the combined word stays open for ever."""
    held = replace(HELD, checks="success")
    assert not Held([held]).differs(replace(held, checks=word))


def test_one_that_was_gone_and_is_listed_is_read_again():
    assert Held([replace(HELD, is_gone=True)]).differs(HELD)


def test_a_hundred_in_a_row_end_a_look_and_one_young_one_among_them_does_not():
    old = [replace(HELD, number=n, updated_at=NOON - timedelta(days=9)) for n in range(150)]
    since = NOON - timedelta(days=7)
    assert older_at_end(old[:99], since) == 99
    assert older_at_end([*old[:99], HELD, *old[:20]], since) == 20
    assert older_at_end(old, since) == 100
    assert older_at_end([HELD], since, 100) == 100  # once over, it stays over


def test_anchors_leave_room_at_the_top_and_let_pages_overlap():
    lights = [replace(HELD, number=n, cursor=f"c{n}") for n in range(1, 251)]
    assert Look(lights).anchors == (
        Anchor("c50", 50, 50), Anchor("c140", 140, 140), Anchor("c230", 230, 230),
    )  # fmt: skip


def test_all_pages_of_a_look_come_in_one_request_the_second_time():
    with listing(500) as (lister, server, _repo):
        first = lister.look((), None)
        assert [one.number for one in first.lights] == list(range(500, 0, -1))
        assert (first.total, server.requests) == (500, 5)
        server.forget()
        second = lister.look(first.anchors, None)
        assert _numbers(second) == _numbers(first)
        assert server.requests == 1


def test_fifty_changes_still_fit_before_the_first_anchor():
    with listing(500) as (lister, server, repo):
        anchors = lister.look((), None).anchors
        _touch(repo, range(1, 51))
        server.forget()
        assert set(_numbers(lister.look(anchors, None))) == set(range(1, 501))
        assert server.requests == 1


def test_a_gap_before_the_first_anchor_is_walked_and_then_the_old_pages_are_used():
    """120 changes: 100 of them are the first page; one more page meets what was loaded at once."""
    with listing(500) as (lister, server, repo):
        anchors = lister.look((), None).anchors
        _touch(repo, range(1, 121))
        server.forget()
        assert set(_numbers(lister.look(anchors, None))) == set(range(1, 501))
        assert server.requests == 2


def test_an_anchor_that_moved_to_the_top_does_not_hide_the_gap_behind_it():
    with listing(300) as (lister, _server, repo):
        look = lister.look((), None)
        moved = [anchor.number for anchor in look.anchors]
        _touch(repo, [*range(1, 150), *moved])
        assert set(_numbers(lister.look(look.anchors, None))) == set(range(1, 301))


def test_a_look_stops_after_a_hundred_older_ones():
    """One a day: 10 young ones, then a hundred, rounded up to whole pages."""
    with listing(400) as (lister, server, _repo):
        look = lister.look((), NOON + timedelta(days=390, hours=12))
        assert len(look.lights) == 200
        assert server.requests == 2


def test_one_that_stands_out_of_order_does_not_end_the_look_and_is_found():
    with listing(400) as (lister, _server, repo):
        order = list(range(400, 0, -1))
        order.remove(399)
        order.insert(80, 399)
        repo.order = order
        look = lister.look((), NOON + timedelta(days=396))
        assert 399 in _numbers(look)
        assert look.touched_at == NOON + timedelta(days=400)


def test_a_place_that_the_server_no_longer_knows_costs_requests_but_no_pull_request():
    with listing(300) as (lister, _server, repo):
        look = lister.look((), None)
        for anchor in look.anchors:
            repo.remove(anchor.number)
        assert set(_numbers(lister.look(look.anchors, None))) == set(repo.pulls)


@pytest.mark.parametrize("most", [10, 60])
def test_a_server_that_takes_little_at_once_is_asked_for_little(most: int):
    with listing(250, Faults(too_much_above=most)) as (lister, _server, repo):
        look = lister.look((), None)
        _touch(repo, [1, 2])
        assert set(_numbers(lister.look(look.anchors, None))) == set(range(1, 251))


def test_heads_come_with_their_checks_and_missing_ones_as_null():
    with listing(3) as (lister, _server, repo):
        repo.pulls[2]["commits"] = [{"commit": {"oid": "b" * 40, "statusCheckRollup": {"state": "ERROR"}}}]
        told = lister.heads([1, 2, 9])
    assert told[1] is not None
    assert told[2] is not None
    assert (told[2].checks, told[9]) == ("failure", None)


def test_a_sweep_lists_every_one_once():
    with listing(250) as (lister, server, _repo):
        pages = list(lister.all())
        assert [one.number for page in pages for one in page.lights] == list(range(1, 251))
        assert server.requests == 3


@contextmanager
def listing(count: int, faults: Faults | None = None) -> Iterator[tuple[Lister, GitHubServer, Repo]]:
    """A lister of a repository whose pull request n changed on day n."""
    pulls = {n: _node(n) for n in range(1, count + 1)}
    repo = Repo("R_1", 1, NAME, pulls)
    with GitHubServer(World([repo]), faults) as server:
        settings = GitHubSettings(url=server.url)
        outside = Outside(secrets={"token": TOKEN}, sleep=lambda _seconds: None)
        hub = Hub(settings, credentials_of(settings, outside.secrets), outside, lambda: datetime.now(UTC))
        connection = hub.connect()
        try:
            yield Lister(Asker(connection, NAME, Common()), hub.pause), server, repo
        finally:
            connection.close()


def _node(number: int) -> dict[str, object]:
    moment = f"{NOON + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "number": number, "state": "MERGED", "createdAt": moment, "updatedAt": moment,
        "headRefOid": f"{number:040x}",
    }  # fmt: skip


def _touch(repo: Repo, numbers: Sequence[int] | range) -> None:
    for number in numbers:
        repo.touch(number, f"{NOON + timedelta(days=900, minutes=number):%Y-%m-%dT%H:%M:%SZ}")


def _numbers(look: Look) -> list[int]:
    return [one.number for one in look.lights]
