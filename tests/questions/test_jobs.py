"""Questions and answers as files: shared, withdrawn, bounded, damaged. Nothing here needs Keras."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from child_processes import child
from simclr_core.base.errors import LabError, RunError
from simclr_core.base.files import read_json, read_npz, write_json, write_npz
from simclr_core.base.paths import PROJECT
from simclr_core.questions import jobs
from simclr_core.questions.job import Job, encode_job
from simclr_core.questions.jobs import QUESTIONS, ask, key_of, question, withdraw
from simclr_core.questions.reply import Reply, follow
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.runs.transfer.bundle import bundle_files
from simclr_core.workers import queue
from simclr_core.workers.queue import ANSWER, ERROR, INPUT, PROGRESS, REQUEST, drop
from simclr_core.workers.queue_worker import QueueWorker
from small_parts import config, pictures

ROOT = PROJECT
IMAGES = pictures(4)


@pytest.fixture
def run(store: RunStore) -> Run:
    """A run with weights of steps 0 and 5, which no network has to fit here."""
    run = store.create(config())
    for step in (0, 5):
        keep_weights(run, step)
    return run


def keep_weights(run: Run, step: int, value: float = 0.0) -> None:
    path = run.path / "snapshots" / f"{step:08d}.weights.npz"
    write_npz(path, {"encoder/0000": np.full(3, value)})


def files(run: Run, ending: str = "") -> list[str]:
    return sorted(p.name for p in (run.path / "jobs").iterdir() if p.name.endswith(ending))


def answered(run: Run, job: Job, **arrays: np.ndarray) -> str:
    """A question with an answer, as the analyst leaves it."""
    key = ask(run, job)
    write_npz(run.path / "jobs" / f"{key}{ANSWER}", arrays or {"x": np.zeros(3)})
    drop(question(run, key))
    return key


def request_of(run: Run, key: str) -> Path:
    return run.path / "jobs" / f"{key}{REQUEST}"


def age(path: Path, seconds: float) -> None:
    when = time.time() - seconds
    os.utime(path, (when, when))


# One question, one answer


def test_equal_questions_have_one_key_and_others_another(run: Run) -> None:
    job = Job("encode", {"weights": "trained", "step": None}, {"a": IMAGES, "b": np.arange(3)})
    same = [
        Job("encode", {"step": None, "weights": "trained"}, {"b": np.arange(3), "a": IMAGES}),
        Job("encode", dict(job.parameters), {"a": np.asfortranarray(IMAGES), "b": np.arange(3)}),
    ]
    assert {key_of(run, one) for one in (job, *same)} == {key_of(run, job)}
    changed = IMAGES.copy()
    changed[3, 15, 15, 2] ^= 1
    others = [
        Job("occlude", job.parameters, job.arrays),
        Job("encode", {"weights": "untrained"}, job.arrays),
        Job("encode", {"weights": "trained", "step": 5, "more": 1}, job.arrays),
        Job("encode", job.parameters, {"a": changed, "b": np.arange(3)}),
        Job("encode", job.parameters, {"a": IMAGES, "b": np.arange(3).view(np.uint64)}),
        Job("encode", job.parameters, {"a": IMAGES.reshape(2, 2, 16, 16, 3), "b": np.arange(3)}),
        Job("encode", job.parameters, {"a": IMAGES, "c": np.arange(3)}),
    ]
    keys = [key_of(run, one) for one in (job, *others)]
    assert len(set(keys)) == len(keys) == 8
    twin = Run(shutil.copytree(run.path, run.path.parent / "twin"))  # with its files' times
    assert key_of(twin, job) != keys[0]


def test_the_weights_asked_are_part_of_the_question(run: Run) -> None:
    newest, fixed, first = (
        encode_job(IMAGES),
        encode_job(IMAGES, step=5),
        encode_job(IMAGES, "untrained"),
    )
    before = [key_of(run, job) for job in (newest, fixed, first)]
    keep_weights(run, 9)
    assert [
        key_of(run, job) != old for job, old in zip((newest, fixed, first), before, strict=True)
    ] == [*(True, False, False)]
    keep_weights(run, 5, value=1.0)  # a resumed run came by once more
    assert key_of(run, fixed) != before[1] and key_of(run, first) == before[2]


def test_a_question_lies_there_whole_and_is_written_once(run: Run) -> None:
    key = ask(run, encode_job(IMAGES, step=5))
    assert files(run) == [f"{key}{INPUT}", f"{key}{REQUEST}"]
    found = read_json(request_of(run, key))
    payload = found["payload"]
    assert found["kind"] == "encode"
    assert payload["parameters"] == {"weights": "trained", "step": 5}
    assert payload["weights"]["source"] == "snapshot" and payload["weights"]["step"] == 5
    np.testing.assert_array_equal(
        read_npz(run.path / "jobs" / f"{key}{INPUT}")["images"], IMAGES, strict=True
    )
    inode = request_of(run, key).stat().st_ino
    assert ask(run, encode_job(IMAGES.copy(), step=5)) == key
    assert request_of(run, key).stat().st_ino == inode and len(files(run)) == 2


def test_states_from_the_question_to_its_answer(run: Run) -> None:
    job = encode_job(IMAGES)
    assert follow(run, key_of(run, job)) == Reply(key=key_of(run, job))
    key = ask(run, job)
    assert follow(run, key).waiting
    progress = run.path / "jobs" / f"{key}{PROGRESS}"
    write_json(progress, {"attempt": 1, "share": 0.25, "words": "encoding"})
    found = follow(run, key)
    assert (found.waiting, found.share, found.words) == (True, 0.25, "encoding")
    write_json(progress, {"share": float("nan")})
    assert follow(run, key).share is None
    h = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    assert answered(run, job, h=h) == key
    found = follow(run, key)
    assert found.arrays is not None
    np.testing.assert_array_equal(found.arrays["h"], h, strict=True)
    assert files(run) == [f"{key}{ANSWER}"]
    assert ask(run, job) == key and files(run) == [f"{key}{ANSWER}"]  # answered: not asked again


def test_a_failed_question_is_told_and_asked_again_after_a_while(run: Run) -> None:
    job = encode_job(IMAGES)
    key = ask(run, job)
    error = run.path / "jobs" / f"{key}{ERROR}"
    write_json(error, {"message": "Too large."})
    drop(question(run, key))
    assert follow(run, key) == Reply(words="Too large.", failed=True, key=key)
    assert ask(run, job) == key and files(run) == [error.name]
    age(error, QUESTIONS.retry + 1)
    ask(run, job)
    assert follow(run, key).waiting and not error.exists()


# Who waits


def test_a_withdrawn_question_is_not_wanted_until_somebody_looks_again(run: Run) -> None:
    key = ask(run, encode_job(IMAGES))
    request = question(run, key)
    assert QUESTIONS.is_wanted(request)
    withdraw(run, key)
    assert not QUESTIONS.is_wanted(request) and QUESTIONS.is_wanted(request, queue.GRACE)
    assert follow(run, key).waiting  # another browser waits for the same
    assert QUESTIONS.is_wanted(request)
    withdraw(run, key)
    ask(run, encode_job(IMAGES))
    assert QUESTIONS.is_wanted(request)


def test_a_question_that_nobody_looks_after_goes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    old, kept = ask(run, encode_job(IMAGES)), ask(run, encode_job(IMAGES[:2]))
    write_json(run.path / "jobs" / f"{old}{PROGRESS}", {"attempt": 1})
    age(request_of(run, old), QUESTIONS.lease + 1)
    assert not QUESTIONS.is_wanted(question(run, old))
    QUESTIONS.tidy(run.path / "jobs")
    assert len(files(run)) == 5  # it was withdrawn just now: others may still say so
    monkeypatch.setattr(queue, "GRACE", 0.0)
    QUESTIONS.tidy(run.path / "jobs")
    assert files(run) == [f"{kept}{INPUT}", f"{kept}{REQUEST}"]
    assert follow(run, old) == Reply(key=old)


def test_what_a_killed_writer_left_goes_in_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    key = ask(run, encode_job(IMAGES))
    folder = run.path / "jobs"
    (folder / f".{key}{REQUEST}.k3j4").write_bytes(b"{")  # half of a file, written aside
    (folder / f"{'0' * 32}{INPUT}").write_bytes(b"PK")  # an input whose request never came
    QUESTIONS.tidy(folder)
    assert len(files(run)) == 4
    monkeypatch.setattr(queue, "LEFT_OVER", -1.0)
    monkeypatch.setattr(queue, "GRACE", 60.0)
    QUESTIONS.tidy(folder)
    assert files(run) == [f"{key}{INPUT}", f"{key}{REQUEST}"]


def test_a_worker_without_work_drops_what_nobody_waits_for(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ask(run, encode_job(IMAGES))
    withdraw(run, key)
    worker = QueueWorker(QUESTIONS, run.path.parent, {})
    assert not worker.turn() and files(run)  # it may still be wanted elsewhere
    monkeypatch.setattr(queue, "GRACE", 0.0)
    assert not worker.turn() and not files(run)


def test_withdrawing_what_is_not_there_is_no_error(run: Run) -> None:
    for key in ("0" * 32, "../config", ""):
        withdraw(run, key)
    assert not (run.path / "jobs").exists()


def test_a_key_is_never_a_path(run: Run) -> None:
    (run.path / "jobs").mkdir()
    write_json(run.path / f"x{ERROR}", {"message": "secret"})
    assert follow(run, "../x") == Reply(key="../x")
    outside = run.path / f"x{REQUEST}"
    write_json(outside, {})
    before = outside.stat().st_mtime_ns
    withdraw(run, "../x")
    assert follow(run, "../x") == Reply(key="../x")
    assert outside.stat().st_mtime_ns == before


# Bounds


def test_answers_used_longest_ago_go_first(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_ANSWERS", 3)
    keys = [answered(run, encode_job(IMAGES + np.uint8(i))) for i in range(4)]
    for seconds, key in zip((40, 30, 20, 10), keys, strict=True):
        age(run.path / "jobs" / f"{key}{ANSWER}", seconds)
    follow(run, keys[0])  # the oldest, but used now
    QUESTIONS.tidy(run.path / "jobs")
    assert [follow(run, key).arrays is not None for key in keys] == [True, False, True, True]
    assert follow(run, keys[1]) == Reply(key=keys[1])


def test_answers_are_bounded_in_bytes_and_the_last_one_stays(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_BYTES", 5000)
    keys = []
    for i, size in enumerate((2000, 2000, 2000, 9000)):
        keys.append(answered(run, encode_job(IMAGES + np.uint8(i)), x=np.zeros(size, np.uint8)))
        age(run.path / "jobs" / f"{keys[-1]}{ANSWER}", 10 - i)
        QUESTIONS.tidy(run.path / "jobs")
        total = sum(p.stat().st_size for p in (run.path / "jobs").glob(f"*{ANSWER}"))
        assert total <= 5000 or len(files(run)) == 1
    assert files(run) == [f"{keys[3]}{ANSWER}"]


def test_a_question_too_large_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_INPUT", IMAGES.nbytes - 1)
    with pytest.raises(ValueError, match="expected at most"):
        ask(run, encode_job(IMAGES))
    assert not (run.path / "jobs").exists()


# What may go wrong


def pickled() -> bytes:
    """An archive whose array is a pickle that would make a file `run` beside the test."""
    file = io.BytesIO()
    np.savez(file, h=np.array([Opener()], dtype=object), allow_pickle=True)
    return file.getvalue()


class Opener:
    def __reduce__(self) -> tuple:
        return os.mkdir, ("pickle-was-loaded",)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 nothing", b"{}", pickled()],
    ids=["empty", "cut", "json", "pickle"],
)
def test_a_damaged_answer_is_one_sentence_and_goes(
    run: Run, content: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    job = encode_job(IMAGES)
    key = answered(run, job)
    (run.path / "jobs" / f"{key}{ANSWER}").write_bytes(content)
    found = follow(run, key)
    assert found.failed
    assert found.words.startswith("Expected an answer") and found.words.endswith("ask again.")
    assert not Path("pickle-was-loaded").exists() and files(run) == []
    assert ask(run, job) == key and follow(run, key).waiting


def test_damaged_errors_and_progress_are_no_trouble(run: Run) -> None:
    key = ask(run, encode_job(IMAGES))
    (run.path / "jobs" / f"{key}{PROGRESS}").write_bytes(b"\xff{")
    assert follow(run, key).waiting
    (run.path / "jobs" / f"{key}{ERROR}").write_text("[]")
    assert "reason could not be" in follow(run, key).words
    assert follow(run, key).waiting


def test_a_deleted_run_is_told_and_never_made_again(run: Run, store: RunStore) -> None:
    key = ask(run, encode_job(IMAGES))
    store.delete(run)
    with pytest.raises(RunError, match=f"Run {run.id} is no longer there"):
        ask(run, encode_job(IMAGES))
    assert follow(run, key) == Reply(key=key)
    withdraw(run, key)
    QUESTIONS.tidy(run.path / "jobs")
    with pytest.raises(LabError):  # deleted after its weights were found
        QUESTIONS.ask(question(run, key), "encode", {})
    assert not run.path.exists() and QUESTIONS.waiting(store.root) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(run: Run) -> None:
    (run.path / "jobs").write_text("a file where a folder should be")
    with pytest.raises(LabError, match="Expected to write jobs in"):
        ask(run, encode_job(IMAGES))
    assert follow(run, "0" * 32).failed


_ASKER = """
import sys
from pathlib import Path
import numpy as np
from simclr_core.runs.run import Run
from simclr_core.questions import jobs
from simclr_core.questions.job import encode_job
from simclr_core.questions.jobs import QUESTIONS, question
from simclr_core.workers.queue import drop
from simclr_core.questions.reply import Reply, follow
run, folder = Run(Path(sys.argv[1])), Path(sys.argv[1]) / "jobs"
print("ready", flush=True)
for turn in range(60):
    job = encode_job(np.full((1, 16, 16, 3), turn % 3, np.uint8))
    key = jobs.ask(run, job)
    reply = follow(run, key)
    assert reply.waiting or reply == Reply(key=key), reply
    if turn % 2:
        jobs.withdraw(run, key)
        drop(question(run, key))
    QUESTIONS.tidy(folder)
