"""Who opens a pull request, and by which marks could a reader tell?"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from data.simulator.arrivals import Arrival
from data.simulator.draws import pick, weighted
from data.simulator.names import DRIVERS, HUMANS, MODELS, STYLES, AgentStyle
from data.simulator.truth import Arm, Repository

MAIL_DOMAIN = "acme.example"


@dataclass(frozen=True, slots=True)
class Author:
    """The account that opens a pull request, and what stands behind it."""

    arm: Arm
    login: str
    is_bot: bool
    agent: str | None = None
    driver: str | None = None  # person who set the agent going
    model: str | None = None

    @property
    def style(self) -> AgentStyle | None:
        """How the agent's work looks; None for everybody else."""
        return STYLES[self.agent] if self.agent and self.arm == "agent" else None

    @property
    def person(self) -> str:
        """The human being behind it; the account itself where there is none."""
        return self.driver or self.login


def mail(login: str) -> str:
    """Address of a person of the organisation."""
    return f"{login}@{MAIL_DOMAIN}"


@dataclass
class Authors:
    """Draws authors; remembers who has been seen with an agent, since `unknown` means just that."""

    repository: Repository
    seen_with_agent: list[str] = field(default_factory=list)

    def draw(self, arrival: Arrival, rng: Random) -> Author:
        """Author of one pull request."""
        match arrival.arm:
            case "agent":
                return self._agent(arrival, rng)
            case "assisted":
                driver = self._remember(pick(rng, DRIVERS))
                return Author("assisted", driver, is_bot=False, agent="claude-code", model=MODELS[0])
            case "automation":
                return Author("automation", "dependabot", is_bot=True)
            case "unknown" if self.seen_with_agent:
                return Author("unknown", pick(rng, self.seen_with_agent), is_bot=False)
            case _:  # nobody was seen with an agent yet: nothing can be unknown
                return Author("human", pick(rng, HUMANS), is_bot=False)

    def _agent(self, arrival: Arrival, rng: Random) -> Author:
        agent = arrival.agent or weighted(rng, self.repository.agents)
        driver, login = pick(rng, DRIVERS), STYLES[agent].login
        model = self._model(arrival) if agent == "claude-code" else None
        if login is None:
            self._remember(driver)
        return Author("agent", login or driver, login is not None, agent, driver, model)

    def _model(self, arrival: Arrival) -> str:
        changed = self.repository.new_model_on
        return MODELS[changed is not None and arrival.opened_at.date() >= changed]

    def _remember(self, driver: str) -> str:
        if driver not in self.seen_with_agent:
            self.seen_with_agent.append(driver)
        return driver
