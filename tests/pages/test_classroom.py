"""Large type and hidden panels, as a link sets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import classroom


def test_styles_follow_size_and_hidden_panels() -> None:
    assert classroom.classroom_styles(False, ()) == ""
    large = classroom.classroom_styles(True, ())
    assert "font-size: 20.25px" in large and "--lab-scale: 1.35" in large
    hidden = classroom.classroom_styles(False, ["map", "captions"])
    assert ".st-key-live-map" in hidden and ".lab-caption" in hidden and "font-size" not in hidden


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ("", [], []),
        ("map", ["map"], []),
        (" Map , curves,map", ["map", "curves"], []),
        ("map,</style><script>", ["map"], ["</style><script>"]),
    ],
)
def test_only_known_panels_are_hidden(text, known, unknown) -> None:
    assert classroom.split_panels(text) == (known, unknown)


def page(tmp_path: Path, **query: str) -> AppTest:
    script = tmp_path / "app.py"
    script.write_text("from pages.shell import classroom\nclassroom.apply_classroom()\n")
    app = AppTest.from_file(str(script), default_timeout=240)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_button_turns_large_type_on_and_off_and_the_link_says_so(tmp_path: Path) -> None:
    app = page(tmp_path)
    assert "font-size" not in html(app)
    app.button(key="room_button").click().run()
    assert "font-size: 20.25px" in html(app) and app.query_params["size"] in ("large", ["large"])
    app.button(key="room_button").click().run()
    assert "font-size" not in html(app) and not app.exception


def test_a_link_hides_panels_and_reports_unknown_ones_once(tmp_path: Path) -> None:
    app = page(tmp_path, hide="curves,<b>x</b>", size="large")
    found = html(app)
    assert ".st-key-live-curves { display: none" in found and "font-size: 20.25px" in found
    assert "&lt;b&gt;x&lt;/b&gt;" in found and "expected some of" in found
    assert "expected some of" not in html(app.run())


def test_links_that_load_a_page_keep_size_and_hidden_panels(monkeypatch) -> None:
    for state, expected in (
        ({}, "/lessons?lesson=maps"),
        ({classroom.LARGE_KEY: True}, "/lessons?lesson=maps&size=large"),
        ({classroom._HIDDEN: ["map", "verdict"]}, "/lessons?lesson=maps&hide=map,verdict"),
    ):
        monkeypatch.setattr(classroom.st, "session_state", state)
        assert classroom.classroom_link("/lessons?lesson=maps") == expected
    monkeypatch.setattr(
        classroom.st, "session_state", {classroom.LARGE_KEY: True, classroom._HIDDEN: ["map"]}
    )
    assert classroom.classroom_link("/runs") == "/runs?size=large&hide=map"
