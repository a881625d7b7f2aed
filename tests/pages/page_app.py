"""A page of the app on its own, for `AppTest`: with navigation, without server and workers."""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

from simclr_core.base.paths import PROJECT

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
    """A page that has run once.

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
    app = AppTest.from_file(str(script), default_timeout=20)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def text(app: AppTest) -> str:
    """All words of a page that stand in HTML, Markdown and messages."""
    html = [element.proto.body for element in app.get("html")]
    messages = [
        element.value for kind in (app.markdown, app.error, app.caption) for element in kind
    ]
    return "\n".join([*html, *messages])


def labels(app: AppTest) -> list[str]:
    """Labels of the buttons that can be pressed."""
    return [button.label for button in app.button if not button.disabled]
