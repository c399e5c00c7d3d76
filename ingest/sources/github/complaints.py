"""What do people read when GitHub cannot be asked? What was seen, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from ingest.errors import SourceError
from ingest.sources.github.faults import Heard, HubError, Kind, Lost

_PROXY_WANTS_CREDENTIALS: Final = 407
_TUNNEL_REFUSED: Final = f"Tunnel connection failed: {_PROXY_WANTS_CREDENTIALS}"  # before TLS begins
_LOST_WORDS: Final[Mapping[Lost, str]] = MappingProxyType(
    {
        "slow": "GitHub did not answer in time",
        "unreachable": "GitHub cannot be reached",
        "cut": "GitHub's answer was cut",
        "certificate": "GitHub's certificate is not trusted",
    }
)
_WRONG_KEY: Final = "could not be decoded"
_TIME_CLAIMS: Final = ("('iat')", "('exp')")


@dataclass(frozen=True)
class Asked:
    """Whom we asked, and as whom."""

    host: str
    url: str  # as configured
    origin: str  # of the credentials, in words
    ca_bundle: str | None = None


def trouble(heard: Heard) -> str:
    """What came back, in a few words for people who wait meanwhile.

    >>> trouble(Heard(graph=True, status=502)), trouble(Heard(graph=True, lost="cut"))
    ('GitHub answered 502', "GitHub's answer was cut")
    """
    if heard.lost:
        return _LOST_WORDS[heard.lost]
    if heard.status >= 300:  # noqa: PLR2004 - HTTP
        return f"GitHub answered {heard.status}"
    if heard.content is None:
        return "GitHub answered something that is not JSON"
    return "GitHub answered with errors" if heard.errors else "GitHub answered nothing"


def complaint(kind: Kind, heard: Heard, asked: Asked) -> SourceError:
    """The error that people see for an answer that cannot be used."""
    return SENTENCES.get(kind, _refused)(heard, asked)


def app_complaint(heard: Heard, asked: Asked, ahead: timedelta) -> HubError:
    """Why GitHub gives an App no token; `ahead` is GitHub's clock less this machine's."""
    return HubError(f"{asked.host} gives the App no token: {_app_reason(heard, asked, ahead)}")


def _app_reason(heard: Heard, asked: Asked, ahead: timedelta) -> str:
    if any(claim in heard.said for claim in _TIME_CLAIMS):
        return (
            f"{heard.said}. This machine's clock differs by {abs(round(ahead.total_seconds()))} s from "
            "GitHub's; set the clock (a time service such as chrony keeps it right)"
        )
    if _WRONG_KEY in heard.said:
        return f"{heard.said}. The {asked.origin} does not belong to [sources.github] app_id; check both"
    if "integration" in heard.said.lower():
        return (
            f"{heard.said}. There is no App with [sources.github] app_id here; see the App's page for its id"
        )
    if heard.status == 404:  # noqa: PLR2004 - HTTP
        return (
            f"{heard.said or 'not found'}. [sources.github] installation_id names no installation of this "
            "App; the number stands at the end of the address of the installation's page"
        )
    return f"{heard.said} (HTTP {heard.status})"


def _certificate(heard: Heard, asked: Asked) -> SourceError:
    used = f" by those in {asked.ca_bundle}" if asked.ca_bundle else ""
    return HubError(
        f"{asked.host}: its certificate is not trusted{used} ({heard.said}); if a server or proxy of your "
        "house has an own authority, name the file with its certificates by [sources.github] ca_bundle"
    )


def _passing(heard: Heard, asked: Asked) -> SourceError:
    if _TUNNEL_REFUSED in heard.text:
        return _proxy_wants_credentials(asked)
    if heard.lost:
        return HubError(
            f"GitHub ({asked.host}) cannot be reached: {heard.said}; nothing is lost, run again to go on. If "
            "it never worked, check [sources.github] url, and HTTPS_PROXY if this network needs a proxy"
        )
    if heard.content is None and heard.status < 300:  # noqa: PLR2004 - HTTP
        return _no_json(heard, asked)
    return SourceError(
        f"GitHub ({asked.host}) answers HTTP {heard.status} again and again: {heard.said or 'no words'}; "
        "nothing is lost, run again to go on"
    )


def _no_json(heard: Heard, asked: Asked) -> HubError:
    """A page where GitHub would answer JSON, whatever its status."""
    status = f" (HTTP {heard.status})" if heard.status >= 300 else ""  # noqa: PLR2004 - HTTP
    return HubError(
        f"{asked.host} answers something that is not JSON: {heard.said!r}{status}; expected GitHub. A proxy "
        "or a login page may stand between: check [sources.github] url and HTTPS_PROXY"
    )


def _proxy_wants_credentials(asked: Asked) -> HubError:
    # Apart from its scheme the example has no form of a password in an address, which would be hidden.
    return HubError(
        f"the proxy before {asked.host} wants credentials (HTTP 407); give them in HTTPS_PROXY: http:// and, "
        "right behind it, user:password@proxy:port"
    )


def _unauthorised(heard: Heard, asked: Asked) -> SourceError:
    return HubError(
        f"the token in {asked.origin} is not accepted by {asked.host} ({heard.said or 'HTTP 401'}); it may "
        "be mistyped, expired, revoked or for another server: make a new one and put it there"
    )


def _sign_on(heard: Heard, asked: Asked) -> SourceError:
    where = heard.headers.get("x-github-sso", "").partition("url=")[2].partition("?")[0]
    page = f" ({where})" if where else ""
    return SourceError(
        f"{asked.host}: {heard.said}. The organisation wants the token in {asked.origin} authorised for its "
        f"single sign-on{page}: on GitHub, Settings, Developer settings, the token, Configure SSO, Authorize"
    )


def _scopes(heard: Heard, asked: Asked) -> SourceError:
    return SourceError(
        f"the token in {asked.origin} lacks a scope: {heard.said}; add the scope to the token on GitHub"
    )


def _nowhere(heard: Heard, asked: Asked) -> SourceError:
    return HubError(
        f"{asked.url} ([sources.github] url) speaks no GraphQL (HTTP {heard.status}); expected "
        "https://api.github.com, https://api.<tenant>.ghe.com or https://<your server>/api/v3"
    )


def _refused(heard: Heard, asked: Asked) -> SourceError:
    if heard.status == _PROXY_WANTS_CREDENTIALS:
        return _proxy_wants_credentials(asked)
    if heard.content is None and heard.text.strip():
        return _no_json(heard, asked)
    status = f" (HTTP {heard.status})" if heard.status >= 300 else ""  # noqa: PLR2004 - HTTP
    return SourceError(f"GitHub ({asked.host}) refuses the question: {heard.said or 'no words'}{status}")


SENTENCES: Final[Mapping[Kind, Callable[[Heard, Asked], SourceError]]] = MappingProxyType(
    {
        Kind.CERTIFICATE: _certificate,
        Kind.PASSING: _passing,
        Kind.UNAUTHORISED: _unauthorised,
        Kind.SIGN_ON: _sign_on,
        Kind.SCOPES: _scopes,
        Kind.NOWHERE: _nowhere,
        Kind.REFUSED: _refused,
    }
)
