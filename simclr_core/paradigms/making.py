"""Make a study: train all four ways, score them, lay out their maps, and write the results."""

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
from ..data.labelled import labels_of
from ..measures.classification import matched, report
from ..measures.projection import umap_layout
from ..measures.vectors import small_pixels
from ..settings.config import RunConfig
from .study import FOLDER, SELF, SEMI, SUPERVISED, UNSUPERVISED, VERSION, Study, result
from .study_data import class_counts, config_of, load_study_data, rows_with_labels

PRETRAINED = 0.8  # share of the seconds that pretraining gets; fine-tuning gets the rest
POINTS = 600  # test pictures on the maps
SHOWN = 2000  # test pictures that are kept to be looked at
CLUSTERED = 5000  # training pictures that k-means looks at
AXES = 50  # principal components of the pixels that k-means looks at


def serve(root: Path, payload: dict[str, Any], progress: Progress) -> None:
    """Make a study for the app (see `workers.tasks`).

    Args:
        root: the folder of runs.
        payload: the fields of `Study`.
        progress: called with the share of the work done, and words.
    """
    run_study(root, Study(**payload), progress)


def run_study(root: Path, study: Study, progress: Progress) -> dict[str, Any]:
    """Train and score all four ways, and write the results.

    Returns:
        The figures as written; those of before if the study has been made already.

    Raises:
        DataError: the data are missing, or have fewer than two classes.
    """
    if made := result(root, study):  # for somebody else, meanwhile
        return made[0]
    progress(0.0, "reading pictures")
    dataset = load_study_data(study, progress)
    place = root / FOLDER / study.base
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
    config = config_of(study, dataset)
    rows = rows_with_labels(dataset, study)
    ways = _Ways(study, dataset, config, rows, place, progress)
    figures = {
        SUPERVISED: ways.supervised(),
        UNSUPERVISED: ways.unsupervised(),
        SEMI: ways.semi(),
        SELF: ways.itself(),
    }
    progress(0.9, "laying out the maps")
    arrays = ways.arrays | _maps(ways.vectors, study.seed)
    results = {
        "version": VERSION,
        "study": dataclasses.asdict(study),
        "date": time.strftime("%Y-%m-%d"),
        "class_names": list(dataset.class_names),
        "labelled": len(rows),
        "train": len(dataset.x_train),
        "test": len(dataset.x_test),
        "train_counts": class_counts(dataset),
        "encoder": config.model.encoder,
        "width": config.model.width,
        "ways": figures,
    }
    write_npz(place / "test.npz", {"images": dataset.x_test[:SHOWN]})
    write_npz(place / f"{study.key}.npz", arrays)
    write_json(place / f"{study.key}.json", results)
    return results


