"""What this machine can train on, and how much memory that takes.

Devices are found without importing a deep-learning framework; memory is estimated before anything
is built. May import `base` and `settings`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "devices": ["Device", "find_device", "list_devices"],
        "memory": ["available", "needed"],
    },
)
