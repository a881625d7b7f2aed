"""Networks of runs, ready to answer: the last few stay in memory.

Building and tracing a network takes longer than putting weights into one that is there, so one
that is kept is given other weights as often as wanted: of another step, or of another run of the
same shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cachetools import LRUCache

from ...base.errors import LabError, RunDamaged
from ...base.files import read_npz
from ...model.backend import start_framework
from ...settings.config import ModelConfig, RunConfig, replace
from ..run import Run
from .weights import Weights, gone, image_size

KEPT = 4  # networks: two runs, each trained and untrained
MOST_BATCH = 64  # images per forward pass; smaller questions take the next power of two


class Replaced(LabError):
    """The weights that were asked for have been replaced by newer ones."""


@dataclass
class Network:
    """A network and whose weights it has.

    Attributes:
        model: a `SimCLR` in float32.
        size: pixels per side of its images.
        holds: whose weights are inside; None as long as it is new.
    """

    model: Any
    size: int
    holds: tuple[Any, ...] | None
    observers: dict[int, Any] = field(default_factory=dict)

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """h (N, D) and z (N, d) float32 of images (N, S, S, 3), N at most `MOST_BATCH`."""
        from .observer import Observer, fitting_batch

        fitting = fitting_batch(self.model.encoder)
        batch = min(MOST_BATCH, fitting, 1 << (len(images) - 1).bit_length())
        if batch not in self.observers:
            self.observers[batch] = Observer(self.model, batch=batch)
        h, z = self.observers[batch].encode(images)
        return h.astype(np.float32), z.astype(np.float32)


class Networks:
    """Gives the network of a run with the weights that a question is about."""

    def __init__(self) -> None:
        """Start with none; the framework is imported with the first network."""
        self._kept: LRUCache[tuple[ModelConfig, int, str], Network] = LRUCache(KEPT)

    def get(self, run: Run, role: str, weights: Weights) -> Network:
        """Return a network of float32 with the weights of a run.

        Args:
            run: whose.
            role: "trained" or "untrained": each keeps a network of its own.
            weights: from `find_weights`.

        Raises:
            Replaced: the weights are no longer those that were found.
            RunDamaged: they cannot be read, or do not fit the run's settings.
            ConfigError: the settings cannot be used.
        """
        if not run.path.is_dir():
            raise gone(run)
        config, size = run.config, image_size(run)
        if not size:
            raise RunDamaged(
                f"Run {run.id}: expected the pictures' size in {run.config_path.name}, found none."
            )
        key = (config.model, size, role)
        holds = (str(run.path), config.training.seed, weights)
        network = self._kept.pop(key, None)  # not kept if filling it fails half-way
        if network is None or (network.holds != holds and weights.path(run) is None):
            network = Network(_build(config, size), size, None)
        if network.holds != holds:
            _load(network.model, run, weights)
            network.holds = holds
        self._kept[key] = network
        return network


def _build(config: RunConfig, size: int) -> Any:
    """Build an untrained model in float32, whatever it was trained in."""
    start_framework()
    from ...model.simclr import build_model

    return build_model(config.model, replace(config.training, precision="float32"), size)


def _load(model: Any, run: Run, weights: Weights) -> None:
    path = weights.path(run)
    if path is None:
        return  # fresh from the seed
    from .checkpoint import load_weights

    if not weights.is_current(run):
        raise Replaced(f"Run {run.id} has newer weights; ask again.")
    arrays = read_npz(path)
    if not weights.is_current(run):
        raise Replaced(f"Run {run.id} has newer weights; ask again.")
    load_weights(model, arrays, path.name)
