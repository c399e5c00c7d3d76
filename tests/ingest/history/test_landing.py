from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contracts import LANDED_COMMITS
from ingest.history.forgetting import forget_all_but, repositories_read
from ingest.history.landing import NO_BRANCH, UNREAD
from ingest.history.order import arrivals, brought_with
from ingest.history.users import KEPT
from ingest.settings import (
    AuthorshipOverride,
    AuthorshipSettings,
    ClassSettings,
    GitRepository,
    GitSettings,
    SourcesSettings,
)
from tests.builders_git import BASE, JANE, GitRepo
from tests.ingest.history.helpers_landing import LATER, REPOSITORY, Landing

CLAUDE = "\n\nCo-authored-by: Claude <noreply@anthropic.com>"
CURSOR = "Cursor Agent <cursoragent@cursor.com>"
ROB = "Rob <rob@acme.example>"


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path)


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = GitRepo(tmp_path / "work")
    made.commit_file("app.py", "one\n", "Begin")
    return made


def merged(number: int, sha: str | None = None, **more: Any) -> dict[str, Any]:
    at = more.get("merged_at", "2026-02-01T00:00:00Z")
    told = {"merged_at": at, "closed_at": at, "merge_sha": sha, "base_branch": "main"}
    return {"number": number, "created_at": "2026-01-01T00:00:00Z"} | told | more


def feature(repo: GitRepo, name: str, count: int = 2, base: str = "main") -> list[str]:
    """A branch of so many commits, each with a file of its own; the base is checked out again."""
    repo.branch(name, base)
    shas = [repo.commit_file(f"{name}{place}.py", f"{name}\n", f"{name} {place}") for place in range(count)]
    repo.checkout(base)
    return shas


# -- order and times --------------------------------------------------------------------------------


def test_every_commit_of_the_branch_has_a_place_and_commits_of_a_merge_stand_before_it(
    repo: GitRepo, landing: Landing
):
    own = feature(repo, "login")
    between = repo.commit_file("b.py", "b\n", "Between")
    merge = repo.merge("login")
    assert landing.landed(repo)["sha"].to_list() == [repo.sha("HEAD~2"), between, *own, merge]


def test_commits_that_never_reached_the_branch_are_not_landed(repo: GitRepo, landing: Landing):
    open_ones = feature(repo, "open")
    assert not set(open_ones) & set(landing.landed(repo)["sha"])


def test_places_stay_when_the_branch_grows(repo: GitRepo, landing: Landing):
    feature(repo, "late")
    before = landing.by_sha(repo, "place")
    repo.commit_file("c.py", "c\n", "More")
    repo.merge("late")
    after = landing.by_sha(repo, "place")
    assert {sha: after[sha] for sha in before} == before
    assert sorted(after.values()) == list(range(len(after)))


@given(st.lists(st.sets(st.integers(0, 30), max_size=3), max_size=30))
def test_parents_come_before_children_and_nothing_is_lost_or_doubled(drawn: list[set[int]]):
    parents = {
        str(number): [str(each) for each in sorted(chosen, reverse=True) if each < number]
        for number, chosen in enumerate([set[int](), *drawn])
    }
    head = str(len(drawn))
    order = list(arrivals(parents, head))
    reached, waiting = set[str](), [head]
    while waiting:
        sha = waiting.pop()
        if sha not in reached:
            reached.add(sha)
            waiting += parents[sha]
    assert sorted(order) == sorted(reached)
    assert all(order.index(parent) < order.index(sha) for sha in order for parent in parents[sha])


def test_a_commit_landed_when_its_pull_request_was_merged(repo: GitRepo, landing: Landing):
    squash = repo.commit_file("b.py", "b\n", "Login (#4)")
    landing.holding(merged(4, squash, merged_at="2026-01-20T10:00:00Z"))
    assert landing.by_sha(repo, "landed_at")[squash] == datetime(2026, 1, 20, 10, tzinfo=UTC)


def test_commits_of_a_local_merge_landed_with_it_not_when_they_were_made(repo: GitRepo, landing: Landing):
    own = feature(repo, "login")
    merge = repo.merge("login", at=BASE + timedelta(days=9))
    times = landing.by_sha(repo, "landed_at")
    assert {times[sha] for sha in (*own, merge)} == {BASE + timedelta(days=9)}


