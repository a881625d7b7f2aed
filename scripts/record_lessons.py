"""Record what the lessons come to over several seeds, and write the table of them all.

    python scripts/record_lessons.py                     # every lesson whose data are there
    python scripts/record_lessons.py color temperature
    python scripts/record_lessons.py color-photographs --data cifar10.npz
    python scripts/record_lessons.py --table             # docs/lessons.md from what is recorded

Each lesson is run by `python -m simclr_core lesson` in a process of its own and written to
assets/lessons as it comes out, held or not, with what was expected. Trials use seeds 0 to 4; the
recorded seeds begin at 5. Run nothing else while `batch-size` is recorded: it compares equal
seconds. The others count steps; with --busy, page and table do not say how long a seed took.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simclr_core.data.builtin import cache_path  # noqa: E402
from simclr_core.data.datasets import load_dataset  # noqa: E402
from simclr_core.lessons import results, words  # noqa: E402
from simclr_core.lessons.catalogue import LESSONS, lesson_named  # noqa: E402
from simclr_core.lessons.lesson import Lesson, outcomes, verdict  # noqa: E402
from simclr_core.lessons.results import (  # noqa: E402
    RECORDED,
    Results,
    settings_words,
    summary,
)
from simclr_core.machine.devices import core_count  # noqa: E402
from simclr_core.runs.provenance import versions  # noqa: E402
from simclr_core.training.precision import processor  # noqa: E402

TABLE = ROOT / "docs" / "lessons.md"
FIRST = 5  # seed of recorded runs: trials used those before it
WIDE = 0.1  # seeds of a share that are further apart are shown by their extremes as well
HEAD = """\
# Lessons

Twelve experiments, most of them on findings from the literature; color and composition are tried \
on two kinds of pictures each. One command tries each of them in about two minutes on two cores. \
`scripts/record_lessons.py --table` writes this page from the results in `assets/lessons`.

Data and steps were chosen in trials, so that there is an effect to see. The trials also shaped \
what is expected: each lesson says how (*Tried before*). Expectations and least effects were fixed \
before the recorded runs; where that is not so, the table says *set after these runs*. Most least \
effects are half of what earlier runs had shown; *above 0* means that only the direction counts.

An expectation *held* if every seed agrees on the direction and the mean reaches the least effect; \
where hardly anything is expected to be lost (a least effect below 0), the mean alone counts. A \
lesson held *in part* if some of its expectations did. Five seeds agree by luck alone in 1 of 32 \
cases. Nothing is corrected for the number of expectations.

The seeds are repetitions on the same pictures: weights, order and views differ, the pictures do \
not. *Untrained*, *pixels* and *chance* are what a score has to beat: the same network before its \
training, raw pixels, and guessing.

    python -m simclr_core lesson --list
    python -m simclr_core lesson color --seeds 3

"""


def main() -> None:
    """Record lessons, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=FIRST, help="the first one")
    parser.add_argument("--data", default="", help="in place of the lesson's own")
    parser.add_argument("--work", type=Path, help="a folder that keeps each seed as it is made")
    parser.add_argument(
        "--busy", action="store_true", help="other programs run: do not say how long seeds took"
    )
    parser.add_argument("--table", action="store_true", help="write the table alone")
    args = parser.parse_args()
    lessons = [lesson_named(name) for name in args.names] or list(LESSONS)
    for lesson in [] if args.table else lessons:
        if not args.data and lesson.data == "cifar10" and not cache_path("cifar10").exists():
            print(f"{lesson.name}: CIFAR-10 is not there; name pictures with --data")
            continue
        record(lesson, args.seed, args.seeds, args.data, args.work, args.busy)
    TABLE.write_text(HEAD + table())


def record(
    lesson: Lesson, first: int, seeds: int, data: str, work: Path | None, is_busy: bool
) -> None:
    """Run a lesson and store its results.

    Args:
        first: the first seed.
        seeds: how many.
        data: in place of the lesson's own, or "".
        work: where each seed is kept, and found if it was made before; None keeps none.
        is_busy: whether other programs ran as well.
    """
    expected = results.declared(lesson)
    rows = [one_seed(lesson, seed, data, work) for seed in range(first, first + seeds)]
    found = summary(lesson, rows)
    typical = usual(rows)  # the one whose maps are kept
    for row in rows:
        if row is not typical:
            for name in ("maps", "classes", "class_names"):
                row.pop(name, None)
    name = Path(data).name if data else ""
    command = f"python -m simclr_core lesson {lesson.name} --seed {first} --seeds {seeds}"
    about = {
        "lesson": lesson.name,
        "version": lesson.version,
        "data": Path(data).stem if data else lesson.data,
        "declared": expected,
        "command": f"{command} --data {name}" if data else command,
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor(),
        "cores": core_count(),
        "busy": is_busy,
        "versions": versions(),
        "config": config(lesson, data or lesson.data),
    }
    RECORDED.mkdir(parents=True, exist_ok=True)
    path = RECORDED / f"{lesson.name}.json"
    path.write_text(json.dumps(about | {"seeds": rows}) + "\n")
    print(f"{lesson.name}: {found['verdict']}, {found['seconds']}")