class _Ways:
    """The four ways of one study, with what they share."""

    def __init__(
        self,
        study: Study,
        dataset: Dataset,
        config: RunConfig,
        rows: np.ndarray,
        place: Path,
        progress: Progress,
    ) -> None:
        self.study, self.dataset, self.config, self.rows = study, dataset, config, rows
        self.place, self._progress = place, progress
        self.known, self.truth = labels_of(dataset)
        self.classes = max(len(dataset.class_names), int(self.known.max()) + 1)
        self.arrays: dict[str, np.ndarray] = {"truth": self.truth}
        self.vectors: dict[str, np.ndarray] = {}
        self._shared: tuple[list[np.ndarray], int, float] | None = None

    def supervised(self) -> dict[str, Any]:
        """Train from scratch on the labelled pictures."""
        from . import training as ways

        learned = ways.supervised(
            self.config,
            self.dataset,
            self.rows,
            self.classes,
            self.study.seconds,
            self._span(0.02, 0.3),
        )
        return self._figures(SUPERVISED, learned)

    def unsupervised(self) -> dict[str, Any]:
        """Cluster pixels, their principal components and an autoencoder's codes."""
        from .training import Learned

        train, test, steps, seconds = self._codes()
        some = np.random.default_rng(self.study.seed).permutation(len(self.known))[:CLUSTERED]
        some = np.sort(some)
        pixels = small_pixels(self.dataset.x_train[some]), small_pixels(self.dataset.x_test)
        scores: dict[str, float] = {}
        predicted: dict[str, np.ndarray] = {}
        for name, (known, asked) in {
            "k-means on pixels": pixels,
            "k-means on principal components": _axes(*pixels),
            "k-means on an autoencoder's code": (train[some], test),
        }.items():
            self._progress(0.54, f"{UNSUPERVISED}: {name}")
            predicted[name] = self._clusters(known, self.known[some], asked)
            scores[name] = float((predicted[name] == self.truth).mean())
        name = "k-means on an autoencoder's code"
        learned = Learned(predicted[name], None, test, steps, seconds)
        return self._figures(UNSUPERVISED, learned) | {"variants": scores}

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
            self._span(0.78, 0.88),
            weights,
            study.frozen,
            study.staged,
        )
        figures = self._figures(SEMI, learned)
        return figures | {"pretraining_steps": steps, "pretraining_seconds": round(seconds, 2)}

    def itself(self) -> dict[str, Any]:
        """Freeze the same pretraining: a linear probe, and the nearest labelled neighbours."""
        from . import training as ways

        weights, steps, seconds = self._pretrained()
        self._progress(0.88, f"{SELF}: linear probe")
        learned, near = ways.frozen_encoder(
            self.config, self.dataset, self.rows, self.classes, weights
        )
        figures = self._figures(SELF, learned)
        variants = {"linear probe": figures["accuracy"], "nearest neighbours (kNN)": near}
        return figures | {
            "variants": variants,
            "pretraining_steps": steps,
            "pretraining_seconds": round(seconds, 2),
        }

    def _figures(self, way: str, learned: Any) -> dict[str, Any]:
        self.arrays[f"predicted__{way}"] = np.asarray(learned.predicted, np.int64)
        self.vectors[way] = learned.h[:POINTS]
        figures = report(self.truth, learned.predicted, self.classes, learned.scores)
        return figures | {"steps": learned.steps, "seconds": round(learned.seconds, 2)}

    def _clusters(self, known: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Predict the test pictures' classes by clusters of some training pictures."""
        from sklearn.cluster import KMeans  # late: the worker reads the queue without it

        count = len(np.unique(labels))
        means = KMeans(count, n_init=4, random_state=self.study.seed).fit(known)
        names = matched(means.labels_, labels, self.classes)
        return names[means.predict(asked)]

    def _codes(self) -> tuple[np.ndarray, np.ndarray, int, float]:
        from . import training as ways

        path = self.place / "codes.npz"
        with contextlib.suppress(LabError):
            kept = read_npz(path, "train", "test", "steps", "seconds", "of")
            if str(kept["of"]) == self.dataset.content_hash:
                return kept["train"], kept["test"], int(kept["steps"]), float(kept["seconds"])
        train, test, steps, seconds = ways.autoencoder(
            self.config, self.dataset, self.study.seconds, self._span(0.3, 0.54, "autoencoder")
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
            kept = read_npz(path, "steps", "seconds", "of")
            if str(kept["of"]) == self.dataset.content_hash:
                weights = [kept[f"w{i}"] for i in range(len(kept) - 3)]
                self._shared = weights, int(kept["steps"]), float(kept["seconds"])
                return self._shared
        self._shared = ways.pretrain(
            self.config,
            self.dataset,
            PRETRAINED * self.study.seconds,
            self._span(0.54, 0.78, "pretraining without labels"),
        )
        weights, steps, spent = self._shared
        arrays = {f"w{i}": weight for i, weight in enumerate(weights)}
        more = {"steps": np.array(steps), "seconds": np.array(spent), "of": self._of()}
        write_npz(path, arrays | more)
        return self._shared

    def _of(self) -> np.ndarray:
        """Return which pictures a cache is of."""
        return np.array(self.dataset.content_hash)

    def _span(self, start: float, end: float, words: str = "") -> Progress:
        named = words or (SUPERVISED if start < 0.3 else f"{SEMI}: fine-tuning")

        def _report(share: float, step: str) -> None:
            self._progress(start + (end - start) * share, f"{named}: {step}")

        _report(0.0, "compiling")
        return _report


def _axes(known: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first principal components of both, found on the first."""
    from sklearn.decomposition import PCA  # late, as above

    count = min(AXES, *known.shape)
    axes = PCA(count, random_state=0, svd_solver="randomized").fit(known)
    return axes.transform(known), axes.transform(asked)


def _maps(vectors: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Lay out the first test pictures under each way, and turn every map onto the first."""
    maps: dict[str, np.ndarray] = {}
    for way, h in vectors.items():
        reference = next(iter(maps.values()), None)
        maps[f"xy__{way}"] = umap_layout(h, seed=seed, reference=reference)
    return maps