def test_a_clock_that_goes_back_moves_nothing_back(repo: GitRepo, landing: Landing):
    first = repo.commit_file("b.py", "b\n", at=BASE + timedelta(days=5))
    second = repo.commit_file("c.py", "c\n", at=BASE + timedelta(days=1))
    times = landing.by_sha(repo, "landed_at")
    assert times[first] == times[second] == BASE + timedelta(days=5)


def test_a_clock_far_ahead_is_not_believed(repo: GitRepo, landing: Landing):
    ahead = repo.commit_file("b.py", "b\n", at=LATER + timedelta(days=4000))
    after = repo.commit_file("c.py", "c\n", at=BASE + timedelta(days=1))
    times = landing.by_sha(repo, "landed_at")
    assert times[ahead] <= times[after] == BASE + timedelta(days=1)


# -- which pull request -----------------------------------------------------------------------------


def test_the_commit_that_the_host_names_is_its_pull_requests(repo: GitRepo, landing: Landing):
    squash = repo.commit_file("b.py", "b\n", "Login")
    landing.holding(merged(4, squash))
    assert landing.by_sha(repo, "pull_request", "landing")[squash] == (4, "merge_sha")


def test_all_that_a_merge_commit_brought_is_its_pull_requests(repo: GitRepo, landing: Landing):
    own = feature(repo, "login")
    direct = repo.commit_file("b.py", "b\n", "Direct")
    merge = repo.merge("login", "Anything")
    landing.holding(merged(4, merge))
    told = landing.by_sha(repo, "pull_request", "landing")
    assert told[merge] == (4, "merge_sha")
    assert [told[sha] for sha in own] == [(4, "merge_commit")] * 2
    assert told[direct] == (None, None)


def test_a_merge_commit_names_its_pull_request_where_the_host_does_not(repo: GitRepo, landing: Landing):
    own = feature(repo, "login")
    merge = repo.merge("login", "Merge pull request #7 from acme/login\n\nLogin")
    told = landing.by_sha(repo, "pull_request", "landing")
    assert [told[sha] for sha in (*own, merge)] == [(7, "merge_commit")] * 3


def test_a_merge_inside_another_keeps_its_own_pull_request(repo: GitRepo, landing: Landing):
    outer = feature(repo, "outer")
    repo.checkout("outer")
    inner = feature(repo, "inner", base="outer")
    inside = repo.merge("inner", "Merge pull request #2 from acme/inner")
    repo.checkout("main")
    repo.merge("outer", "Merge pull request #1 from acme/outer")
    told = landing.by_sha(repo, "pull_request")
    assert [told[sha] for sha in (*outer, *inner, inside)] == [1, 1, 2, 2, 2]


def test_a_merge_of_the_branch_into_the_feature_gives_it_nothing_of_others(repo: GitRepo, landing: Landing):
    feature(repo, "login")
    direct = repo.commit_file("b.py", "b\n", "Direct")
    repo.checkout("login")
    repo.merge("main", "Merge branch 'main' into login")
    repo.checkout("main")
    repo.merge("login", "Merge pull request #7 from acme/login")
    assert landing.by_sha(repo, "pull_request")[direct] is None


def test_a_commit_that_one_merged_pull_request_lists_is_its(repo: GitRepo, landing: Landing):
    own = repo.commit_file("b.py", "b\n", "Login")
    landing.holding(merged(4, commits=[own]))
    assert landing.by_sha(repo, "pull_request", "landing")[own] == (4, "pull_request_commits")


@pytest.mark.parametrize(
    "other", [merged(5), {"number": 5}], ids=["listed by two merged ones", "listed by an open one too"]
)
def test_a_commit_of_two_merged_pull_requests_is_nobodys(
    repo: GitRepo, landing: Landing, other: dict[str, Any]
):
    own = repo.commit_file("b.py", "b\n", "Login")
    landing.holding(merged(4, commits=[own]), other | {"commits": [own]})
    expected = None if "merged_at" in other else 4
    assert landing.by_sha(repo, "pull_request")[own] == expected


def test_all_copies_of_a_rebased_pull_request_are_its(repo: GitRepo, landing: Landing):
    own = feature(repo, "login", 3)
    direct = repo.commit_file("b.py", "b\n", "Direct")
    copies = repo.rebase_merge("login")
    repo.pull_head(4, "login")
    landing.holding(merged(4, copies[-1], commits=own))
    told = landing.by_sha(repo, "pull_request", "landing")
    assert [told[sha] for sha in copies] == [(4, "rebase"), (4, "rebase"), (4, "merge_sha")]
    assert told[direct] == (None, None)


