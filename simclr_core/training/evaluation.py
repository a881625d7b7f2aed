"""Final figures of a run: every training image as bank, every test image as query.

Beside every score are those of raw pixels and of the untrained encoder (SimCLR, appendix B.9 for
kNN-like and linear evaluation; Wu et al. 2018 for the weighted vote).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.errors import DataError, RunDamaged, RunError, TrainingError
from ..base.files import read_npz
from ..data.datasets import Dataset, load_dataset
from ..machine.devices import find_device
from ..measures.knn import K, T
from ..measures.linear_probes import probed_rows
from ..measures.registry import MEASURES, measure
from ..measures.vectors import Vectors, label_name, small_pixels
from ..model.backend import prepare, start_framework
from ..runs.run import Run
from ..runs.store import RunStore
from ..settings.config import RunConfig, replace

KNN = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels")

Targets = dict[str, tuple[np.ndarray, np.ndarray]]  # categories of training and test pictures
Report = Callable[[float | None, str], None]  # gets the share that is done, if known, and words


def targets(dataset: Dataset) -> Targets:
    """Return what representations are tested on: the label and every factor, as (train, test)."""
    known = {}
    if dataset.y_train is not None and dataset.y_test is not None:
        known["label"] = (dataset.y_train, dataset.y_test)
    for name, train in dataset.factors_train.items():
        known[name] = (train, dataset.factors_test[name])
    return {k: v for k, v in known.items() if len(v[1]) and len(np.unique(v[0])) > 1}


def final_scores(dataset: Dataset, observer: Any, untrained: Any) -> dict[str, Any]:
    """Return kNN accuracy of h, of the untrained encoder's h and of raw pixels.

    Args:
        dataset: with a test split.
        observer, untrained: `Observer`s of the trained and of the untrained network.

    Returns:
        `knn_accuracy`, `knn_accuracy_untrained`, `knn_accuracy_pixels` of the first target and its
        name `of`; `knn_factors`, the same three by factor; k, T and the sizes of bank and queries.
    """
    about = {"k": K, "T": T, "bank": len(dataset.x_train), "queries": len(dataset.x_test)}
    known = targets(dataset)
    if not known:
        return about | dict.fromkeys(KNN) | {"of": None}
    encoders = (lambda x: observer.encode(x)[0], lambda x: untrained.encode(x)[0], lambda x: x)
    accuracies = {
        key: measure(
            "knn_accuracy", _vectors(known, *map(encode, (dataset.x_train, dataset.x_test)))
        )
        for key, encode in zip(KNN, encoders, strict=True)
    }
    factors = {name: {key: accuracies[key][name] for key in KNN} for name in known}
    name, labels = next(iter(known.items()))
    same = label_name(labels[0], dataset.factors_train) if name == "label" else name
    first = factors.pop("label", None) or factors[name]
    return about | first | {"of": same, "knn_factors": factors}


def _vectors(known: Targets, bank: np.ndarray, x: np.ndarray, **more: Any) -> Vectors:
    """Return vectors of test pictures with those of training pictures as bank."""
    bank_targets = {name: train for name, (train, _) in known.items()}
    return Vectors(
        x,
        targets={name: test for name, (_, test) in known.items()},
        bank=bank,
        bank_targets=bank_targets,
        **more,
    )


def untrained_observer(run: Run, config: RunConfig, image_size: int, jit: bool) -> Any:
    """Return an observer of the run's network as it was at step 0, from its seed."""
    from ..model.simclr import build_model
    from ..runs.snapshots.observer import Observer

    return Observer(build_model(config.model, config.training, image_size), jit)


def evaluate(store: RunStore, run: Run, progress: Report) -> dict[str, Any]:
    """Compute final figures with linear probes of the label and every factor, and write them.

    Args:
        store: the run's store.
        run: one that has a checkpoint and is not running.
        progress: called with the share that is done, if known, and words.

    Returns:
        evaluation.json's content: kNN accuracies and `linear_probe`, accuracy by vectors
        ("pixels", "untrained", "h", "z") and target.

    Raises:
        RunError: the run has no checkpoint yet.
        RunBusy: it is running.
        DataError: its data have changed or are gone.
    """
    handle = run.take()
    try:
        scores = _evaluate(run, progress)
        run.write_evaluation(scores)
        return scores
    finally:
        os.close(handle)


def _evaluate(run: Run, progress: Report) -> dict[str, Any]:
    config = run.config
    if not run.checkpoint_path.exists():
        raise RunError(
            f"Run {run.id}: expected a checkpoint, found none yet; resume the run until it has one."
        )
    progress(None, "reading pictures")
    data = config.data
    dataset = load_dataset(data.source, data.image_size or None, max_images=data.max_images or None)
    if data.content_hash not in ("", dataset.content_hash):
        raise DataError(
            f"Expected the pictures that run {run.id} learned from in {data.source}, found "
            "others; put the old ones back."
        )
    prepare(find_device(config.training.device))
    start_framework()
    from ..model.simclr import build_model
    from ..runs.snapshots.checkpoint import load_weights
    from ..runs.snapshots.observer import Observer

    precision = str(run.status.get("precision") or "float32")
    training = replace(config.training, precision=precision)
    model = build_model(config.model, training, dataset.image_size)
    untrained = Observer(build_model(config.model, training, dataset.image_size))
    arrays = read_npz(run.checkpoint_path)
    load_weights(model, arrays, run.checkpoint_path.name)
    observer = Observer(model)
    progress(None, "asking the nearest neighbours")
    known: dict[str, Any] = {}
    with contextlib.suppress(RunDamaged):  # it is written again
        known = run.evaluation() or {}
    scores = {**known, **final_scores(dataset, observer, untrained)}
    scores["linear_probe"] = _probes(dataset, observer, untrained, progress)
    return scores | {"step": int(arrays["step"])}


def _probes(
    dataset: Dataset, observer: Any, untrained: Any, progress: Report
) -> dict[str, dict[str, float]]:
    """Return linear-probe accuracy of every target from pixels, untrained h, h and z."""
    known = targets(dataset)
    if not known:
        return {}
    progress(None, "encoding the pictures")
    train, test = observer.encode(dataset.x_train), observer.encode(dataset.x_test)
    if not all(np.isfinite(vectors).all() for vectors in (*train, *test)):
        raise TrainingError(
            "Expected representations of finite numbers, found others: the run diverged before "
            "its checkpoint; train again with a lower learning rate."
        )
    raw = [untrained.encode(x)[0] for x in (dataset.x_train, dataset.x_test)]
    rows = probed_rows(len(dataset.x_train))  # of pixels no more than the probe learns from
    known_rows = {name: (labels[rows], asked) for name, (labels, asked) in known.items()}
    pixels = small_pixels(dataset.x_train[rows]), small_pixels(dataset.x_test)
    spaces = {
        "h": _vectors(known, train[0], test[0]),
        "z": _vectors(known, train[1], test[1]),
        "untrained": _vectors(known, *raw),
        "pixels": _vectors(known_rows, *pixels, pixels=True),
    }
    accuracies: dict[str, dict[str, float]] = {space: {} for space in spaces}
    done, total = 0, len(spaces) * len(known)
    for space, vectors in spaces.items():
        values = iter(MEASURES["linear_probe"].of(vectors))  # fits one at a time
        for target in known:
            progress(done / total, f"probing {space} for {target}")
            accuracies[space][target] = next(values)[1]
            done += 1
    return accuracies
