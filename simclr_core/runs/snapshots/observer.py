"""Encode the probe set at a step and score it: what a snapshot is made of."""

from __future__ import annotations

import math
import time
from typing import Any

import keras
import numpy as np

from ...data.datasets import Dataset
from ...data.probe_set import probe_arrays, probe_indices
from ...measures.knn import knn_accuracy
from ...measures.projection import pca
from ...measures.registry import snapshot_scores
from ...measures.vectors import Vectors, label_name
from ...model.backend import bring_home, jit_compile
from ...settings.config import ViewConfig
from ...views.recipes import Recipes, probe_recipes
from ...views.render import render_views

MOST_IMAGES = 500  # a forward pass
MOST_VALUES = 32e6  # of one layer in a forward pass: 128 MB, whatever the size of the pictures
_CACHE_BYTES = 64e6  # rendered probe views are kept when they are smaller than this


class Observer:
    """Encodes images with the weights that the model has now, in batches of one size.

    Args:
        model: a `SimCLR`; its encoder and head are shared, not copied.
        jit: compile with XLA.
        batch: images per forward pass; as many as memory takes if not given.
    """

    def __init__(self, model: Any, jit: bool = False, batch: int | None = None) -> None:
        self.model = model
        inputs = keras.Input(model.encoder.input_shape[1:])
        h = model.encoder(inputs, training=False)  # (N, D)
        z = model.projection_head(h, training=False)  # (N, d)
        self._net = keras.Model(inputs, [h, z])
        self._net.compile(jit_compile=jit_compile(jit))
        self.batch = batch or fitting_batch(model.encoder)
        self.seconds_per_image = 0.0  # of the last batch; the first one includes tracing

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return representations and projections.

        Args:
            images: (N, S, S, 3) uint8, or float32 in [0, 1].

        Returns:
            h (N, D) and z (N, d), float32.
        """
        bring_home(self.model)
        parts = [
            self._forward(images[i : i + self.batch]) for i in range(0, len(images), self.batch)
        ]
        return np.concatenate([h for h, _ in parts]), np.concatenate([z for _, z in parts])

    def _forward(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = np.zeros((self.batch, *images.shape[1:]), np.float32)  # one shape: traced once
        x[: len(images)] = images
        if images.dtype == np.uint8:
            x /= 255.0
        began = time.perf_counter()
        h, z = self._net.predict_on_batch(x)
        self.seconds_per_image = (time.perf_counter() - began) / self.batch
        return np.asarray(h[: len(images)]), np.asarray(z[: len(images)])


def fitting_batch(encoder: Any) -> int:
    """Return images per forward pass that keep every layer's output within `MOST_VALUES`."""
    return int(min(max(MOST_VALUES // largest_output(encoder), 1), MOST_IMAGES))


def largest_output(net: Any) -> int:
    """Return values per image of the layer with the most, layers inside layers included."""
    sizes = [math.prod(net.input_shape[1:])]
    for layer in net.layers:
        if isinstance(layer, keras.Model):
            sizes.append(largest_output(layer))
        elif not isinstance(layer, keras.layers.InputLayer):
            sizes.append(math.prod(layer.output.shape[1:]))
    return max(sizes)


class Probe:
    """The fixed images of a run that every snapshot encodes, with two fixed views of each.

    Chosen from the data's content alone and seen with the same recipes in every run of the same
    view settings, so that runs can be compared.
    """

    def __init__(self, dataset: Dataset, count: int, views: ViewConfig) -> None:
        self.indices = probe_indices(dataset, count)  # (P,)
        self._arrays = probe_arrays(dataset, self.indices)
        self.images = self._arrays["images"]  # (P, S, S, 3) uint8
        self.labels = self._arrays.get("labels")
        self.factors = {k: v[self.indices] for k, v in dataset.factors_train.items()}
        self.recipes: Recipes = probe_recipes(views, len(self.indices), self.images.shape[1])
        self._rendered: np.ndarray | None = None
        self.knn_pixels = self._knn(self.images)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what probe.npz holds."""
        return dict(self._arrays)

    def target(self) -> tuple[str, np.ndarray] | None:
        """Return what kNN is scored on, and its name: the label, the first factor, or nothing."""
        if self.labels is not None and len(np.unique(self.labels)) > 1:
            return label_name(self.labels, self.factors), self.labels
        return next(iter(self.factors.items()), None)

    def snapshot(self, observer: Observer) -> dict[str, np.ndarray]:
        """h (P,D), z (P,d), h_views (P,2,D), z_views (P,2,d), float32."""
        h, z = observer.encode(self.images)
        parts = [observer.encode(block) for block in self._view_blocks()]
        h_views = np.concatenate([part[0] for part in parts])  # (2P, D)
        z_views = np.concatenate([part[1] for part in parts])  # (2P, d)
        return {
            "h": h,
            "z": z,
            "h_views": h_views.reshape(len(h), 2, -1),
            "z_views": z_views.reshape(len(z), 2, -1),
        }

    def scores(self, snapshot: dict[str, np.ndarray]) -> dict[str, Any]:
        """Return scores of a snapshot, for snapshots.jsonl."""
        target = self.target()
        targets = dict([target]) if target else {}
        scores = snapshot_scores(
            {
                "h": Vectors(snapshot["h"], targets=targets),
                "z": Vectors(snapshot["z"], views=snapshot["z_views"], targets=targets),
            }
        )
        if not target:
            return scores
        return scores | {"knn_accuracy_pixels": self.knn_pixels, "knn_of": target[0]}

    def coordinates(
        self, snapshot: dict[str, np.ndarray], previous: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """PCA of h, for the map until UMAP has its own."""
        began = time.perf_counter()
        xy = pca(snapshot["h"], previous)  # (P, 2)
        seconds = np.float32(time.perf_counter() - began)
        return {"xy": xy, "preservation": np.float32("nan"), "seconds": seconds}  # type: ignore[dict-item]

    def _knn(self, vectors: np.ndarray) -> float | None:
        """kNN accuracy within the probe set, each image without itself."""
        target = self.target()
        return knn_accuracy(vectors, target[1]) if target else None

    def _view_blocks(self, block: int = 250) -> list[np.ndarray] | Any:
        """Return the fixed views, (2b, S, S, 3) float32 a block, partners side by side."""
        if self._rendered is not None:
            return [self._rendered]
        size = self.images.shape[1]
        total = self.images.size * 2 * 4
        blocks = (
            render_views(
                self.images[i : i + block],
                self.recipes.take(np.arange(i, min(i + block, len(self.images)))),
            ).reshape(-1, size, size, 3)
            for i in range(0, len(self.images), block)
        )
        if total <= _CACHE_BYTES:
            self._rendered = np.concatenate(list(blocks))
            return [self._rendered]
        return blocks
