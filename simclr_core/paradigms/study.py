"""One study: four ways to learn from the same pictures, encoder, seconds and labels.

    RUNS/.studies/BASE/pretrained.npz      weights of the contrastive training
    RUNS/.studies/BASE/codes.npz           the autoencoder's codes of all pictures
    RUNS/.studies/BASE/test.npz            the test pictures that the app shows
    RUNS/.studies/BASE/KEY.json, KEY.npz   figures, and predictions and maps, of one label budget

BASE names everything but the labels: other budgets share what was learned without them.
assets/recorded/studies has the same folders without the networks: studies that ship with the app,
made by `scripts/record_study.py`. They are read where they are. Their figures name the command and
the machine as well.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import ConfigError, LabError
from ..base.files import read_json, read_npz
from ..base.paths import ASSETS

FOLDER = ".studies"
RECORDED = ASSETS / "recorded" / "studies"
SUPERVISED, UNSUPERVISED = "supervised", "unsupervised"
SEMI, SELF = "semi-supervised", "self-supervised"
WAYS = (SUPERVISED, UNSUPERVISED, SEMI, SELF)
VERSION = 2  # changes with how studies are made: figures of others are not shown beside these


@dataclass(frozen=True)
class Study:
    """The settings of a study.

    Attributes:
        source: as for `load_dataset`.
        image_size: pixels per side; 0 lets the data choose.
        stamp: of the file or folder; it changes when the pictures there do.
        seconds: of training; pretraining gets four fifths of them, fine-tuning the rest.
        budget: labelled pictures per class; 0 takes all.
        seed: of everything random.
        frozen: convolutions that fine-tuning does not change.
        rate: learning rate of fine-tuning, as a part of that of training from scratch.
        staged: whether fine-tuning first trains the classifier alone.
    """

    source: str
    stamp: str = ""
    image_size: int = 0
    seconds: float = 30.0
    budget: int = 10
    seed: int = 0
    frozen: int = 0
    rate: float = 0.25
    staged: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (
            ("seconds", 2.0, 3600.0),
            ("budget", 0, 10**6),
            ("seed", 0, 2**31 - 1),
            ("frozen", 0, 1000),
            ("rate", 0.001, 10.0),
        ):
            if not low <= getattr(self, name) <= high:
                raise ConfigError(
                    f"{name}: expected {low:g} to {high:g}, found {getattr(self, name)!r}; "
                    "choose a value in that range."
                )

    @property
    def base(self) -> str:
        """The name of what all label budgets share."""
        what = (VERSION, self.source, self.stamp, self.image_size, self.seconds, self.seed)
        return hashlib.sha256(repr(what).encode()).hexdigest()[:12]

    @property
    def key(self) -> str:
        """The name of the study."""
        what = (self.base, self.budget, self.frozen, self.rate, self.staged)
        return hashlib.sha256(repr(what).encode()).hexdigest()[:12]

    @property
    def task(self) -> str:
        """The key under which it is queued (see `workers.tasks`)."""
        return f"study-{self.base}-{self.key}"


OPENING = Study("digits", budget=5)  # recorded: Paradigms opens on it


def results(root: Path, study: Study) -> list[dict[str, Any]]:
    """Return all figures for the same pictures and seconds, with any seed and budget.

    Those made here come first; a recorded study that was made here as well is left out.
    """
    figures: dict[str, dict[str, Any]] = {}
    for folder in (root / FOLDER, RECORDED):
        for path in sorted(folder.glob("*/*.json")):
            with contextlib.suppress(LabError):
                one = read_json(path)
                if isinstance(one, dict) and _comparable(one, study):
                    figures.setdefault(path.stem, one)
    return list(figures.values())


def result(root: Path, study: Study) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """Return figures and arrays of one study; None if it was neither made here nor recorded."""
    for place in _places(root, study):
        with contextlib.suppress(LabError):
            if figures := read_json(place / f"{study.key}.json"):
                return figures, read_npz(place / f"{study.key}.npz")
    return None


def is_made(root: Path, study: Study) -> bool:
    """Return whether there are figures of a study."""
    return any((place / f"{study.key}.json").exists() for place in _places(root, study))


def is_recorded(figures: Mapping[str, Any]) -> bool:
    """Return whether figures ship with the app."""
    return "command" in figures


def has_networks(root: Path, study: Study) -> bool:
    """Return whether the networks that learn without labels are here, to be used again."""
    place = root / FOLDER / study.base
    return (place / "pretrained.npz").exists() and (place / "codes.npz").exists()


def pictures(root: Path, study: Study) -> np.ndarray:
    """Return the first test pictures, (M, S, S, 3) uint8; none if they are gone."""
    for place in _places(root, study):
        with contextlib.suppress(LabError, KeyError):
            return read_npz(place / "test.npz")["images"]
    return np.zeros((0, 8, 8, 3), np.uint8)


def _places(root: Path, study: Study) -> tuple[Path, Path]:
    return root / FOLDER / study.base, RECORDED / study.base


def _comparable(figures: dict[str, Any], study: Study) -> bool:
    same = ("source", "stamp", "image_size", "seconds")
    about = figures.get("study")
    if figures.get("version") != VERSION or not isinstance(about, dict):
        return False
    return all(about.get(k) == getattr(study, k) for k in same)