def one_seed(lesson: Lesson, seed: int, data: str, work: Path | None) -> dict[str, Any]:
    """Run one seed of a lesson in a process of its own, or read it if it is kept."""
    of = f"-{Path(data).stem}" if data else ""
    kept = work and work / f"{lesson.name}-{lesson.version}-{seed}{of}.json"
    if kept and kept.exists():
        return json.loads(kept.read_text())
    call = ["-m", "simclr_core", "lesson", lesson.name, "--seed", str(seed), "--seeds", "1"]
    call += ["--data", data] if data else []
    done = subprocess.run(
        [sys.executable, *call, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    (row,) = json.loads(done.stdout.strip().splitlines()[-1])["seeds"]
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(row))
    return row


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
        seeds, about = results.recorded(lesson)
        known = Results(seeds, (), about)
        parts.append(f"## {lesson.title} (`{lesson.name}`)\n")
        parts.append(f"{lesson.about}\n")
        parts.append(section(lesson, known))
        parts.append(f"Why: {lesson.why}\n")
        parts.append(f"Published: {lesson.published} ({lesson.source})\n")
        parts.append(f"What it does not show: {lesson.shows_not}\n")
        parts.append(f"Tried before: {lesson.tried}\n")
    return "\n".join(parts)


def section(lesson: Lesson, known: Results) -> str:
    """Return the results as Markdown, or that nothing is recorded."""
    seeds, about = known.recorded, known.about
    if not seeds:
        return "Not recorded yet.\n"
    found = outcomes(lesson, [row["conditions"] for row in seeds])
    took = f", {sum(row['seconds'] for row in seeds) / len(seeds):.0f} s per seed"
    took = "" if about.get("busy") else took
    lines = [
        f"**{verdict(found).capitalize()}** over {len(seeds)} seeds on "
        f"{about['data']} ({about['date']}, {about['cores']} cores of {about['processor']}{took}): "
        f"`{about['command']}`\n",
        f"Settings: {settings_words(about['config'])}.\n",
        "| expected | quantity | at least | mean | each seed | |",
        "| --- | --- | --: | --: | --- | --- |",
    ]
    for one in found:
        name = one.effect.quantity
        form = words.points if words.is_share(name) else partial(words.difference, name)
        each = ", ".join(form(value) for value in one.values)
        after = "" if known.foretold(one.effect) else " (set after these runs)"
        lines.append(
            f"| {one.effect.words}{after} | {name} | {words.least(one.effect)} | "
            f"{words.difference(name, one.mean)} | {each} | "
            f"{'held' if one.held else 'did not hold'} |"
        )
    names = list(lesson.quantities)
    lines += ["", f"| condition | {' | '.join(names)} |", "| --- |" + " --: |" * len(names)]
    for condition in seeds[0]["conditions"]:
        columns = [[row["conditions"][condition].get(name) for row in seeds] for name in names]
        cells = [cell(name, column) for name, column in zip(names, columns, strict=True)]
        lines.append(f"| {condition} | {' | '.join(cells)} |")
    beaten = known.references
    for rival in dict.fromkeys(key for row in beaten.values() for key in row):
        cells = [cell(name, [beaten.get(name, {}).get(rival)]) for name in names]
        if any(cells):
            lines.append(f"| *{rival}* | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def cell(quantity: str, values: Sequence[float | None]) -> str:
    """Return the mean of the known values; of shares that are far apart, the extremes as well."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    text = f"{sum(known) / len(known):.3f}".replace("-0.000", "0.000")
    wide = words.is_share(quantity) and max(known) - min(known) >= WIDE
    return f"{text} ({min(known):.3f} to {max(known):.3f})" if wide else text


if __name__ == "__main__":
    main()
