"""A server on the loopback that speaks as GitHub does."""

from tests.github_server.faults import Faults
from tests.github_server.http import Asked, GitHubServer
from tests.github_server.world import Repo, World

__all__ = ["Asked", "Faults", "GitHubServer", "Repo", "World"]
