"""JavaScript modules joined into one script, for a page that needs no server."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "([^"]+)";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) )", re.M)
_NAMES = re.compile(r"^export (?:(?:async )?function|class|const) (?:(\w+)|\[([\w, ]+)\])", re.M)


def joined(path: Path) -> str:
    """Return a script that defines what a module exports, with all modules that it imports.

    Each module becomes a function that is called once, after those that it imports, so that
    their other names do not meet.

    Args:
        path: of the module. It and those that it imports use `import { a, b } from "./c.js"` and
            `export` before a function, a class or a const, as all of assets/js do.

    Raises:
        ValueError: two modules import each other.
    """
    order: list[Path] = []
    _collect(path.resolve(), order, ())
    parts = [_function(module, order) for module in order]
    names = ", ".join(_exported(path.read_text()))
    return "\n".join([*parts, f"const {{ {names} }} = _{len(order) - 1};"])


def _collect(path: Path, order: list[Path], above: tuple[Path, ...]) -> None:
    """Append a module after those that it imports."""
    if path in above:
        raise ValueError(f"Expected modules in an order, found a circle at {path.name}.")
    for _, other in _IMPORT.findall(path.read_text()):
        _collect((path.parent / other).resolve(), order, (*above, path))
    if path not in order:
        order.append(path)


def _function(path: Path, order: list[Path]) -> str:
    text = path.read_text()
    names = ", ".join(_exported(text))

    def given(match: re.Match[str]) -> str:
        return f"const {{ {match[1]} }} = _{order.index((path.parent / match[2]).resolve())};\n"

    body = _EXPORT.sub("", _IMPORT.sub(given, text))
    return f"const _{order.index(path)} = (() => {{\n{body}return {{ {names} }};\n}})();"


def _exported(text: str) -> list[str]:
    names = (one or several for one, several in _NAMES.findall(text))
    return [name.strip() for part in names for name in part.split(",")]
