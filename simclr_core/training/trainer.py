"""Train a run from its folder: data, model, steps, snapshots, checkpoint.

    config.json -> images -> views -> h -> z -> loss -> metrics, snapshots, checkpoint

What a run does beside its steps is in `callbacks`; this file combines it.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras
import psutil

from ..base.errors import DataError, RunDamaged
from ..data.datasets import Dataset, check_fit, load_dataset
from ..machine.devices import Device
from ..machine.memory import available
from ..model import memory
from ..model.backend import bring_home
from ..model.encoders import check_encoder
from ..model.simclr import Feed, launch_together
from ..runs import states
from ..runs.provenance import average_speed, describe_data, hardware, versions
from ..runs.run import Run
from ..runs.snapshots.checkpoint import load_checkpoint
from ..runs.snapshots.observer import Observer, Probe
from ..settings import config
from ..settings.config import RunConfig
from . import precision
from .callbacks import Checkpoints, MetricsLog, Snapshots, StatusLine, StepPairs, StopOnRequest
from .clock import Clock, TrainingProgress
from .engine import Engine, WarmEngine, build_engine
from .evaluation import final_scores, untrained_observer
from .step_pairs import compared


class Trainer:
    """One worker's time with a run, from reading its config to its last status.

    Args:
        run: its lock is held by this process.
        device: where to train.
        wanted: float32, bfloat16 or float16; auto is settled once the pictures are read.
        warm: made before there was a run; used if it suits.
    """

    def __init__(
        self, run: Run, device: Device, wanted: str, warm: WarmEngine | None = None
    ) -> None:
        self.run, self.device = run, device
        self.number = int(run.status.get("attempt", 0))
        self.record = run.record
        self.config = run.config
        training = config.replace(self.config.training, precision=wanted)
        self.effective: RunConfig = config.replace(self.config, training=training)
        self.jit = device.id.startswith("gpu")
        self._warm = warm
        self.progress = TrainingProgress(self.effective, steps=self.config.training.steps)
        self.size = 0  # pixels per side, once the pictures are read
        self.first = 0  # step that the run began at: not 0 for a fork
        self.signalled = False  # the system asked this process to end

    def asked(self) -> str | None:
        """Return what was asked of this attempt: "pause", "stop" or None."""
        return "pause" if self.signalled else self.run.requested(self.number)

    def train(self) -> None:
        """Train to the end or until asked to stop, and write how it ended.

        Raises:
            LabError: with what to do; the run can be resumed unless its data are unfit.
        """
        self._phase("reading pictures")
        dataset = self._dataset()
        self._count_epochs(len(dataset.x_train))
        if self._ended_early():
            return
        self.size = dataset.image_size
        self._settle_precision()
        memory.check(self.effective, self.size, self.room())
        self._phase("building the network")
        engine = self._engine(dataset.image_size)
        model, self._schedule, observer = engine.model, engine.schedule, engine.observer
        self._restore(model)
        probe = Probe(dataset, self.config.training.probe_size, self.config.views)
        self.run.write_probe(probe.arrays())
        if not self._ended_early():
            self._fit(model, dataset, probe, observer)
            self._finish(model, dataset, observer)

    def room(self) -> float:
        """Return the bytes that this attempt may fill where it trains, those it has included."""
        if self.device.id != "cpu":
            return self.device.memory or math.inf
        return available() + psutil.Process().memory_info().rss

    def _dataset(self) -> Dataset:
        """Load the run's data, check and record them."""
        data = self.config.data
        dataset = load_dataset(
            data.source, data.image_size or None, max_images=data.max_images or None
        )
        check_fit(dataset, self.config.training.batch_size)
        check_encoder(self.config.model, dataset.image_size)
        if data.content_hash not in ("", dataset.content_hash):
            raise DataError(
                f"Expected the pictures that the run began with in {data.source}, found others; "
                "put the old ones back, or start a new run."
            )
        self._record(data=config.replace(data, content_hash=dataset.content_hash))
        self.record |= {"data": describe_data(dataset), "versions": versions()}
        self.record["hardware"] = hardware(self.device)
        self.record.pop("steps_per_launch", None)  # of an earlier attempt
        self.run.write_record(self.record)
        return dataset

    def _count_epochs(self, pictures: int) -> None:
        """Turn a budget of epochs into steps, once the pictures are counted."""
        training = self.config.training
        if training.steps or not training.epochs:
            return
        steps = max(1, round(training.epochs * (pictures // training.batch_size)))
        self.progress.steps = steps
        self._write_steps(steps, "epochs")

    def _settle_precision(self) -> None:
        training = self.effective.training
        chosen = precision.choose(training.precision, self.device, self.effective, self.size)
        self.effective = config.replace(
            self.effective, training=config.replace(training, precision=chosen)
        )

    def _engine(self, size: int) -> Engine:
        """Return the warm engine if it suits, else a new one: the same weights either way."""
        engine = self._warm.take(self.effective, size, self.jit) if self._warm else None
        self._warm = None
        model, training = self.effective.model, self.effective.training
        return engine or build_engine(model, training, size, self.jit)

    def _record(self, **changes: Any) -> None:
        """Change the config of this run, in memory."""
        self.config = config.replace(self.config, **changes)
        self.record["config"] = config.to_dict(self.config)

    def _restore(self, model: Any) -> None:
        """Go on from the checkpoint, if there is one; drop what the logs hold beyond it."""
        path, p, came = self.run.checkpoint_path, self.progress, self.run.origin
        if path.exists():
            p.step, p.seconds = load_checkpoint(path, model)
        elif came:
            raise RunDamaged(
                f"Run {self.run.id}: expected {path.name}, which it began with, found none; "
                f"fork run {came.run} again."
            )
        self.run.drop_beyond(p.step if p.step else -1)
        self._schedule.total.assign(p.steps)
        self.first = came.step if came else 0
        self._schedule.first.assign(self.first)  # the optimiser of a fork counts from there

    def _fit(self, model: Any, dataset: Dataset, probe: Probe, observer: Observer) -> None:
        """Keras' `fit` from this step to the last, with everything beside it as callbacks."""
        p = self.progress
        # Where seconds are to become steps, their pace must stay what it was when they did.
        several = bool(p.steps) and several_steps(self.device)
        clock = Clock(p, partial(self._found_steps, model), pace=several)
        snapshots = Snapshots(self.run, p, probe, observer, clock)
        if p.step == self.first:
            snapshots.take()
        if p.steps and p.step >= p.steps:
            return
        self._phase(states.COMPILING)
        log = MetricsLog(self.run, p)
        checkpoints = Checkpoints(self.run, p)
        feed = self._feed(dataset)
        small = Observer(model, self.jit, batch=2 * compared(feed))
        pairs = StepPairs(self.run, p, feed, small)
        beside = [
            clock,
            log,
            snapshots,
            checkpoints,
            pairs,
            StatusLine(self.run, p),
            StopOnRequest(p, self.asked),
        ]
        try:
            self._make_steps(model, dataset, beside)
            if clock.together > 1 and not p.ended:
                self._launch_together(model, clock.together)
                self._make_steps(model, dataset, beside)
        finally:
            log.flush()
        if p.ended == "stop":
            snapshots.take()
        pairs.save()
        checkpoints.save()

    def _make_steps(self, model: Any, dataset: Dataset, beside: list[Any]) -> None:
        model.fit(self._feed(dataset), callbacks=beside, verbose=0, shuffle=False)

    def _feed(self, dataset: Dataset) -> Feed:
        """Return the batches from this step to the last."""
        p, training = self.progress, self.effective.training
        return Feed(
            dataset.x_train,
            self.config.views,
            training.batch_size,
            training.seed,
            start=p.step,
            end=p.steps or None,
        )

    def _launch_together(self, model: Any, steps: int) -> None:
        """Launch several steps together from here on."""
        self.record["steps_per_launch"] = steps
        self.run.write_record(self.record)
        bring_home(model)
        launch_together(model, steps)

    def _found_steps(self, model: Any, steps: int) -> None:
        """Write the number of steps that calibration found; from here on steps rule."""
        bring_home(model)
        self._write_steps(steps, "seconds")
        self._schedule.total.assign(steps)

    def _write_steps(self, steps: int, budget: str) -> None:
        self._record(training=config.replace(self.config.training, steps=steps))
        self.record["steps_from"] = budget
        self.run.write_record(self.record)

    def _finish(self, model: Any, dataset: Dataset, observer: Observer) -> None:
        """Write the final figures, and the state that the run ends in."""
        if self.progress.ended:
            self._write_end(self.progress.ended)
            return
        self._phase("evaluating")
        began = untrained_observer(self.run, self.effective, dataset.image_size, self.jit)
        scores = final_scores(dataset, observer, began)
        p = self.progress
        scores |= {"step": p.step, "loss": p.loss, "seconds": round(p.seconds, 3)}
        scores["images_per_second"] = average_speed(self.run)
        self.run.write_evaluation(scores)
        self.run.write_status(state=states.FINISHED, phase="", seconds_left=0, **self._totals())

    def _totals(self) -> dict[str, Any]:
        p = self.progress
        return {
            "step": p.step,
            "steps": p.steps,
            "loss": p.loss,
            "seconds": round(p.seconds, 3),
            "images_per_second": average_speed(self.run),
        }

    def _ended_early(self) -> bool:
        """Obey a pause or stop that came before the first step."""
        request = self.asked()
        if request:
            self._write_end(request)
        return bool(request)

    def _write_end(self, request: str) -> None:
        state = states.PAUSED if request == "pause" else states.STOPPED
        self.run.write_status(state=state, phase="", seconds_left=None, **self._totals())

    def _phase(self, words: str) -> None:
        """Say what goes on before and after the steps."""
        self.run.write_status(
            state=states.STARTING if words != "evaluating" else states.RUNNING,
            phase=words,
            device=self.device.name,
            backend=keras.backend.backend(),
            precision=self.effective.training.precision.replace("auto", ""),
            step=self.progress.step,
            steps=self.progress.steps,
        )


def several_steps(device: Device) -> bool:
    """Return whether steps may launch together: on GPUs, except on PyTorch (Keras refuses)."""
    return device.id.startswith("gpu") and keras.backend.backend() != "torch"
