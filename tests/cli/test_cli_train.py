"""Following a run: progress, interrupts, the figures at the end."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from types import SimpleNamespace

import pytest

from cli_calls import call, end_run
from simclr_core.base.errors import RunError
from simclr_core.base.files import append_lines, write_json
from simclr_core.cli import train as cli_train
from simclr_core.cli.output import LineDisplay, clock, ordinal
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig
from simclr_core.workers import launch

TRAIN_KEYS = {
    "run",
    "status",
    "steps",
    "seconds",
    "images_per_second",
    "loss",
    "knn_accuracy",
    "knn_accuracy_untrained",
    "knn_accuracy_pixels",
    "device",
    "backend",
}


class FakeWorker:
    """Holds a run as a worker does, obeys a request to pause."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.handle = run.take()
        self.write(state=states.RUNNING, attempt=1, step=10, steps=90, phase="training")
        self.thread = threading.Thread(target=self._work, daemon=True)

    def write(self, **status: object) -> None:
        self.run.write_status(**status)

    def _work(self) -> None:
        deadline = time.monotonic() + 60
        while self.run.requested(1) != "pause" and time.monotonic() < deadline:
            time.sleep(0.02)
        self.write(state=states.PAUSED, step=12)
        os.close(self.handle)


def test_an_interrupt_pauses_the_run_and_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: RunStore
) -> None:
    workers: list[FakeWorker] = []

    def start(store: RunStore, config: RunConfig, name: str) -> Run:
        workers.append(FakeWorker(store.create(config, name)))
        workers[0].thread.start()
        threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT)).start()
        return workers[0].run

    monkeypatch.setattr(launch, "start", start)
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    place = ["--runs", str(store.root)]
    code, out, err = call(capsys, "train", "--data", "digits", *place, "--json")
    run = workers[0].run
    assert signal.getsignal(signal.SIGINT) is before[0]
    assert signal.getsignal(signal.SIGTERM) is before[1]
    assert code == 1 and not run.alive
    result = json.loads(out.splitlines()[-1])
    assert set(result) == TRAIN_KEYS
    assert (result["run"], result["status"], result["steps"]) == (run.id, "paused", 12)
    assert f"python -m simclr_core resume {run.id} --runs {store.root}" in err
    assert "Traceback" not in err


