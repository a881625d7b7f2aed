"""The download of a run."""

from __future__ import annotations

import asyncio
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from page_app import made
from starlette.applications import Starlette

from pages.server import downloads
from simclr_core.runs import states
from simclr_core.runs.store import RunStore

pytestmark = pytest.mark.usefixtures("store")


def fetch(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of a GET, straight from the routes."""
    sent: list[dict[str, Any]] = []
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": lines, "query_string": b""}

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(30)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    app = Starlette(routes=downloads.ROUTES)
    # On a thread of its own: Playwright's loop runs on this one once a browser test has been here.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(app(scope, receive, send))).result()  # type: ignore[arg-type]
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


def test_a_download_is_the_run_folder(store: RunStore) -> None:
    run = made(store, "Take me", states.FINISHED, 1e9)
    status, headers, body = fetch(downloads.address(run))
    assert status == 200
    assert headers["content-disposition"] == f'attachment; filename="simclr-{run.id}-take-me.zip"'
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        content = archive.read(f"{run.id}/config.json")
    assert content == (run.path / "config.json").read_bytes()


def test_other_sites_and_other_paths_get_no_download(store: RunStore) -> None:
    run = made(store, "private", states.FINISHED, 1e9)
    assert fetch(downloads.address(run), sec_fetch_site="cross-site")[0] == 403
    assert fetch(downloads.address(run), sec_fetch_site="same-origin")[0] == 200
    for other in (run.id[:2], "uploads", "..", "zzzz", "%2e%2e"):
        assert fetch(f"/lab/runs/{other}/run.zip")[0] == 404
