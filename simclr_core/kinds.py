"""What can be asked of a run: one function a kind, carried out by the analyst.

A new kind is a function like `encode` and its entry in `KINDS`. It reports how far it is through
`tell`, which also ends it when nobody waits for the answer any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .networks import MOST_BATCH, Network, Networks
from .runs import Run
from .weights import TRAINED, Weights

Arrays = dict[str, np.ndarray]
Tell = Callable[[float, str], None]  # share of the work done, in [0, 1]; what is being done


@dataclass(frozen=True)
class Asked:
    """A question as the analyst reads it from its files: see `jobs.Job`."""

    run: Run
    kind: str
    parameters: Mapping[str, Any]
    arrays: Arrays
    weights: Weights
    networks: Networks

    def network(self) -> Network:
        """The network that is asked."""
        role = str(self.parameters.get("weights", TRAINED))
        return self.networks.get(self.run, role, self.weights)


def encode(asked: Asked, tell: Tell) -> Arrays:
    """How a network represents pictures.

    Args:
        asked: its array `images` is (N, S, S, 3) uint8, or float32 in [0, 1].
        tell: see `Tell`.

    Returns:
        h (N, D) and z (N, d) float32, and the weights' step () int64.

    Raises:
        ValueError: the pictures have another form.
        LabError: the run's weights cannot be used.
    """
    images = asked.arrays.get("images", np.empty(0))
    if images.ndim != 4 or not len(images) or images.dtype not in (np.uint8, np.float32):
        raise ValueError(
            "expected pictures (N, S, S, 3) as bytes or as 32-bit numbers, "
            f"found an array {images.shape} of {images.dtype}"
        )
    network = asked.network()
    wanted = (network.size, network.size, 3)
    if images.shape[1:] != wanted:
        raise ValueError(f"expected pictures of {wanted}, found {images.shape[1:]}")
    parts = []
    for start in range(0, len(images), MOST_BATCH):
        tell(start / len(images), "encoding pictures")
        parts.append(network.encode(images[start : start + MOST_BATCH]))
    h, z = (np.concatenate(part) for part in zip(*parts, strict=True))
    return {"h": h, "z": z, "step": np.array(asked.weights.step, np.int64)}


KINDS: dict[str, Callable[[Asked, Tell], Arrays]] = {"encode": encode}
