"""More pictures of a run's data than its map has: encoded, laid out, and kept as a set of its own.

    RUN/sets/<count>-<step>/    as a run folder: config.json (the run's), probe.npz,
                                snapshots/<step>.npz, coordinates/, near-<step>.npz

A set has the contract of a run folder with one snapshot, so that code that reads a run can read it.
The analyst writes it aside and renames it. A run keeps its newest set.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import numpy as np

from ..base.errors import DataError
from ..base.progress import Progress
from ..data.datasets import Dataset, load_dataset
from ..data.probe_set import probe_arrays, probe_indices
from ..measures import neighbours, per_picture, projection
from ..runs.run import Run
from ..runs.snapshots.cache import NEIGHBOURS
from ..runs.snapshots.coordinates import lay_out
from ..views.recipes import probe_recipes
from ..views.render import render_views

if TYPE_CHECKING:
    from ..runs.snapshots.networks import Network

COUNTS = (5_000, 20_000)  # pictures of a set
BLOCK = 256  # pictures whose views are rendered at once
SETS = "sets"
_NAME = re.compile(r"\d{1,6}-\d{1,12}")


def set_of(run: Run, name: str) -> Run | None:
    """Return a set of a run, to be read like a run; None if there is none of this name."""
    probe_set = Run(run.path / SETS / name) if _NAME.fullmatch(name) else None
    return probe_set if probe_set and probe_set.config_path.exists() else None


def owner(run: Run) -> Run:
    """Return the run that a set belongs to; a run belongs to itself."""
    return Run(run.path.parents[1]) if run.path.parent.name == SETS else run


def make_set(run: Run, network: Network, step: int, count: int, progress: Progress) -> str:
    """Encode and lay out pictures of a run's data, unless the set is there already.

    Args:
        run: whose data and views.
        network: with the weights of `step`.
        count: the largest number of pictures, chosen by the data's content like those on the map.
        progress: receives the share done, and words.

    Returns:
        The set's name.

    Raises:
        DataError: the data are gone, or are not those that the run was trained on.
    """
    name = f"{count}-{step}"
    if set_of(run, name):
        return name
    progress(0.0, "reading the pictures")
    dataset = _data(run)
    probe = probe_arrays(dataset, probe_indices(dataset, count))
    aside = run.path / SETS / f".{name}"
    shutil.rmtree(aside, ignore_errors=True)
    made = Run(aside)
    made.make_folders()
    (aside / "jobs").mkdir()
    made.write_record(run.record)
    made.write_probe(probe)
    arrays = _encode(run, network, probe["images"], progress)
    made.write_snapshot(step, arrays)
    progress(0.6, "looking for neighbours")
    which, similarity = per_picture.ranked(arrays["h"], NEIGHBOURS)
    made.write_neighbours(step, which, similarity)
    progress(0.7, "laying out")
    flat = projection.pca(arrays["h"])
    kept = np.float32(neighbours.kept_on_map(which, flat))
    unknown = np.float32("nan")
    pca = {"xy": flat, "kept": kept, "preservation": unknown, "seconds": unknown}
    made.write_coordinates("pca", step, pca)
    made.write_coordinates("umap", step, lay_out(arrays["h"], reference=flat))
    for other in (run.path / SETS).iterdir():
        if other != aside:
            shutil.rmtree(other, ignore_errors=True)
    aside.rename(run.path / SETS / name)
    return name


def _data(run: Run) -> Dataset:
    """Return the data that a run was trained on.

    Raises:
        DataError: they are gone, or have changed.
    """
    data = run.config.data
    dataset = load_dataset(data.source, data.image_size or None, max_images=data.max_images)
    known = run.data.content_hash
    if known and known != dataset.content_hash:
        raise DataError(
            f"Expected the pictures that run {run.id} was trained on in {dataset.name}, found "
            "others; put the old ones back."
        )
    return dataset


def _encode(
    run: Run, network: Network, images: np.ndarray, progress: Progress
) -> dict[str, np.ndarray]:
    """Return h, z, h_views and z_views of pictures, as a snapshot has them."""
    recipes = probe_recipes(run.config.views, len(images), images.shape[1])
    parts: list[tuple[np.ndarray, ...]] = []
    for start in range(0, len(images), BLOCK):
        progress(0.6 * start / len(images), f"encoding picture {start + 1:,} of {len(images):,}")
        block = images[start : start + BLOCK]
        rows = np.arange(start, start + len(block))
        views = render_views(block, recipes.take(rows))  # (b, 2, S, S, 3)
        h, z = network.encode(block)
        h_views, z_views = network.encode(views.reshape(-1, *views.shape[2:]))
        twice = (len(block), 2, -1)
        parts.append((h, z, h_views.reshape(twice), z_views.reshape(twice)))
    names = ("h", "z", "h_views", "z_views")
    return {
        name: np.concatenate(part)
        for name, part in zip(names, zip(*parts, strict=True), strict=True)
    }
