"""The command `bench`: how fast the engine is on this machine."""

from __future__ import annotations

import argparse
import json
import sys

from ..bench.report import PARTS, Report
from ..machine.devices import find_device
from .report import tell_table


def bench(args: argparse.Namespace) -> int:
    """Measure, and print a table (and the JSON object)."""
    report = Report(
        find_device(args.device), args.rounds, lambda words: print(words, file=sys.stderr)
    )
    report.measure(tuple(args.only) if args.only else PARTS)
    if args.json:
        print(json.dumps(report.json))
    else:
        tell_table(args, ["what", "median", "spread"], report.rows, markdown=True)
    return 0