def test_a_second_interrupt_leaves_the_run_alone(
    capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    worker = FakeWorker(store.create(RunConfig()))  # never obeys: its thread is not started
    asked = cli_train.Interrupts()
    asked.count = 1
    threading.Timer(0.5, lambda: asked(signal.SIGINT, None)).start()
    args = SimpleNamespace(json=True, runs=None)
    cli_train.watch(store, worker.run, LineDisplay(), asked, args)
    assert cli_train.conclude(worker.run, args) == 1
    out, err = capsys.readouterr()
    assert worker.run.alive and worker.run.requested(1) == "pause"
    assert json.loads(out.splitlines()[-1])["status"] == "running"
    assert "continues in the background" in err
    os.close(worker.handle)


def test_a_finished_run_gives_its_figures(
    capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    run = store.create(RunConfig())
    status = {"seconds": 60.2, "images_per_second": 2000.0, "device": "2 cores"}
    end_run(run, states.FINISHED, backend="tensorflow", **status)
    scores = {"knn_accuracy": 0.84, "knn_accuracy_untrained": 0.32, "knn_accuracy_pixels": 0.44}
    write_json(run.path / "evaluation.json", {**scores, "loss": 1.25, "of": "shape"})
    assert cli_train.conclude(run, SimpleNamespace(json=True, runs=None)) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "run": run.id,
        "status": "finished",
        "steps": 40,
        "loss": 1.25,
        "backend": "tensorflow",
        **status,
        **scores,
    }
    assert (
        "Neighbours vote for the right shape: 84% (kNN accuracy; untrained 32%, pixels 44%)" in err
    )
    assert cli_train.conclude(run, SimpleNamespace(json=False, runs=None)) == 0
    assert "finished: 40 steps in 1:00" in capsys.readouterr().out
    write_json(run.path / "evaluation.json", {**scores, "of": "shape", "queries": 18})
    run.write_record({**run.record, "data": {"unfit": "noise"}})
    assert cli_train.conclude(run, SimpleNamespace(json=True, runs=None)) == 0
    err = capsys.readouterr().err
    assert "Most pictures look like noise" in err and "18 test pictures: 95% interval" in err


@pytest.mark.parametrize(
    ("error", "code"), [("DataError", 2), ("ConfigError", 2), ("Diverged", 1), (None, 1)]
)
def test_a_failed_run_gives_its_message(
    capsys: pytest.CaptureFixture[str], store: RunStore, error: str | None, code: int
) -> None:
    run = store.create(RunConfig())
    with (run.path / "metrics.jsonl").open("wb") as file:
        append_lines(file, [{"step": 1, "loss": 5.5}])
    end_run(run, states.FAILED, error=error, message="The loss became NaN.", hint="Try\nless.")
    assert cli_train.conclude(run, SimpleNamespace(json=True, runs=None)) == code
    out, err = capsys.readouterr()
    assert err == "error: The loss became NaN. Try less.\n"
    assert json.loads(out)["status"] == "failed" and json.loads(out)["loss"] == 5.5
    assert json.loads(out)["knn_accuracy"] is None


def test_a_dead_worker_is_told_from_a_failed_one(
    capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    run = store.create(RunConfig())
    end_run(run, states.RUNNING)  # its lock is free: nobody works on it
    assert cli_train.conclude(run, SimpleNamespace(json=False, runs=None)) == 1
    assert "log.txt" in capsys.readouterr().err


def test_a_waiting_run_tells_its_place(monkeypatch: pytest.MonkeyPatch, store: RunStore) -> None:
    monkeypatch.setattr(launch, "advance", lambda store: [])
    waiting = [store.create(RunConfig()) for _ in range(2)]
    for place, run in enumerate(waiting):
        handle = run.take()
        run.write_status(state=states.QUEUED, queued=100.0 + place)
        os.close(handle)
    look = cli_train.Follower(store, waiting[1]).look(waiting[1].status, pausing=False)
    assert look == ("waiting: 2nd in the queue", None, "")


def test_only_a_run_that_can_go_on_is_resumed(
    capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    run = store.create(RunConfig())
    end_run(run, states.FINISHED)
    code, _, err = call(capsys, "resume", run.id, "--runs", str(store.root))
    assert (code, err.count("\n")) == (1, 1) and "found a finished one" in err
    with pytest.raises(RunError):
        launch.resume(store, run)


def test_lines_come_when_something_changes(capsys: pytest.CaptureFixture[str]) -> None:
    report = LineDisplay(patience=60.0, quiet=0.0)
    for share in (0.0, 0.01, 0.05, 0.1, 0.15, 0.2):
        report.show("training", share, "loss 2.00")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"training · {p} · loss 2.00" for p in ("0%", "10%", "20%")]


def test_words_for_numbers() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th")
    ]
    assert [clock(s) for s in (0, 24.4, 59.6, 3723)] == ["0:00", "0:24", "1:00", "1:02:03"]


def test_resume_without_a_checkpoint_says_that_it_starts_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: RunStore
) -> None:
    run = store.create(RunConfig())
    end_run(run, states.PAUSED)
    monkeypatch.setattr(launch, "resume", lambda store, run: None)
    place = ["--runs", str(store.root)]
    assert "starts again at step 0" in call(capsys, "resume", run.id, *place)[2]
    (run.path / "checkpoint.npz").touch()
    assert "starts again" not in call(capsys, "resume", run.id, *place)[2]


def test_what_was_left_out_of_the_data_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: RunStore, tmp_path
) -> None:
    import cv2

    from small_parts import pictures

    for i, picture in enumerate(pictures(20)):
        cv2.imwrite(str(tmp_path / f"{i}.png"), picture)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    monkeypatch.setattr(launch, "advance", lambda store: [])
    monkeypatch.setattr(cli_train, "watch", lambda *_: None)
    words = ("--batch-size", "4", "--image-size", "16", "--runs", str(store.root))
    _, out, err = call(capsys, "train", "--data", str(tmp_path), *words)
    assert "broken.png" in out + err and len(list(store)) == 1
