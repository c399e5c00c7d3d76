"""A configuration of the live source, a server for it on the loopback, and a search for planted secrets."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.github_server import GitHubServer, Repo, World
from tests.github_server.inventing import invented

TOKEN = "ghp_PlantedPlantedPlantedPlantedPlanted42"  # noqa: S105 - invented, and looked for everywhere
CONFIG = """
[[pilot]]
name = "pay"
repositories = ["{repository}"]
start_on = 2026-06-01
[sources.github]
url = "{url}"
{more}
"""


def repository(name: str = "acme/pay", count: int = 3, seed: int = 1) -> Repo:
    """An invented repository whose features are all on and empty."""
    repo = invented(count, seed, name)
    repo.analyses, repo.code_alerts, repo.secret_alerts, repo.dependabot_alerts = [], [], [], []
    repo.rule_suites = []
    return repo


def world(*repositories: Repo) -> World:
    """A server's knowledge with our planted token."""
    return World(repositories=list(repositories or [repository()]), tokens={TOKEN: ["repo", "read:org"]})


def configured(folder: Path, server: GitHubServer, more: str = "", repository: str = "acme/pay") -> Path:
    """A pilot.toml that reads from a server."""
    path = folder / "pilot.toml"
    path.write_text(CONFIG.format(url=server.url, more=more, repository=repository), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Key:
    """A private key of an App, and its public half."""

    private: str
    public: str


def new_key() -> Key:
    """A small key: tests sign with it, nobody else."""
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = pair.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = pair.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(private.decode(), public.decode())


def lines_of(key: Key) -> list[str]:
    """The secret parts of a key, line by line."""
    return [line for line in key.private.splitlines() if not line.startswith("-----")]


def holding(folder: Path, secrets: Iterable[str]) -> list[str]:
    """Files below a folder that hold one of these texts, packed or not."""
    wanted = [secret.encode() for secret in secrets]
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(secret in _bytes(path) for secret in wanted)
    ]


def _bytes(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
