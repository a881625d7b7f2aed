"""Processes: what starts, queues, pauses and stops runs, and what trains and maps them.

`launch` is called by pages and the command line, `queue` holds what is asked of processes in the
background; `worker`, `spare`, `mapper` and `task_worker` are programs of their own. May import
every room above it.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "launch": ["advance", "pause", "resume", "start", "stop"],
        "forking": ["fork"],
    },
)
