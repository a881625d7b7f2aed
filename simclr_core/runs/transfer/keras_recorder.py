"""`RunRecorder`: a Keras callback that writes a run folder from any training with `fit`.

    from simclr_core.recorder_keras import RunRecorder

    recorder = RunRecorder(encoder, images, labels, name="my training")
    model.fit(data, epochs=5, callbacks=[recorder])

The run is on the app's list at once, and its map grows while it trains.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from .. import states
from ..run import Run
from ..store import RunStore
from .recorder import Recording

BATCH = 250  # pictures a forward pass


class RunRecorder(keras.callbacks.Callback):
    """Records a training: its loss step by step, and what an encoder makes of some pictures.

    Args:
        encoder: a Keras model, pictures (N, S, S, 3) -> representations h (N, ...).
        images: (P, S, S, 3) uint8, or float in [0, 1]: some hundred pictures.
        labels: (P,) int; for colours and scores alone.
        class_names: of the labels.
        projection_head: a Keras model, h -> z, if there is one.
        prepare: pictures as float32 in [0, 1] to what the encoder takes; None: as they are.
        every: steps between two snapshots.
        name: of the run.
        store: where runs lie; None takes the app's.

    Raises:
        DataError: pictures or labels have another form.
    """

    def __init__(
        self,
        encoder: Any,
        images: np.ndarray,
        labels: np.ndarray | None = None,
        class_names: Sequence[str] = (),
        projection_head: Any = None,
        prepare: Callable[[np.ndarray], np.ndarray] | None = None,
        every: int = 100,
        name: str = "",
        store: RunStore | None = None,
    ) -> None:
        super().__init__()
        if every < 1:
            raise ValueError(f"every: expected at least 1 step, found {every}")
        self.encoder, self.projection_head, self.prepare = encoder, projection_head, prepare
        self.every, self.step = every, 0
        self._begin = lambda: Recording(images, labels, class_names, name, "a notebook", store)
        self._recording: Recording | None = None
        self.run: Run | None = None  # once `fit` has begun

    def on_train_begin(self, logs: Any = None) -> None:
        """Make the run folder, and encode the pictures with the weights as they are."""
        self._recording, self.step = self._begin(), 0
        self.run = self._recording.run
        self._snapshot()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Record a row of what Keras logs, and a snapshot now and then."""
        self.step += 1
        values = {k: float(v) for k, v in (logs or {}).items() if math.isfinite(float(v))}
        self._open.log(self.step, **values)
        if self.step % self.every == 0:
            self._snapshot()

    def on_train_end(self, logs: Any = None) -> None:
        """Record the last snapshot."""
        if self.step % self.every:
            self._snapshot()
        self._open.finish(states.FINISHED)

    @property
    def _open(self) -> Recording:
        if self._recording is None:
            raise RuntimeError("expected a training that has begun, found none; pass it to fit()")
        return self._recording

    def _snapshot(self) -> None:
        images = self._open.images.astype(np.float32) / 255
        h_parts, z_parts = [], []
        for start in range(0, len(images), BATCH):
            block = images[start : start + BATCH]
            h = self.encoder(self.prepare(block) if self.prepare else block, training=False)
            h_parts.append(keras.ops.convert_to_numpy(h))
            if self.projection_head is not None:
                z = self.projection_head(h, training=False)
                z_parts.append(keras.ops.convert_to_numpy(z))
        z = np.concatenate(z_parts) if z_parts else None
        self._open.snapshot(self.step, np.concatenate(h_parts), z)
