"""Formats in which a run's results can be exported; the ending of a file's name chooses one.

x.csv, x.parquet        a row per picture: what is known of it, coordinates, h and z (see `tables`)
x.png, x.svg, x.pdf     the map or the curves as a figure (see `static_figures`)
x.gif                   the map through the snapshots, which loops (see `animation`)
x.html                  a page that replays the run without a network connection (see `replay`)
x.zip                   for TensorBoard and its Embedding Projector (see `tensorboard`)
x.keras                 the encoder f alone, as a Keras file
a folder                the same as a TensorFlow SavedModel
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..base.errors import ConfigError, RunError
from ..base.files import write_atomic
from ..model.encoder_file import save_encoder
from ..runs import tables
from ..runs.run import Run
from . import animation, replay, static_figures, tensorboard

ENCODER, TENSORBOARD, REPLAY, MOVING = ".keras", ".zip", ".html", ".gif"
ENDINGS = (*tables.ENDINGS, *static_figures.ENDINGS, MOVING, REPLAY, TENSORBOARD, ENCODER)


@dataclass(frozen=True)
class Look:
    """Which figure to draw, and of what.

    Attributes:
        figure: one of `static_figures.FIGURES`.
        of, method, color: for a map, as in `static_figures.map_figure`.
    """

    figure: str = static_figures.MAP
    of: str = "h"
    method: str = "umap"
    color: str = ""


def contents(run: Run, step: int, ending: str, look: Look | None = None) -> bytes:
    """Return the contents of a file.

    Args:
        run: the run to export.
        step: of a snapshot; a GIF, a replay and curves show all of them.
        ending: one of `ENDINGS`, but not the encoder's.
        look: for a figure; None takes the map of h.

    Raises:
        ConfigError: if there is no such figure or colour.
        LabError: if the run cannot be read.
    """
    look = look or Look()
    if ending in static_figures.ENDINGS:
        if look.figure == static_figures.CURVES:
            return static_figures.curves_figure(run, ending)
        return static_figures.map_figure(run, step, ending, look.of, look.method, look.color)
    if ending == MOVING:
        return animation.animation(run)
    if ending == REPLAY:
        return replay.page(run)
    if ending == TENSORBOARD:
        return tensorboard.zipped(run, step)
    return tables.table(run, step, ending)


def write(run: Run, path: Path, step: int | None = None, look: Look | None = None) -> int:
    """Write a file in the format that its name asks for (see the module's docstring).

    Args:
        run: the run to export.
        path: a new file, or a new folder for the encoder.
        step: of a snapshot; None takes the newest.
        look: for a figure; None takes the map of h.

    Returns:
        The step that was written.

    Raises:
        ConfigError: if the name has an unknown ending or is taken.
        LabError: if the run has no such step, or the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in (*ENDINGS, "") or path.name.startswith("."):
        raise ConfigError(
            f"Expected a name that ends in {', '.join(ENDINGS)}, or a new folder, found "
            f"{path.name}."
        )
    if path.exists():
        what = "folder" if path.is_dir() else "file"
        raise ConfigError(f"Expected a new name, found a {what} at {path}; choose another.")
    if ending in (ENCODER, ""):
        return write_encoder(run, path, step)
    step = chosen_step(run, step)
    body = contents(run, step, ending, look)

    def fill(file: BinaryIO) -> None:
        file.write(body)

    write_atomic(path, fill)
    return step


def chosen_step(run: Run, step: int | None) -> int:
    """Return a step with a snapshot: the given one, or the newest if it is None.

    Raises:
        RunError: if the run has no snapshot, or none of this step.
    """
    steps = run.snapshot_steps()
    if not steps and step is None:
        raise RunError(f"Run {run.id} has no snapshot yet; wait for its first one.")
    if not steps or (step is not None and step not in steps):
        there = ", ".join(map(str, steps[-12:])) or "none"
        raise RunError(f"Run {run.id}: expected a snapshot of step {step}, found {there}.")
    return steps[-1] if step is None else step


def write_encoder(run: Run, path: Path, step: int | None) -> int:
    """Write the encoder alone, which maps pictures in [0, 1] to h.

    Args:
        run: the run to export.
        path: ends in .keras, or is a new folder.
        step: whose weights were kept; None takes the newest.

    Returns:
        The step that was written.

    Raises:
        LabError: if the run has no such weights, or the file cannot be written.
    """
    from ..machine.devices import find_device
    from ..model.backend import prepare
    from ..runs.snapshots.networks import Networks
    from ..runs.snapshots.weights import find_weights

    weights = find_weights(run, step=step)
    prepare(find_device("cpu"))
    save_encoder(Networks().get(run, "trained", weights).model.encoder, path)
    return weights.step
