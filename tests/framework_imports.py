"""Which test files import a deep-learning framework, read from their import statements.

A file counts if it, or a helper beside it, imports Keras, TensorFlow, JAX or PyTorch anywhere, or
a module of SimCLR Lab that does so as soon as it is imported.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PROJECT = TESTS.parent
FRAMEWORKS = {"keras", "tensorflow", "jax", "torch"}


def imports_framework(path: Path) -> bool:
    """Return whether a file of the project imports a framework, directly or through others."""
    seen, left = set(), [path]
    while left:
        if (file := left.pop()) in seen:
            continue
        seen.add(file)
        for name in _imported(file):
            if name.split(".")[0] in FRAMEWORKS:
                return True
            left += _files(name)
    return False


@functools.cache
def _imported(path: Path) -> list[str]:
    """Return `_names` of a file."""
    return list(_names(path))


def _names(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports; in the app's own files only those at its top."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree) if TESTS in path.parents else tree.body:
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            yield from (f"{base}.{one.name}" for one in node.names)


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    """Return the dotted name of the module that a `from` statement names."""
    if not node.level:
        return node.module or ""
    package = path.relative_to(PROJECT).parts[: -node.level]
    return ".".join([*package, *(node.module or "").split(".")]).strip(".")


@functools.cache
def _files(name: str) -> list[Path]:
    """Return the project's files that a dotted name loads; its last part may be a variable."""
    for root in (PROJECT, TESTS):
        for parts in (name.split("."), name.split(".")[:-1]):
            if not parts:
                continue
            file = root.joinpath(*parts)
            if file.with_suffix(".py").is_file():
                return [file.with_suffix(".py")]
            if (file / "__init__.py").is_file() and file != PROJECT / "simclr_core":
                return _lazy(file / "__init__.py", name.rpartition(".")[2])
    return []


def _lazy(init: Path, name: str) -> list[Path]:
    """Return the file from which a room takes one of its public names."""
    for node in ast.walk(ast.parse(init.read_text())):
        if isinstance(node, ast.keyword) and node.arg == "submod_attrs":
            offered = ast.literal_eval(node.value)
            return [init.with_name(f"{m}.py") for m, names in offered.items() if name in names]
    return []
