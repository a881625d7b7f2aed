"""Record the study that Paradigms opens on: assets/recorded/studies.

    python scripts/record_study.py
    python scripts/record_study.py --labels 5        # the opening one alone
    python scripts/record_study.py --work FOLDER     # keeps what is made, and goes on from there

Four ways to learn on the handwritten digits, over three seeds and several numbers of labels. Every
way gets the same seconds, so run nothing else meanwhile. The load of the machine is recorded too,
and the page says if other programs took steps from the ways.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from make_demo import pack  # noqa: E402

from simclr_core.base.files import read_npz, write_json, write_npz  # noqa: E402
from simclr_core.base.progress import no_progress  # noqa: E402
from simclr_core.machine.devices import core_count  # noqa: E402
from simclr_core.paradigms import study as studies  # noqa: E402
from simclr_core.paradigms.making import run_study  # noqa: E402
from simclr_core.paradigms.study import Study  # noqa: E402
from simclr_core.runs.provenance import versions  # noqa: E402
from simclr_core.training.precision import processor  # noqa: E402
from simclr_core.workers.task_worker import start_framework  # noqa: E402

SEEDS = (0, 1, 2)
LABELS = (5, 1, 20, 100)  # per class
MOST = 1_000_000  # bytes of all that is shipped


def main() -> None:
    """Make the studies, then ship them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--work", type=Path, help="a folder for all that is made")
    parser.add_argument(
        "--labels", type=int, nargs="+", default=LABELS, metavar="N", help="labelled per class"
    )
    args = parser.parse_args()
    shutil.rmtree(studies.RECORDED, ignore_errors=True)  # or they count as made
    start_framework()
    with tempfile.TemporaryDirectory(prefix="simclr-lab-study-") as folder:
        root = args.work or Path(folder)
        every = [
            replace(studies.OPENING, budget=budget, seed=seed)
            for budget in args.labels
            for seed in SEEDS
        ]
        for one in every:
            print(one.budget, one.seed, words(make(root, one)), flush=True)
        ship(root, every)


def make(root: Path, one: Study) -> dict[str, Any]:
    """Return a study's figures, marked with how they were made; those of before if it is made."""
    made = run_study(root, one, no_progress)
    if not studies.is_recorded(made):
        made |= {
            "command": f"python scripts/record_study.py --labels {one.budget}",
            "processor": processor(),
            "cores": core_count(),
            "load": round(os.getloadavg()[1], 1),  # of the last five minutes
            "versions": versions(),
        }
        write_json(root / studies.FOLDER / one.base / f"{one.key}.json", made)
    return made


def words(made: dict[str, Any]) -> str:
    """Return what a study came to, in a line."""
    rows = made["ways"].items()
    return "; ".join(
        f"{way} {row['accuracy']:.3f} ({row['seconds']:.0f} s, {row['steps']:,} steps)"
        for way, row in rows
    )


def ship(root: Path, every: list[Study]) -> None:
    """Copy figures, predictions and maps of all studies, and their test pictures."""
    for one in every:
        source, place = root / studies.FOLDER / one.base, studies.RECORDED / one.base
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / f"{one.key}.json", place)
        arrays = read_npz(source / f"{one.key}.npz")
        write_npz(place / f"{one.key}.npz", {name: small(value) for name, value in arrays.items()})
        shutil.copy(source / "test.npz", place)
    for path in studies.RECORDED.rglob("*.npz"):
        pack(path)
    size = sum(path.stat().st_size for path in studies.RECORDED.rglob("*.*"))
    print(f"{size / 1e3:.0f} kB")
    if size > MOST:
        raise SystemExit(f"expected at most {MOST / 1e6:.0f} MB, found {size / 1e6:.1f}")


def small(values: np.ndarray) -> np.ndarray:
    """Return classes as bytes, places on a map as float16."""
    return values.astype(np.uint8 if values.dtype.kind == "i" else np.float16)


if __name__ == "__main__":
    main()
