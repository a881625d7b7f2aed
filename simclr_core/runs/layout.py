"""The run folder: what each of its files is called, where it is, and who writes it.

    config.json         all that is needed to repeat the run; by its maker, then by its worker
    probe.npz           images (P,S,S,3) uint8, indices (P,), labels (P,), factor__<name> (P,),
                        files (P,) text: each picture's path inside the folder or zip it came from
    status.json         state, attempt, started (seconds since 1970; not in the oldest runs), step,
                        message; by the holder of `lock`
    metrics.jsonl       a line per step; by the worker
    snapshots.jsonl     a line per snapshot; by the worker
    snapshots/          <step>.npz: h (P,D), z (P,d), h_views (P,2,D), z_views (P,2,d);
                        <step>.weights.npz; by the worker
    coordinates/        pca-<step>.npz by the worker, umap-<step>.npz by the mapper
    checkpoint.npz      weights, optimiser, step and seconds used; by the worker
    pairs.npz           what the network makes of some pairs of the newest step: step (), views
                        (n,3,S,S,3) uint8, alike (n,), other (n,), of (); by the worker
    evaluation.json     final scores; by the worker or `evaluate`, holding `lock`
    log.txt             what the worker printed
    control.json        a request to an attempt, pause or stop; by the app or command line
    label.json          the run's name; by the app or command line
    jobs/               questions by the app, answers by the analyst (see `questions`)
    sets/               larger sets of pictures, by the analyst (see `questions.large_probe`)
    near-<step>.npz     in a set only: the nearest neighbours of each picture
    lock                the operating system holds it as long as a worker is alive
    .reserve            space on the disk for a worker's last message; while the worker is alive
    .<file>.<letters>   a file that is being written, or what a killed worker left of one

Anyone may change these files; `validation` decides what to make of odd values.
A run is alive if and only if `lock` is held, so its state is known even after `kill -9` or a power
cut.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import RunError

CONFIG, EVALUATION = "config.json", "evaluation.json"
FOLDERS = ("snapshots", "coordinates")  # inside every run folder
METHODS = ("pca", "umap")  # of coordinates
SHIPPED = "recorded"  # inside a folder of runs: the runs that ship with the app (see `shipped`)

_BUNDLED = re.compile(
    r"(config|status|evaluation|label)\.json|(metrics|snapshots)\.jsonl|(probe|checkpoint)\.npz|"
    r"log\.txt|snapshots/\d{8,12}(\.weights)?\.npz|coordinates/(pca|umap)-\d{8,12}\.npz"
)
_LEFT_BY_WORKER = re.compile(  # the temporary names of the files that a worker writes
    r"\.(config|status|metrics|snapshots|evaluation|probe|pairs|checkpoint|(pca-)?\d+(\.weights)?)"
    r"\.(json|jsonl|npz)\.[a-z0-9_]{8}"
)
_OF_STEP = re.compile(r"((pca|umap)-)?(?P<step>\d+)(\.weights)?\.npz")


def is_bundled(name: str) -> bool:
    """Return whether a path inside a run folder is a file that the run's zip may bring in."""
    return bool(_BUNDLED.fullmatch(name))


