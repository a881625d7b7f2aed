"""Runs that were trained elsewhere: written as run folders, so that the app can look into them.

A recording has pictures, snapshots of what an encoder makes of them, and the numbers of the
training that its owner wants to log.

    recorder = RunRecorder(encoder, images, labels, name="my training")  # in keras_recorder
    model.fit(..., callbacks=[recorder])

    run = import_embeddings("embeddings.npz")  # embeddings (P, D), labels and images optional
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ...base.errors import DataError, RunDamaged
from ...base.files import read_npz
from ...base.progress import Progress, no_progress
from ...measures import projection
from ...measures.neighbours import checked
from ...measures.registry import snapshot_scores
from ...measures.vectors import Vectors
from ...settings.config import DataConfig, RunConfig, replace
from .. import states
from ..record import RECORDED
from ..run import Run
from ..store import RunStore

Arrays = dict[str, np.ndarray]
BLANK = 16  # pixels per side of a picture that is not there


class Recording:
    """A run folder that is written step by step; holds the run's lock until `finish`.

    Args:
        images: (P, S, S, 3) pictures to encode at every snapshot, uint8 or float in [0, 1].
        labels: (P,) int, -1 where unknown.
        class_names: of the labels.
        name: of the run, for people.
        source: what the pictures are, such as the name of a file.
        store: where runs lie; None takes the app's.
        settings_: what is known of the training, such as the temperature.

    Raises:
        DataError: pictures or labels have another form.
        LabError: the folder cannot be written.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray | None = None,
        class_names: Sequence[str] = (),
        name: str = "",
        source: str = "recorded",
        store: RunStore | None = None,
        settings_: RunConfig | None = None,
    ) -> None:
        self.images = _as_bytes(images)
        self.labels = _labels(labels, len(self.images))
        plain = settings_ or RunConfig()
        config = replace(plain, data=DataConfig(source=source))
        self.run = (store or RunStore()).create(config, name, states.RUNNING)
        self._lock: int | None = self.run.take()
        self._began = time.monotonic()
        self._previous: np.ndarray | None = None
        self.step = 0
        self._describe(class_names, source)

    def log(self, step: int, **values: float) -> None:
        """Record a row of the training's numbers, such as loss and contrastive_accuracy."""
        self.step = max(self.step, step)
        row = {"step": step, "seconds": round(self.seconds, 4), **values}
        self.run.append_metrics([row])
        self.run.write_status(step=self.step, phase="training", seconds=self.seconds)

    def snapshot(self, step: int, h: np.ndarray, z: np.ndarray | None = None) -> None:
        """Record what the pictures are represented as at a step.

        Args:
            h: (P, ...) representations; each is taken as one vector.
            z: (P, ...) projections, if there are any.

        Raises:
            DataError: there are not as many as pictures, or they are not finite.
        """
        self.score(step, self.place(step, h, z))

    def place(self, step: int, h: np.ndarray, z: np.ndarray | None = None) -> Arrays:
        """Record a snapshot with its map by PCA, without its scores.

        Args:
            h, z: as `snapshot`.

        Returns:
            What to give to `score`.

        Raises:
            DataError: as `snapshot`.
        """
        arrays = {"h": _vectors("h", h, len(self.images))}
        if z is not None:
            arrays["z"] = _vectors("z", z, len(self.images))
        self.step = max(self.step, step)
        self.run.write_snapshot(step, arrays)
        began = time.perf_counter()
        xy = projection.pca(arrays["h"], self._previous)
        self._previous = xy
        seconds = np.float32(time.perf_counter() - began)
        coordinates = {"xy": xy, "preservation": np.float32("nan"), "seconds": seconds}
        self.run.write_coordinates("pca", step, coordinates)
        return arrays

    def score(self, step: int, arrays: Arrays) -> None:
        """Record the scores of a snapshot that was placed; of many pictures they take minutes."""
        row = {"step": step, "seconds": round(self.seconds, 4), **self._scores(arrays)}
        self.run.append_scores(row)

    @property
    def seconds(self) -> float:
        """Since the recording began."""
        return time.monotonic() - self._began

    def finish(self, state: str = states.FINISHED, message: str = "") -> Run:
        """Say how it ended, and let go of the run."""
        if self._lock is not None:
            self.run.write_status(
                state=state, message=message, step=self.step, phase="", seconds=self.seconds
            )
            os.close(self._lock)
            self._lock = None
        return self.run

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        failed = error is not None
        self.finish(states.FAILED if failed else states.FINISHED, str(error) if failed else "")

    def _describe(self, class_names: Sequence[str], source: str) -> None:
        data = {
            "name": Path(source).name or source,
            "origin": RECORDED,
            "class_names": [str(name) for name in class_names],
            "train": len(self.images),
            "image_size": self.images.shape[1],
        }
        self.run.write_record({**self.run.record, "data": data})
        probe = {"images": self.images, "indices": np.arange(len(self.images))}
        if self.labels is not None:
            probe["labels"] = self.labels
        self.run.write_probe(probe)
        self.run.write_status(phase="training", step=0, started=time.time())

    def _scores(self, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
        labels = self.labels
        if labels is None or len(np.unique(labels[labels >= 0])) < 2:
            return snapshot_scores({name: Vectors(x) for name, x in arrays.items()})
        spaces = {**arrays, "pixels": self.images}
        targets = {"label": labels}
        scores = snapshot_scores({k: Vectors(x, targets=targets) for k, x in spaces.items()})
        return scores | {"knn_of": "label"}


def import_embeddings(
    path: Path | str,
    name: str = "",
    store: RunStore | None = None,
    progress: Progress = no_progress,
    opened: Callable[[Run], None] = lambda run: None,
) -> Run:
    """Import a file of embeddings as a run of one snapshot.

    Args:
        path: an .npz with `embeddings` (P, D), and perhaps `labels` (P,) int, `class_names` and
            `images` (P, S, S, 3) uint8. Without pictures each is a blank square.
        name: of the run; the file's name if empty.
        store: where runs lie; None takes the app's.
        progress: receives the share done, and words; it may end the import before a run is there.
        opened: called once the run has its map by PCA; its scores come after that.

    Raises:
        DataError: the file holds something else.
        LabError: the run cannot be written.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"Expected a file of embeddings at {path}, found none; check the name.")
    try:
        arrays = read_npz(path, "embeddings")
    except RunDamaged as error:
        raise DataError(
            f"Expected an .npz file with an array of numbers named embeddings, found {path.name}, "
            "which is not one; save it with numpy.savez(path, embeddings=...)."
        ) from error
    h = arrays["embeddings"]
    progress(0.2, f"checking {len(h) if h.ndim else 0:,} embeddings")
    if h.ndim < 2 or len(h) < 2:
        raise DataError(f"Expected embeddings of shape (P, D), found {h.shape}; P is at least 2.")
    images = arrays.get("images")
    if images is None:
        images = np.full((len(h), BLANK, BLANK, 3), 128, np.uint8)
    names = [str(one) for one in arrays.get("class_names", np.empty(0)).reshape(-1)]
    title = name or path.stem
    vectors = _vectors("embeddings", h, len(h))  # before anything is written
    if not vectors.any():
        raise DataError(
            "Expected embeddings with numbers other than zero, found only zeros; save the "
            "network's outputs."
        )
    if len(images) != len(h):
        raise DataError(
            f"Expected {len(h):,} images, one per embedding, found {len(images):,}; save as many "
            "images as embeddings."
        )
    progress(0.5, f"placing {len(h):,} embeddings by PCA")
    with Recording(images, arrays.get("labels"), names, title, str(path), store) as recording:
        placed = recording.place(0, vectors)
        opened(recording.run)
        recording.run.write_status(phase="evaluating")
        recording.score(0, placed)
    return recording.run


def _as_bytes(images: np.ndarray) -> np.ndarray:
    """Return (P, S, S, 3) uint8."""
    images = np.asarray(images)
    square = images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[3] == 3
    if not square or not len(images) or images.dtype.kind not in "fu":
        raise DataError(
            "Expected pictures of shape (P, S, S, 3), uint8 or float in [0, 1], found "
            f"{images.shape} of {images.dtype}."
        )
    if images.dtype == np.uint8:
        return images
    if (
        images.dtype.kind == "u"
        or not np.isfinite(images).all()
        or images.min() < 0
        or images.max() > 1
    ):
        raise DataError("Expected pictures in uint8, or float in [0, 1], found other values.")
    return np.rint(255 * images).astype(np.uint8)


def _labels(labels: np.ndarray | None, count: int) -> np.ndarray | None:
    if labels is None:
        return None
    labels = np.asarray(labels).reshape(-1)
    if len(labels) != count or labels.dtype.kind not in "iub":
        raise DataError(
            f"Expected {count:,} whole numbers as labels, found {len(labels):,} of {labels.dtype}."
        )
    return labels.astype(np.int64)


def _vectors(name: str, values: np.ndarray, count: int) -> np.ndarray:
    """Return (P, D) float32, finite."""
    values = np.asarray(values)
    if len(values) != count or values.ndim < 2 or values.dtype.kind not in "fiu":
        raise DataError(
            f"Expected numbers of shape ({count}, D) as {name}, found {values.dtype} of shape "
            f"{values.shape}."
        )
    with np.errstate(over="ignore"):  # what is too large is infinite, and said below
        flat = values.reshape(count, -1).astype(np.float32)
    try:
        checked(flat)
    except ValueError as error:
        raise DataError(
            f"Expected {name} of finite numbers below 3e38, found NaN, infinity or larger ones."
        ) from error
    return flat
