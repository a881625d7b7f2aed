"""A trainer in this process that somebody asks to pause or stop."""

from __future__ import annotations

from simclr_core.runs.run import Run
from simclr_core.training.trainer import Trainer
from trained_run import CPU


class TrainerWithRequest(Trainer):
    """A trainer that finds a request after a number of steps."""

    def __init__(self, run: Run, request: str, after: int) -> None:
        super().__init__(run, CPU, "float32")
        self.request, self.after = request, after

    def asked(self) -> str | None:
        """Return the request from step `after` on, None before."""
        return self.request if self.progress.step >= self.after else None