def test_a_rebase_is_known_by_its_one_moment_where_the_old_commits_are_gone(repo: GitRepo, landing: Landing):
    own = feature(repo, "login", 2)
    repo.commit_file("b.py", "b\n", "Direct")
    copies = repo.rebase_merge("login")
    repo.git("branch", "-D", "login")
    landing.holding(merged(4, copies[-1], commits=own))
    assert [landing.by_sha(repo, "pull_request")[sha] for sha in copies] == [4, 4]


@pytest.mark.parametrize("is_kept", [True, False], ids=["its commits are kept", "its commits are gone"])
def test_a_squash_of_several_commits_takes_no_neighbour_along(
    repo: GitRepo, landing: Landing, *, is_kept: bool
):
    own = feature(repo, "login", 2)
    direct = repo.commit_file("b.py", "b\n", "Direct")
    squash = repo.squash("login", "Login")
    if not is_kept:
        repo.git("branch", "-D", "login")
    landing.holding(merged(4, squash, commits=own))
    told = landing.by_sha(repo, "pull_request")
    assert (told[squash], told[direct]) == (4, None)


def test_a_list_of_commits_that_was_cut_names_no_neighbours(repo: GitRepo, landing: Landing):
    own = feature(repo, "login", 2)
    copies = repo.rebase_merge("login")
    landing.holding(merged(4, copies[-1], commits=own, cut_lists=["commits"]))
    assert landing.by_sha(repo, "pull_request")[copies[0]] is None


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Login (#12)", 12),
        ("Login (#3) (#12)", 12),
        ('Revert "Login (#12)" (#15)', 15),
        ('Revert "Login (#12)"', None),
        ("Login (#12) again", None),
        ("Login, see #12", None),
        ("Login (#99)", None),
    ],
)
def test_the_number_at_the_end_of_a_subject_is_the_pull_request(
    repo: GitRepo, landing: Landing, subject: str, number: int | None
):
    landing.holding({"number": 99})  # known, and not merged
    own = repo.commit_file("b.py", "b\n", subject)
    expected = (number, "subject") if number else (None, None)
    assert landing.by_sha(repo, "pull_request", "landing")[own] == expected


def test_a_number_of_a_pull_request_that_landed_as_another_commit_is_of_another_repository(
    repo: GitRepo, landing: Landing
):
    foreign = repo.commit_file("b.py", "b\n", "Vendor (#4)")
    own = repo.commit_file("c.py", "c\n", "Login (#4)")
    landing.holding(merged(4, own, merged_at="2026-01-05T12:00:00Z"))
    told = landing.by_sha(repo, "pull_request")
    assert (told[foreign], told[own]) == (None, 4)


@pytest.mark.parametrize(
    ("merged_at", "number"),
    [("2026-01-05T11:00:00Z", 4), ("2026-01-06T10:00:00Z", 4), ("2026-01-06T12:00:00Z", None)],
    ids=["merged then", "clocks differ", "merged more than a day later"],
)
@pytest.mark.parametrize("subject", ["Login (#4)", "Merge pull request #4 from acme/login"])
def test_what_was_merged_later_than_the_commit_was_made_did_not_land_as_it(
    repo: GitRepo, landing: Landing, subject: str, merged_at: str, number: int | None
):
    feature(repo, "login", 1)
    own = repo.merge("login", subject, at=BASE + timedelta(hours=2))
    landing.holding(merged(4, merged_at=merged_at))
    assert landing.by_sha(repo, "pull_request")[own] == number


@pytest.mark.parametrize(
    ("subject", "number"),
    [("Upstream (#5000)", None), ("Begun before the tables (#7)", 7), ("Ours, not read yet (#12)", 12)],
)
def test_a_number_beyond_that_of_one_opened_later_is_of_another_repository(
    repo: GitRepo, landing: Landing, subject: str, number: int | None
):
    landing.holding(
        {"number": 11, "created_at": "2026-01-01T00:00:00Z"},
        {"number": 20, "created_at": "2026-03-01T00:00:00Z"},
        {"number": 21, "created_at": "2026-02-01T00:00:00Z"},
    )
    own = repo.commit_file("b.py", "b\n", subject, at=BASE + timedelta(days=1))  # type: ignore[arg-type]
    assert landing.by_sha(repo, "pull_request")[own] == number


