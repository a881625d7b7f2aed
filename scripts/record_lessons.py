"""Record what the lessons come to over several seeds, and write the table of them all.

    python scripts/record_lessons.py                     # every lesson whose data are there
    python scripts/record_lessons.py color temperature
    python scripts/record_lessons.py color-photographs --data cifar10.npz
    python scripts/record_lessons.py --table             # docs/lessons.md from what is recorded

Each lesson is run by `python -m simclr_core lesson` in a process of its own and written to
assets/lessons as it comes out, held or not. Run nothing else meanwhile: one lesson compares equal
seconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simclr_core.data.builtin import cache_path  # noqa: E402
from simclr_core.data.datasets import load_dataset  # noqa: E402
from simclr_core.lessons.catalogue import LESSONS, lesson_named  # noqa: E402
from simclr_core.lessons.lesson import Lesson, held, outcomes  # noqa: E402
from simclr_core.lessons.results import RECORDED, recorded, settings_words  # noqa: E402
from simclr_core.machine.devices import core_count  # noqa: E402
from simclr_core.runs.provenance import versions  # noqa: E402
from simclr_core.training.precision import processor  # noqa: E402

TABLE = ROOT / "docs" / "lessons.md"
HEAD = (
    "# Lessons\n\n"
    "Findings of the literature. One command tries each of them in about two minutes on two cores. "
    "`scripts/record_lessons.py --table` writes this page from the results in `assets/lessons`. "
    "The expectation and the smallest effect that counts were fixed before the recorded runs, "
    "after first trials had chosen data and steps. *Held* means that every seed agrees on the "
    "direction and that the mean reaches the smallest effect.\n\n"
    "    python -m simclr_core lesson --list\n"
    "    python -m simclr_core lesson color --seeds 3\n\n"
)


def main() -> None:
    """Record lessons, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", default="", help="in place of the lesson's own")
    parser.add_argument("--table", action="store_true", help="write the table alone")
    args = parser.parse_args()
    lessons = [lesson_named(name) for name in args.names] or list(LESSONS)
    for lesson in [] if args.table else lessons:
        if not args.data and lesson.data == "cifar10" and not cache_path("cifar10").exists():
            print(f"{lesson.name}: CIFAR-10 is not there; name pictures with --data")
            continue
        record(lesson, args.seeds, args.data)
    TABLE.write_text(HEAD + table())


def record(lesson: Lesson, seeds: int, data: str) -> None:
    """Run a lesson and store its results."""
    words = ["-m", "simclr_core", "lesson", lesson.name, "--seeds", str(seeds)]
    words += ["--data", data] if data else []
    done = subprocess.run(
        [sys.executable, *words, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    result = json.loads(done.stdout.strip().splitlines()[-1])
    rows = result.pop("seeds")
    for row in rows:  # keep the maps of one typical seed
        if row is not usual(rows):
            for name in ("maps", "classes", "class_names"):
                row.pop(name, None)
    name = Path(data).name if data else ""
    about = {
        "lesson": lesson.name,
        "version": lesson.version,
        "data": Path(data).stem if data else lesson.data,
        "command": " ".join(["python", *words]).replace(data, name) if data else
        " ".join(["python", *words]),
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor(),
        "cores": core_count(),
        "versions": versions(),
        "config": config(lesson, data or lesson.data),
    }  # fmt: skip
    RECORDED.mkdir(parents=True, exist_ok=True)
    path = RECORDED / f"{lesson.name}.json"
    path.write_text(json.dumps(about | {"seeds": rows}) + "\n")
    print(f"{lesson.name}: {'held' if result['held'] else 'did not hold'}, {result['seconds']}")


def usual(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the seed whose values are nearest to the medians, relative to their spread."""
    values = [[v for row in one["conditions"].values() for v in row.values()] for one in rows]
    table = np.array(values, float)  # (seeds, values)
    apart = np.abs(table - np.median(table, axis=0)) / np.maximum(np.ptp(table, axis=0), 1e-9)
    return rows[int(apart.sum(axis=1).argmin())]


def config(lesson: Lesson, source: str) -> dict[str, Any]:
    """Return all settings of a lesson for a data set."""
    return lesson.settings(Path(source).stem, load_dataset(source).kind)


def table() -> str:
    """Return Markdown with one section per lesson."""
    parts = []
    for lesson in LESSONS:
        seeds, about = recorded(lesson)
        parts.append(f"## {lesson.title} (`{lesson.name}`)\n")
        parts.append(f"{lesson.about}\n")
        parts.append(section(lesson, seeds, about))
        parts.append(f"Published: {lesson.published} ({lesson.source})\n")
        parts.append(f"What it does not show: {lesson.shows_not}\n")
    return "\n".join(parts)


def section(lesson: Lesson, seeds: Any, about: dict[str, Any]) -> str:
    """Return the results as Markdown, or that nothing is recorded."""
    if not seeds:
        return "Not recorded yet.\n"
    found = outcomes(lesson, [row["conditions"] for row in seeds])
    lines = [
        f"**{'Held' if held(found) else 'Did not hold'}** over {len(seeds)} seeds on "
        f"{about['data']} ({about['date']}, {about['cores']} cores of {about['processor']}, "
        f"{sum(row['seconds'] for row in seeds) / len(seeds):.0f} s per seed): "
        f"`{about['command']}`\n",
        f"Settings: {settings_words(about['config'])}.\n",
        "| expected | quantity | at least | mean | each seed | |",
        "| --- | --- | --: | --: | --- | --- |",
    ]
    for one in found:
        each = ", ".join(f"{value:+.3f}" for value in one.values)
        lines.append(
            f"| {one.effect.words} | {one.effect.quantity} | {one.effect.least:+.3g} | "
            f"{one.mean:+.3f} | {each} | {'held' if one.held else 'did not hold'} |"
        )
    names = list(lesson.quantities)
    lines += ["", f"| condition | {' | '.join(names)} |", "| --- |" + " --: |" * len(names)]
    for condition in seeds[0]["conditions"]:
        cells = []
        for name in names:
            values = [row["conditions"][condition].get(name) for row in seeds]
            known = [value for value in values if value is not None]
            cells.append(f"{sum(known) / len(known):.3f}" if known else "")
        lines.append(f"| {condition} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
