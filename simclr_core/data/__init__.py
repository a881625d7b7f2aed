"""Data sets: pictures of one size with labels and factors, whatever they came from.

Built-in sets (drawn or fetched), labels, splits, pictures larger than memory, and sprites; the
formats that people bring are read in `data.readers`. May import `base` and `machine`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "datasets": ["Dataset", "load_dataset", "probe_indices"],
        "builtin": ["BUILT_IN"],
    },
)
