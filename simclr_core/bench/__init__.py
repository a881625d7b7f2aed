"""How fast the engine is on this machine: `python -m simclr_core bench`.

Each part measures one thing in rounds; what is compared takes turns within a round, so that a
machine that is slow for a while is slow for both. Figures are medians over the rounds. May import
every room but `cli`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "benchmark": ["Benchmark"],
    },
)
