"""Memory that is free: no more than the machine has, and than a container may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from simclr_core.machine import memory


def test_what_is_available_is_no_more_than_the_machine_has() -> None:
    assert 0 < memory.available() <= memory.psutil.virtual_memory().total


def groups(system: Path, own: str, files: dict[str, str]) -> None:
    """Files as the kernel shows them: this process's groups, and what stands in the folders."""
    for name, text in {"proc/self/cgroup": own, **files}.items():
        path = system / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("own", "files", "left"),
    [
        ("0::/", {}, None),
        ("nonsense", {"memory.max": "3000000", "memory.current": "1000000"}, 2e6),
        ("0::/", {"memory.max": "max", "memory.current": "1000000"}, None),
        ("0::/a/b", {"a/memory.max": "3000000", "a/memory.current": "1000000"}, 2e6),
        ("0::/a", {"a/b/memory.max": "3000000", "a/b/memory.current": "1000000"}, None),
        (
            "0::/a",
            {
                "a/memory.max": "3000000",
                "a/memory.current": "2500000",
                "a/memory.stat": "anon 100\ninactive_file 1200000\n",
            },
            1.7e6,
        ),
        (
            "5:cpu,memory:/a\n0::/",
            {
                "memory/memory.limit_in_bytes": "9223372036854771712",
                "memory/memory.usage_in_bytes": "1000",
                "memory/a/memory.limit_in_bytes": "3000000",
                "memory/a/memory.usage_in_bytes": "3000000",
                "memory/a/memory.stat": "total_inactive_file 5000\n",
            },
            5e3,
        ),
    ],
)
def test_what_is_available_is_no_more_than_a_container_may_take(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    own: str,
    files: dict[str, str],
    left: float | None,
) -> None:
    groups(tmp_path, own, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    monkeypatch.setattr(memory, "SYSTEM", tmp_path)
    free = float(memory.psutil.virtual_memory().available)
    found = memory.available()
    assert found == left if left is not None else found == pytest.approx(free, rel=0.05)
