"""Data sets: pictures of one size, with labels and factors where they are known.

Built-in sets (drawn or downloaded), labels, splits, pictures larger than memory, and sprites. The
formats that users bring are read in `data.readers`. May import `base` and `machine`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "datasets": ["Dataset", "load_dataset"],
        "probe_set": ["probe_arrays", "probe_indices"],
        "builtin": ["BUILT_IN"],
    },
)
