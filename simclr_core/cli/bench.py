"""The command `bench`: how fast the engine is on this machine."""

from __future__ import annotations

import argparse
import json
import sys

from ..bench.benchmark import PARTS, Benchmark
from ..machine.devices import find_device
from .output import print_table


def bench(args: argparse.Namespace) -> int:
    """Measure, and print the figures as a table or as JSON."""
    benchmark = Benchmark(
        find_device(args.device), args.rounds, lambda words: print(words, file=sys.stderr)
    )
    benchmark.measure(tuple(args.only) if args.only else PARTS)
    if args.json:
        print(json.dumps(benchmark.json))
    else:
        print_table(args, ["what", "median", "spread"], benchmark.rows, markdown=True)
    return 0
