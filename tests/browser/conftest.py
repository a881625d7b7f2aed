"""The real app on a free port with folders of its own, and a page of Chromium to look at it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    expect,
    sync_playwright,
)

from processes import marked_processes
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 100_000  # ms for what a page does by itself, on a busy machine
expect.set_options(timeout=PATIENCE)
_RESULT = pytest.StashKey[pytest.TestReport]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(600))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: Any
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the result of a test where its fixtures can see it."""
    report = yield
    if report.when == "call":
        item.stash[_RESULT] = report
    return report


class App:
    """The running app.

    Attributes:
        url: where it answers, without a slash at the end.
        store: its runs, also after `kill`.
        log: what the server printed.
    """

    def __init__(self, folder: Path) -> None:
        self.store = RunStore(folder / "runs")
        self.log = folder / "server.log"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the server; workers are processes of their own."""
        if self._server is None:
            raise RuntimeError("expected a running server, found none; call start()")
        return self._server.pid

    def start(self, patience: float = 240.0) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        options = {
            "server.port": self.port,
            "server.address": "127.0.0.1",
            "server.headless": "true",
            "server.fileWatcherType": "none",
            "browser.gatherUsageStats": "false",
        }
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "SIMCLR_LAB_RUNS": str(self.store.root)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_healthy(patience)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the server as a crash would, or by another signal; its workers go on."""
        self._signal(number)

    def restart(self) -> None:
        """Kill the server and start another on the same port and runs."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End the server, then the workers and helpers that it left."""
        self._signal(signal.SIGTERM)
        for process, _ in self.processes():
            with contextlib.suppress(psutil.Error):
                process.terminate()
        _, alive = psutil.wait_procs([process for process, _ in self.processes()], timeout=5.0)
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.kill()

    def processes(self) -> list[tuple[psutil.Process, list[str]]]:
        """Living processes of this app: its runs folder is in their environment."""
        return marked_processes("SIMCLR_LAB_RUNS", str(self.store.root))

    def worker(self, run: Run) -> psutil.Process:
        """The process that trains a run."""
        for process, command in self.processes():
            if "simclr_core.workers.worker" in command and str(run.path.resolve()) in command:
                return process
        raise LookupError(f"run {run.id} has no worker; its state is {run.state}")

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the server's process group and wait for the server."""
        server, self._server = self._server, None
        if server is None or server.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        try:
            server.wait(timeout=10.0)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _wait_until_healthy(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self._server and self._server.poll() is None:
            if self._healthy():
                return
            time.sleep(0.1)
        self.stop()
        pytest.fail(f"The app did not start:\n{self.log.read_text()[-4000:]}", pytrace=False)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app for the tests of one module, ended with all that it started."""
    yield from running(App(tmp_path_factory.mktemp("app")))


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all modules that only read; a module takes it as its own `app`."""
    yield from running(App(tmp_path_factory.mktemp("shared-app")))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests: from the system if it has one, else playwright's own."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """The context of all pages: the browser compiles the app's scripts once, not in each test."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """Errors in the console of `page`; what is left in it when the test ends fails the test."""
    return []


@pytest.fixture
def page(
    context: BrowserContext, request: pytest.FixtureRequest, complaints: list[str]
) -> Iterator[Page]:
    """A page of its own, 1366x768; a failed test leaves a screenshot."""
    with _opened(context, complaints) as page:
        yield page
        report = request.node.stash.get(_RESULT, None)
        if report is not None and report.failed:
            folder = request.config.cache.mkdir("screenshots")  # type: ignore[union-attr]
            path = folder / f"{request.node.name.replace('/', '-')}.png"
            with contextlib.suppress(Exception):  # a picture must not hide the failure
                page.screenshot(path=path)
                print(f"screenshot: {path}")
    assert not complaints, "the browser's console has errors: " + "; ".join(complaints)


@pytest.fixture(scope="module")
def module_page(context: BrowserContext) -> Iterator[Page]:
    """A page for all tests of a module; errors in its console fail the last one."""
    complaints: list[str] = []
    with _opened(context, complaints) as page:
        yield page
    assert not complaints, "the browser's console has errors: " + "; ".join(complaints)


@pytest.fixture
def settled() -> Any:
    """A function that waits until the page's script has run: settled(page)."""

    def wait(page: Page, timeout: float = PATIENCE) -> None:
        page.wait_for_selector(
            '[data-testid="stApp"][data-test-script-state="notRunning"]',
            state="attached",
            timeout=timeout,
        )

    return wait


def running(app: App) -> Iterator[App]:
    """Start an app; end it with all that it started when the fixture ends."""
    try:
        app.start()
        yield app
    finally:
        app.stop()


@contextlib.contextmanager
def _opened(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page that starts without cookies and storage; its console's errors are collected."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.extend(_words(line)))
    try:
        yield page
    finally:
        with contextlib.suppress(Error):  # a page that shows nothing has no storage
            page.evaluate("localStorage.clear()")
        page.close()
        context.clear_cookies()


def _words(line: ConsoleMessage) -> list[str]:
    """An error in the console and where it comes from; nothing for other lines.

    On a deep link Streamlit itself looks for its server under the page's path first.
    """
    url = line.location["url"]
    own = re.search(r"/\w+/_stcore/(health|host-config)$", url)
    return [f"{line.text} ({url})"] if line.type == "error" and not own else []


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
