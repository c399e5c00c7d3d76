from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import loads
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.contracts import PULL_REQUESTS
from ingest.errors import SourceError
from ingest.history.git import Git
from ingest.history.mirrors import Mirrors
from ingest.pipeline import IngestReport, Job, ingest
from ingest.settings import GitRepository, GitSettings, IngestSettings, SourcesSettings
from ingest.sources.base import Outside, Progress
from ingest.sources.git import GIT, cloning, pulling
from ingest.sources.git.cloning import MOST_PACKS
from ingest.sources.git.places import place_of
from ingest.sources.git.reasons import reason_of
from ingest.store import Store
from tests.builders_git import GitRepo
from tests.builders_store import pull_requests

NOW = datetime(2026, 12, 1, tzinfo=UTC)
TOKEN = "ghp_" + "a1B2" * 9
ENCODED = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


class Place:
    """A store, a folder of mirrors, and repositories that others hold."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, list[Progress]()
        self.store, self.mirrors = Store(str(folder / "lake")), Mirrors(folder / "git")
        self.wanted, self.entries, self.url = (
            ["acme/pay"],
            list[GitRepository](),
            f"{folder}/{{repository}}.git",
        )

    def repo(self, name: str = "acme/pay") -> GitRepo:
        """The work tree of a repository with one commit; `publish` brings it to where it is cloned from."""
        made = GitRepo(self.folder / "work" / name)
        made.commit_file("a.py", "1\n", "Begin")
        return made

    def publish(self, repo: GitRepo, name: str = "acme/pay") -> Path:
        return repo.bare(self.folder / f"{name}.git")

    def run(self, token: str | None = None, **outside: bool) -> IngestReport:
        git = GitSettings(url=self.url, repository=self.entries)
        settings = IngestSettings(sources=SourcesSettings(git=git), repositories=self.wanted)
        secrets = {"git_token": token} if token else {}
        world = Outside(secrets, tell=self.told.append, mirrors=self.mirrors.folder, **outside)
        job = Job(
            settings, self.folder, (GIT,), "1.0", "{}", lambda: NOW, outside=world, mirrors=self.mirrors
        )
        with self.store.lock("ingest"):
            return ingest(self.store, job)

    def row(self, **how: Any) -> dict[str, Any]:
        """Ledger row of the source after one run."""
        return self.run(**how).sources[0]

    def refused(self, **how: Any) -> dict[str, str]:
        return loads(self.row(**how)["files_refused"])

    def git(self, name: str = "acme/pay") -> Git:
        git = self.mirrors.git(name)
        assert git is not None
        return git

    def landed(self) -> list[str]:
        return self.store.current("landed_commits").collect().sort("repository", "place")["sha"].to_list()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# -- cloning and fetching ---------------------------------------------------------------------------


def test_the_first_run_clones_and_the_next_one_fetches(place: Place):
    repo = place.repo()
    place.publish(repo)
    place.run()
    first = repo.head
    assert place.landed() == [first]
    second = repo.commit_file("b.py", "1\n")
    place.publish(repo)
    place.run()
    assert place.landed() == [first, second]


def test_branches_tags_and_heads_of_pull_requests_are_all_there_and_go_when_they_went(place: Place):
    repo = place.repo()
    repo.branch("feature").commit_file("f.py", "1\n")
    repo.pull_head(7, "feature").tag("v1").checkout("main")
    repo.git("update-ref", "refs/pull/7/merge", repo.head)
    place.publish(repo)
    place.run()
    names = place.git().text("for-each-ref", "--format=%(refname)").split()
    assert names == ["refs/heads/feature", "refs/heads/main", "refs/pull/7/head", "refs/tags/v1"]
    repo.git("branch", "-D", "feature")
    repo.git("tag", "-d", "v1")
    place.publish(repo)
    place.run()
    names = place.git().text("for-each-ref", "--format=%(refname)").split()
    assert names == ["refs/heads/main", "refs/pull/7/head"]


def test_the_mirrors_head_follows_the_repositorys(place: Place):
    repo = place.repo()
    place.publish(repo)
    place.run()
    repo.git("branch", "-m", "main", "trunk")
    place.publish(repo)
    place.run()
    assert place.git().text("symbolic-ref", "HEAD") == "refs/heads/trunk"


def test_a_branch_that_was_pushed_by_force_is_followed(place: Place):
    repo = place.repo()
    gone = repo.commit_file("b.py", "secret\n")
    place.publish(repo)
    place.run()
    repo.git("reset", "--hard", "HEAD~1")
    new = repo.commit_file("c.py", "1\n")
    place.publish(repo)
    place.run()
    assert gone not in place.landed()
    assert new in place.landed()


def test_a_bundle_is_cloned_like_a_repository(place: Place, tmp_path: Path):
    repo = place.repo()
    repo.git("bundle", "create", str(tmp_path / "pay.bundle"), "--all", "HEAD")
    place.entries = [GitRepository(name="acme/pay", url=str(tmp_path / "pay.bundle"))]
    place.run()
    assert place.landed() == [repo.head]


def test_a_clone_whose_history_was_cut_is_refused_with_what_to_do(place: Place, tmp_path: Path):
    repo = place.repo()
    repo.commit_file("b.py", "1\n")
    repo.git("clone", "--quiet", "--bare", "--depth", "1", f"file://{repo.path}", str(tmp_path / "cut.git"))
    place.entries = [GitRepository(name="acme/pay", url=str(tmp_path / "cut.git"))]
    (why,) = place.refused().values()
    assert "main was not handed over" in why
    assert "git fetch --unshallow" in why
    assert place.landed() == []


def test_a_branch_that_stays_behind_because_its_place_was_cut_is_no_silent_standstill(
    place: Place, tmp_path: Path
):
    repo = place.repo()
    place.publish(repo)
    place.run()
    for name in ("b.py", "c.py", "d.py"):
        repo.commit_file(name, "1\n")
    repo.git("clone", "--quiet", "--bare", "--depth", "1", f"file://{repo.path}", str(tmp_path / "cut.git"))
    place.entries = [GitRepository(name="acme/pay", url=str(tmp_path / "cut.git"))]
    (why,) = place.refused().values()
    assert "git fetch --unshallow" in why
    assert len(place.landed()) == 1


def test_an_empty_repository_is_no_error(place: Place):
    place.publish(place.repo())
    empty = place.folder / "acme" / "empty.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(empty)], check=True)
    place.wanted = ["acme/pay", "acme/empty"]
    assert place.refused() == {}


def test_nothing_new_is_no_news(place: Place):
    place.publish(place.repo())
    assert place.row()["files_read"] == 1
    assert place.row()["files_read"] == 0


def test_a_head_of_a_pull_request_alone_is_news(place: Place):
    repo = place.repo()
    place.publish(repo)
    place.run()
    repo.branch("feature").commit_file("f.py", "1\n")
    repo.pull_head(7, "feature").checkout("main")
    repo.git("branch", "-D", "feature")
    place.publish(repo)
    assert place.row()["files_read"] == 1


def test_what_a_run_fetched_and_did_not_publish_is_news_to_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    repo = place.repo()
    place.publish(repo)
    with monkeypatch.context() as broken:
        broken.setattr("ingest.pipeline.derive", _killed)
        with pytest.raises(KeyboardInterrupt):
            place.run()
    assert place.row()["files_read"] == 1
    assert place.landed() == [repo.head]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_progress_is_told_for_each_repository(place: Place):
    place.publish(place.repo())
    place.run()
    assert [(told.place, told.doing) for told in place.told] == [
        ("acme/pay (git)", "reading its history"), ("acme/pay (git)", "done"),
    ]  # fmt: skip


# -- which repositories -----------------------------------------------------------------------------


def test_patterns_mean_the_repositories_that_the_tables_know_also_from_this_very_run(place: Place):
    place.publish(place.repo())
    place.publish(place.repo("acme/web"), "acme/web")
    place.wanted = ["acme/*"]
    row = place.row()
    assert (row["status"], loads(row["left_out"])) == ("ok", {pulling.UNMATCHED: 1})
    place.store.write(PULL_REQUESTS, pull_requests({"repository": "acme/web"}))
    place.run()
    assert place.mirrors.repositories() == ["acme/web"]


def test_an_entry_makes_a_repository_known(place: Place):
    place.publish(place.repo("acme/web"), "acme/web")
    place.wanted = ["acme/*"]
    place.entries = [GitRepository(name="acme/web", url=f"{place.folder}/acme/web.git")]
    place.run()
    assert place.mirrors.repositories() == ["acme/web"]


def test_without_any_name_the_source_says_what_is_missing(place: Place):
    place.wanted = []
    with pytest.raises(SourceError, match=r"\[sources.git\] names no repositories"):
        place.run()


# -- faults -----------------------------------------------------------------------------------------


def test_one_that_cannot_be_reached_is_refused_and_the_others_go_on(place: Place):
    place.publish(place.repo())
    place.wanted = ["acme/gone", "acme/pay"]
    (why,) = place.refused().values()
    assert why.startswith("acme/gone: there is no repository at its address, or it is not shown to")
    assert "check `url` and `token_env` or `token_file` (git ls-remote" in why
    assert why.endswith("It has no mirror yet")
    assert place.mirrors.repositories() == ["acme/pay"]


def test_a_repository_that_went_away_keeps_its_mirror_and_its_rows(place: Place):
    repo = place.repo()
    served = place.publish(repo)
    place.run()
    served.rename(served.with_name("elsewhere"))
    assert list(place.refused()) == ["acme/pay"]
    assert place.landed() == [repo.head]
    served.with_name("elsewhere").rename(served)
    assert place.row()["files_read"] == 0  # and what was known of it is still known


DAMAGE: dict[str, Callable[[Path], None]] = {
    "its packs are gone": lambda mirror: [pack.unlink() for pack in _packs(mirror)] and None,
    "a pack is cut": lambda mirror: [_cut(pack) for pack in _packs(mirror)] and None,
    "HEAD is nonsense": lambda mirror: (mirror / "HEAD").write_text("nonsense") and None,
    "references are gone": lambda mirror: [path.unlink() for path in mirror.glob("packed-refs")] and None,
    "objects are gone": lambda mirror: (mirror / "objects").rename(mirror / "lost") and None,
}


def _packs(mirror: Path) -> list[Path]:
    found = [*mirror.glob("objects/pack/*"), *(path for path in mirror.glob("objects/??/*"))]
    assert found
    return found


def _cut(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_mirror_is_made_anew(place: Place, damage: Callable[[Path], None]):
    repo = place.repo()
    second = repo.commit_file("b.py", "1\n")
    place.publish(repo)
    place.run()
    damage(place.mirrors.path("acme/pay"))
    assert place.refused() == {}
    assert place.git().text("rev-parse", "HEAD") == second
    place.git().run("fsck", "--full")


def test_a_kill_while_cloning_leaves_no_mirror_and_the_next_run_cleans_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    repo = place.repo()
    place.publish(repo)
    with monkeypatch.context() as broken:
        broken.setattr(cloning, "_branch_of", _killed)
        with pytest.raises(KeyboardInterrupt):
            place.run()
    assert place.mirrors.repositories() == []
    assert [path.name for path in place.mirrors.folder.iterdir()] == ["acme+pay.git.half"]
    place.run()
    assert [path.name for path in place.mirrors.folder.iterdir()] == ["acme+pay.git"]


def test_a_kill_between_the_old_mirror_and_the_new_loses_neither(place: Place):
    repo = place.repo()
    served = place.publish(repo)
    place.run()
    mirror = place.mirrors.path("acme/pay")
    mirror.rename(mirror.with_name("acme+pay.git.old"))
    served.rename(served.with_name("elsewhere"))
    (why,) = place.refused().values()
    assert why.endswith("Its mirror stays as it was")
    assert [path.name for path in place.mirrors.folder.iterdir()] == ["acme+pay.git"]
    assert place.landed() == [repo.head]


def test_an_old_mirror_that_cannot_be_put_back_is_not_taken_away(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    place.publish(place.repo())
    place.run()
    mirror = place.mirrors.path("acme/pay")
    old = mirror.rename(mirror.with_name("acme+pay.git.old"))
    monkeypatch.setattr(Path, "rename", _read_only)
    cloning.clean_up(place.mirrors.folder)
    assert old.is_dir()


def _read_only(self: Path, *_: object) -> Path:
    raise OSError(30, "Read-only file system", str(self))


def test_reading_mirrors_as_they_are_writes_nothing(place: Place):
    place.publish(place.repo())
    place.run()
    half = place.mirrors.folder / "acme+web.git.half"
    half.mkdir()
    assert place.row(from_raw=True)["status"] == "ok"
    assert half.is_dir()


def test_a_folder_that_cannot_be_written_to_is_said_for_each_repository(place: Place):
    place.publish(place.repo())
    place.mirrors.folder.write_text("a file is in its place")
    place.wanted = ["acme/pay", "acme/web"]
    told = place.refused()
    assert list(told) == ["acme/pay", "acme/web"]
    assert all("the folder of mirrors cannot be written to; make room in it" in why for why in told.values())


def test_a_damaged_mirror_is_said_when_nobody_may_be_asked(place: Place):
    place.publish(place.repo())
    place.run()
    (place.mirrors.path("acme/pay") / "HEAD").write_text("nonsense")
    (why,) = place.refused(from_raw=True).values()
    assert "its mirror cannot be read; run `pilot ingest git --full` (git for-each-ref" in why


@pytest.mark.parametrize(
    ("url", "seen", "remedy"),
    [
        ("{folder}/nowhere.git", "there is no repository at its address", "check `url` and `token_env`"),
        ("{folder}/lake", "there is no repository at its address", "check `url` and `token_env`"),
        ("http://127.0.0.1:1/pay.git", "nobody answers at its address", "check `url`, the network"),
        ("{server}/pay.git", "it wants a login", "give a token that may read its contents"),
        ("ftpx://127.0.0.1/pay.git", "its address is of a kind that is not used", "write an https or ssh"),
    ],
    ids=["not there", "a folder of something else", "not reachable", "needs a login", "unknown kind"],
)
def test_each_wrong_address_is_answered_by_one_sentence_with_what_to_do(
    place: Place, server: str, url: str, seen: str, remedy: str
):
    place.url = url.format(folder=place.folder, server=server)
    (why,) = place.refused().values()
    assert why.startswith(f"acme/pay: {seen}")
    assert f"; {remedy}" in why


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("could not read Username for 'https://a.example': terminal prompts disabled", "it wants a login"),
        ("git@a.example: Permission denied (publickey). fatal: Could not read from", "it wants a login"),
        ("remote: Repository not found. fatal: repository 'https://a.example/' not found", "there is no rep"),
        ("Could not resolve host: a.example", "nobody answers"),
        ("ssh: connect to host a.example port 22: Connection refused fatal: Could not", "nobody answers"),
        ("server certificate verification failed. CAfile: none", "no safe connection"),
        ("fatal: detected dubious ownership in repository at '/srv/a.git'", "it belongs to another user"),
        ("Host key verification failed. fatal: Could not read from remote", "the key of its host"),
        ("error: cannot lock ref 'refs/heads/main': Permission denied", "the folder of mirrors"),
        ("git fetch took longer than 60 s in /mirrors", "it took longer than allowed"),
        ("fatal: something new of acme/certificates, or of openssl/ssl-tests", "git could not read it"),
    ],
)
def test_words_of_git_have_their_sentence(said: str, seen: str):
    assert reason_of(said).seen.startswith(seen)


def test_locks_and_halves_of_a_killed_git_do_not_stop_the_next(place: Place):
    repo = place.repo()
    place.publish(repo)
    place.run()
    mirror = place.mirrors.path("acme/pay")
    left = [mirror / "packed-refs.lock", mirror / "HEAD.lock", mirror / "refs/heads/main.lock"]
    left.append(mirror / "objects/pack/tmp_pack_x")
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    new = repo.commit_file("b.py", "1\n")
    place.publish(repo)
    assert place.refused() == {}
    assert place.git().text("rev-parse", "HEAD") == new
    assert not any(path.exists() for path in left)


def test_full_clones_anew(place: Place):
    place.publish(place.repo())
    place.run()
    mark = place.mirrors.path("acme/pay") / "mark"
    mark.write_text("")
    place.run(full=True)
    assert not mark.exists()


def test_from_raw_asks_nobody(place: Place):
    repo = place.repo()
    served = place.publish(repo)
    place.run()
    served.rename(served.with_name("elsewhere"))
    row = place.row(from_raw=True)
    assert (row["status"], row["requests"]) == ("ok", 0)
    assert place.landed() == [repo.head]


def test_from_raw_before_anything_was_cloned_is_no_error(place: Place):
    assert place.row(from_raw=True)["status"] == "ok"


def test_many_packs_become_one_and_unreachable_commits_stay(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cloning, "MOST_PACKS", 0)
    repo = place.repo()
    gone = repo.commit_file("b.py", "1\n")
    place.publish(repo)
    place.run()
    repo.git("reset", "--hard", "HEAD~1")
    repo.commit_file("c.py", "1\n")
    place.publish(repo)
    place.run()
    place.run()
    assert place.git().has(gone)
    assert MOST_PACKS > 0


def test_an_old_git_is_refused_with_its_version(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pulling, "git_version", lambda: (2, 17, 1))
    with pytest.raises(SourceError, match=r"git 2\.17\.1 is too old .* install 2\.30 or newer"):
        place.run()


# -- addresses and tokens ---------------------------------------------------------------------------


def settings(url: str = "https://github.com/{repository}.git", own: str | None = None) -> IngestSettings:
    entries = [GitRepository(name="acme/pay", url=own)] if own else []
    return IngestSettings(sources=SourcesSettings(git=GitSettings(url=url, repository=entries)))


def test_the_token_goes_to_its_host_alone_and_not_by_the_command_line():
    told = place_of("acme/pay", settings(), TOKEN)
    assert told.address == "https://github.com/acme/pay.git"
    assert told.variables["GIT_CONFIG_KEY_0"] == "http.https://github.com/.extraHeader"
    assert told.variables["GIT_CONFIG_VALUE_0"] == f"Authorization: Basic {ENCODED}"
    assert TOKEN not in repr(told)
    assert ENCODED not in repr(told)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://git.acme.example/{repository}.git", None),
        ("https://github.com/{repository}.git", "https://elsewhere.example/pay.git"),
        ("https://github.com/{repository}.git", "https://github.com:8443/acme/pay.git"),
        ("https://github.com/{repository}.git", "git@github.com:acme/pay.git"),
        ("https://github.com/{repository}.git", "/srv/pay.git"),
        ("/srv/{repository}.git", None),
    ],
)
def test_the_token_is_not_sent_unencrypted_nor_to_another_host(url: str, own: str | None):
    assert place_of("acme/pay", settings(url, own), TOKEN).variables == {}


def test_within_this_machine_a_token_may_go_unencrypted():
    assert place_of("acme/pay", settings("http://127.0.0.1:8000/{repository}"), TOKEN).variables


@pytest.mark.parametrize(
    "url", [f"https://x:{TOKEN}@github.com/{{repository}}.git", f"https://{TOKEN}@github.com/{{repository}}"]
)
def test_an_address_with_a_secret_is_refused_without_showing_it(place: Place, url: str):
    place.url = url
    (why,) = place.refused().values()
    assert "before the host" in why
    assert TOKEN not in why


@pytest.mark.parametrize("url", ["--upload-pack=touch hooked", " ", "ext::sh -c touch% hooked"])
def test_an_address_that_is_a_command_is_refused(place: Place, url: str):
    place.entries = [GitRepository(name="acme/pay", url=url)]
    assert list(place.refused()) == ["acme/pay"]
    assert not list(place.folder.rglob("hooked"))


class Server(BaseHTTPRequestHandler):
    """Notes what it is asked with, and quotes it in its refusal."""

    seen: list[str | None] = []

    def do_GET(self) -> None:
        told = self.headers.get("Authorization")
        self.seen.append(told)
        self.send_response(403)
        self.end_headers()
        self.wfile.write(f"remote says {told}".encode())

    def log_message(self, *_: Any) -> None:
        """Nothing on the screen."""


@pytest.fixture
def server() -> Iterator[str]:
    Server.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_the_server_gets_the_token_and_no_error_nor_file_repeats_it(place: Place, server: str):
    place.url = f"{server}/{{repository}}.git"
    row = place.row(token=TOKEN)
    assert set(Server.seen) == {f"Basic {ENCODED}"}
    assert list(loads(row["files_refused"])) == ["acme/pay"]
    everything = repr(row) + repr(place.told)
    written = b"".join(path.read_bytes() for path in place.folder.rglob("*") if path.is_file())
    for secret in (TOKEN, ENCODED):
        assert secret not in everything
        assert secret.encode() not in written


def test_a_mirror_keeps_neither_address_nor_token_in_its_settings(place: Place):
    place.publish(place.repo())
    place.run(token=TOKEN)
    config = (place.mirrors.path("acme/pay") / "config").read_text()
    assert "url" not in config
    assert TOKEN not in config


def test_credentials_helpers_of_this_machine_are_not_asked(
    place: Place, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[credential]\n\thelper = "!touch {tmp_path}/asked"\n')
    monkeypatch.setenv("HOME", str(home))
    place.url = f"{server}/{{repository}}.git"
    assert place.refused()
    assert not (tmp_path / "asked").exists()
    assert os.environ["HOME"] == str(home)


def test_rows_of_history_reach_the_published_tables(place: Place):
    repo = place.repo()
    place.publish(repo)
    published = place.run().published
    rows = place.store.read("landed_commits", published).collect()
    assert rows.select("repository", "sha", "branch", "source").rows() == [
        ("acme/pay", repo.head, "main", "git")
    ]
    assert rows.schema["landed_at"] == pl.Datetime("us", "UTC")
