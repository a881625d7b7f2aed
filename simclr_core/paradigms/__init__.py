"""Four ways to learn on the same pictures, with the same encoder, seconds and labels.

study (settings, files) -> study_data -> training -> making (scores, maps, results). May import
`training` and the rooms that it may import.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "study": ["Study"],
        "making": ["run_study"],
    },
)
