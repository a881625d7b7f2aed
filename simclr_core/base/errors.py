"""Errors that a user may meet, one small tree.

LabError                    anything that SimCLR Lab can explain in a sentence
├── ConfigError             a setting is unknown or out of range (also a ValueError)
├── DataError               a data set is missing, unreadable or unfit
├── RunError                a run cannot do what was asked
│   ├── RunDamaged          a file of its folder is missing or unreadable
│   └── RunBusy             another process holds the run
├── DeviceError             the device asked for is not there or not usable
└── TrainingError           training cannot go on
    └── Diverged            the loss became NaN or infinite

The text of every error says what was expected, what was found and what to do; pages and the
command line show it as it is.
"""

from __future__ import annotations


class LabError(Exception):
    """Base of all errors whose text is meant for a user."""


class ConfigError(LabError, ValueError):
    """A setting is unknown or out of range."""


class DataError(LabError):
    """A data set is missing, unreadable or unfit for the run."""


class RunError(LabError):
    """A run cannot do what was asked of it."""


class RunDamaged(RunError):
    """A file of the run folder is missing or cannot be read."""


class RunBusy(RunError):
    """Another process holds the run's lock."""


class DeviceError(LabError):
    """The device asked for is not there or cannot be used."""


class TrainingError(LabError):
    """Training cannot go on."""


class Diverged(TrainingError):
    """The loss became NaN or infinite."""


class MemoryShort(TrainingError):
    """There is too little memory for the settings of a run."""
