"""The URL of a page: what a page wrote there, and a request that has an older one."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.share import run_link
from pages.shell import link

SCRIPT = """import streamlit as st
from pages.shell.link import change, keep
keep()
st.button("B", on_click=change, kwargs={"lesson": "b", "said": None})
st.button("1", on_click=change, kwargs={"said": "1"})
st.caption(f"{st.query_params.get('lesson')} {st.query_params.get('said')}")
"""


def test_a_click_with_an_older_url_does_not_undo_the_click_before(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SCRIPT)
    app = AppTest.from_file(str(tmp_path / "app.py"), default_timeout=240)
    app.query_params["lesson"] = "a"
    app.query_params["said"] = "7"
    app.run()
    assert app.caption[0].value == "a 7"
    app.button[0].click().run()
    assert app.caption[0].value == "b None"
    app.query_params["lesson"] = "a"  # as the browser had it when the second click came
    app.query_params["said"] = "7"
    app.button[1].click().run()
    assert app.caption[0].value == "b 1"


def test_a_sentence_about_a_link_is_not_shown_on_another_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link.st, "session_state", {})
    monkeypatch.setattr(link, "READ", 60.0)
    link.report(["step in the link"])
    assert link._reported() == ["step in the link"]
    monkeypatch.setattr(link, "_page", lambda: "another")
    assert link._reported() == []


def test_the_link_to_a_run_opens_explore_even_below_a_path() -> None:
    class Run:
        id = "4f2a"

    assert run_link("http://a:1/train", Run()) == "http://a:1/explore?run=4f2a"
    assert run_link("https://a/lab/train", Run()) == "https://a/lab/explore?run=4f2a"
