"""A page of the app on its own, for `AppTest`: with navigation, without server and workers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from simclr_core.base.files import write_json
from simclr_core.base.paths import PROJECT
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import preset_config

ROOT = PROJECT
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

SCRIPT = """import streamlit as st
names = ("train", "runs", "explore", "learn", "lessons", "paradigms", "views")
pages = [
    st.Page(f"pages/{{name}}/page.py", url_path=name, default=name == {page!r})
    for name in names
]
st.navigation(pages, position="top").run()
"""


def open_page(folder: Path, page: str, **query: str) -> AppTest:
    """Return a page that has run once.

    Args:
        folder: for the script; the project's pages are linked into it.
        page: "train", "runs", "explore" or "learn".
        query: of the URL.
    """
    for name in ("pages", "assets"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    script = folder / f"{page}_app.py"
    script.write_text(SCRIPT.format(page=page))
    app = AppTest.from_file(str(script), default_timeout=240)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def text(app: AppTest) -> str:
    """Return all words in a page's HTML, Markdown and messages."""
    html = [element.proto.body for element in app.get("html")]
    messages = [
        element.value for kind in (app.markdown, app.error, app.caption) for element in kind
    ]
    return "\n".join([*html, *messages])


def labels(app: AppTest) -> list[str]:
    """Return the labels of the buttons that can be pressed."""
    return [button.label for button in app.button if not button.disabled]


def press(app: AppTest, label: str) -> AppTest:
    """Press a button and run the page again."""
    return next(button for button in app.button if button.label == label).click().run()


def run_of(app: AppTest) -> str:
    """Return the id of the run in the URL."""
    found = app.query_params["run"]
    return found if isinstance(found, str) else found[0]


def made(store: RunStore, name: str, state: str, created: float, **status: Any) -> Run:
    """Make a run folder without figures."""
    run = store.create(preset_config("minute"), name)
    write_json(run.path / "config.json", {**run.record, "created": created})
    run.write_status(state=state, **status)
    return run
