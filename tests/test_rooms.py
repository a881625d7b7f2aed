"""The rooms: their public names, what importing them costs, and rules that every file keeps."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from simclr_core.base.paths import PROJECT

MOST_LINES, MOST_FILES, MOST_LINES_OF_A_PAGE = 300, 16, 120
HEAVY = ("keras", "tensorflow", "jax", "torch", "streamlit")

NAMES = {
    "base": [
        "ASSETS",
        "ConfigError",
        "DataError",
        "DeviceError",
        "Diverged",
        "LabError",
        "MemoryShort",
        "PROJECT",
        "Progress",
        "RunBusy",
        "RunDamaged",
        "RunError",
        "TrainingError",
        "append_lines",
        "be_nice",
        "cache_dir",
        "expanded",
        "is_locked",
        "read_json",
        "read_lines",
        "read_npz",
        "render",
        "spawn",
        "try_lock",
        "write_json",
        "write_npz",
    ],
    "bench": ["Benchmark"],
    "cli": [],
    "data": ["BUILT_IN", "Dataset", "load_dataset", "probe_arrays", "probe_indices"],
    "data.readers": ["open_listing", "read_npz", "read_picture", "read_pictures"],
    "export": ["contents", "curves_figure", "map_figure", "page", "write"],
    "feed": ["curves_payload", "map_payload", "pack"],
    "feed.explore": [],
    "figures": ["category_colors", "lines_figure"],
    "lessons": [
        "Condition",
        "Effect",
        "LESSONS",
        "Lesson",
        "Results",
        "lesson_named",
        "outcomes",
        "recorded",
    ],
    "loss": ["contrastive_accuracy", "l2_normalise", "nt_xent_loss", "similarities"],
    "machine": ["Device", "available", "find_device", "list_devices"],
    "measures": [
        "MEASURES",
        "Vectors",
        "alignment",
        "effective_rank",
        "knn_accuracy",
        "linear_probe",
        "measure",
        "neighbours_kept",
        "pca",
        "preservation",
        "procrustes",
        "umap_layout",
        "uniformity",
    ],
    "model": [
        "ENCODERS",
        "SimCLR",
        "WarmupCosine",
        "build_encoder",
        "build_model",
        "build_optimizer",
        "build_projection_head",
        "compile_model",
        "learning_rate_at",
        "needed",
        "prepare",
    ],
    "paradigms": ["Study", "run_study"],
    "questions": ["Job", "Reply", "ask", "look", "withdraw"],
    "runs": ["Run", "RunStore", "differences", "verdict"],
    "runs.snapshots": [
        "Networks",
        "Observer",
        "find_weights",
        "lay_out",
        "load_checkpoint",
        "save_checkpoint",
    ],
    "runs.transfer": ["Recording", "RunRecorder", "chunks", "import_embeddings", "import_run"],
    "settings": [
        "DataConfig",
        "ModelConfig",
        "PRESETS",
        "RunConfig",
        "TrainConfig",
        "ViewConfig",
        "from_dict",
        "preset_config",
        "replace",
        "to_dict",
        "view_config",
    ],
    "training": ["Trainer", "evaluate"],
    "views": ["Recipes", "describe", "draw_recipes", "probe_recipes", "render_views", "warnings"],
    "workers": ["advance", "fork", "pause", "resume", "start", "stop"],
}


FILES = [
    path.relative_to(PROJECT).as_posix()
    for folder in ("simclr_core", "pages")
    for path in sorted((PROJECT / folder).rglob("*.py"))
]
FOLDERS = sorted({name.rpartition("/")[0] for name in FILES})


def rooms() -> list[str]:
    """Return all packages in `simclr_core`, such as "data" and "data.readers"."""
    core = PROJECT / "simclr_core"
    found = sorted(path.parent.relative_to(core).parts for path in core.glob("**/*/__init__.py"))
    return [".".join(parts) for parts in found]


def program(code: str) -> str:
    """Return what a program prints that runs in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_every_room_is_listed_here() -> None:
    assert rooms() == sorted(NAMES)


@pytest.mark.parametrize("room", rooms())
def test_a_room_offers_these_names_and_says_what_it_may_import(room: str) -> None:
    module = importlib.import_module(f"simclr_core.{room}")
    assert sorted(getattr(module, "__all__", [])) == NAMES[room]
    says = " ".join((module.__doc__ or "").split())
    assert "May import" in says or "Imports no other room" in says


def test_no_public_name_is_also_that_of_a_file() -> None:
    """A room would hand out the one or the other, whichever was asked for first."""
    core = PROJECT / "simclr_core"
    files = {room: {p.stem for p in core.joinpath(*room.split(".")).glob("*.py")} for room in NAMES}
    assert [room for room, names in NAMES.items() if files[room] & set(names)] == []


def test_importing_the_rooms_imports_no_framework_and_no_page() -> None:
    modules = [f"simclr_core.{room}" for room in rooms()]
    code = f"import sys; import {', '.join(modules)}; print(*sys.modules)"
    assert not set(HEAVY) & set(program(code).split())


@pytest.mark.heavy
def test_every_name_of_every_room_is_there() -> None:
    code = f"""
import importlib, json
missing = []
for room, names in json.loads({json.dumps(NAMES)!r}).items():
    module = importlib.import_module("simclr_core." + room)
    missing += [f"{{room}}.{{name}}" for name in names if not hasattr(module, name)]
print(json.dumps(missing))
"""
    assert json.loads(program(code).splitlines()[-1]) == []


def own_imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that a file imports from others of the project, and as what."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            ours = (node.module or "").split(".")[0] in ("simclr_core", "pages")
            if node.level or ours:
                yield from ((one.name, one.asname or one.name) for one in node.names)


def private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


@pytest.mark.parametrize("name", FILES)
def test_a_file_keeps_the_rules(name: str) -> None:
    text = (PROJECT / name).read_text()
    tree = ast.parse(text)
    imported = list(own_imports(tree))
    assert not [name for name, _ in imported if private(name)], "a private name is imported"
    modules = {alias for _, alias in imported}
    assert not [
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
        and private(node.attr)
    ], "a private name of another file is used"
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)], "assert"
    most = MOST_LINES_OF_A_PAGE if name.endswith("/page.py") else MOST_LINES
    assert text.count("\n") <= most, f"more than {most} lines"


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_seen_at_a_glance(name: str) -> None:
    assert len(list((PROJECT / name).glob("*.py"))) <= MOST_FILES
