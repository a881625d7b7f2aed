"""What every room stands on: errors, files, locks, paths, processes, progress, HTML.

The error tree, files that no reader ever sees half written, locks that the operating system holds,
the project's and the cache's folders, how a process of the lab is started, the one form in which
long work reports progress, and HTML from templates. Imports no other room.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "errors": [
            "ConfigError",
            "DataError",
            "DeviceError",
            "Diverged",
            "LabError",
            "MemoryShort",
            "RunBusy",
            "RunDamaged",
            "RunError",
            "TrainingError",
        ],
        "files": ["append_lines", "read_json", "read_lines", "read_npz", "write_json", "write_npz"],
        "locks": ["is_locked", "try_lock"],
        "paths": ["ASSETS", "PROJECT", "cache_dir", "expanded"],
        "processes": ["be_nice", "spawn"],
        "progress": ["Progress"],
        "templates": ["render"],
    },
)
