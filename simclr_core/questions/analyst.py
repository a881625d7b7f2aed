"""The analysis worker: answers questions to the runs of a folder, in a process of its own.

    python -m simclr_core.questions.analyst RUNS_DIR

Questions and answers are files (see `jobs`). One process a folder of runs, on the processor and
behind training in the queue for it. It starts when there is a question and ends when there has
been none for a while, so that its memory is free again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import Popen

from ..base.errors import LabError, RunDamaged
from ..base.files import read_json, read_npz, write_json, write_npz
from ..base.locks import try_lock
from ..base.processes import be_nice
from ..base.progress import Progress
from ..machine.devices import core_count, find_device
from ..model.backend import prepare
from ..runs import validation
from ..runs.run import Run
from ..runs.snapshots.networks import Networks, Replaced
from ..runs.snapshots.weights import Weights
from ..runs.store import RunStore
from ..workers import launch
from . import job_files
from .answers import KINDS, Arrays, Asked
from .job_files import ANSWER, ERROR, INPUT, PROGRESS, REQUEST

POLL = 0.1  # seconds between looks for questions
IDLE_END = 120.0  # seconds without a question after which the process ends
ATTEMPTS = 2  # at a question that ends the process
TELL_EVERY = 0.25  # seconds between two writes of the progress
NICENESS = 10  # training has 5, the app 0
START_NICENESS = 5  # of its session, for the seconds of work until the first answer
FAILURES, REST = 3, 60.0  # processes that end by themselves before the next one waits, in seconds


class Analyst:
    """Answers the open questions of a store, the newest first.

    Args:
        store: the runs.
        kinds: what can be asked; a function for each.
    """

    def __init__(
        self, store: RunStore, kinds: Mapping[str, Callable[[Asked, Progress], Arrays]] = KINDS
    ) -> None:
        self.store, self._kinds = store, kinds
        self._networks = Networks()

    def turn(self) -> bool:
        """Answer at most one question; returns whether there was one."""
        chosen = self._newest()
        if chosen is None:
            return False
        began = time.monotonic()
        said = self._serve(*chosen)
        _say(f"{chosen[0].id} {chosen[1]}: {said} after {time.monotonic() - began:.2f} s")
        return True

    def _newest(self) -> tuple[Run, str] | None:
        """The question that was asked last among those that somebody waits for."""
        wanted = [path for path in job_files.requests(self.store.root) if job_files.is_wanted(path)]
        newest = max(wanted, key=_asked_at, default=None)
        return (Run(newest.parents[1]), job_files.key_in(newest)) if newest else None

    def _serve(self, run: Run, key: str) -> str:
        """Answer, or write why not, or let the question go; returns which, for the log."""
        folder, said = run.path / "jobs", "answered"
        try:
            tell = _Teller(folder, key)
            asked = _read(run, key, self._networks)
            if asked.kind not in self._kinds:
                raise ValueError(f"expected one of {', '.join(self._kinds)}, found {asked.kind!r}")
            write_npz(folder / f"{key}{ANSWER}", self._kinds[asked.kind](asked, tell))
        except (_LetGo, Replaced) as reason:
            said = str(reason)
        except Exception as error:  # one question must not stop the others
            said = _words(error)
            if folder.is_dir():  # else the run was deleted meanwhile
                with contextlib.suppress(LabError):  # no room: whoever asks will see
                    write_json(folder / f"{key}{ERROR}", {"message": said})
        job_files.drop(folder, key)
        job_files.tidy(folder)
        return said


class _LetGo(Exception):
    """Nobody waits for the answer any more."""


class _Teller:
    """Writes how far a question is, and ends the work when nobody waits for it any more.

    Raises:
        LabError: the process has ended at this question before, more than once.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._request = folder / f"{key}{REQUEST}"
        self._path = folder / f"{key}{PROGRESS}"
        self._due = 0.0
        self._attempt = 1 + _attempts(self._path)
        if self._attempt > ATTEMPTS:
            raise LabError(
                f"Expected an answer, but the analysis ended {ATTEMPTS} times without a word at "
                "this question, perhaps for want of memory; ask about fewer or smaller pictures."
            )
        self(0.0, "")

    def __call__(self, share: float, words: str) -> None:
        """Args: share: of the work that is done, in [0, 1]; words: what is being done."""
        if time.monotonic() < self._due:
            return
        if not job_files.is_wanted(self._request, job_files.GRACE):
            raise _LetGo("withdrawn")
        write_json(self._path, {"attempt": self._attempt, "share": share, "words": words})
        self._due = time.monotonic() + TELL_EVERY


