"""How good representations are: arrays in, numbers out.

Nearest neighbours, linear probes, alignment, uniformity, rank, how far a map keeps neighbourhoods,
UMAP and PCA, occlusion. Knows nothing of runs, and imports without Keras. May import `loss`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "rank": ["effective_rank"],
        "hypersphere": ["alignment", "uniformity"],
        "knn": ["knn_accuracy"],
        "linear_probes": ["linear_probe"],
        "neighbours": ["neighbours_kept", "preservation"],
        "projection": ["pca", "procrustes", "umap_layout"],
        "registry": ["MEASURES", "measure"],
        "vectors": ["Vectors"],
    },
)