print("done", flush=True)
"""


def test_many_processes_may_ask_the_same_at_once(run: Run) -> None:
    with child(_ASKER, str(run.path)) as one, child(_ASKER, str(run.path)) as other:
        assert [process.stdout.readline() for process in (one, other)] == ["done\n"] * 2
    for name in files(run, REQUEST):  # what is there is whole
        assert read_json(run.path / "jobs" / name)["kind"] == "encode"
    assert not [name for name in files(run) if name.startswith(".")]


def test_questions_and_answers_do_not_travel_with_the_run(run: Run) -> None:
    (run.path / "coordinates" / "jobs").mkdir()  # only the folder of that name in the run's own
    write_npz(run.path / "coordinates" / "jobs" / "a.npz", {"x": np.zeros(1)})
    before = bundle_files(run.path)
    assert run.path / "coordinates" / "jobs" / "a.npz" in before
    answered(run, encode_job(IMAGES))
    ask(run, encode_job(IMAGES[:1]))
    assert len(files(run)) == 3 and bundle_files(run.path) == before


def test_asking_needs_no_framework() -> None:
    program = (
        "import sys\n"
        "import simclr_core.questions.reply, simclr_core.questions.analyst\n"
        "import pages.shared.similarity\n"
        "heavy = ('tensorflow', 'keras', 'jax', 'torch', 'umap', 'numba', 'sklearn')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
