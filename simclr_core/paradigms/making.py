"""Making a study: train all four ways, score them, lay out their maps, write what was found."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import LabError
from ..base.files import read_npz, write_json, write_npz, writing
from ..base.progress import Progress
from ..data.datasets import Dataset
from ..measures.evaluation import small_pixels
from ..measures.projection import umap_layout
from ..settings.config import RunConfig
from . import pictures
from .study import FOLDER, SELF, SEMI, SUPERVISED, UNSUPERVISED, VERSION, Study, result

PRETRAINED = 0.8  # share of the seconds that pretraining gets; fine-tuning gets the rest
POINTS = 600  # test pictures on the maps
SHOWN = 2000  # test pictures that are kept to be looked at
CLUSTERED = 5000  # training pictures that k-means looks at
_BLOCK = 2000  # pictures that are made smaller at a time
AXES = 50  # principal components of the pixels that k-means looks at


def serve(root: Path, payload: dict[str, Any], tell: Progress) -> None:
    """A study for the app (see `tasks`).

    Args:
        root: the folder of runs.
        payload: the fields of `Study`.
        tell: is given the share of the work done, and words.
    """
    run_study(root, Study(**payload), tell)


def run_study(root: Path, study: Study, tell: Progress) -> dict[str, Any]:
    """Train and score all four ways, and write what was found.

    Raises:
        DataError: the data are missing, or have fewer than two classes.
    """
    if made := result(root, study):  # others asked as well
        return made[0]
    tell(0.0, "reading pictures")
    dataset = pictures.read(study, tell)
    place = root / FOLDER / study.base
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
    config = pictures.config_of(study, dataset)
    rows = pictures.labelled(dataset, study)
    parts = Parts(study, dataset, config, rows, place, tell)
    found = {
        SUPERVISED: parts.supervised(),
        UNSUPERVISED: parts.unsupervised(),
        SEMI: parts.semi(),
        SELF: parts.itself(),
    }
    tell(0.9, "laying out the maps")
    arrays = parts.arrays | _maps(parts.vectors, study.seed)
    told = {
        "version": VERSION,
        "study": dataclasses.asdict(study),
        "date": time.strftime("%Y-%m-%d"),
        "class_names": list(dataset.class_names),
        "labelled": len(rows),
        "train": len(dataset.x_train),
        "test": len(dataset.x_test),
        "train_counts": pictures.counts(dataset),
        "encoder": config.model.encoder,
        "width": config.model.width,
        "ways": found,
    }
    write_npz(place / "test.npz", {"images": dataset.x_test[:SHOWN]})
    write_npz(place / f"{study.key}.npz", arrays)
    write_json(place / f"{study.key}.json", told)
    return told


class Parts:
    """The four ways of one study, with what they share."""

    def __init__(
        self,
        study: Study,
        dataset: Dataset,
        config: RunConfig,
        rows: np.ndarray,
        place: Path,
        tell: Progress,
    ) -> None:
        self.study, self.dataset, self.config, self.rows = study, dataset, config, rows
        self.place, self._tell = place, tell
        assert dataset.y_train is not None and dataset.y_test is not None
        self.known, self.truth = dataset.y_train, dataset.y_test
        self.classes = max(len(dataset.class_names), int(self.known.max()) + 1)
        self.arrays: dict[str, np.ndarray] = {"truth": self.truth}
        self.vectors: dict[str, np.ndarray] = {}
        self._shared: tuple[list[np.ndarray], int, float] | None = None

    def supervised(self) -> dict[str, Any]:
        """From scratch, on the labelled pictures."""
        from . import training as ways

        learned = ways.supervised(
            self.config,
            self.dataset,
            self.rows,
            self.classes,
            self.study.seconds,
            self._part(0.02, 0.3),
        )
        return self._told(SUPERVISED, learned)

    def unsupervised(self) -> dict[str, Any]:
        """Clusters of pixels, of their principal components and of an autoencoder's codes."""
        from .training import Learned

        train, test, steps, seconds = self._codes()
        some = np.random.default_rng(self.study.seed).permutation(len(self.known))[:CLUSTERED]
        some = np.sort(some)
        pixels = _small(self.dataset.x_train[some]), _small(self.dataset.x_test)
        scores: dict[str, float] = {}
        predicted: dict[str, np.ndarray] = {}
        for name, (known, asked) in {
            "k-means on pixels": pixels,
            "k-means on principal components": _axes(*pixels),
            "k-means on an autoencoder's code": (train[some], test),
        }.items():
            self._tell(0.54, f"{UNSUPERVISED}: {name}")
            predicted[name] = self._clusters(known, self.known[some], asked)
            scores[name] = float((predicted[name] == self.truth).mean())
        name = "k-means on an autoencoder's code"
        told = self._told(UNSUPERVISED, Learned(predicted[name], None, test, steps, seconds))
        return told | {"variants": scores}

    def semi(self) -> dict[str, Any]:
        """Contrastive pretraining on all pictures, then fine-tuning on the labelled ones."""
        from . import training as ways

        weights, steps, seconds = self._pretrained()
        study = self.study
        learned = ways.supervised(
            ways.tuned(self.config, study.rate),
            self.dataset,
            self.rows,
            self.classes,
            (1 - PRETRAINED) * study.seconds,
            self._part(0.78, 0.88),
            weights,
            study.frozen,
            study.staged,
        )
        told = self._told(SEMI, learned)
        return told | {"pretraining_steps": steps, "pretraining_seconds": round(seconds, 2)}

    def itself(self) -> dict[str, Any]:
        """The same pretraining, frozen: a linear probe, and the nearest labelled neighbours."""
        from . import training as ways

        weights, steps, seconds = self._pretrained()
        self._tell(0.88, f"{SELF}: linear probe")
        learned, near = ways.frozen_encoder(
            self.config, self.dataset, self.rows, self.classes, weights
        )
        told = self._told(SELF, learned)
        told |= {"variants": {"linear probe": told["accuracy"], "nearest neighbours (kNN)": near}}
        return told | {"pretraining_steps": steps, "pretraining_seconds": round(seconds, 2)}

    def _told(self, way: str, learned: Any) -> dict[str, Any]:
        from .scores import report

        self.arrays[f"predicted__{way}"] = np.asarray(learned.predicted, np.int64)
        self.vectors[way] = learned.h[:POINTS]
        told = report(self.truth, learned.predicted, self.classes, learned.scores)
        return told | {"steps": learned.steps, "seconds": round(learned.seconds, 2)}

    def _clusters(self, known: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Classes that clusters of some training pictures stand for, of the test pictures."""
        from sklearn.cluster import KMeans

        from .scores import matched

        count = len(np.unique(labels))
        means = KMeans(count, n_init=4, random_state=self.study.seed).fit(known)
        names = matched(means.labels_, labels, self.classes)
        return names[means.predict(asked)]

    def _codes(self) -> tuple[np.ndarray, np.ndarray, int, float]:
        from . import training as ways

        path = self.place / "codes.npz"
        with contextlib.suppress(LabError):
            found = read_npz(path, "train", "test", "steps", "seconds", "of")
            if str(found["of"]) == self.dataset.content_hash:
                return found["train"], found["test"], int(found["steps"]), float(found["seconds"])
        part = self._part(0.3, 0.54, "autoencoder")
        train, test, steps, seconds = ways.autoencoder(
            self.config, self.dataset, self.study.seconds, part
        )
        spent = {"steps": np.array(steps), "seconds": np.array(seconds)}
        write_npz(path, {"train": train, "test": test, **spent, "of": self._of()})
        return train, test, steps, seconds

    def _pretrained(self) -> tuple[list[np.ndarray], int, float]:
        from . import training as ways

        if self._shared:
            return self._shared
        path = self.place / "pretrained.npz"
        with contextlib.suppress(LabError):
            found = read_npz(path, "steps", "seconds", "of")
            if str(found["of"]) == self.dataset.content_hash:
                weights = [found[f"w{i}"] for i in range(len(found) - 3)]
                self._shared = weights, int(found["steps"]), float(found["seconds"])
                return self._shared
        part = self._part(0.54, 0.78, "pretraining without labels")
        seconds = PRETRAINED * self.study.seconds
        self._shared = ways.pretrain(self.config, self.dataset, seconds, part)
        weights, steps, spent = self._shared
        arrays = {f"w{i}": weight for i, weight in enumerate(weights)}
        more = {"steps": np.array(steps), "seconds": np.array(spent), "of": self._of()}
        write_npz(path, arrays | more)
        return self._shared

    def _of(self) -> np.ndarray:
        """Which pictures a cache is of."""
        return np.array(self.dataset.content_hash)

    def _part(self, start: float, end: float, words: str = "") -> Progress:
        named = words or (SUPERVISED if start < 0.3 else f"{SEMI}: fine-tuning")

        def _told(share: float, step: str) -> None:
            self._tell(start + (end - start) * share, f"{named}: {step}")

        _told(0.0, "compiling")
        return _told


def _axes(known: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first principal components of both, found on the first."""
    from sklearn.decomposition import PCA

    count = min(AXES, *known.shape)
    axes = PCA(count, random_state=0, svd_solver="randomized").fit(known)
    return axes.transform(known), axes.transform(asked)


def _small(images: np.ndarray) -> np.ndarray:
    """`small_pixels`, some pictures at a time."""
    parts = [small_pixels(images[i : i + _BLOCK]) for i in range(0, len(images), _BLOCK)]
    return np.concatenate(parts)


def _maps(vectors: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """UMAP coordinates of the first test pictures under each way."""
    return {f"xy__{way}": umap_layout(h, seed=seed) for way, h in vectors.items()}
