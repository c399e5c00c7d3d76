"""How do bytes get to GitHub and back? PyGithub's requester, on lines that keep what it would drop.

PyGithub follows a redirect without its query, and would ask for the first page of other things; it
guesses the encoding of a body that names none, which is JSON and so UTF-8; and it logs whole answers,
among them the one that brings an App's token.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit

from github.Auth import Auth
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)
from requests import Response
from requests.utils import parse_header_links

from ingest.settings import GitHubSettings
from ingest.sources.github.faults import HubError

USER_AGENT: Final = "pilot-metrics"
PAGE: Final = 100  # things on a page of REST
CLOUD: Final = "https://api.github.com"
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_MOST_REDIRECTS: Final = 5
_PORTS: Final = {"http": 80, "https": 443}
_SILENT: Final = logging.getLogger(f"{__name__}.silent")
_SILENT.setLevel(logging.CRITICAL)


class _Body(RequestsResponse):
    """A response whose body is UTF-8, as JSON always is."""

    def read(self) -> str:
        return bytes(self.response.content).decode("utf-8", errors="replace")


class _PlainLine(HTTPRequestsConnectionClass):
    """A line to a server of one's own without TLS."""

    def getresponse(self) -> RequestsResponse:
        return _followed(self, super().getresponse)


class _SafeLine(HTTPSRequestsConnectionClass):
    """A line with TLS."""

    def getresponse(self) -> RequestsResponse:
        return _followed(self, super().getresponse)


def _followed(line: _PlainLine | _SafeLine, ask: Callable[[], RequestsResponse]) -> RequestsResponse:
    response = ask().response
    for _ in range(_MOST_REDIRECTS):
        if not _moves(response):
            break
        line.url = path_within(response)
        response = ask().response
    return _Body(response)


class _OnLines(Requester):
    """PyGithub's requester, on our lines, and silent."""


_OnLines.injectConnectionClasses(_PlainLine, _SafeLine)
_OnLines.injectLogger(_SILENT)


class LineRequester(_OnLines):
    """The same, and a line stays open between requests."""

    _Requester__persist = True  # PyGithub opens one per request as soon as classes are injected


def requester_for(settings: GitHubSettings, auth: Auth) -> Requester:
    """A requester as this source needs it: no throttle, no retries; patience is ours."""
    return LineRequester(
        auth=auth,
        base_url=address_of(settings.url),
        timeout=settings.timeout_seconds,
        user_agent=USER_AGENT,
        per_page=PAGE,
        verify=settings.ca_bundle or True,
        retry=None,
        pool_size=None,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )


def address_of(url: str) -> str:
    """Where REST is asked: the address as configured, or the one that its owner meant.

    >>> address_of("https://github.com"), address_of("https://acme.ghe.com/")
    ('https://api.github.com', 'https://api.acme.ghe.com')
    >>> address_of("https://github.acme.example/api/v3")
    'https://github.acme.example/api/v3'
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if host == "github.com":
        return CLOUD
    is_a_tenant = host.endswith(".ghe.com") and not host.startswith("api.")
    return f"https://api.{host}" if is_a_tenant else url.rstrip("/")


def path_within(response: Response) -> str:
    """Path and query that a redirect leads to; leading to another server is an error that names both."""
    asked = urlsplit(response.url)
    told = urlsplit(urljoin(response.url, response.headers["location"]))
    if _server(asked) != _server(told):
        raise HubError(
            f"{_server(asked)} sends us on to {_server(told)}, where the credentials do not belong by the "
            "configuration; if that is your GitHub, write its address into [sources.github] url "
            "(https://<your server>/api/v3)"
        )
    return f"{told.path}?{told.query}" if told.query else told.path


def next_page(headers: Mapping[str, str]) -> dict[str, str] | None:
    """Parameters of the next page, from the Link header; its host is not looked at. None = the last page.

    >>> next_page({"link": '<https://other.example/x?page=2&per_page=100>; rel="next"'})
    {'page': '2', 'per_page': '100'}
    """
    links: Iterable[dict[str, str]] = parse_header_links(headers.get("link", ""))
    following = next((each["url"] for each in links if each.get("rel") == "next"), None)
    return dict(parse_qsl(urlsplit(following).query, keep_blank_values=True)) if following else None


def _moves(response: Response) -> bool:
    return response.status_code in _REDIRECTS and "location" in response.headers


def _server(parts: SplitResult) -> str:
    default = _PORTS.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"
