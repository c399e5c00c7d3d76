"""What is one question by REST, and what does an answer consist of?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.github_server.world import World

PREFIX = "/api/v3"
DOCUMENTATION = "https://docs.github.com/rest"


@dataclass(frozen=True)
class Reply:
    """Status, body (to be written as JSON; None = empty) and own headers of one answer."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One question: path without the prefix, parameters of its query, headers, body."""

    world: World
    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def base(self) -> str:
        """Address that URLs in answers begin with; a proxied server names the host that it knows."""
        return self.world.public_url or f"http://{self.header('host')}{PREFIX}"

    def header(self, name: str) -> str:
        """Header in any spelling of its name; empty where it is missing."""
        return next((value for key, value in self.headers.items() if key.lower() == name), "")

    def number(self, name: str, default: int) -> int:
        """Whole number among the parameters; what is none counts as not given, as GitHub has it."""
        given = self.parameters.get(name, "")
        return int(given) if given.isdecimal() and int(given) else default

    def address(self, **changed: str) -> str:
        """Absolute URL of this question with other parameters."""
        return f"{self.base}{self.path}?{urlencode({**self.parameters, **changed})}"

    @property
    def token(self) -> str:
        """Token or JWT that came with it."""
        return self.header("authorization").partition(" ")[2]


def refusal(status: int, message: str) -> Reply:
    """Refuse as GitHub words it."""
    return Reply(status, {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)})