class _Inside:
    """A path inside a run folder, as an attribute of the folder."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, folder: RunFolder, owner: type[RunFolder]) -> Path:
        return folder.path / self.name


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run folder; this module's docstring says what each file holds.

    Attributes:
        path: the folder.
        scores_path: snapshots.jsonl, the scores of each snapshot.
    """

    path: Path

    config_path = _Inside(CONFIG)
    status_path = _Inside("status.json")
    label_path = _Inside("label.json")
    control_path = _Inside("control.json")
    evaluation_path = _Inside(EVALUATION)
    metrics_path = _Inside("metrics.jsonl")
    scores_path = _Inside("snapshots.jsonl")
    probe_path = _Inside("probe.npz")
    checkpoint_path = _Inside("checkpoint.npz")
    log_path = _Inside("log.txt")
    pairs_path = _Inside("pairs.npz")
    lock_path = _Inside("lock")
    reserve_path = _Inside(".reserve")
    snapshots_folder = _Inside("snapshots")
    coordinates_folder = _Inside("coordinates")

    @property
    def id(self) -> str:
        """The folder's name, for example 4f2a."""
        return self.path.name

    @property
    def is_shipped(self) -> bool:
        """Whether the run ships with the app: it is to look at, and never changes."""
        return self.path.parent.name == SHIPPED

    def refuse_if_shipped(self) -> None:
        """Refuse to change a run that ships with the app.

        Raises:
            RunError: it is one.
        """
        if self.is_shipped:
            raise RunError(
                f"Run {self.id} is recorded: it ships with the app and stays as it is. Fork it in "
                "Explore, or train one like it."
            )

    @property
    def root(self) -> Path:
        """The folder of runs that the run is in."""
        return self.path.parents[1] if self.is_shipped else self.path.parent

    def snapshot_path(self, step: int) -> Path:
        """Return the file of the snapshot of a step."""
        return self.snapshots_folder / f"{_digits(step)}.npz"

    def weights_path(self, step: int) -> Path:
        """Return the file of the weights of a step."""
        return self.snapshots_folder / f"{_digits(step)}.weights.npz"

    def coordinates_path(self, method: str, step: int) -> Path:
        """Return the file of the coordinates of a step by `method` ("pca" or "umap")."""
        return self.coordinates_folder / f"{method}-{_digits(step)}.npz"

    def neighbours_path(self, step: int) -> Path:
        """Return the file of each picture's nearest neighbours, which only a large set has."""
        return self.path / f"near-{_digits(step)}.npz"

    def snapshot_steps(self) -> list[int]:
        """Return the steps that have a snapshot on disk, ascending."""
        return _steps(self.snapshots_folder, r"(\d+)\.npz")

    def weight_steps(self) -> list[int]:
        """Return the steps whose weights are on disk, ascending."""
        return _steps(self.snapshots_folder, r"(\d+)\.weights\.npz")

    def coordinate_steps(self, method: str) -> list[int]:
        """Return the steps that have coordinates by `method` ("pca" or "umap"), ascending."""
        return _steps(self.coordinates_folder, rf"{method}-(\d+)\.npz")

    def size(self) -> int:
        """Return the folder's bytes on disk."""
        total = 0
        for folder, _, names in os.walk(self.path):
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # replaced or thinned meanwhile
                    total += os.stat(os.path.join(folder, name)).st_size
        return total

    def make_folders(self) -> None:
        """Make the folders inside the run folder that are missing."""
        for name in FOLDERS:
            (self.path / name).mkdir(parents=True, exist_ok=True)

    def remove_leftovers(self) -> None:
        """Remove the half-written files that a killed worker left."""
        for path in [*self.path.glob(".*"), *self.path.glob("[sc]*/.*")]:
            if _LEFT_BY_WORKER.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def remove_beyond(self, step: int) -> None:
        """Remove snapshots, weights and coordinates of later steps than `step`."""
        for folder in (self.snapshots_folder, self.coordinates_folder):
            for path in folder.glob("*.npz"):
                match = _OF_STEP.fullmatch(path.name)
                if match and int(match["step"]) > step:
                    path.unlink(missing_ok=True)

    def thin_weights(self, most: float) -> None:
        """Remove every second file of weights, never the first or last, until they fit.

        Args:
            most: bytes that all files of weights together may take.
        """
        files = [self.weights_path(step) for step in self.weight_steps()]
        while len(files) > 2 and sum(file.stat().st_size for file in files) > most:
            keep = [file for i, file in enumerate(files) if i % 2 == 0 or file == files[-1]]
            for file in set(files) - set(keep):
                file.unlink()
            files = keep


def _digits(step: int) -> str:
    """Return a step as file names spell it."""
    return f"{step:08d}"


def _steps(folder: Path, pattern: str) -> list[int]:
    names = (re.fullmatch(pattern, path.name) for path in folder.glob("*.npz"))
    return sorted(int(match[1]) for match in names if match)
