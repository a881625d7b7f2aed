"""The whole table: what the four ways to learn are, and what is often said of them."""

from __future__ import annotations

import functools
import tomllib
from typing import Any

from markupsafe import Markup

from simclr_core.base.paths import ASSETS
from simclr_core.base.templates import render
from simclr_core.paradigms.study import WAYS

FOLDER = ASSETS / "paradigms"


@functools.cache
def words_of(name: str) -> dict[str, Any]:
    """Return what a file in assets/paradigms says, such as "table" or "ways"."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


def whole_table() -> Markup:
    """Return HTML: kind, input, prediction, test and tasks of each way to learn."""
    return render("paradigms/table", ways=WAYS, **words_of("table"))
