"""What this machine can train on: its devices, and the memory that is free.

Devices are found without importing a deep-learning framework. May import `base` and `settings`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "devices": ["Device", "find_device", "list_devices"],
        "memory": ["available"],
    },
)
