"""What a run has found out, for other programs and other people.

x.csv, x.parquet        a line a picture: what is known of it, its places, h and z (see `table`)
x.png, x.svg, x.pdf     the map or the curves as a figure (see `printed`)
x.html                  a page that replays the run without a network (see `replay`)
x.zip                   for TensorBoard and its Embedding Projector (see `board`)
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
from ..runs import tables as table
from ..runs.run import Run
from . import replay
from . import static_figures as printed
from . import tensorboard as board

ENCODER, BOARD, REPLAY = ".keras", ".zip", ".html"
ENDINGS = (*table.ENDINGS, *printed.ENDINGS, REPLAY, BOARD, ENCODER)


@dataclass(frozen=True)
class Look:
    """Which figure is wanted, and of what.

    Attributes:
        figure: one of `printed.FIGURES`.
        of, method, color: of a map, as for `printed.map_figure`.
    """

    figure: str = printed.MAP
    of: str = "h"
    method: str = "umap"
    color: str = ""


def contents(run: Run, step: int, ending: str, look: Look | None = None) -> bytes:
    """A file's contents.

    Args:
        step: with a snapshot; a replay and curves show all of them.
        ending: one of `ENDINGS`, but not the encoder's.
        look: of a figure; None takes the map of h.

    Raises:
        ConfigError: there is no such figure or colour.
        LabError: the run cannot be read.
    """
    look = look or Look()
    if ending in printed.ENDINGS:
        if look.figure == printed.CURVES:
            return printed.curves_figure(run, ending)
        return printed.map_figure(run, step, ending, look.of, look.method, look.color)
    if ending == REPLAY:
        return replay.page(run)
    if ending == BOARD:
        return board.zipped(run, step)
    return table.table(run, step, ending)


def write(run: Run, path: Path, step: int | None = None, look: Look | None = None) -> int:
    """Write what the name of a file asks for (see the module's docstring).

    Args:
        path: the file, or a folder that is not there yet.
        step: with a snapshot; None takes the newest.
        look: of a figure; None takes the map of h.

    Returns:
        The step.

    Raises:
        ConfigError: the name asks for something else.
        LabError: the run has no such step, or the file cannot be written.
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
    """A step with a snapshot: the newest if none is asked for.

    Raises:
        RunError: there is none.
    """
    steps = run.snapshot_steps()
    if not steps and step is None:
        raise RunError(f"Run {run.id} has no snapshot yet; wait for its first one.")
    if not steps or (step is not None and step not in steps):
        there = ", ".join(map(str, steps[-12:])) or "none"
        raise RunError(f"Run {run.id}: expected a snapshot of step {step}, found {there}.")
    return steps[-1] if step is None else step


def write_encoder(run: Run, path: Path, step: int | None) -> int:
    """The encoder alone, pictures in [0, 1] to h.

    Args:
        path: ends in .keras, or is a folder that is not there yet.
        step: whose weights were kept; None takes the newest.

    Returns:
        The step.

    Raises:
        LabError: the run has no such weights, or the file cannot be written.
    """
    from ..machine.devices import find_device
    from ..model.backend import prepare
    from ..runs.snapshots.networks import Networks
    from ..runs.snapshots.weights import find_weights

    weights = find_weights(run, step=step)
    prepare(find_device("cpu"))
    save_encoder(Networks().get(run, "trained", weights).model.encoder, path)
    return weights.step