class Counted(dict[str, list[str]]):
    """Parents of commits, and how often they were asked for."""

    asked = 0

    def __getitem__(self, sha: str) -> list[str]:
        self.asked += 1
        return super().__getitem__(sha)


def inner_merges(count: int) -> Counted:
    """A branch of so many merges that was itself merged; each of them brings a commit made at the start."""
    parents = Counted({"start": [], "b0": ["start"]})
    for number in range(1, count + 1):
        parents[f"f{number}"] = ["b0"]
        parents[f"b{number}"] = [f"b{number - 1}", f"f{number}"]
    parents["head"] = ["start", f"b{count}"]
    return parents


def test_each_commit_is_of_the_innermost_merge_that_brought_it():
    numbers = {f"b{number}": number for number in range(1, 4)} | {"head": 9}
    told = dict(brought_with(inner_merges(3), "head", numbers.get))
    assert told == {
        "start": None, "b0": 9, "head": 9, "b1": 1, "f1": 1, "b2": 2, "f2": 2, "b3": 3, "f3": 3,
    }  # fmt: skip


@pytest.mark.parametrize("count", [10, 1000])
def test_the_work_grows_with_the_commits_however_many_merges_lie_in_one(count: int):
    parents = inner_merges(count)
    numbers = {f"b{number}": number for number in range(1, count + 1)}
    assert len(list(brought_with(parents, "head", numbers.get))) == len(parents)
    assert parents.asked <= 3 * len(parents)


@given(st.lists(st.sets(st.integers(0, 30), max_size=3), max_size=30))
def test_every_commit_is_brought_once_and_by_a_merge_that_reaches_it(drawn: list[set[int]]):
    parents = {
        str(number): [str(each) for each in sorted(chosen, reverse=True) if each < number]
        for number, chosen in enumerate([set[int](), *drawn])
    }
    told = list(brought_with(parents, str(len(drawn)), int))
    assert sorted(sha for sha, _ in told) == sorted(arrivals(parents, str(len(drawn))))
    for sha, merge in told:
        assert merge is None or sha in list(arrivals(parents, str(merge)))


def test_what_came_by_another_branch_landed_when_that_was_merged(repo: GitRepo, landing: Landing):
    repo.branch("develop")
    squash = repo.commit_file("b.py", "b\n", "Login (#4)")
    repo.checkout("main")
    merge = repo.merge("develop", "Merge pull request #9 from acme/develop", at=BASE + timedelta(days=8))
    landing.holding(
        merged(4, squash, base_branch="develop", merged_at="2026-01-06T00:00:00Z"),
        merged(9, merge, merged_at="2026-01-13T09:00:00Z"),
    )
    told = landing.by_sha(repo, "pull_request", "landed_at")
    assert told[squash] == (4, datetime(2026, 1, 13, 9, tzinfo=UTC))


def test_a_pull_request_that_becomes_known_later_is_found_then(repo: GitRepo, landing: Landing):
    squash = repo.commit_file("b.py", "b\n", "Login")
    assert landing.by_sha(repo, "pull_request")[squash] is None
    landing.holding(merged(4, squash))
    assert landing.by_sha(repo, "pull_request")[squash] == 4


# -- who made it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "author", "expected"),
    [
        ("Fix", JANE, ("human", None)),
        (f"Fix{CLAUDE}", JANE, ("assisted", "claude-code")),
        ("Fix", CURSOR, ("agent", "cursor")),
        ("aider: Fix", JANE, ("agent", "aider")),
        ("Fix\n\n# Aider chat conversation:\n\nUSER: fix it", JANE, ("agent", "aider")),
        ("Bump", "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>", ("automation", None)),
        ("Bump", "acme-robot[bot] <robot@acme.example>", ("automation", None)),
    ],
)
def test_a_commit_is_classed_by_its_own_evidence(
    repo: GitRepo, landing: Landing, message: str, author: str, expected: tuple[str, str | None]
):
    own = repo.commit_file("b.py", "b\n", message, author=author)
    assert landing.by_sha(repo, "authorship", "agent")[own] == expected


