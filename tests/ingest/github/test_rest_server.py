"""The loopback server's REST side: does it answer as GitHub does, so that tests against it mean something?"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from perceval.backends.core.github import GitHub

from tests.builders_github import JANE, commit, node, review
from tests.github_server.http import GitHubServer
from tests.github_server.rest import Reply, drop_ended_tokens, handle, is_of_app
from tests.github_server.world import Repo, World

HEADERS = {"Host": "127.0.0.1:8080", "Authorization": "token good-token"}
NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
BOT = {"__typename": "Bot", "login": "dependabot"}


class Fixed(World):
    """A world whose clock stands still."""

    def now(self) -> datetime:
        return NOW


def alert(number: int, day: int = 1, **fields: Any) -> dict[str, Any]:
    moment = f"2026-06-{day:02d}T08:00:00Z"
    return {"number": number, "state": "open", "created_at": moment, "updated_at": moment, **fields}


def world(**fields: Any) -> World:
    return Fixed([Repo("R_1", 11, "acme/payments", **fields)])


def get(of: World, path: str, **parameters: str) -> Reply:
    reply = handle(of, "GET", path, parameters, HEADERS, b"")
    assert reply is not None, path
    return reply


def below(of: World, path: str, **parameters: str) -> Reply:
    return get(of, f"/repos/acme/payments{path}", **parameters)


def numbers(reply: Reply) -> list[int]:
    assert reply.status == 200, reply
    return [item["number"] for item in reply.body]


# -- pages and links ----------------------------------------------------------------------------------


def test_a_page_holds_thirty_unless_asked_otherwise_and_never_more_than_a_hundred() -> None:
    of = world(code_alerts=[alert(number) for number in range(1, 251)])
    sizes = [len(below(of, "/code-scanning/alerts", **asked).body)
             for asked in ({}, {"per_page": "7"}, {"per_page": "500"}, {"per_page": "none"})]  # fmt: skip
    assert sizes == [30, 7, 100, 30]


def test_links_lead_from_page_to_page_and_keep_what_was_asked() -> None:
    of = world(code_alerts=[alert(number) for number in range(1, 6)])
    address = "http://127.0.0.1:8080/api/v3/repos/acme/payments/code-scanning/alerts"
    first = below(of, "/code-scanning/alerts", per_page="2", state="open")
    assert first.headers["Link"] == (
        f'<{address}?per_page=2&state=open&page=2>; rel="next", '
        f'<{address}?per_page=2&state=open&page=3>; rel="last"'
    )
    last = below(of, "/code-scanning/alerts", per_page="2", page="3")
    assert 'rel="next"' not in last.headers["Link"]
    assert numbers(last) == [1]  # newest first


def test_a_list_on_one_page_has_no_links() -> None:
    assert below(world(code_alerts=[alert(1)]), "/code-scanning/alerts").headers == {}


def test_a_server_behind_a_proxy_names_its_own_host_in_links() -> None:
    of = world(code_alerts=[alert(1), alert(2)])
    of.public_url = "https://git.inside.example/api/v3"
    assert (
        below(of, "/code-scanning/alerts", per_page="1")
        .headers["Link"]
        .startswith(
            "<https://git.inside.example/api/v3/repos/acme/payments/code-scanning/alerts?per_page=1&page=2>"
        )
    )


def test_dependabot_pages_by_a_cursor_and_refuses_numbers() -> None:
    of = world(dependabot_alerts=[alert(number, number) for number in (1, 2, 3)])
    first = below(of, "/dependabot/alerts", per_page="2")
    assert numbers(first) == [3, 2]
    after = first.headers["Link"].partition("after=")[2].partition(">")[0].replace("%3D", "=")
    rest = below(of, "/dependabot/alerts", per_page="2", after=after)
    assert (numbers(rest), rest.headers) == ([1], {})
    assert below(of, "/dependabot/alerts", page="2").status == 400


# -- alerts -------------------------------------------------------------------------------------------


def test_alerts_come_newest_first_by_creation_or_by_change() -> None:
    early = alert(1, 1) | {"updated_at": "2026-06-09T00:00:00Z"}
    of = world(code_alerts=[early, alert(2, 2), alert(3, 3)])
    assert numbers(below(of, "/code-scanning/alerts")) == [3, 2, 1]
    assert numbers(below(of, "/code-scanning/alerts", sort="updated")) == [1, 3, 2]
    assert numbers(below(of, "/code-scanning/alerts", direction="asc")) == [1, 2, 3]


def test_alerts_are_cut_by_their_state() -> None:
    of = world(code_alerts=[alert(1), alert(2, state="fixed"), alert(3, state="dismissed")])
    assert numbers(below(of, "/code-scanning/alerts", state="fixed")) == [2]


def test_secrets_are_told_unless_they_were_asked_to_be_hidden() -> None:
    planted = alert(1) | {"secret": "planted-value"}
    of, hidden = world(secret_alerts=[planted]), {"hide_secret": "true"}
    assert below(of, "/secret-scanning/alerts").body == [planted]
    assert below(of, "/secret-scanning/alerts", **hidden).body == [alert(1)]


def test_instances_and_locations_belong_to_an_alert_that_is_there() -> None:
    of = world(
        code_alerts=[alert(1)], instances={1: [{"ref": "refs/heads/main"}, {"ref": "refs/pull/3/merge"}]},
        secret_alerts=[alert(4)], secret_locations={4: [{"type": "commit"}]},
    )  # fmt: skip
    assert len(below(of, "/code-scanning/alerts/1/instances").body) == 2
    assert below(of, "/code-scanning/alerts/1/instances", ref="refs/heads/main").body == [
        {"ref": "refs/heads/main"}
    ]
    assert below(of, "/secret-scanning/alerts/4/locations").body == [{"type": "commit"}]
    assert below(of, "/code-scanning/alerts/2/instances").status == 404
    assert below(of, "/secret-scanning/alerts/1/locations").status == 404


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/code-scanning/analyses", 403, "Code scanning is not enabled for this repository."),
        ("/code-scanning/alerts", 403, "Code scanning is not enabled for this repository."),
        ("/code-scanning/alerts/1/instances", 403, "Code scanning is not enabled for this repository."),
        ("/secret-scanning/alerts", 404, "Secret scanning is disabled on this repository."),
        ("/secret-scanning/alerts/1/locations", 404, "Secret scanning is disabled on this repository."),
        ("/dependabot/alerts", 403, "Dependabot alerts are disabled for this repository."),
        ("/rulesets/rule-suites", 404, "Not Found"),
    ],
)
def test_a_feature_that_is_off_is_refused_in_githubs_words(path: str, status: int, message: str) -> None:
    reply = below(world(), path)
    assert (reply.status, reply.body["message"]) == (status, message)


def test_a_refusal_of_the_world_wins_over_what_the_repository_holds() -> None:
    said = "Resource not accessible by personal access token"
    of = world(code_alerts=[alert(1)], refusals={"code_scanning": (403, said)})
    reply = below(of, "/code-scanning/alerts")
    assert (reply.status, reply.body["message"]) == (403, said)


def test_a_repository_without_an_analysis_says_so() -> None:
    reply = below(world(analyses=[], code_alerts=[]), "/code-scanning/analyses")
    assert (reply.status, reply.body["message"]) == (404, "no analysis found")


def test_rule_suites_are_those_of_the_last_day_unless_a_period_is_asked() -> None:
    def suite(number: int, hours: int, result: str = "pass") -> dict[str, Any]:
        return {"id": number, "result": result, "pushed_at": (NOW - timedelta(hours=hours)).isoformat()}

    of = world(rule_suites=[suite(1, 1), suite(2, 30, "bypass"), suite(3, 24 * 20, "bypass"), suite(4, 999)])

    def ids(**asked: str) -> list[int]:
        return [each["id"] for each in below(of, "/rulesets/rule-suites", **asked).body]

    assert ids() == [1]
    assert ids(time_period="week") == [1, 2]
    assert ids(time_period="month", rule_suite_result="bypass") == [2, 3]
    assert ids(time_period="month", rule_suite_result="all") == [1, 2, 3]


# -- repositories -------------------------------------------------------------------------------------


def test_an_old_name_leads_to_the_address_by_number_which_answers() -> None:
    of = Fixed([Repo("R_1", 11, "acme/money", code_alerts=[alert(1)], former_names=["acme/payments"])])
    moved = below(of, "/code-scanning/alerts")
    assert (moved.status, moved.headers["Location"]) == (
        301, "http://127.0.0.1:8080/api/v3/repositories/11/code-scanning/alerts",
    )  # fmt: skip
    assert numbers(get(of, "/repositories/11/code-scanning/alerts")) == [1]


def test_a_repository_tells_both_of_its_ids() -> None:
    told = below(world(), "").body
    assert (told["id"], told["node_id"], told["full_name"]) == (11, "R_1", "acme/payments")


def test_what_is_not_there_is_not_found_and_what_is_not_known_is_no_route() -> None:
    of = world()
    assert get(of, "/repos/acme/nothing").status == 404
    assert get(of, "/repositories/12").status == 404
    assert handle(of, "GET", "/repos/acme/payments/stargazers", {}, HEADERS, b"") is None
    assert handle(of, "DELETE", "/repos/acme/payments", {}, HEADERS, b"") is None
    assert handle(of, "GET", "/emojis", {}, HEADERS, b"") is None


def test_the_caller_is_told_with_the_scopes_of_the_token() -> None:
    reply = get(world(), "/user")
    assert (reply.status, reply.headers["X-OAuth-Scopes"]) == (200, "repo, security_events")


def test_a_server_without_limits_knows_no_limits_and_tells_its_version() -> None:
    of = world()
    assert get(of, "/rate_limit").body["rate"]["remaining"] == 5000
    assert "installed_version" not in get(of, "/meta").body
    of.points_limit = None
    assert get(of, "/rate_limit").status == 404
    assert get(of, "/meta").body["installed_version"].startswith("3.")


# -- pull requests ------------------------------------------------------------------------------------


def test_a_pull_request_has_rests_shapes() -> None:
    given = node(
        7, author=BOT, state="MERGED", mergedAt="2026-06-02T00:00:00Z", closedAt="2026-06-02T00:00:00Z",
        mergedBy=JANE, mergeCommit={"oid": "d" * 40}, reviews=[review(), review("COMMENTED", author=None)],
    )  # fmt: skip
    of = world(pulls={7: given})
    told = below(of, "/pulls/7").body
    assert (told["state"], told["merged"], told["user"]["login"]) == ("closed", True, "dependabot[bot]")
    assert (told["merged_by"]["login"], told["merge_commit_sha"]) == ("jane", "d" * 40)
    assert (told["review_comments"], told["commits"]) == (4, 1)
    approved, commented = below(of, "/pulls/7/reviews").body
    assert (approved["state"], approved["id"], approved["user"]["login"]) == ("APPROVED", 11, "bob")
    assert commented["user"] is None
    assert len(below(of, "/pulls/7/comments").body) == 4
    assert below(of, "/pulls/7/requested_reviewers").body == {"users": [], "teams": []}
    assert below(of, "/pulls/8").status == below(of, "/pulls/8/reviews").status == 404


def test_a_deleted_author_is_the_ghost() -> None:
    of = world(pulls={1: node(1, author=None)})
    assert below(of, "/pulls/1").body["user"]["login"] == "ghost"


def test_no_more_than_two_hundred_and_fifty_commits_are_listed() -> None:
    of = world(pulls={1: node(1, commits=[commit(f"{place:040x}") for place in range(300)])})
    pages = [below(of, "/pulls/1/commits", per_page="100", page=str(page)).body for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [100, 100, 50]


def test_issues_are_cut_by_time_and_sorted_by_change() -> None:
    moments = {1: "2026-06-03", 2: "2026-06-01", 3: "2026-06-02"}
    of = world(pulls={n: node(n, updatedAt=f"{day}T00:00:00Z") for n, day in moments.items()})
    asked = {"state": "all", "sort": "updated", "direction": "asc"}
    assert numbers(below(of, "/issues", **asked)) == [2, 3, 1]
    assert numbers(below(of, "/issues", **asked, since="2026-06-02T00:00:00+00:00")) == [3, 1]
    assert all("pull_request" in each for each in below(of, "/issues", **asked).body)


def test_a_collector_that_speaks_rest_reads_all_of_it() -> None:
    """Perceval asks for a list of issues, and for each pull request with its parts."""
    pulls = {
        n: node(n, author=JANE if n % 3 else None, mergedBy=JANE, reviews=[review()]) for n in range(1, 9)
    }
    with GitHubServer(World([Repo("R_1", 11, "acme/payments", pulls=pulls)])) as server:
        backend = GitHub(owner="acme", repository="payments", api_token=["good-token"], base_url=server.root)
        read = {item["data"]["number"]: item["data"] for item in backend.fetch(category="pull_request")}
        paths = Counter(asked.path.rpartition("/")[2] for asked in server.asked)
    assert read.keys() == pulls.keys()
    assert [read[n]["user_data"]["login"] for n in (1, 3)] == ["jane", "ghost"]
    assert [each["state"] for each in read[1]["reviews_data"]] == ["APPROVED"]
    assert (len(read[1]["review_comments_data"]), read[1]["commits_data"]) == (2, ["c" * 40])
    assert [paths[part] for part in ("issues", "reviews", "comments", "commits")] == [1, 8, 8, 8]


# -- GitHub Apps --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def of_app(key: rsa.RSAPrivateKey) -> World:
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    made = World([], app_id=5, app_public_key=public.decode(), installation_permissions={"metadata": "read"})
    made.installation_id = 9
    return made


def signed(key: rsa.RSAPrivateKey, **claims: Any) -> dict[str, str]:
    now = int(time.time())
    told = {"iat": now - 60, "exp": now + 300, "iss": "5", **claims}
    return {"Authorization": f"Bearer {jwt.encode(told, key, algorithm='RS256')}"}


def issue(of: World, headers: dict[str, str], path: str = "/app/installations/9/access_tokens") -> Reply:
    reply = handle(of, "POST", path, {}, headers, b'{"permissions": {}}')
    assert reply is not None
    return reply


def test_a_signed_request_gets_a_token_that_the_server_takes_until_it_ends(
    of_app: World, key: rsa.RSAPrivateKey
) -> None:
    reply = issue(of_app, signed(key))
    token = reply.body["token"]
    assert (reply.status, token[:4], of_app.tokens[token]) == (201, "ghs_", ["installation"])
    drop_ended_tokens(of_app)
    assert token in of_app.tokens
    ends_at = datetime.fromisoformat(reply.body["expires_at"])
    of_app.now = lambda: ends_at + timedelta(seconds=1)  # type: ignore[method-assign]
    drop_ended_tokens(of_app)
    assert token not in of_app.tokens


def test_the_app_and_its_installation_tell_their_permissions(of_app: World, key: rsa.RSAPrivateKey) -> None:
    for path in ("/app", "/app/installations/9"):
        reply = handle(of_app, "GET", path, {}, signed(key), b"")
        assert reply is not None
        assert (reply.status, reply.body["permissions"]) == (200, {"metadata": "read"})
    assert is_of_app("/app")
    assert not is_of_app("/apps/pilot")


@pytest.mark.parametrize(
    ("claims", "status", "words"),
    [
        ({"iat": 32503680000}, 401, "'Issued at' claim"),
        ({"exp": 1}, 401, "future time at which"),
        ({"exp": 32503680000}, 401, "too far in the future"),
        ({"iss": "6"}, 404, "Integration not found"),
    ],
)
def test_a_signature_for_another_time_or_app_is_refused(
    of_app: World, key: rsa.RSAPrivateKey, claims: dict[str, Any], status: int, words: str
) -> None:
    reply = issue(of_app, signed(key, **claims))
    assert reply.status == status
    assert words in reply.body["message"]


def test_another_key_no_key_and_another_installation_are_refused(
    of_app: World, key: rsa.RSAPrivateKey
) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert issue(of_app, signed(stranger)).status == 401
    assert issue(of_app, {"Authorization": "token good-token"}).status == 401
    assert issue(of_app, signed(key), "/app/installations/10/access_tokens").status == 404


def test_an_installation_is_no_user(of_app: World, key: rsa.RSAPrivateKey) -> None:
    token = issue(of_app, signed(key)).body["token"]
    reply = handle(of_app, "GET", "/user", {}, {"Authorization": f"token {token}"}, b"")
    assert reply is not None
    assert (reply.status, reply.body["message"]) == (403, "Resource not accessible by integration")
