"""From the snapshots of a run to its coordinates files.

RUN/coordinates/umap-<step>.npz holds xy (P, 2) float32; preservation and kept () float32, which
say how far the map can be trusted (see `measures.neighbours`); pca_preservation and pca_kept, the
same for PCA; and seconds (), how long the layout took.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from ...base.errors import RunDamaged, RunError
from ...measures import projection
from ...measures.neighbours import checked
from ..run import Run

Layout = Callable[..., dict[str, np.ndarray]]


def lay_out(
    h: np.ndarray,
    previous: np.ndarray | None = None,
    reference: np.ndarray | None = None,
    method: str = "umap",
    neighbors: int = projection.NEIGHBORS,
    min_dist: float = projection.MIN_DIST,
) -> dict[str, np.ndarray]:
    """Lay out one snapshot, and measure how far the map can be trusted.

    Args:
        h: representations (P, D).
        previous: the layout (P, 2) to start from.
        reference: coordinates (P, 2) to turn a first layout onto, such as the PCA on screen.
        method: "umap" or "pca".
        neighbors: of UMAP.
        min_dist: of UMAP.

    Returns:
        The arrays of a coordinates file.
    """
    began = time.perf_counter()
    if method == "pca":
        xy = projection.pca(h, previous)
    else:
        xy = projection.umap_layout(
            h, neighbors=neighbors, min_dist=min_dist, previous=previous, reference=reference
        )
    seconds = time.perf_counter() - began
    flat = projection.pca(h)
    figures = {
        "preservation": projection.preservation(h, xy),
        "kept": projection.neighbours_kept(h, xy),
        "pca_preservation": projection.preservation(h, flat),
        "pca_kept": projection.neighbours_kept(h, flat),
        "seconds": seconds,
    }
    return {"xy": xy} | {name: np.asarray(value, np.float32) for name, value in figures.items()}


def project_run(
    run: Run,
    method: str = "umap",
    of: str = "h",
    neighbors: int = projection.NEIGHBORS,
    min_dist: float = projection.MIN_DIST,
    steps: str = "latest",
) -> dict[int, dict[str, np.ndarray]]:
    """Lay out snapshots of a run; call it from one thread only.

    Args:
        run: the run.
        method: "umap" or "pca".
        of: "h" or "z".
        neighbors: of UMAP.
        min_dist: of UMAP.
        steps: "latest" or "all".

    Returns:
        Arrays of coordinates (see `lay_out`) by step. With the default settings, UMAP
        coordinates that the run folder has are taken from there and others are stored there.

    Raises:
        RunError: the run has no snapshot, or one that cannot be read or laid out.
        ValueError: a bad argument.
    """
    for name, value, choices in (
        ("method", method, ("umap", "pca")),
        ("of", of, ("h", "z")),
        ("steps", steps, ("latest", "all")),
    ):
        if value not in choices:
            raise ValueError(f"{name}: expected {choices[0]} or {choices[1]}, found {value!r}")
    wanted = run.snapshot_steps()
    if not wanted:
        raise RunError(
            f"Run {run.id}: expected a snapshot, found none; train it for some seconds first."
        )
    wanted = wanted if steps == "all" else wanted[-1:]
    usual = (projection.NEIGHBORS, projection.MIN_DIST)
    if method == "umap" and of == "h" and (neighbors, min_dist) == usual:
        there = run.coordinate_steps("umap")
        return {
            step: run.coordinates("umap", step) if step in there else project_step(run, step)
            for step in wanted
        }
    layouts: dict[int, dict[str, np.ndarray]] = {}
    previous = None
    for step in wanted:
        layouts[step] = lay_out(vectors(run, step, of), previous, None, method, neighbors, min_dist)
        previous = layouts[step]["xy"]
    return layouts


def project_step(run: Run, step: int, layout: Layout = lay_out) -> dict[str, np.ndarray]:
    """Lay out one snapshot, starting from the nearest that is laid out, and store the result."""
    h = vectors(run, step, "h")
    projection = layout(
        h, _nearest_layout(run, step, len(h)), _coordinates(run, "pca", step, len(h))
    )
    run.write_coordinates("umap", step, projection)
    return projection


def vectors(run: Run, step: int, of: str) -> np.ndarray:
    """h or z of a snapshot, (P, D) finite.

    Raises:
        RunDamaged: the snapshot does not hold that.
    """
    arrays = run.snapshot(step)
    if of not in arrays:
        raise RunDamaged(f"Run {run.id}: expected {of} in the snapshot of step {step}, found none.")
    try:
        checked(arrays[of])
    except ValueError as error:
        raise RunDamaged(f"Run {run.id}, snapshot of step {step}: {error}.") from error
    return arrays[of]


def _nearest_layout(run: Run, step: int, points: int) -> np.ndarray | None:
    """Return the stored layout of the nearest other step, None if there is none that fits."""
    others = [other for other in run.coordinate_steps("umap") if other != step]
    for other in sorted(others, key=lambda other: (abs(other - step), other)):
        xy = _coordinates(run, "umap", other, points)
        if xy is not None:
            return xy
    return None


def _coordinates(run: Run, method: str, step: int, points: int) -> np.ndarray | None:
    """Return stored coordinates (P, 2), None if they are missing, damaged or of other points."""
    try:
        xy = run.coordinates(method, step).get("xy")
    except RunDamaged:
        return None
    return xy if xy is not None and xy.shape == (points, 2) and np.isfinite(xy).all() else None