def _attempts(path: Path) -> int:
    with contextlib.suppress(RunDamaged):
        return validation.count((read_json(path) or {}).get("attempt")) or 0
    return 0


def _read(run: Run, key: str, networks: Networks) -> Asked:
    """A question from its files.

    Raises:
        ValueError: they are damaged; a new question may be written over them.
    """
    folder = run.path / "jobs"
    try:
        found = read_json(folder / f"{key}{REQUEST}")
        if found is None:
            raise _LetGo("withdrawn")
        weights = dict(found["weights"])
        weights["stamp"] = tuple(weights["stamp"])
        arrays = read_npz(folder / f"{key}{INPUT}")
        parameters = dict(found["parameters"])
        return Asked(run, str(found["kind"]), parameters, arrays, Weights(**weights), networks)
    except (RunDamaged, KeyError, TypeError, ValueError) as error:
        raise ValueError("expected a whole question, found damaged files; ask again") from error


def _asked_at(request: Path) -> float:
    try:
        return float((read_json(request) or {})["asked"])
    except (RunDamaged, KeyError, TypeError, ValueError):
        return 0.0


def _words(error: Exception) -> str:
    """A failure in one sentence; what nobody foresaw goes to the log in full."""
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, ValueError):
        return f"This cannot be answered: {' '.join(str(error).split())[:300].rstrip('.')}."
    _say(traceback.format_exc())
    if isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__:
        return "Expected enough memory for this question, found too little; ask about less."
    text = " ".join(str(error).split())[:200].rstrip(".")
    return f"The analysis failed at this question ({type(error).__name__}: {text}); see the log."


def serve(analyst: Analyst, idle: float = IDLE_END) -> None:
    """Answer until there has been no question for a while, or the runs are gone."""
    since = time.monotonic()
    while analyst.store.root.is_dir() and time.monotonic() - since < idle:
        if analyst.turn():
            since = time.monotonic()
            _weigh_session(NICENESS)
        else:
            time.sleep(POLL)


class _Keeper:
    """What a process remembers of the analyst that it started for one folder."""

    def __init__(self) -> None:
        self.process: Popen | None = None
        self.failures, self.started = 0, 0.0


_keepers: dict[Path, _Keeper] = {}
_lock = threading.Lock()


def wake(store: RunStore) -> str:
    """Start the store's analyst unless there is one; call it as long as a question is open.

    Returns:
        Nothing, or a sentence if it cannot be started or ends again and again.
    """
    with _lock:
        keeper = _keepers.setdefault(store.root.resolve(), _Keeper())
        if keeper.process is not None:
            if keeper.process.poll() is None:
                return ""
            keeper.failures = keeper.failures + 1 if keeper.process.returncode else 0
            keeper.process = None
        if keeper.failures >= FAILURES and time.monotonic() - keeper.started < REST:
            return "The analysis ended unexpectedly several times; see analyst.log beside the runs."
        try:
            keeper.process = launch.ensure_helper(store, "analyst")
        except LabError as error:
            return str(error)
        except OSError as error:
            return f"The analysis cannot be started ({error.strerror}); try again later."
        if keeper.process is not None:
            keeper.started = time.monotonic()
        return ""


def main(arguments: list[str] | None = None) -> int:
    """Run the process; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m simclr_core.questions.analyst", description=__doc__
    )
    parser.add_argument("runs_dir", type=Path, metavar="RUNS_DIR")
    parser.add_argument("--idle", type=float, default=IDLE_END, metavar="SECONDS")
    chosen = parser.parse_args(arguments)
    try:
        store = RunStore(chosen.runs_dir)
        lock = try_lock(store.root / "analyst.lock")
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    if lock is None:
        return 0  # another process does this already
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    be_modest(bool(launch.active(store)))
    serve(Analyst(store), chosen.idle)
    os.close(lock)
    return 0


def be_modest(training: bool) -> None:
    """Keep to the processor, behind training and the app; before the framework is imported.

    Args:
        training: something trains now: one thread; else half of the cores.
    """
    prepare(find_device("cpu"))
    threads = 1 if training else max(1, core_count() // 2)
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    be_nice(NICENESS)
    _weigh_session(START_NICENESS)


def _weigh_session(niceness: int) -> None:
    """Linux may weigh sessions first, then their processes: set the weight of one's own."""
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness))


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the log's disk may be full
        print(time.strftime("%H:%M:%S"), text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