@pytest.mark.parametrize(
    ("author", "committer", "expected"),
    [
        (JANE, "Jane Doe (aider) <jane@acme.example>", ("assisted", "aider")),
        ("Jane Doe (aider) <jane@acme.example>", "Jane Doe (aider) <jane@acme.example>", ("agent", "aider")),
        (JANE, "GitHub <noreply@github.com>", ("human", None)),
    ],
    ids=["the tool committed a person's change", "the tool wrote it", "the host committed it"],
)
def test_who_committed_tells_of_help_only(
    repo: GitRepo, landing: Landing, author: str, committer: str, expected: tuple[str, str | None]
):
    own = repo.write("b.py", "b\n").commit("Fix", author, committer=committer)
    assert landing.by_sha(repo, "authorship", "agent")[own] == expected


def test_evidence_of_the_committer_is_quoted_without_an_address(repo: GitRepo, landing: Landing):
    own = repo.write("b.py", "b\n").commit("Fix", committer="Jane Doe (aider) <jane@acme.example>")
    assert landing.by_sha(repo, "evidence")[own] == ["aider-committer: Jane Doe (aider)"]


def test_a_trace_older_than_its_rule_is_none(repo: GitRepo, landing: Landing):
    early = repo.commit(f"Fix{CLAUDE}", at=datetime(2015, 1, 1, tzinfo=UTC))
    assert landing.by_sha(repo, "authorship")[early] == "human"


def test_without_evidence_an_author_who_used_an_agent_before_is_unknown(repo: GitRepo, landing: Landing):
    before = repo.commit_file("a.py", "a\n", "Before")
    repo.commit_file("b.py", "b\n", f"With help{CLAUDE}")
    after = repo.commit_file("c.py", "c\n", "After")
    other = repo.commit_file("d.py", "d\n", "Other", author=ROB)
    told = landing.by_sha(repo, "authorship", "evidence")
    assert [told[sha][0] for sha in (before, after, other)] == ["human", "unknown", "human"]
    assert told[after][1] == ["agent-user: an earlier agent-marked commit, 2026-01-05"]


def test_use_of_an_agent_in_one_repository_counts_in_the_others(tmp_path: Path, repo: GitRepo):
    landing = Landing(tmp_path).with_(repositories=["acme/*"])
    other = GitRepo(tmp_path / "other", BASE - timedelta(days=30))
    other.commit_file("a.py", "a\n", f"With help{CLAUDE}")
    landing.mirror(other, "acme/web")
    later = repo.commit_file("b.py", "b\n", "Later")
    assert landing.by_sha(repo, "authorship")[later] == "unknown"


@pytest.fixture
def used_elsewhere(tmp_path: Path, repo: GitRepo) -> Landing:
    """Jane used an agent in another repository, whose mirror cannot be read any more."""
    landing = Landing(tmp_path).with_(repositories=["acme/*"])
    other = GitRepo(tmp_path / "other", BASE - timedelta(days=30))
    other.commit_file("a.py", "a\n", f"With help{CLAUDE}")
    mirror = landing.mirror(other, "acme/web")
    landing.landed(repo)
    (mirror / "HEAD").write_text("nonsense")
    return landing


def test_a_mirror_that_cannot_be_read_makes_nobody_a_person_elsewhere(used_elsewhere: Landing, repo: GitRepo):
    later = repo.commit_file("b.py", "b\n", "Later")
    used_elsewhere.mirror(repo)
    assert used_elsewhere.look() == {UNREAD: 1}
    landed = used_elsewhere.table("landed_commits").filter(repository=REPOSITORY)
    told = dict(landed.select("sha", "authorship").iter_rows())
    assert told == dict.fromkeys((repo.sha("HEAD~1"), later), "unknown")


def test_what_is_remembered_of_users_of_agents_names_nobody(used_elsewhere: Landing):
    kept = (used_elsewhere.mirrors.folder / KEPT).read_text().lower()
    assert "acme/web" in kept
    assert "jane" not in kept


def test_use_in_a_repository_that_nobody_wants_any_more_is_forgotten(used_elsewhere: Landing, repo: GitRepo):
    used_elsewhere.with_(repositories=[REPOSITORY])
    assert set(used_elsewhere.by_sha(repo, "authorship").values()) == {"human"}
    assert "acme/web" not in (used_elsewhere.mirrors.folder / KEPT).read_text()


