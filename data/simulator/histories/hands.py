"""Who writes the commits of a history, and which marks do they leave?"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal, NamedTuple

from data.simulator.authors import mail
from data.simulator.draws import pick, weighted
from data.simulator.names import DRIVERS, HUMANS, MODELS, STYLES

Making = Literal["agent", "human", "unknown", "automation"]
AGENTS: Final = ("claude-code", "copilot", "devin", "cursor")  # those that mark their commits
_SHARES: Final[tuple[tuple[Making, float], ...]] = (("agent", 0.5), ("human", 0.42), ("unknown", 0.08))


class Person(NamedTuple):
    """A name and an address, as a commit carries them."""

    name: str
    email: str


@dataclass(frozen=True)
class Hand:
    """Whoever makes a change."""

    making: Making
    login: str  # account that opens the pull request
    author: Person  # of the commits
    trailer: str = ""
    branch: str = "feature/"
    body: str = ""  # marker in a pull request's description
    is_bot: bool = False
    driver: str | None = None


CODE_HOST: Final = Person("GitHub", "noreply@github.com")  # commits what is merged by a button
UPDATER: Final = Hand(
    "automation", "dependabot",
    Person("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
    branch="dependabot/pip/", is_bot=True,
)  # fmt: skip


def person(login: str) -> Person:
    """Somebody of the organisation."""
    return Person(login, mail(login))


def people_only(rng: Random) -> Hand:
    """Somebody who never works with an agent."""
    login = pick(rng, HUMANS)
    return Hand("human", login, person(login))


def agent(rng: Random) -> Hand:
    """An agent and the person who drives it."""
    name, driver = pick(rng, AGENTS), pick(rng, DRIVERS)
    style = STYLES[name]
    own = Person(style.commit_name, style.commit_email) if style.commit_name and style.commit_email else None
    trailer = style.trailer.format(person=driver, email=mail(driver), model=MODELS[0])
    body = style.body.format(oid=f"{rng.getrandbits(96):024x}")
    return Hand(
        "agent", style.login or driver, own or person(driver), trailer, style.branch, body,
        style.login is not None, driver,
    )  # fmt: skip


def drawn(rng: Random, seen_with_agent: list[str]) -> Hand:
    """Whoever makes the next change; `unknown` is somebody who has been seen with an agent before."""
    making = weighted(rng, _SHARES)
    if making == "agent":
        return agent(rng)
    if making == "unknown" and seen_with_agent:
        login = pick(rng, seen_with_agent)
        return Hand("unknown", login, person(login))
    return people_only(rng)
