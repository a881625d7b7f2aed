"""Runs that come from elsewhere or go elsewhere: zips, and trainings recorded by their owners.

May import what `runs` may, and the rest of `runs`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "recorder": ["Recording", "import_embeddings"],
        "keras_recorder": ["RunRecorder"],
        "bundle": ["chunks"],
        "unbundle": ["import_run"],
    },
)
