"""All measures by name. To add one, write a file for it and add a line to `MEASURES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .hardest_negatives import hardest_share_of
from .hypersphere import alignment_of, uniformity_of
from .knn import knn_accuracies
from .linear_probes import probe_accuracies
from .rank import effective_rank_of
from .vectors import Values, Vectors


@dataclass(frozen=True)
class Measure:
    """A figure of vectors.

    Attributes:
        of: yields (name of the target, figure); the name is "" where the figure has no target.
            It yields nothing where the vectors lack what it needs.
        in_snapshots: space -> key in snapshots.jsonl. Empty for what takes too long for that.
    """

    of: Callable[[Vectors], Values]
    in_snapshots: Mapping[str, str] = field(default_factory=dict)


MEASURES: dict[str, Measure] = {
    "alignment": Measure(alignment_of, {"z": "alignment"}),
    "uniformity": Measure(uniformity_of, {"z": "uniformity"}),
    "effective_rank": Measure(
        effective_rank_of, {"h": "effective_rank_h", "z": "effective_rank_z"}
    ),
    "knn_accuracy": Measure(knn_accuracies, {"h": "knn_accuracy", "pixels": "knn_accuracy_pixels"}),
    "linear_probe": Measure(probe_accuracies),
    "hardest_negatives": Measure(hardest_share_of),
}


def measure(name: str, vectors: Vectors) -> dict[str, float]:
    """Return the figures of one measure by target; see `Measure.of`.

    Args:
        name: a key of `MEASURES`.
        vectors: what is measured.
    """
    return dict(MEASURES[name].of(vectors))


def snapshot_scores(spaces: Mapping[str, Vectors]) -> dict[str, float]:
    """Return all figures that snapshots have, by their keys in snapshots.jsonl.

    Args:
        spaces: "h", "z" and "pixels", as far as they are there, each with one target at most.
    """
    return {
        key: value
        for one in MEASURES.values()
        for space, key in one.in_snapshots.items()
        if space in spaces
        for _, value in one.of(spaces[space])
    }
