"""The analysis worker on a real run: the numbers, what comes first, and what may go wrong."""

from __future__ import annotations

import contextlib
import json
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from child_processes import lock_holder, wait_for
from simclr_core.base.files import write_json, write_npz
from simclr_core.base.locks import is_locked
from simclr_core.base.paths import PROJECT
from simclr_core.base.progress import Progress
from simclr_core.questions import jobs
from simclr_core.questions.analyst import Analyst
from simclr_core.questions.answers import Arrays, Question
from simclr_core.questions.job import Job, encode_job
from simclr_core.questions.jobs import LONG_QUESTIONS, QUESTIONS, ask
from simclr_core.questions.reply import Reply, follow
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.workers import helpers, queue_worker, worker
from simclr_core.workers.line import line_of
from simclr_core.workers.queue import INPUT, PROGRESS, REQUEST
from small_parts import SIZE, config, pictures, source
from trained_run import observer, trained

STEPS = 6


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of a few steps, the only one of its store."""
    folder = tmp_path_factory.mktemp("analyst")
    return trained(RunStore(folder / "runs"), config(source(folder), steps=STEPS))


@pytest.fixture(scope="module")
def under_test(run: Run) -> Analyst:
    """An analyst in this process, whose networks all tests share."""
    return Analyst(RunStore(run.path.parent))


@pytest.fixture(autouse=True)
def no_jobs(run: Run) -> Iterator[None]:
    """Every test begins without questions and answers."""
    yield
    shutil.rmtree(run.path / "jobs", ignore_errors=True)


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Run:
    """A copy of the run in a store of its own, to be damaged."""
    shutil.copytree(run.path, tmp_path / "runs" / run.id)
    return Run(tmp_path / "runs" / run.id)


def answer_of(under_test: Analyst, run: Run, job: Job) -> Reply:
    key = ask(run, job)
    assert under_test.turn()
    return follow(run, key)


def floats(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, SIZE, SIZE, 3), np.float32)


# The numbers


@pytest.mark.parametrize("images", [pictures(5), floats(5), floats(1), pictures(150, seed=3)])
def test_answers_are_what_the_runs_network_gives(
    run: Run, under_test: Analyst, images: np.ndarray
) -> None:
    found = answer_of(under_test, run, encode_job(images))
    h, z = observer(run).encode(images)
    assert found.arrays is not None and found.arrays["step"] == STEPS
    np.testing.assert_allclose(found.arrays["h"], h, atol=1e-5)
    np.testing.assert_allclose(found.arrays["z"], z, atol=1e-5)
    assert found.arrays["h"].dtype == found.arrays["z"].dtype == np.float32


def test_every_snapshot_gives_again_what_was_written_while_training(
    run: Run, under_test: Analyst
) -> None:
    probe = run.probe()["images"]
    steps = run.snapshot_steps()
    assert len(steps) > 2
    for step in steps:
        found = answer_of(under_test, run, encode_job(probe, step=step)).arrays
        np.testing.assert_allclose(found["h"], run.snapshot(step)["h"], atol=1e-5)
        np.testing.assert_allclose(found["z"], run.snapshot(step)["z"], atol=1e-5)
        assert found["step"] == step
    first = answer_of(under_test, run, encode_job(probe, "untrained")).arrays
    np.testing.assert_allclose(first["h"], run.snapshot(0)["h"], atol=1e-5)
    assert np.abs(run.snapshot(0)["h"] - run.snapshot(STEPS)["h"]).max() > 1e-2


def test_without_its_first_snapshot_the_untrained_network_comes_from_the_seed(
    copy: Run, under_test: Analyst
) -> None:
    (copy.path / "snapshots" / "00000000.weights.npz").unlink()
    probe = copy.probe()["images"]
    own = Analyst(RunStore(copy.path.parent))
    for _ in range(2):  # a network that held other weights would give theirs
        found = answer_of(own, copy, encode_job(probe, "untrained")).arrays
        np.testing.assert_allclose(found["h"], copy.snapshot(0)["h"], atol=1e-5)
        other = trained_twin(copy)
        theirs = answer_of(own, other, encode_job(probe, "untrained")).arrays["h"]
        np.testing.assert_allclose(theirs, observer(other, 0).encode(probe)[0], atol=1e-5)
        shutil.rmtree(copy.path / "jobs")
        shutil.rmtree(other.path / "jobs")


def trained_twin(run: Run) -> Run:
    """A run of the same shape whose weights of step 0 are others."""
    twin = Run(run.path.parent / "twin")
    if not twin.path.exists():
        shutil.copytree(run.path, twin.path)
        last = run.snapshot_steps()[-1]
        weights = run.path / "snapshots" / f"{last:08d}.weights.npz"
        shutil.copy(weights, twin.path / "snapshots" / "00000000.weights.npz")
    return twin


# What comes first


class Recorder:
    """A kind that remembers what it was asked, and may be held up in the middle."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.between = lambda: None
        self.told: list[Reply] = []

    def __call__(self, asked: Question, tell: Progress) -> Arrays:
        self.asked.append(asked.parameters["number"])
        tell(0.5, "half of it")
        self.between()
        tell(0.6, "more of it")
        return {"number": np.array(asked.parameters["number"])}


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Progress is written at every word."""
    monkeypatch.setattr(queue_worker, "TELL_EVERY", -1.0)
    return Recorder()


def numbered(run: Run, number: int) -> str:
    return ask(run, Job("count", {"number": number}))


def counting(run: Run, recorder: Recorder) -> Analyst:
    return Analyst(RunStore(run.path.parent), {"count": recorder})


def test_the_newest_question_is_answered_first(run: Run, recorder: Recorder) -> None:
    for number in (1, 2, 3):
        numbered(run, number)
    follow(run, numbered(run, 1))  # somebody waits for an old one: that makes it no newer
    counter = counting(run, recorder)
    assert [counter.turn() for _ in range(4)] == [True, True, True, False]
    assert recorder.asked == [3, 2, 1]


def test_withdrawn_questions_are_skipped_and_equal_ones_worked_on_once(
    run: Run, recorder: Recorder
) -> None:
    keys = [numbered(run, number) for number in (1, 2, 2, 3)]
    assert keys[1] == keys[2]
    jobs.withdraw(run, keys[3])
    jobs.withdraw(run, keys[1])
    follow(run, keys[1])  # another browser still waits
    counter = counting(run, recorder)
    while counter.turn():
        pass
    assert recorder.asked == [2, 1]
    assert follow(run, keys[1]).arrays["number"] == 2
    numbered(run, 2)
    assert not counter.turn()  # answered: a later question finds the answer


def test_work_that_nobody_waits_for_any_more_ends(
    run: Run, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_worker, "GRACE", 0.0)
    key = numbered(run, 1)
    recorder.between = lambda: jobs.withdraw(run, key)
    counter = counting(run, recorder)
    assert counter.turn() and not counter.turn()
    assert follow(run, key) == Reply(key=key) and not list((run.path / "jobs").iterdir())


def test_work_goes_on_for_whoever_still_waits(
    run: Run, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_worker, "GRACE", 0.0)
    key = numbered(run, 1)

    def one_goes_another_looks() -> None:
        jobs.withdraw(run, key)
        recorder.told.append(follow(run, key))

    recorder.between = one_goes_another_looks
    assert counting(run, recorder).turn()
    (told,) = recorder.told
    asked = replace(told, asked=0.0)
    assert asked == Reply(words="half of it", share=0.5, waiting=True, key=key)
    assert follow(run, key).arrays is not None


def test_a_short_question_is_answered_in_the_midst_of_a_long_one(
    run: Run, recorder: Recorder
) -> None:
    root = RunStore(run.path.parent)
    long = Analyst(root, {"layout": recorder}, LONG_QUESTIONS)
    short = Analyst(root, {"count": lambda asked, tell: {"x": np.zeros(1)}})
    waits = ask(run, Job("keeps", {"number": 2}))
    ask(run, Job("layout", {"number": 1}))  # the newest comes first

    def somebody_asks() -> None:
        key = numbered(run, 3)
        assert short.turn() and follow(run, key).arrays is not None
        assert not short.turn()  # the long ones are not its own
        request = jobs.question(run, waits)
        line = line_of(LONG_QUESTIONS, root.root, request, asked=time.time() - 5)
        assert (line.ahead, line.first) == (1, "layout") and 5 <= line.seconds < 60

    recorder.between = somebody_asks
    keeps = follow(run, waits)
    assert long.turn() and keeps.waiting
    assert recorder.asked == [1]


# What may go wrong


def failure(under_test: Analyst, run: Run, job: Job) -> str:
    """The sentence that a question ends in."""
    found = answer_of(under_test, run, job)
    assert found.failed and not found.arrays
    assert found.words.endswith(".") and "\n" not in found.words
    assert not under_test.turn()  # it is not tried for ever
    return found.words


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (encode_job(np.zeros((2, 8, 8, 3), np.uint8)), r"pictures of \(16, 16, 3\), found \(8, 8"),
        (encode_job(np.zeros((2, 16, 16, 1), np.uint8)), "expected pictures of"),
        (encode_job(np.zeros((16, 16, 3), np.uint8)), r"found an array \(16, 16, 3\) of uint8"),
        (encode_job(np.zeros((0, 16, 16, 3), np.uint8)), r"found an array \(0, 16"),
        (encode_job(np.zeros((2, 16, 16, 3))), "of float64"),
        (Job("encode", {}, {}), "found an array"),
        (Job("knit"), "Expected one of .*encode, .* found 'knit'"),
    ],
)
def test_a_question_that_makes_no_sense_is_told(
    run: Run, under_test: Analyst, job: Job, words: str
) -> None:
    assert re.search(words, failure(under_test, run, job))


def test_damaged_weights_are_told_and_others_of_the_run_still_answer(copy: Run) -> None:
    own, probe = Analyst(RunStore(copy.path.parent)), copy.probe()["images"]
    path = copy.path / "snapshots" / f"{STEPS:08d}.weights.npz"
    path.write_bytes(path.read_bytes()[:2000])
    assert "00000006.weights.npz in snapshots" in failure(own, copy, encode_job(probe))
    write_npz(path, {"encoder/0000": np.zeros(3), "head/0000": np.zeros(3)})
    assert "found other shapes" in failure(own, copy, encode_job(probe))
    for step in copy.snapshot_steps()[:2]:
        found = answer_of(own, copy, encode_job(probe, step=step)).arrays
        np.testing.assert_allclose(found["h"], copy.snapshot(step)["h"], atol=1e-5)


def test_weights_that_fit_in_part_never_answer(copy: Run) -> None:
    """The encoder's fit and would be taken over before the head's are found not to."""
    own, probe = Analyst(RunStore(copy.path.parent)), copy.probe()["images"]
    before = answer_of(own, copy, encode_job(probe, step=STEPS)).arrays["h"]
    with np.load(copy.path / "snapshots" / "00000000.weights.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays |= {name: np.zeros(1) for name in arrays if name.startswith("head")}
    write_npz(copy.path / "checkpoint.npz", {**arrays, "step": np.int64(99)})
    assert "found other shapes" in failure(own, copy, encode_job(probe))
    shutil.rmtree(copy.path / "jobs")
    np.testing.assert_array_equal(
        answer_of(own, copy, encode_job(probe, step=STEPS)).arrays["h"], before
    )


def test_damaged_questions_and_settings_are_told(copy: Run) -> None:
    own = Analyst(RunStore(copy.path.parent))
    for ending, content in ((REQUEST, "{"), (INPUT, "PK"), (REQUEST, '{"kind": "encode"}')):
        key = ask(copy, encode_job(pictures(2)))
        (copy.path / "jobs" / f"{key}{ending}").write_text(content)
        assert own.turn() and not own.turn()
        assert "found damaged files; ask again." in follow(copy, key).words
        shutil.rmtree(copy.path / "jobs")
    record = copy.record
    record["config"]["model"]["encoder"] = "resnet5000"
    write_json(copy.path / "config.json", record)
    assert "resnet5000" in failure(own, copy, encode_job(pictures(2)))
    (copy.path / "config.json").write_text("{")
    assert "config.json" in failure(own, copy, encode_job(pictures(3)))


def test_what_nobody_foresaw_is_one_sentence_and_in_the_log(
    run: Run, recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("a\nb" * 300)

    recorder.between = fail
    counter = counting(run, recorder)
    text = failure(counter, run, Job("count", {"number": 1}))
    assert text.startswith("It failed unexpectedly (RuntimeError: a ba b")
    assert len(text) < 300 and "Traceback" in capsys.readouterr().out


@pytest.mark.parametrize("fails", [False, True])
def test_a_run_deleted_in_between_leaves_nothing(
    copy: Run, recorder: Recorder, fails: bool
) -> None:
    store = RunStore(copy.path.parent)

    def delete() -> None:
        store.delete(copy)
        if fails:
            raise RuntimeError("no longer there")

    recorder.between = delete
    numbered(copy, 1)
    counter = counting(copy, recorder)
    assert counter.turn() and not counter.turn()
    assert not copy.path.exists()


def test_replaced_weights_are_not_taken_for_those_that_were_asked(copy: Run) -> None:
    own, job = Analyst(RunStore(copy.path.parent)), encode_job(pictures(2))
    key = ask(copy, job)
    path = copy.path / "snapshots" / f"{STEPS:08d}.weights.npz"
    shutil.copyfile(copy.path / "snapshots" / "00000000.weights.npz", path)
    assert own.turn() and follow(copy, key) == Reply(key=key)
    again = answer_of(own, copy, job)  # as who waits does
    h, _ = observer(copy, 0).encode(job.arrays["images"])
    np.testing.assert_allclose(again.arrays["h"], h, atol=1e-5)


def test_a_question_that_ends_the_process_is_given_up(run: Run, under_test: Analyst) -> None:
    job = encode_job(pictures(2))
    key = ask(run, job)
    write_json(run.path / "jobs" / f"{key}{PROGRESS}", {"attempt": QUESTIONS.tries})
    assert under_test.turn()
    assert "Its process ended 2 times" in follow(run, key).words


def test_a_full_disk_lets_the_question_go(run: Run, recorder: Recorder) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    key = numbered(run, 1)
    recorder.between = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        assert counting(run, recorder).turn()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, previous)
    reply = follow(run, key)
    assert reply.failed and "disk" in reply.words


# For real


@contextlib.contextmanager
def process(store: RunStore, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The analysis worker, ended with the block."""
    command = [sys.executable, "-m", "simclr_core.questions.analyst", str(store.root), *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    started = subprocess.Popen(command, cwd=PROJECT, **pipes)
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def wait_for_answer(run: Run, keys: list[str]) -> list[Reply]:
    """Look until all are answered or failed, as a page does."""
    found: list[Reply] = []

    def all_there() -> bool:
        found[:] = [follow(run, key) for key in keys]
        return all(one.arrays is not None or one.failed for one in found)

    wait_for(all_there)  # it is the last in the queue for a processor that others share
    return found


def test_killed_in_the_middle_it_is_started_again_and_answers(run: Run) -> None:
    store, images = RunStore(run.path.parent), pictures(40)
    key = ask(run, encode_job(images))
    with process(store) as first:
        wait_for(lambda: follow(run, key).share is not None)
        first.send_signal(signal.SIGKILL)
        first.wait(60)
    assert follow(run, key).share is not None and not is_locked(store.root / "analyst.lock")
    assert helpers.wake(store.root, "analyst") == ""  # as the app starts it
    keeper = helpers.keepers[store.root.resolve(), "analyst"]
    started = keeper.process
    try:
        (found,) = wait_for_answer(run, [key])
        np.testing.assert_allclose(found.arrays["h"], observer(run).encode(images)[0], atol=1e-5)
        assert psutil.Process(started.pid).nice() == psutil.Process().nice()  # somebody waits
        assert helpers.wake(store.root, "analyst") == "" and keeper.process is started
        with process(store) as second:
            assert second.communicate(timeout=240)[0] == "" and second.returncode == 0
        assert started.poll() is None
        started.terminate()
        assert started.wait(60) == 0
        assert "Traceback" not in (store.root / "analyst.log").read_text()
    finally:
        started.kill()
        started.wait()
        helpers.keepers.clear()


def test_it_ends_when_there_is_nothing_to_do(run: Run, store: RunStore) -> None:
    with process(store, "--idle", "0.2") as idle:
        assert idle.wait(240) == 0  # it has loaded the framework, in case a question comes
    assert not is_locked(store.root / "analyst.lock")


def test_a_question_keeps_it_up_and_it_ends_with_its_folder(copy: Run, recorder: Recorder) -> None:
    counter, turns = counting(copy, recorder), []
    numbered(copy, 1)
    original = counter.turn

    def turn() -> bool:
        turns.append(1)
        if len(turns) == 3:
            shutil.rmtree(counter.root)
        return original()

    counter.turn = turn  # type: ignore[method-assign]
    counter.run(idle=60.0)
    assert recorder.asked == [1] and len(turns) == 3


_MODEST = """
import json, os
from simclr_core.questions.analyst import be_modest
be_modest(training=True)
names = ("CUDA_VISIBLE_DEVICES", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
print(json.dumps([os.environ[name] for name in names]))
"""


def test_it_keeps_off_the_gpu_and_long_questions_behind_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    program = [sys.executable, "-c", _MODEST]
    done = subprocess.run(program, cwd=PROJECT, capture_output=True, text=True)
    assert json.loads(done.stdout) == ["", "1", "1"]
    assert QUESTIONS.niceness < worker.NICENESS < LONG_QUESTIONS.niceness


def test_an_analyst_that_cannot_live_is_told_after_some_tries(store: RunStore) -> None:
    (store.root / "analyst.lock").mkdir()
    said = []
    try:
        for _ in range(helpers.FAILURES + 1):
            said.append(helpers.wake(store.root, "analyst"))
            started = helpers.keepers[store.root.resolve(), "analyst"].process
            if started is not None:
                assert started.wait(30) == 1
        assert said == ["", "", "", said[-1]]
        assert said[-1].startswith("The process for it ended unexpectedly several times")
        assert helpers.wake(store.root, "analyst") == said[-1]  # and is left alone for a while
        assert "Traceback" not in (store.root / "analyst.log").read_text()
    finally:
        helpers.keepers.clear()


def test_another_servers_analyst_is_enough(store: RunStore) -> None:
    with lock_holder(store.root / "analyst.lock"):
        assert helpers.wake(store.root, "analyst") == ""
        assert helpers.keepers.pop((store.root.resolve(), "analyst")).process is None
