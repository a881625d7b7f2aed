"""The command line, `python -m simclr_core`.

One file a group of commands. May import every other room.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "main": ["main"],
    },
)
