"""Training a run from its folder, and the final evaluation.

The trainer, its callbacks and clock, the choice of precision, and training for a fixed time without
a folder, for lessons and studies. May import every room above it.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "trainer": ["Trainer"],
        "evaluation": ["evaluate"],
    },
)
