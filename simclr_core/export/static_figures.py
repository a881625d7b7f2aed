"""A run's figures as files for papers and slides: PNG, SVG or PDF, drawn by Matplotlib.

They have a white background, and SVG keeps text as text. The browser draws its live figures itself.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..base.errors import ConfigError, LabError, RunError
from ..figures.colors import GREYS, NEGATIVE, PALETTE, category_colors
from ..loss import nt_xent
from ..runs import tables
from ..runs.comparison import curve
from ..runs.run import Run
from ..runs.snapshots import cache
from ..runs.summary import percent
from ..runs.validation import number

ENDINGS = (".png", ".svg", ".pdf")
MAP, CURVES = "map", "curves"
FIGURES = (MAP, CURVES)
NUMBERS = {"loss": "loss of each picture", "views": "similarity of its two views"}
DPI = 200  # of a PNG
_COLORS = PALETTE["light"]
_INK, _MUTED, _LINE = (GREYS["light"][name] for name in ("ink", "muted", "line"))
_STYLE: Any = {
    "svg.fonttype": "none", "pdf.fonttype": 42, "font.size": 9, "axes.edgecolor": _LINE,
    "axes.labelcolor": _MUTED, "text.color": _INK, "xtick.color": _MUTED, "ytick.color": _MUTED,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
    "svg.hashsalt": "simclr-lab",
}  # fmt: skip
_lock = threading.Lock()  # the settings of Matplotlib belong to the whole process


def map_figure(
    run: Run, step: int, ending: str, of: str = "h", method: str = "umap", color: str = ""
) -> bytes:
    """Draw the map of a run at a step.

    Args:
        run: the run.
        step: of a snapshot.
        ending: one of `ENDINGS`.
        of: "h" or "z"; z has only PCA.
        method: "umap" or "pca"; PCA also replaces a UMAP that this step does not have.
        color: "label", a factor, "loss" or "views"; empty takes the first available one.

    Returns:
        The file's contents.

    Raises:
        ConfigError: if the pictures cannot be coloured so.
        LabError: if the run has no such snapshot, or it cannot be read.
    """
    xy, method = _places(run, step, of, method)
    known = tables.known(run.probe())
    if color not in (*known, *NUMBERS, ""):
        raise ConfigError(
            f"Expected one of {', '.join([*known, *NUMBERS])} as colour, found {color!r}."
        )
    color = color or next(iter(tables.choices(known)), "")

    def draw(figure: Any) -> None:
        """Draw the points in one square."""
        axes = figure.add_subplot()
        axes.set_aspect("equal", "datalim")
        axes.set(xticks=[], yticks=[], title=f"{run.name}, step {step:,}")
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        if color in NUMBERS:
            points = axes.scatter(*xy.T, c=cache.values(run, step, color), s=9, lw=0)
            figure.colorbar(points, label=NUMBERS[color], shrink=0.6)
        elif color:
            _categories(axes, run, xy, color, known[color])
        else:
            axes.scatter(*xy.T, s=9, lw=0, color=_COLORS[0])
        axes.set_xlabel(f"{method.upper()} of {of}; axes have no units")

    return _file(draw, ending, (6.4, 5.6))


def _places(run: Run, step: int, of: str, method: str) -> tuple[np.ndarray, str]:
    """Return the coordinates of a step, (P, 2), and the method that made them."""
    if of == "z":
        from ..measures.projection import pca

        return pca(cache.vectors(run, step, "z")), "pca"
    method = method if step in run.coordinate_steps(method) else "pca"
    if step not in run.coordinate_steps(method):
        raise RunError(f"Run {run.id}: expected a map of step {step:,}, found none.")
    xy = run.coordinates(method, step)["xy"]
    pictures = len(run.probe()["images"])
    if len(xy) != pictures:
        raise RunError(
            f"Run {run.id}: the map of step {step:,} has {len(xy):,} points, expected "
            f"{pictures:,}, one per picture."
        )
    return xy, method


def _categories(axes: Any, run: Run, xy: np.ndarray, name: str, values: np.ndarray) -> None:
    """Draw each category in its colour, and a legend with counts."""
    names = tables.names_of(run, name, values)
    colors = category_colors(names)
    for i, words in enumerate(names):
        held = values == i
        if held.any():
            label = f"{words} ({held.sum():,})"
            axes.scatter(*xy[held].T, s=9, lw=0, color=colors[i], label=label)
    if (values < 0).any():
        axes.scatter(*xy[values < 0].T, s=9, lw=0, color=NEGATIVE["light"], label="not known")
    axes.legend(
        loc="center left", bbox_to_anchor=(1, 0.5), markerscale=2, title=name, fontsize=8,
        ncols=1 + len(names) // 25,
    )  # fmt: skip


def curves_figure(run: Run, ending: str) -> bytes:
    """Draw the curves of a run: loss, accuracies, alignment, ranks and gradients over its steps.

    Args:
        run: the run.
        ending: one of `ENDINGS`.

    Returns:
        The file's contents.

    Raises:
        LabError: if the settings of the run cannot be read.
        RunError: if the run has written nothing yet.
    """
    training, rows = run.config.training, run.snapshot_rows()
    if not rows and not run.metrics()[0]:
        raise RunError(f"Run {run.id} has made no step yet; wait for its first ones.")
    first = next((row for row in rows if row["step"] == 0), {})
    last: Mapping[str, Any] = rows[-1] if rows else {}
    of = last.get("knn_of") or "label"

    def draw(figure: Any) -> None:
        """Draw six small figures."""
        grid = figure.subplots(2, 3).ravel()
        alike = {"all alike": nt_xent.collapsed_loss(training.batch_size)}
        _line(grid[0], run, "loss", "loss", alike)
        chance = {"chance": 1 / (2 * training.batch_size - 1)}
        _line(grid[1], run, "contrastive_accuracy", "finds the right partner", chance)
        marks = {"untrained": first.get("knn_accuracy"), "pixels": last.get("knn_accuracy_pixels")}
        _line(
            grid[2],
            run,
            "knn_accuracy",
            f"neighbours vote for the right {of} (kNN, on the map)",
            marks,
        )
        _line(grid[3], run, "alignment", "alignment and uniformity")
        _line(grid[3], run, "uniformity", "alignment and uniformity", color=_COLORS[1])
        _line(grid[4], run, "effective_rank_h", "effective rank of h and z")
        _line(grid[4], run, "effective_rank_z", "effective rank of h and z", color=_COLORS[1])
        _line(grid[5], run, "gradient_norm", "gradient norm")
        for axes in (grid[3], grid[4]):
            axes.legend(fontsize=8)
        figure.suptitle(run.name)

    return _file(draw, ending, (10.5, 5.8))


def _line(
    axes: Any, run: Run, what: str, title: str, marks: Mapping[str, Any] | None = None,
    color: str = _COLORS[0],
) -> None:  # fmt: skip
    xs, ys = curve(run, what, "step")
    label = what.replace("effective_rank_", "").replace("_", " ")
    if not xs:
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, ha="center", color=_MUTED)
    axes.plot(xs, ys, color=color, lw=1.4, marker="." if len(xs) < 40 else "", label=label)
    axes.set(title=title, xlabel="step")
    axes.title.set_size(9)
    known = {words: place for words, v in (marks or {}).items() if (place := number(v)) is not None}
    for words, place in known.items():
        shown = percent(place) if place <= 1 else f"{place:.2f}"
        below = place < max(known.values())  # the words of two lines must not meet between them
        axes.axhline(place, color=_MUTED, lw=0.8, ls="--")
        axes.annotate(
            f"{words} {shown}", (1, place), xycoords=("axes fraction", "data"),
            ha="right", va="top" if below else "bottom", fontsize=7, color=_MUTED,
        )  # fmt: skip


def _file(draw: Callable[[Any], None], ending: str, inches: tuple[float, float]) -> bytes:
    """Let `draw` fill a figure, and return it as a file."""
    if ending not in ENDINGS:
        raise LabError(f"Expected {', '.join(ENDINGS)}, found {ending!r}.")
    with _lock:
        import matplotlib
        from matplotlib.figure import Figure

        with matplotlib.rc_context(_STYLE):
            figure = Figure(figsize=inches, layout="constrained")
            draw(figure)
            sink = io.BytesIO()
            figure.savefig(sink, format=ending[1:], dpi=DPI, metadata=_NO_DATE.get(ending))
    return sink.getvalue()


_NO_DATE: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
