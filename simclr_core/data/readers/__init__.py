"""Read what users bring: folders, zips, .npz files and picture files.

Each reader turns untrusted files into arrays, within limits, and reports what it left out.
May import `base`, `machine` and the rest of `data`, except `data.datasets`, which calls these.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "archives": ["open_listing"],
        "folders": ["read_pictures"],
        "npz": ["read_npz"],
        "picture_files": ["read_picture"],
    },
)
