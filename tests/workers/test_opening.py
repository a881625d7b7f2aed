"""Files that are opened as runs: the map comes first, and what goes wrong is one sentence."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from simclr_core.base.errors import LabError
from simclr_core.base.paths import PROJECT
from simclr_core.base.progress import Progress
from simclr_core.runs import states
from simclr_core.runs.store import RunStore
from simclr_core.runs.transfer.bundle import chunks
from simclr_core.settings.config import RunConfig
from simclr_core.workers import helpers, opening
from simclr_core.workers.opening import Opener
from simclr_core.workers.queue import Request
from simclr_core.workers.queue_worker import Withdrawn

H = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)

_KILLED = """
import os, signal, sys
from simclr_core.runs.store import RunStore
from simclr_core.workers.opening import Opener
Opener(RunStore(sys.argv[1]), after=lambda: os.kill(os.getpid(), signal.SIGKILL)).turn()
"""


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started."""
    monkeypatch.setattr(helpers, "wake", lambda root, helper: "")


def embeddings(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **(arrays or {"embeddings": H, "labels": np.arange(40) % 2}))
    return file.getvalue()


def test_a_run_is_open_once_it_has_a_map_and_gets_its_scores_after(store: RunStore) -> None:
    key = opening.ask(store.root, "mine.npz", embeddings())
    standing = opening.state(store.root, key)
    assert standing and standing.line.starting and not opening.opened(store.root, key)
    seen = []

    def after() -> None:
        run = store.get(opening.opened(store.root, key))
        seen.append((run.state, run.coordinate_steps("pca"), run.snapshot_rows()))

    assert Opener(store, after).turn()
    assert seen == [(states.RUNNING, [0], [])]
    run = store.get(opening.opened(store.root, key))
    assert run.state == states.FINISHED and run.name == "mine"
    (row,) = run.snapshot_rows()
    assert 0 <= row["knn_accuracy"] <= 1
    assert opening.state(store.root, key) is None
    assert [path.name for path in (store.root / ".opening").iterdir()] == [f"{key}.answer.npz"]


def test_a_cancelled_file_becomes_no_run(store: RunStore) -> None:
    key = opening.ask(store.root, "mine.npz", embeddings())
    opening.withdraw(store.root, key)
    assert not Opener(store).turn() and not list(store)
    assert opening.state(store.root, key) is None and not opening.opened(store.root, key)
    assert not list((store.root / ".opening").iterdir())  # files are large


def test_a_file_that_no_process_can_open_is_not_opened_later(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helpers, "wake", lambda root, helper: "No process can be started.")
    with pytest.raises(LabError, match="No process can be started"):
        opening.ask(store.root, "mine.npz", embeddings())
    assert not Opener(store).turn() and not list((store.root / ".opening").iterdir())


def test_a_zip_that_is_cancelled_while_it_is_unpacked_becomes_no_run(store: RunStore) -> None:
    run = store.create(RunConfig())
    key = opening.ask(store.root, "mine.zip", b"".join(chunks(run)))

    def cancelled(share: float, words: str) -> None:
        if words.startswith("unpacking"):
            raise Withdrawn("withdrawn")

    with pytest.raises(Withdrawn):
        Opener(store)._open(opening.opening(store.root, key), {"name": "mine.zip"}, cancelled)
    assert [one.id for one in store] == [run.id] and not list(store.root.glob(".import-*"))


def test_a_file_that_is_withdrawn_while_it_is_read_leaves_nothing(store: RunStore) -> None:
    key = opening.ask(store.root, "mine.npz", b"no archive")
    opener = Opener(store)

    def withdraw(request: Request, payload: dict[str, Any], progress: Progress) -> None:
        opening.withdraw(store.root, key)
        raise LabError("Its file is gone.")

    opener._kinds = {"open": withdraw}
    assert opener.turn() and not list((store.root / ".opening").iterdir())


def test_a_file_that_holds_something_else_is_one_sentence_with_its_name(store: RunStore) -> None:
    key = opening.ask(store.root, "other.npz", embeddings(h=H))
    assert Opener(store).turn() and not list(store)
    standing = opening.state(store.root, key)
    assert standing and standing.failed and "found other.npz" in standing.words


def test_a_run_whose_scores_were_cut_off_keeps_its_map(store: RunStore) -> None:
    key = opening.ask(store.root, "mine.npz", embeddings())
    command = [sys.executable, "-c", _KILLED, str(store.root)]
    assert subprocess.run(command, cwd=PROJECT).returncode == -signal.SIGKILL
    run = store.get(opening.opened(store.root, key))
    assert run.state == states.INTERRUPTED and run.coordinate_steps("pca") == [0]
    assert Opener(store).turn()  # the file is not opened again and again
    standing = opening.state(store.root, key)
    assert standing and "ended once while working on this" in standing.words
    assert len(list(store)) == 1
