"""Documents name files, functions and arrows between rooms that are really there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import grimp
import pytest

from simclr_core.base.paths import PROJECT

DOCUMENTS = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").glob("*.md")]
ARCHITECTURE = PROJECT / "docs" / "architecture.md"
PLACE = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|js|md|json|html|css))`")
STOP = re.compile(r"`((?:simclr_core|pages|assets)/[\w/]+\.(?:py|js))`: `([\w.]+)`")
ARROW = re.compile(r"^ +(\w+) --> (\w+)$", re.MULTILINE)
Arrows = set[tuple[str, str]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_are_there(document: Path) -> None:
    named = PLACE.findall(document.read_text())
    roots = (PROJECT, document.parent, PROJECT / "simclr_core")
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


def defined(path: Path) -> set[str]:
    """Return the names that a file defines: functions, classes, `Class.method` and constants."""
    text = path.read_text()
    if path.suffix == ".js":
        return set(
            re.findall(r"^(?:export )?(?:async )?(?:function|const|class) (\w+)", text, re.M)
        )
    names = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            inner = [child for child in node.body if isinstance(child, ast.FunctionDef)]
            names |= {f"{node.name}.{method.name}" for method in inner}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


@pytest.mark.parametrize("name", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_functions_that_are_named_are_there(name: str) -> None:
    stops = STOP.findall((PROJECT / name).read_text())
    assert len(stops) >= 5
    assert [stop for stop in stops if stop[1] not in defined(PROJECT / stop[0])] == []


def closure(arrows: Arrows) -> Arrows:
    """Return all pairs of rooms that are connected by arrows, over others or not."""
    while more := {(a, d) for a, b in arrows for c, d in arrows if b == c} - arrows:
        arrows = arrows | more
    return arrows


def test_the_drawing_of_the_rooms_shows_their_imports() -> None:
    graph = grimp.build_graph("simclr_core")
    rooms = {name.split(".")[1] for name in graph.find_children("simclr_core")} - {"__main__"}
    real = set()
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            a, b = [*module.split("."), ""][1], [*other.split("."), ""][1]
            if a != b and {a, b} <= rooms:
                real.add((a, b))
    drawn = set(ARROW.findall(ARCHITECTURE.read_text()))
    assert drawn <= real, "an arrow without an import"
    assert closure(drawn) == closure(real)
