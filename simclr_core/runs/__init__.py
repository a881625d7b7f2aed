"""The run folder: everything that a run is, on disk, readable at any moment.

`Run` is one folder and `RunStore` a folder of them; `store` spells out the contract. Beside them:
validation, provenance, health, comparison, tables, zips, and runs recorded elsewhere. May import
every room above it.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "run": ["Run"],
        "store": ["RunStore"],
        "health": ["verdict"],
        "comparison": ["differences"],
    },
)
