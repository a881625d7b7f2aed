"""The app's routes on a real server, asked byte by byte: paths go out as they are written."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route


@dataclass
class Answer:
    status_code: int
    headers: dict[str, str]
    raw: bytes

    @property
    def content(self) -> bytes:
        packed = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.raw) if packed else self.raw

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self._ask("GET", path, headers)

    def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> Answer:
        return self._ask("POST", path, headers, body)

    def _ask(
        self, method: str, path: str, headers: dict[str, str] | None, body: bytes | None = None
    ) -> Answer:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=240)
        link.request(method, path.replace(" ", "%20"), body=body, headers=headers or {})
        found = link.getresponse()
        return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())


@contextlib.contextmanager
def serving(routes: Sequence[Route]) -> Iterator[Client]:
    """A server with these routes, and a client of it."""
    config = uvicorn.Config(Starlette(routes=list(routes)), port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Client(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join(5)
