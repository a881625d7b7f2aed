"""The block of bytes of the map on Views: a run's map, and where the two views of a pair belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..runs.run import Run
from .packing import pack
from .payload import map_payload
from .placing import nearest_pictures

PLACED = 5  # nearest pictures between which a view is placed: as in assets/js/map/placed.js


@dataclass(frozen=True)
class Pair:
    """Two views of a picture, as the map shows them.

    Attributes:
        name: of the picture.
        alike, untrained: how alike the trained and the untrained network find them, in words;
            the latter is empty until it is known.
        pictures: both views, as addresses for an img.
    """

    name: str
    alike: str
    untrained: str
    pictures: tuple[str, str]


def pair_map_block(
    run: Run,
    pairs: Sequence[Pair] = (),
    h: np.ndarray | None = None,
    step: int | None = None,
    *,
    chosen: int = 0,
    strangers: Sequence[str] = (),
    note: str = "",
) -> bytes:
    """Return the block of a run's map with the pairs on it.

    Args:
        run: whose network encoded the views.
        pairs: N pairs; none as long as nothing is known of them: the map keeps those it shows.
        h: (2N, D) representations of the views, partners side by side.
        step: of the weights that gave h; None: the map's newest.
        chosen: the pair that is shown first, counted from 0.
        strangers: how alike the two networks find views of different pictures, in words; none
            for a single pair.
        note: a sentence under the map.

    Returns:
        A block of `packing`: arrays map (a block of `map_payload`), and for each view the nearest
        pictures (2N, K) uint32 and the cosines to them (2N, K) float32.

    Raises:
        LabError: the run cannot be read.
        ValueError: h is of another network, or of another number of views.
    """
    arrays = {"map": np.frombuffer(map_payload(run, step=step), np.uint8)}
    if pairs and h is not None and step is not None:
        if len(h) != 2 * len(pairs):
            raise ValueError(f"expected {2 * len(pairs)} representations, found {len(h)}")
        which, similarity = nearest_pictures(run, step, h, PLACED)
        arrays |= {"nearest": which.astype(np.uint32), "similarities": similarity}
    header = {
        "kind": "pair_map",
        "run": run.id,
        "pairs": [vars(pair) for pair in pairs],
        "chosen": chosen,
        "strangers": list(strangers),
        "note": note,
        "message": "",
    }
    return pack(header, arrays)


def pair_map_message(message: str) -> bytes:
    """Return the block of an empty stage with a sentence."""
    return pack({"kind": "pair_map", "message": message}, {})
