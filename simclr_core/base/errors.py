"""The errors that a user may see.

LabError                    anything that SimCLR Lab can explain in a sentence
├── ConfigError             a setting is unknown or out of range (also a ValueError)
├── DataError               a data set is missing, unreadable or unfit
├── RunError                a run cannot do what was asked
│   ├── RunDamaged          a file of its folder is missing or unreadable
│   └── RunBusy             another process holds the run
├── DeviceError             the device asked for is not there or not usable
└── TrainingError           training cannot continue
    ├── Diverged            the loss became NaN or infinite
    └── MemoryShort         there is too little memory for the settings

Every message says what was expected, what was found and what to do. Pages and the command line
show it unchanged.
"""

from __future__ import annotations


class LabError(Exception):
    """The base of all errors with a message for the user."""


class ConfigError(LabError, ValueError):
    """A setting is unknown or out of range."""


class DataError(LabError):
    """A data set is missing, unreadable or unfit for the run."""


class RunError(LabError):
    """A run cannot do what was asked."""


class RunDamaged(RunError):
    """A file of the run folder is missing or cannot be read."""


class RunBusy(RunError):
    """Another process holds the run's lock."""


class DeviceError(LabError):
    """The device asked for is not there or cannot be used."""


class TrainingError(LabError):
    """Training cannot continue."""


class Diverged(TrainingError):
    """The loss became NaN or infinite."""


class MemoryShort(TrainingError):
    """There is too little memory for the run's settings."""
