"""All measurements one after another, as rows of a table and as JSON."""

from __future__ import annotations

import contextlib
import math
import platform
from collections.abc import Callable
from typing import Any

from ..machine.devices import Device
from ..model.backend import prepare, start_framework
from .layouts import POINTS, measure_layouts
from .rounds import Figure
from .whole_runs import first_loss_seconds, observation, training

# Parts that start processes come before the framework is loaded here and changes the settings
# that they inherit.
PARTS = ("start", "observation", "umap", "length", "gpu", "steps", "views", "precision", "data")
GPU_SECONDS = 600.0  # most time for all encoders together
OBSERVED_SECONDS = 60.0  # a whole run of the preset `minute`


class Benchmark:
    """Measures part by part.

    Args:
        device: where the steps run.
        rounds: of every part; figures are medians over them.
        progress: called with a line about each measurement.

    Attributes:
        rows: for people: what was measured, the median, the spread over the rounds.
        json: for programs: the same figures by name.
    """

    def __init__(self, device: Device, rounds: int, progress: Callable[[str], None]) -> None:
        self.device, self.rounds, self._progress = device, rounds, progress
        self.rows: list[tuple[str, str, str]] = []
        self.json: dict[str, Any] = {"device": device.name, "rounds": rounds}
        self.json |= {"machine": platform.machine(), "system": platform.system()}

    def measure(self, parts: tuple[str, ...]) -> None:
        """Measure some of `PARTS`, in an order in which none disturbs the next."""
        for part in PARTS:
            if part in parts:
                self._progress(f"measuring {part}")
                getattr(self, f"_{part}")()

    def _steps(self) -> None:
        self._framework()
        from .steps import measure_steps

        figures = measure_steps(self.device.id != "cpu", self.rounds, budget=2.0)
        names = {
            "encoder": "bare step of the reference encoder",
            "train": "full step of the reference encoder",
            "preset": "full step of the preset minute",
        }
        views = "views inside the full step (with NT-Xent and feeding), views/s"
        self._row(views, figures["views"], "{:,.0f}")
        self.json["views_in_step_per_second"] = round(figures["views"].median, 1)
        for name, words in names.items():
            self._row(f"{words}, images/s", figures[name], "{:,.0f}")
            self.json[f"{name}_images_per_second"] = round(figures[name].median, 1)
        share = figures["train"].per(figures["encoder"])
        self._row("full step over bare step", share, "{:.3f}")
        self.json["train_over_encoder"] = round(share.median, 4)

    def _views(self) -> None:
        self._framework()
        from .steps import measure_views

        speeds = measure_views(self.rounds, budget=0.5)
        for name, sizes in speeds.items():
            for size, figure in sizes.items():
                self._row(f"views, {name}, {size} px, views/s", figure, "{:,.0f}")
        medians = {
            name: {size: round(figure.median, 1) for size, figure in sizes.items()}
            for name, sizes in speeds.items()
        }
        self.json["views_per_second"] = medians["all"]
        self.json["views_per_second_by_operation"] = medians

    def _precision(self) -> None:
        self._framework()
        from .precisions import measure_precisions

        presets = measure_precisions(self.rounds, budget=1.0)
        self.json["bfloat16_times_as_fast"] = times = {}
        for preset, figures in presets.items():
            for name, figure in figures.items():
                self._row(f"step of {preset} in {name}, ms", figure.times(1e3), "{:.1f}")
            ratio = figures["float32"].per(figures["bfloat16"])
            self._row(f"bfloat16 over float32, {preset}, times as fast", ratio, "{:.2f}")
            times[preset] = round(ratio.median, 3)

    def _umap(self) -> None:
        seconds: dict[str, dict[str, float]] = {}
        self.json["umap_seconds"] = seconds
        for beside in (False, True):
            with training(self.device.id) if beside else contextlib.nullcontext():
                for points in POINTS:
                    for name, figure in measure_layouts(points, self.rounds).items():
                        key = f"{name}, beside training" if beside else name
                        self._row(f"{key}, {points:,} points, s", figure, "{:.3f}")
                        sizes = seconds.setdefault(str(points), {})
                        sizes[key.replace(", ", "_").replace(" ", "_")] = round(figure.median, 4)

    def _start(self) -> None:
        seconds: dict[str, list[float]] = {"cold": [], "warm": []}
        for _ in range(self.rounds):
            for name, values in seconds.items():
                values.append(first_loss_seconds(self.device.id, warm=name == "warm"))
        for name, values in seconds.items():
            self._row(f"start to first loss, {name}, s", Figure(tuple(values)), "{:.2f}")
        self.json["first_loss_seconds"] = {
            name: round(Figure(tuple(values)).median, 3) for name, values in seconds.items()
        }

    def _observation(self) -> None:
        rounds = [observation(self.device.id, OBSERVED_SECONDS) for _ in range(min(self.rounds, 3))]
        shares = {name: Figure(tuple(r[name] for r in rounds)) for name in rounds[0]}
        for name, figure in shares.items():
            self._row(f"observation, {name}, share of the machine", figure, "{:.3f}")
        self.json["observation_cost"] = round(shares["total"].median, 4)
        self.json["observation_parts"] = {k: round(v.median, 4) for k, v in shares.items()}

    def _length(self) -> None:
        from .slopes import by_length

        figures = by_length(self.device.id)
        steps = f"{figures['steps']:,.0f} steps in ten minutes"
        self.rows.append(
            (f"a step at the end over one at the start, {steps}", f"{figures['step']:.3f}", "")
        )
        self.rows.append(
            ("memory of the worker, growth meanwhile, MB", f"{figures['memory'] / 1e6:.1f}", "")
        )
        self.json["length"] = {name: round(value, 4) for name, value in figures.items()}

    def _gpu(self) -> None:
        if self.device.id == "cpu":
            self._progress("no GPU is used, so there are no figures of one")
            return
        from .gpus import measure_gpu

        for row in measure_gpu(self.device, GPU_SECONDS, self._progress):
            self.json.setdefault("gpu", []).append(row)
            what = f"{row['encoder']}, {row['precision']}, N = {row['batch']}, images/s"
            self.rows.append((what, f"{row.get('images_per_second', math.nan):,.0f}", ""))

    def _data(self) -> None:
        self._framework()
        from .slopes import COUNTS, MAPPED, by_data_size

        figures, read = by_data_size(self.device.id != "cpu", self.rounds, budget=4.0)
        resident = figures[f"{COUNTS[-1]:,}"]
        for name, figure in figures.items():
            self._row(
                f"full step of the preset minute, {name} pictures, images/s", figure, "{:,.0f}"
            )
        for name, other in ((MAPPED, resident), (f"{COUNTS[-1]:,}", figures[f"{COUNTS[0]:,}"])):
            share = figures[name].per(other)
            words = "in memory" if name == MAPPED else f"{COUNTS[0]:,}"
            self._row(f"speed with {name} pictures over {words}", share, "{:.3f}")
            key = "mapped_over_resident" if name == MAPPED else "large_over_small"
            self.json[key] = round(share.median, 4)
        self.rows.append(
            ("share of the pictures on disk that was read from it meanwhile", f"{read:.0%}", "")
        )
        self.json["images_per_second_by_pictures"] = {
            name: round(figure.median, 1) for name, figure in figures.items()
        }

    def _framework(self) -> None:
        """Start the backend in this process, once, and only if a part needs it here.

        This comes before anything that imports the backend: `prepare` sets what it reads then.
        """
        if "backend" in self.json:
            return
        prepare(self.device)
        start_framework()
        import keras

        self.json["backend"] = keras.backend.backend()

    def _row(self, what: str, figure: Figure, form: str) -> None:
        self.rows.append((what, form.format(figure.median), f"{figure.spread:.0%}"))
        self._progress(f"{what}: {self.rows[-1][1]}")