@pytest.mark.parametrize("damage", ["", "nonsense", "[]", '{"key": "x", "seen": {}}'])
def test_what_is_remembered_may_be_lost_or_damaged(used_elsewhere: Landing, damage: str):
    (used_elsewhere.mirrors.folder / KEPT).write_text(damage)
    assert used_elsewhere.look() == {UNREAD: 1}


@pytest.mark.parametrize("pattern", ["Acme/*", "ACME/PAY"])
def test_a_correction_fits_a_repository_in_whatever_case(repo: GitRepo, landing: Landing, pattern: str):
    entry = AuthorshipOverride(repository=pattern, authorship="automation")
    landing.with_(authorship=AuthorshipSettings(override=[entry]))
    assert set(landing.by_sha(repo, "authorship").values()) == {"automation"}


def test_the_settings_lists_and_corrections_win(repo: GitRepo, landing: Landing):
    authorship = AuthorshipSettings(
        agent_users=["rob"], automation=["mover"], human=["ship-bot"],
        override=[AuthorshipOverride(number=4, authorship="human", why="typed by hand"),
                  AuthorshipOverride(branch="x/*", authorship="agent")],
    )  # fmt: skip
    landing.with_(authorship=authorship)
    shas = [
        repo.commit(message, author=f"{login} <{login}@users.noreply.github.com>")
        for login, message in (("rob", "a"), ("mover", "b"), ("ship-bot", "c"), ("ann", f"d (#4){CLAUDE}"))
    ]
    repo_told = landing.by_sha(repo, "author_login", "authorship")
    assert [repo_told[sha] for sha in shas[:3]] == [
        ("rob", "unknown"), ("mover", "automation"), ("ship-bot", "human"),
    ]  # fmt: skip


def test_a_correction_of_a_pull_request_is_one_of_its_commits(repo: GitRepo, landing: Landing):
    entry = AuthorshipOverride(number=4, authorship="human", why="typed by hand")
    landing.with_(authorship=AuthorshipSettings(override=[entry]))
    own = repo.commit(f"Login (#4)\n{CLAUDE}")
    told = landing.by_sha(repo, "authorship", "agent", "evidence")[own]
    assert told == ("human", None, ["override: typed by hand"])


def test_the_account_that_the_host_names_is_the_authors(repo: GitRepo, landing: Landing):
    own = repo.commit_file("b.py", "b\n", "Login")
    landing.holding(merged(4, commits=[{"sha": own, "author_login": "jane-d"}]))
    assert landing.by_sha(repo, "author_login")[own] == "jane-d"


def test_no_address_and_no_secret_reaches_the_table(repo: GitRepo, landing: Landing):
    token = "ghp_" + "a1B2" * 9
    repo.commit(f"Use {token} of jane@acme.example (#3)\n\nSigned-off-by: Jo <jo@acme.example>{CLAUDE}")
    everything = str(landing.landed(repo).rows())
    assert "@acme.example" not in everything
    assert token not in everything


# -- lines ------------------------------------------------------------------------------------------


def test_only_lines_of_code_count(repo: GitRepo, landing: Landing):
    repo.write("a.py", "1\n2\n3\n").write("tests/test_a.py", "1\n").write("README.md", "x\n")
    repo.write("poetry.lock", "y\n" * 50).write("logo.bin", b"\0\1\2")
    own = repo.commit("Add")
    assert landing.by_sha(repo, "code_additions")[own] == 3


def test_a_file_that_is_only_renamed_adds_nothing(repo: GitRepo, landing: Landing):
    repo.commit_file("long.py", "".join(f"{number}\n" for number in range(40)))
    moved = repo.move("long.py", "pkg/longer.py").commit("Move")
    assert landing.by_sha(repo, "code_additions")[moved] == 0


def test_a_merge_adds_no_lines_of_its_own_and_an_empty_commit_none(repo: GitRepo, landing: Landing):
    own = feature(repo, "login", 2)
    repo.commit_file("b.py", "b\n")
    merge, empty = repo.merge("login"), repo.commit("Nothing")
    told = landing.by_sha(repo, "code_additions")
    assert [told[sha] for sha in (*own, merge, empty)] == [1, 1, 0, 0]


def test_files_that_the_repository_marks_are_no_code(repo: GitRepo, landing: Landing):
    repo.commit_file(".gitattributes", "api.py linguist-generated\n")
    own = repo.write("api.py", "1\n2\n").write("b.py", "1\n").commit("Add")
    assert landing.by_sha(repo, "code_additions")[own] == 1


