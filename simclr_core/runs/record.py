"""What config.json says beside the settings, with types: lenient towards odd and older files.

A value that does not fit its field is dropped; the others are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .validation import clean, count

RECORDED = "recorded"  # of `data.origin`: the run was trained elsewhere
_LATEST = 250e9  # seconds since 1970, in the year 9892: no date lies beyond


@dataclass(frozen=True)
class RunData:
    """What a run records about its data; empty where nothing is known.

    Attributes:
        name: of the data set.
        kind: see `Dataset.kind`.
        image_size: pixels per side.
        class_names: of the labels.
        factors: the names of each factor's values.
        train: number of training pictures.
        content_hash: of the pictures.
        unfit: what makes the pictures unfit to learn from (see `data.unfit`).
        trained_classes: classes that have training pictures; 0 if unknown or without labels.
        is_recorded: whether the run was trained elsewhere, so that it has no settings of ours.
    """

    name: str = ""
    kind: str = ""
    image_size: int = 0
    class_names: tuple[str, ...] = ()
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    train: int = 0
    content_hash: str = ""
    unfit: str = ""
    trained_classes: int = 0
    is_recorded: bool = False

    def names_of(self, what: str) -> tuple[str, ...]:
        """Return the names of the values of "label" or of a factor; empty if unknown."""
        return self.class_names if what == "label" else self.factors.get(what, ())


@dataclass(frozen=True)
class Origin:
    """Where a fork comes from: the run's id, its step, and its name at that time."""

    run: str
    step: int
    name: str


def data_of(record: Mapping[str, Any]) -> RunData:
    """Return what config.json says about the data."""
    data = group(record, "data")
    names = {name: _names(values) for name, values in group(data, "factors").items()}
    return RunData(
        name=_text(data.get("name")),
        kind=_text(data.get("kind")),
        image_size=count(data.get("image_size")) or 0,
        class_names=_names(data.get("class_names")) or _names(data.get("classes")) or (),
        factors={name: known for name, known in names.items() if known is not None},
        train=count(data.get("train")) or 0,
        content_hash=_text(data.get("content_hash")),
        unfit=_text(data.get("unfit")),
        trained_classes=count(data.get("trained_classes")) or 0,
        is_recorded=data.get("origin") == RECORDED,
    )


def origin_of(record: Mapping[str, Any]) -> Origin | None:
    """Return where a run comes from; None if it began from scratch or the entry is odd."""
    forked = group(record, "forked")
    step, parent = count(forked.get("step")), forked.get("run")
    if step is None or not isinstance(parent, str):
        return None
    return Origin(clean(parent), step, clean(str(forked.get("name") or parent)))


def created_of(record: Mapping[str, Any]) -> float | None:
    """Return when a run was made, in seconds since 1970; None if that is not known."""
    try:
        seconds = float(record["created"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < _LATEST else None


def group(values: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    """Return a group of values inside others, empty where it is missing or no group."""
    value = (values or {}).get(name)
    return value if isinstance(value, Mapping) else {}


def _names(value: Any) -> tuple[str, ...] | None:
    return tuple(clean(str(name)) for name in value) if isinstance(value, list) else None


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""
