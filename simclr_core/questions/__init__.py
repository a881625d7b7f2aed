"""Questions to a run: asked in files, answered in files by the analyst.

`job` defines what can be asked, `reply` asks it and returns what is known, `answers` computes it,
and `analyst` is the process that does so behind training. May import every room above it.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "job": ["Job"],
        "jobs": ["ask", "withdraw"],
        "reply": ["Reply", "look"],
    },
)