def test_changed_classes_count_again_without_asking_git_again(repo: GitRepo, landing: Landing):
    own = repo.commit_file("tool.py", "1\n2\n")
    assert landing.by_sha(repo, "code_additions")[own] == 2
    landing.with_(classes=ClassSettings(generated=["tool.py"]))
    assert landing.by_sha(repo, "code_additions")[own] == 0


def drop(mirror: Path, blob: str) -> None:
    """Take one content out of a mirror, as partial copies lack it."""
    kept = mirror / "objects" / blob[:2] / blob[2:]
    assert kept.is_file()
    kept.chmod(0o600)
    kept.unlink()


def loose(repo: GitRepo, mirror: Path) -> None:
    """Write every object of the mirror into a file of its own."""
    packs = [path.read_bytes() for path in mirror.glob("objects/pack/*.pack")]
    for path in mirror.glob("objects/pack/*"):
        path.unlink()
    for number, pack in enumerate(packs):
        name = repo.path.with_name(f"{number}.pack")
        name.write_bytes(pack)
        repo.git("--git-dir", str(mirror), "-c", "alias.u=!git unpack-objects -q <", "u", str(name))


def test_a_missing_content_leaves_the_lines_of_its_commit_unknown_and_no_other(
    repo: GitRepo, landing: Landing
):
    lost = repo.write("big.py", "big\n" * 9).write("small.py", "1\n").commit("Both")
    blob = repo.git("rev-parse", "HEAD:big.py")
    changed = repo.commit_file("big.py", "big\n" * 9 + "more\n")
    without = repo.write("asset.dat", "x\n").write("c.py", "1\n2\n").commit("Asset")
    asset = repo.git("rev-parse", "HEAD:asset.dat")
    after = repo.remove("asset.dat").commit_file("d.py", "1\n")
    mirror = landing.mirror(repo)
    loose(repo, mirror)
    drop(mirror, blob)
    drop(mirror, asset)
    landing.with_(classes=ClassSettings(docs=["*.dat"]))
    told = dict(landing.landed().select("sha", "code_additions").iter_rows())
    assert [told[sha] for sha in (lost, changed, without, after)] == [None, None, 2, 1]


def test_a_content_that_was_missing_is_counted_when_it_is_there_again(repo: GitRepo, landing: Landing):
    own = repo.commit_file("big.py", "big\n" * 9)
    mirror = landing.mirror(repo)
    loose(repo, mirror)
    blob = repo.git("rev-parse", "HEAD:big.py")
    kept = mirror / "objects" / blob[:2] / blob[2:]
    content = kept.read_bytes()
    drop(mirror, blob)
    assert dict(landing.landed().select("sha", "code_additions").iter_rows())[own] is None
    kept.write_bytes(content)
    assert dict(landing.landed().select("sha", "code_additions").iter_rows())[own] == 9


def test_the_end_of_a_shallow_mirror_has_unknown_lines_until_it_is_whole(repo: GitRepo, landing: Landing):
    end = repo.commit_file("b.py", "1\n2\n")
    after = repo.commit_file("c.py", "1\n")
    cut = landing.mirror(repo) / "shallow"
    cut.write_text(f"{end}\n")
    assert dict(landing.landed().select("sha", "code_additions").iter_rows()) == {end: None, after: 1}
    cut.unlink()
    assert dict(landing.landed().select("sha", "code_additions").iter_rows())[end] == 2


# -- what a look leaves -----------------------------------------------------------------------------


def test_a_branch_that_was_rewritten_replaces_what_had_landed(repo: GitRepo, landing: Landing):
    gone = repo.commit_file("b.py", "b\n", "Secret")
    landing.landed(repo)
    repo.git("reset", "--hard", "HEAD~1")
    new = repo.commit_file("c.py", "c\n", "Clean")
    shas = landing.landed(repo)["sha"].to_list()
    assert new in shas
    assert gone not in shas


def test_a_second_look_changes_no_row(repo: GitRepo, landing: Landing):
    feature(repo, "login")
    repo.merge("login")
    before = landing.landed(repo)
    assert landing.look(LATER + timedelta(days=1)) == {}
    assert landing.landed().equals(before)


