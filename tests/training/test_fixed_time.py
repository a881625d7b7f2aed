"""Training for seconds, of a model whose steps take what the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simclr_core.base.errors import Diverged
from simclr_core.training import fixed_time


class Steps:
    """A model whose steps take given seconds on a clock that only they move."""

    def __init__(self, seconds: Callable[[int], float], loss: Callable[[int], float]) -> None:
        self.seconds, self.loss, self.done, self.now = seconds, loss, 0, 0.0

    def fit(self, feed: Batches, callbacks: list[Any], **_: Any) -> None:
        """Steps as Keras makes them, until a callback ends them."""
        self.stop_training = False
        while not self.stop_training:
            for callback in callbacks:
                callback.set_model(self)
                callback.on_train_batch_begin(self.done)
            assert feed[self.done] == (self.done,)
            self.now += self.seconds(self.done)
            self.done += 1
            for callback in callbacks:
                callback.on_train_batch_end(self.done - 1, {"loss": self.loss(self.done)})


class Batches:
    """The batch of each step is its number."""

    def __getitem__(self, index: int) -> tuple[int]:
        return (index,)


def trained(
    monkeypatch: pytest.MonkeyPatch, model: Steps, seconds: float = 0.0, **options: Any
) -> float:
    monkeypatch.setattr(fixed_time.time, "perf_counter", lambda: model.now)
    return sum(fixed_time.train_for(model, Batches(), seconds=seconds, **options))


@pytest.mark.parametrize("step", [0.002, 0.01, 0.05, 0.4])
@pytest.mark.parametrize("seconds", [4.0, 30.0])
def test_seconds_are_filled_whatever_a_step_takes(monkeypatch, step: float, seconds: float) -> None:
    """The first step, which compiles, does not count; the pace is found within the seconds."""
    model = Steps(lambda i: 9.0 if not i else step, lambda _: 1.0)
    spent = trained(monkeypatch, model, seconds, hold=5)
    assert spent == pytest.approx(seconds, abs=1.01 * step)


def test_seconds_stay_when_the_machine_gets_slower(monkeypatch) -> None:
    model = Steps(lambda i: 0.01 if i < 200 else 0.03, lambda _: 1.0)
    assert trained(monkeypatch, model, 10.0, hold=5) == pytest.approx(10.0, abs=0.1)


def test_a_loss_that_is_no_number_ends_it_with_a_sentence(monkeypatch) -> None:
    model = Steps(lambda _: 0.01, lambda step: float("nan") if step == 7 else 1.0)
    with pytest.raises(Diverged, match="step 7; take a lower learning rate"):
        trained(monkeypatch, model, 5.0, hold=5)
    assert model.done == 7


def test_a_number_of_steps_is_made_and_each_is_seen_once(monkeypatch) -> None:
    """Four steps of 2 s, of which the first does not count: 6 s."""
    model, seen, shares = Steps(lambda _: 2.0, lambda step: 1.0 / step), [], []
    spent = trained(
        monkeypatch,
        model,
        steps=4,
        on_batch=lambda step, logs: seen.append((step, logs["loss"])),
        progress=lambda share, words: shares.append((share, words)),
    )
    assert spent == pytest.approx(6.0)
    assert seen == [(1, 1.0), (2, 0.5), (3, 1 / 3), (4, 0.25)]
    assert shares == [(1.0, "step 4 of 4")]


def test_seconds_of_what_looks_on_do_not_count(monkeypatch) -> None:
    model = Steps(lambda _: 1.0, lambda _: 1.0)

    def look(step: int, logs: dict[str, Any]) -> None:
        model.now += 50.0

    assert trained(monkeypatch, model, steps=6, on_batch=look) == pytest.approx(5.0)
