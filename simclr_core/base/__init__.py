"""The base of every room: errors, files, locks, paths, processes, progress, HTML.

It has the error tree, files that are never seen half written, locks that the operating system
holds, the folders of the project and of the cache, the start of the lab's processes, the one
callback by which long work reports progress, and HTML from templates. Imports no other room.
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