def test_surviving_lines_that_were_counted_stay_when_a_commit_is_looked_at_again(
    repo: GitRepo, landing: Landing
):
    own = repo.commit_file("b.py", "b\n", "Login")
    landing.landed(repo)
    counted = pl.DataFrame(
        {"repository": [REPOSITORY], "sha": [own], "surviving_code_lines": [1], "surviving_at": [own]}
    )
    landing.store.judge(LANDED_COMMITS, counted)
    landing.holding(merged(4, own))
    assert landing.by_sha(repo, "pull_request", "surviving_code_lines")[own] == (4, 1)


def test_what_reverts_names_the_commit_in_full(repo: GitRepo, landing: Landing):
    bad = repo.commit_file("b.py", "b\n", "Login (#4)")
    revert = repo.commit(f'Revert "Login (#4)" (#5)\n\nThis reverts commit {bad[:10]}.')
    told = landing.by_sha(repo, "reverts", "pull_request")
    assert told[revert] == (bad, 5)
    assert told[bad][0] is None


@pytest.mark.parametrize(
    ("entry", "pilots", "expected"),
    [(None, {}, "main"), (None, {"acme/*": "release"}, "release"), ("next", {"acme/*": "release"}, "next")],
)
def test_the_protected_branch_is_the_entrys_else_the_pilots_else_the_repositorys_own(
    repo: GitRepo, landing: Landing, entry: str | None, pilots: dict[str, str], expected: str
):
    repo.git("branch", "release")
    repo.git("branch", "next")
    entries = [GitRepository(name=REPOSITORY, url="x", branch=entry)] if entry else []
    landing.with_(sources=SourcesSettings(git=GitSettings(repository=entries)), protected_branches=pilots)
    assert landing.landed(repo)["branch"].unique().to_list() == [expected]


def test_a_branch_that_is_not_there_is_said_and_what_landed_stays(repo: GitRepo, landing: Landing):
    before = landing.landed(repo)
    landing.with_(protected_branches={"acme/*": "gone"})
    assert landing.look() == {NO_BRANCH: 1}
    assert landing.table("landed_commits").height == before.height


def test_a_damaged_mirror_is_said_and_keeps_nobody_from_the_others(tmp_path: Path, repo: GitRepo):
    landing = Landing(tmp_path).with_(repositories=["acme/*"])
    broken = landing.mirror(repo, "acme/broken")
    (broken / "HEAD").write_text("nonsense")
    landing.mirror(repo)
    assert landing.look() == {UNREAD: 1}
    assert landing.table("landed_commits")["repository"].unique().to_list() == [REPOSITORY]


def test_a_mirror_that_nobody_wants_is_not_looked_at(tmp_path: Path, repo: GitRepo):
    landing = Landing(tmp_path)
    landing.mirror(repo, "acme/other")
    assert landing.look() == {}
    assert landing.table("landed_commits").is_empty()


def test_rows_of_a_repository_that_is_not_wanted_any_more_go(tmp_path: Path, repo: GitRepo):
    landing = Landing(tmp_path).with_(repositories=["acme/*"])
    repo.commit_file("a.py", "# @generated\n")
    landing.mirror(repo, "acme/web")
    landing.landed(repo)
    landing.with_(repositories=[REPOSITORY]).look()
    assert landing.table("landed_commits")["repository"].unique().to_list() == [REPOSITORY]
    assert landing.table("file_marks")["repository"].unique().to_list() == [REPOSITORY]


def test_rows_stay_where_a_pattern_wants_the_repository_and_its_mirror_is_gone(
    repo: GitRepo, landing: Landing
):
    landing.with_(repositories=["acme/*"]).landed(repo)
    landing.mirrors.path(REPOSITORY).rename(landing.folder / "elsewhere")
    assert landing.look() == {}
    assert landing.table("landed_commits").height == 1


def test_without_any_source_of_history_nothing_of_it_is_known(repo: GitRepo, landing: Landing):
    landing.landed(repo)
    assert forget_all_but(landing.store, ()) == {}
    assert landing.table("landed_commits").is_empty()
    assert repositories_read(landing.store) == frozenset()


def test_rows_that_somebody_else_gave_are_not_forgotten(repo: GitRepo, landing: Landing):
    given_rows = landing.landed(repo).with_columns(repository=pl.lit("acme/own"), source=pl.lit("tables"))
    landing.store.write(LANDED_COMMITS, given_rows.select(list(LANDED_COMMITS.columns)))
    forget_all_but(landing.store, ())
    assert landing.table("landed_commits")["repository"].to_list() == ["acme/own"]
