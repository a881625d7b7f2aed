"""Snapshots: the probe set under the weights of one step.

What encodes and scores it (`observer`), reads it (`cache`), lays it out (`coordinates`), and keeps
and loads the weights. May import what `runs` may, and of `runs` only `run`, `store`, `validation`,
`provenance` and `summary`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "observer": ["Observer"],
        "weights": ["find_weights"],
        "networks": ["Networks"],
        "checkpoint": ["load_checkpoint", "save_checkpoint"],
        "coordinates": ["lay_out"],
    },
)
