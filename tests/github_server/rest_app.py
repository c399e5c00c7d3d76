"""What does a GitHub App get: its own page, its installation, and tokens that end after a while?"""

from __future__ import annotations

from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final

import jwt

from tests.github_server.rest_call import Call, Reply, refusal
from tests.github_server.world import World

LONGEST: Final = timedelta(minutes=10)  # between now and the end of a JWT
ACCOUNT: Final = {"login": "acme", "id": 1, "type": "Organization"}


def app(call: Call) -> Reply:
    return _unsigned(call) or Reply(200, _app(call.world))


def _app(world: World) -> dict[str, Any]:
    return {
        "id": world.app_id,
        "slug": "pilot-metrics",
        "name": "Pilot Metrics",
        "owner": ACCOUNT,
        "permissions": world.installation_permissions,
        "events": [],
    }


def installation(call: Call, number: str) -> Reply:
    return _unsigned(call) or _elsewhere(call.world, number) or Reply(200, _installation(call, number))


def _installation(call: Call, number: str) -> dict[str, Any]:
    return {
        "id": int(number),
        "app_id": call.world.app_id,
        "app_slug": "pilot-metrics",
        "account": ACCOUNT,
        "target_type": "Organization",
        "permissions": call.world.installation_permissions,
        "events": [],
        "repository_selection": "selected",
        "access_tokens_url": f"{call.base}/app/installations/{number}/access_tokens",
        "repositories_url": f"{call.base}/installation/repositories",
        "suspended_at": None,
    }


def access_token(call: Call, number: str) -> Reply:
    """A token of the installation; the server takes it until `token_lives_seconds` are over."""
    return _unsigned(call) or _elsewhere(call.world, number) or _issued(call.world)


def _issued(world: World) -> Reply:
    token = f"ghs_{token_hex(18)}"
    ends_at = world.now() + timedelta(seconds=world.token_lives_seconds)
    world.tokens[token] = ["installation"]
    world.token_ends[token] = ends_at
    told = {
        "token": token,
        "expires_at": ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "permissions": world.installation_permissions,
        "repository_selection": "selected",
    }
    return Reply(201, told)


def drop_ended_tokens(world: World) -> None:
    """Take no token any longer whose time is over; the server asks this before it looks at one."""
    for token, ends_at in list(world.token_ends.items()):
        if ends_at <= world.now():
            world.tokens.pop(token, None)


def _elsewhere(world: World, number: str) -> Reply | None:
    known = world.installation_id
    return None if known is None or str(known) == number else refusal(404, "Not Found")


def _unsigned(call: Call) -> Reply | None:
    """GitHub's complaint about the signature or its times; None where all is well."""
    world = call.world
    try:
        claims = jwt.decode(
            call.token, world.app_public_key or "", algorithms=["RS256"], options=_ONLY_SIGNATURE
        )
    except (jwt.PyJWTError, ValueError):
        return refusal(401, "A JSON web token could not be decoded")
    if str(claims.get("iss")) != str(world.app_id):
        return refusal(404, "Integration not found")
    return _ill_timed(claims, world.now())


_ONLY_SIGNATURE: Final[Any] = {
    "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False, "verify_iss": False,
}  # fmt: skip
_ISSUED = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued."
_ENDED = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which "
    "the assertion expires."
)
_TOO_FAR = "'Expiration time' claim ('exp') is too far in the future."


def _ill_timed(claims: dict[str, Any], now: datetime) -> Reply | None:
    issued, ends = (claims.get(name) for name in ("iat", "exp"))
    if not isinstance(issued, int) or issued > now.timestamp() + 1:
        return refusal(401, _ISSUED)
    if not isinstance(ends, int) or ends <= now.timestamp():
        return refusal(401, _ENDED)
    return refusal(401, _TOO_FAR) if ends > (now + LONGEST).timestamp() + 1 else None
