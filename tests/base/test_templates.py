"""Templates: text from users is escaped, and a missing value is an error."""

from __future__ import annotations

import os
from pathlib import Path

import jinja2
import pytest
from markupsafe import Markup

from simclr_core.base import templates
from simclr_core.base.templates import render


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with one template, and let `render` read from it."""
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "name.html").write_text('<p title="{{ name }}">\n  {{ name }}\n</p>\n')
    loader = jinja2.FileSystemLoader(tmp_path)
    monkeypatch.setattr(templates, "_ENVIRONMENT", templates._ENVIRONMENT.overlay(loader=loader))
    return tmp_path


def test_text_is_escaped_in_text_and_in_attributes() -> None:
    escaped = "&lt;b&gt;x&lt;/b&gt;&amp;&#34;&#39;"
    assert render("page/name", name="<b>x</b>&\"'") == f'<p title="{escaped}">\n  {escaped}\n</p>'


def test_markup_goes_in_as_it_is_and_what_is_rendered_is_markup() -> None:
    inner = render("page/name", name="a")
    assert isinstance(inner, Markup)
    assert "<b>x</b>" in render("page/name", name=Markup("<b>x</b>"))


def test_halves_of_letters_become_question_marks() -> None:
    assert render("page/name", name="\udcff") == '<p title="?">\n  ?\n</p>'


def test_empty_lines_are_left_out(folder: Path) -> None:
    (folder / "page" / "list.html").write_text("<ul>\n\n  \n<li>{{ name }}</li>\n</ul>\n")
    assert render("page/list", name="a\n\nb") == "<ul>\n<li>a\nb</li>\n</ul>"


def test_a_missing_value_or_template_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="name"):
        render("page/name")
    with pytest.raises(jinja2.TemplateNotFound):
        render("page/other")


def test_a_changed_template_is_read_again(folder: Path) -> None:
    assert "<p" in render("page/name", name="a")
    path = folder / "page" / "name.html"
    path.write_text("<i>{{ name }}</i>")
    os.utime(path, (1e9, 1e9))
    assert render("page/name", name="a") == "<i>a</i>"
