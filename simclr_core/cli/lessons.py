"""The command `lesson`: experiments, most of them on published findings."""

from __future__ import annotations

import argparse
from typing import Any

from ..base.errors import ConfigError
from ..lessons.catalogue import LESSONS, lesson_named
from ..lessons.lesson import Lesson
from ..lessons.results import summary
from ..lessons.running import run_lesson
from ..lessons.words import difference, expected
from ..machine.devices import find_device
from ..model.backend import prepare, start_framework
from .output import clock, make_display, print_json, print_result, quiet_libraries


def lesson(args: argparse.Namespace) -> int:
    """Run one lesson over some seeds, or list all lessons.

    Raises:
        ConfigError: the name or the number of seeds is missing or wrong.
    """
    if args.list:
        _list(args)
        return 0
    if not args.name:
        raise ConfigError("Expected the name of a lesson, found none; see `lesson --list`.")
    wanted = lesson_named(args.name)
    if args.seeds < 1:
        raise ConfigError(f"seeds: expected at least 1, found {args.seeds}.")
    print_result(args, f"{wanted.question} Expected on {args.data or wanted.data} for every seed:")
    for effect in wanted.effects:
        print_result(args, f"- {effect.words}: {expected(effect)}")
    rows: list[dict[str, Any]] = []
    with quiet_libraries(), make_display() as display:
        display.show("starting TensorFlow")
        prepare(find_device("cpu"))
        start_framework()
        for i in range(args.seeds):

            def _part(share: float, words: str, i: int = i) -> None:
                name, _, note = words.partition(": ")
                display.show(f"seed {args.seed + i} · {name}", (i + share) / args.seeds, note)

            rows.append(run_lesson(wanted, args.seed + i, _part, args.data))
    outcome = summary(wanted, rows)
    _print_outcome(args, wanted, outcome)
    print_json(args, outcome | {"seeds": rows})
    return 0


def _list(args: argparse.Namespace) -> None:
    width = max(len(each.name) for each in LESSONS)
    for each in LESSONS:
        print_result(
            args, f"{each.name:{width}}  {each.title} ({each.data}, about {clock(each.seconds)})"
        )
    print_json(args, {"lessons": [each.name for each in LESSONS]})


def _print_outcome(args: argparse.Namespace, wanted: Lesson, outcome: dict[str, Any]) -> None:
    for effect in outcome["effects"]:
        word = "held" if effect["held"] else "did not hold"
        name = effect["quantity"]
        mean, *each = (difference(name, value) for value in (effect["mean"], *effect["values"]))
        least = f"at least {difference(name, effect['least'])}" if effect["least"] else "above 0"
        print_result(
            args,
            f"{effect['expected']}: {word} ({name} by {mean}, {least} expected; by seed "
            f"{', '.join(each)}).",
        )
    seconds = ", ".join(clock(value) for value in outcome["seconds"])
    print_result(
        args,
        f"{wanted.title}: {outcome['verdict']}. Took {seconds}.",
    )
    print_result(args, f"What it does not show: {wanted.shows_not}")
