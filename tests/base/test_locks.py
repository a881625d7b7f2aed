"""Locks that the operating system holds, between real processes."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from subprocess import Popen

import psutil
import pytest

from child_processes import child, end_by_itself, kill, lock_holder, wait_for
from simclr_core.base.locks import held, is_locked, try_lock

# Holds the lock whose open file it was given; knows nothing of how locks are made.
_HEIR = """
import sys
print("ready", flush=True)
sys.stdin.read()
"""

# Asks without end whether the lock is held.
_OBSERVER = """
import sys
from pathlib import Path
from simclr_core.base.locks import is_locked
path = Path(sys.argv[1])
print("ready", flush=True)
while True:
    is_locked(path)
"""

# Waits for the lock for long, then says what it got.
_WAITING = """
import sys
from pathlib import Path
from simclr_core.base.locks import try_lock
print("ready", flush=True)
handle = try_lock(Path(sys.argv[1]), patience=30)
print("refused" if handle is None else "taken", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """Return the path of an existing, free lock file."""
    path = tmp_path / "folder" / "lock"
    path.parent.mkdir()
    path.touch()
    return path


def take_and_release(path: Path) -> None:
    handle = try_lock(path)
    assert handle is not None and is_locked(path)
    os.close(handle)
    assert not is_locked(path)


def test_taken_and_released(lock: Path) -> None:
    assert not is_locked(lock)
    take_and_release(lock)
    handle = try_lock(lock)
    assert try_lock(lock, patience=0) is None  # also within one process
    os.close(handle)
    take_and_release(lock)
    assert lock.exists() and lock.read_bytes() == b""


def test_a_lock_file_is_made_but_no_folder(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "lock") and not (tmp_path / "lock").exists()
    take_and_release(tmp_path / "lock")
    assert (tmp_path / "lock").exists()
    assert try_lock(tmp_path / "none" / "lock") is None and not (tmp_path / "none").exists()
    assert not is_locked(tmp_path / "none" / "lock")


def test_another_process_holds_it_until_it_ends(lock: Path) -> None:
    with lock_holder(lock) as holder:
        assert is_locked(lock) and try_lock(lock) is None
        end_by_itself(holder)
        take_and_release(lock)


def test_a_killed_process_holds_nothing(lock: Path) -> None:
    with lock_holder(lock) as holder:
        assert is_locked(lock)
        kill(holder)
        take_and_release(lock)


def test_a_lock_is_handed_to_a_child_without_a_gap(lock: Path) -> None:
    handle = try_lock(lock)
    with child(_HEIR, pass_fds=(handle,)) as heir:
        assert is_locked(lock)
        os.close(handle)
        assert is_locked(lock) and try_lock(lock, patience=0) is None
        kill(heir)
        take_and_release(lock)


def test_other_children_do_not_inherit_it(lock: Path) -> None:
    handle = try_lock(lock)
    with child(_HEIR) as other:
        os.close(handle)
        assert other.poll() is None
        take_and_release(lock)


def test_looking_does_not_disturb(lock: Path) -> None:
    before = lock.stat()
    with child(_OBSERVER, str(lock)), child(_OBSERVER, str(lock)):
        assert not any(is_locked(lock) for _ in range(3000))  # one who looks holds nothing
        for _ in range(300):
            take_and_release_while_others_look(lock)
        handle = try_lock(lock)
        assert all(is_locked(lock) for _ in range(300))
        os.close(handle)
    assert lock.stat().st_mtime_ns == before.st_mtime_ns and lock.stat().st_size == 0


def take_and_release_while_others_look(path: Path) -> None:
    handle = try_lock(path)
    assert handle is not None
    os.close(handle)


def test_a_file_left_by_others_is_no_lock(lock: Path) -> None:
    lock.write_text("12345\n")  # another program's pid, say
    take_and_release(lock)
    assert lock.read_text() == "12345\n"


def wait_until_opened(process: Popen[str], path: Path) -> None:
    other = psutil.Process(process.pid)
    wait_for(lambda: str(path) in [file.path for file in other.open_files()])


def test_a_lock_that_moved_away_with_its_folder_is_not_taken(lock: Path) -> None:
    """If a run is deleted, a process that waited for its lock must not get the trashed one."""
    handle = try_lock(lock)
    with child(_WAITING, str(lock)) as waiting:
        wait_until_opened(waiting, lock)
        lock.parent.rename(lock.parent.with_name("trash"))
        os.close(handle)
        assert waiting.stdout.readline() == "refused\n"
    handle = try_lock(lock.parent.with_name("trash") / "lock", patience=0)
    assert handle is not None
    os.close(handle)


def test_a_lock_that_was_replaced_is_taken_again(lock: Path) -> None:
    handle = try_lock(lock)
    with child(_WAITING, str(lock)) as waiting:
        wait_until_opened(waiting, lock)
        lock.parent.rename(lock.parent.with_name("trash"))
        lock.parent.mkdir()
        lock.touch()
        assert not is_locked(lock)
        os.close(handle)
        assert waiting.stdout.readline() == "taken\n"
        assert is_locked(lock) and not is_locked(lock.parent.with_name("trash") / "lock")


def test_held_for_a_block(lock: Path) -> None:
    with held(lock):
        assert is_locked(lock)
        with pytest.raises(TimeoutError, match="lock is held"), held(lock, patience=0.05):
            raise AssertionError("two hold it")
    assert not is_locked(lock)
    with pytest.raises(ZeroDivisionError), held(lock):
        raise ZeroDivisionError
    assert not is_locked(lock)


def test_held_waits_for_its_turn(lock: Path) -> None:
    handle = try_lock(lock)
    threading.Timer(0.3, os.close, (handle,)).start()
    with held(lock, patience=30):
        assert is_locked(lock)
    assert not is_locked(lock)


def test_one_of_many_gets_it(lock: Path) -> None:
    """Threads that take turns never overlap."""
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(20):
            with held(lock, patience=30):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 80
