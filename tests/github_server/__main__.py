"""Serve a world until stopped: `python -m tests.github_server --invented 1000 --port 8600`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from signal import SIG_BLOCK, SIGINT, SIGTERM, pthread_sigmask, sigwait

from tests.github_server.http import GitHubServer
from tests.github_server.loading import invented, real_world
from tests.github_server.world import World

ENDING = (SIGINT, SIGTERM)


def parser() -> ArgumentParser:
    """What may be given on the command line."""
    told = ArgumentParser(prog="python -m tests.github_server", description=__doc__)
    what = told.add_mutually_exclusive_group(required=True)
    what.add_argument("--real", type=Path, metavar="FOLDER", help="real pull requests below this folder")
    what.add_argument("--invented", type=int, metavar="N", help="an invented repository of this size")
    told.add_argument("--seed", type=int, default=1, help="of the invented repository (default 1)")
    told.add_argument("--port", type=int, default=0, help="default: any that is free")
    told.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before every answer")
    return told


def world_of(given: Namespace) -> World:
    """The world that was asked for."""
    return real_world(given.real) if given.real else World([invented(given.invented, given.seed)])


def main() -> None:
    """Serve until the process is told to end."""
    given = parser().parse_args()
    pthread_sigmask(SIG_BLOCK, ENDING)  # of every thread that begins now: they wait for `sigwait`
    world = world_of(given)
    with GitHubServer(world, latency_seconds=given.latency, port=given.port) as server:
        print(f"{server.url}  token: {next(iter(world.tokens))}", flush=True)
        sigwait(ENDING)


if __name__ == "__main__":
    main()
