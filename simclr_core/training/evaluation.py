"""Final figures of a run: every training image as bank, every test image as query.

Beside every score stand raw pixels and the untrained encoder (SimCLR, appendix B.9 for kNN-like
and linear evaluation; Wu et al. 2018 for the weighted vote).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.errors import DataError, RunDamaged, RunError, TrainingError
from ..base.files import read_npz, write_json
from ..data.datasets import Dataset, load_dataset
from ..machine.devices import find_device
from ..measures.evaluation import (
    PIXEL_AXES,
    K,
    T,
    label_name,
    linear_probe,
    nearest,
    probed,
    small_pixels,
    vote,
)
from ..model.backend import prepare, start_framework
from ..runs.run import Run
from ..runs.store import RunStore
from ..settings import config as settings
from ..settings.config import RunConfig

KNN = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels")

Report = Callable[[float | None, str], None]  # gets the share that is done, if known, and words


def targets(dataset: Dataset) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What can be asked of a representation: the label and every factor, as (train, test)."""
    found = {}
    if dataset.y_train is not None and dataset.y_test is not None:
        found["label"] = (dataset.y_train, dataset.y_test)
    for name, train in dataset.factors_train.items():
        found[name] = (train, dataset.factors_test[name])
    return {k: v for k, v in found.items() if len(v[1]) and len(np.unique(v[0])) > 1}


def final_scores(dataset: Dataset, observer: Any, untrained: Any) -> dict[str, Any]:
    """kNN accuracy of h, of the untrained encoder's h and of raw pixels, on label and factors.

    Args:
        dataset: with a test split.
        observer, untrained: `Observer`s of the trained and of the untrained network.

    Returns:
        `knn_accuracy`, `knn_accuracy_untrained`, `knn_accuracy_pixels` of the first target and its
        name `of`; `knn_factors`, the same three by factor; k, T and the sizes of bank and queries.
    """
    found: dict[str, Any] = {"k": K, "T": T}
    found |= {"bank": len(dataset.x_train), "queries": len(dataset.x_test)}
    asked = targets(dataset)
    if not asked:
        return found | dict.fromkeys(KNN) | {"of": None}
    name, labels = next(iter(asked.items()))
    encoders = (lambda x: observer.encode(x)[0], lambda x: untrained.encode(x)[0], lambda x: x)
    found_by = [nearest(encode(dataset.x_train), encode(dataset.x_test)) for encode in encoders]
    factors = {target: _knn_scores(found_by, v) for target, v in asked.items()}
    same = label_name(labels[0], dataset.factors_train) if name == "label" else name
    first = factors.pop("label", None) or factors[name]
    return found | first | {"of": same, "knn_factors": factors}


def _knn_scores(
    found_by: list[tuple[np.ndarray, np.ndarray]], labels: tuple[np.ndarray, np.ndarray]
) -> dict[str, float]:
    """The three scores of one target, from the neighbours that each encoder finds."""
    return {
        name: float((vote(neighbours, labels[0]) == labels[1]).mean())
        for name, neighbours in zip(KNN, found_by, strict=True)
    }


def untrained_observer(run: Run, config: RunConfig, image_size: int, jit: bool) -> Any:
    """The run's network as it was at step 0, from its seed."""
    from ..model.simclr import build_model
    from ..runs.snapshots.observer import Observer

    return Observer(build_model(config.model, config.training, image_size), jit)


def evaluate(store: RunStore, run: Run, tell: Report) -> dict[str, Any]:
    """Final figures with linear probes of the label and every factor; written to the run.

    Args:
        store: the run's store.
        run: one that has a checkpoint and is not running.
        tell: called with a share of 1 (or None) and words.

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
        scores = _evaluate(run, tell)
        write_json(run.path / "evaluation.json", scores)
        return scores
    finally:
        os.close(handle)


def _evaluate(run: Run, tell: Report) -> dict[str, Any]:
    config = run.config
    if not (run.path / "checkpoint.npz").exists():
        raise RunError(
            f"Run {run.id}: expected a checkpoint, found none yet; resume the run until it has one."
        )
    tell(None, "reading pictures")
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
    training = settings.replace(config.training, precision=precision)
    model = build_model(config.model, training, dataset.image_size)
    untrained = Observer(build_model(config.model, training, dataset.image_size))
    arrays = read_npz(run.path / "checkpoint.npz")
    load_weights(model, arrays, "checkpoint.npz")
    observer = Observer(model)
    tell(None, "asking the nearest neighbours")
    known: dict[str, Any] = {}
    with contextlib.suppress(RunDamaged):  # written anew
        known = run.evaluation() or {}
    scores = {**known, **final_scores(dataset, observer, untrained)}
    scores["linear_probe"] = _probes(dataset, observer, untrained, tell)
    return scores | {"step": int(arrays["step"])}


def _probes(
    dataset: Dataset, observer: Any, untrained: Any, tell: Report
) -> dict[str, dict[str, float]]:
    """Linear-probe accuracy of every target from pixels, untrained h, h and z."""
    asked = targets(dataset)
    if not asked:
        return {}
    tell(None, "encoding the pictures")
    both = [observer.encode(dataset.x_train), observer.encode(dataset.x_test)]
    if not all(np.isfinite(vectors).all() for pair in both for vectors in pair):
        raise TrainingError(
            "Expected representations of finite numbers, found others: the run diverged before "
            "its checkpoint; train again with a lower learning rate."
        )
    vectors = {
        "h": (both[0][0], both[1][0]),
        "z": (both[0][1], both[1][1]),
        "untrained": tuple(untrained.encode(x)[0] for x in (dataset.x_train, dataset.x_test)),
    }
    rows = probed(len(dataset.x_train))  # of pixels no more than the probe learns from
    vectors["pixels"] = (small_pixels(dataset.x_train[rows]), small_pixels(dataset.x_test))
    found: dict[str, dict[str, float]] = {}
    jobs = [(source, target) for source in vectors for target in asked]
    for i, (source, target) in enumerate(jobs):
        tell(i / len(jobs), f"probing {source} for {target}")
        (train, test), (y_train, y_test) = vectors[source], asked[target]
        y_train = y_train[rows] if source == "pixels" else y_train
        scores = found.setdefault(source, {})
        same = [known for known in scores if np.array_equal(asked[known][0], asked[target][0])]
        axes = PIXEL_AXES if source == "pixels" else None
        scores[target] = (
            scores[same[0]] if same else linear_probe(train, y_train, test, y_test, axes=axes)
        )
    return found
