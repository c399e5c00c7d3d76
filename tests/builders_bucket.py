"""An object store of our own on the loopback, and what one needs to open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer


@contextmanager
def served_bucket(name: str) -> Iterator[dict[str, str]]:
    """Serve an empty S3 bucket of this name; yields the usual settings of its clients."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    with urlopen(Request(f"{endpoint}/{name}", method="PUT")):  # noqa: S310 - our own loopback
        pass
    yield {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONDITIONAL_PUT": "etag",
    }
    server.stop()
