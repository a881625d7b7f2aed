"""The command line: `python -m simclr_core COMMAND`.

Exit codes: 0 done, 2 bad arguments or data (one line on stderr), 1 anything else.
With --json the last line on stdout is one JSON object if the command was carried out, and all other
text goes to stderr. Commands import what they need when they run, so that help and lists are fast.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import re
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ..base.errors import ConfigError, DataError, DeviceError, LabError
from .commands import COMMANDS
from .output import print_error

BAD_ARGUMENTS = 2
FAILED = 1

_EXAMPLES = """\
examples:
  python -m simclr_core train --data shapes --preset minute
  python -m simclr_core train --data pictures.zip --seconds 300 --color-strength 0.5
  python -m simclr_core list
  python -m simclr_core evaluate 4f2a --json

exit codes: 0 done, 2 bad arguments or data, 1 anything else
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after the program's name; None takes those of this process.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = build_parser()
    if not words:
        parser.print_help()
        return 0
    code = FAILED
    try:
        code = _run(parser, words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # as in `list | head -1`
        pass
    except OSError as error:  # as in `list > file` on a full disk
        if code == 0:
            print_error(
                f"Expected to write the result to stdout, but could not ({error.strerror})."
            )
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _run(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Parse and call the command; an error becomes one line and an exit code."""
    try:
        args = parser.parse_args(words)
        module, function = args.does.split(".")
        return int(getattr(importlib.import_module(f".{module}", __package__), function)(args))
    except LabError as error:
        print_error(str(error))
        bad = isinstance(error, ConfigError | DataError | DeviceError)
        return BAD_ARGUMENTS if bad else FAILED
    except KeyboardInterrupt:
        print_error("Interrupted before anything was done.")
        return FAILED
    except BrokenPipeError:
        raise
    except Exception as error:
        print_error(f"{type(error).__name__}: {error} (unexpected; details in {_write_log()})")
        return FAILED


def _write_log() -> Path:
    """Write the traceback of the current exception to a new file, and return its path."""
    import tempfile

    import platformdirs

    name = f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in (platformdirs.user_log_dir("simclr-lab"), tempfile.gettempdir()):
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            path = Path(folder) / name
            path.write_text(f"{sys.argv}\n\n{traceback.format_exc()}")
            return path
        except OSError:
            continue
    return Path(os.devnull)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line: no usage, and the nearest known name."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(self._plain(message))

    def _plain(self, message: str) -> str:
        message = message.removeprefix("argument ")
        if match := re.match(r"unrecognized arguments: (\S+)", message):
            return self._unknown("option", match[1].split("=")[0], list(self._known_options()))
        if match := re.match(r"COMMAND: invalid choice: '?([^'\s]*)'?", message):
            return self._unknown("command", match[1], list(COMMANDS))
        return message.rstrip(".") + f"; see `{self.prog} --help`."

    def _unknown(self, what: str, name: str, known: list[str]) -> str:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"see `{self.prog} --help`."
        return f"Expected a known {what}, found {name!r}; {hint}"

    def _known_options(self) -> set[str]:
        """Return the options of this parser and of its commands, whose leftovers reach this one."""
        options = set(self._option_string_actions)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for parser in action.choices.values():
                    options |= set(parser._option_string_actions)
        return options


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; `args.does` names the function of the command."""
    parser = _Parser(
        prog="python -m simclr_core",
        description="SimCLR Lab: train and inspect contrastive learning from a terminal.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (line, add, does) in COMMANDS.items():
        command = commands.add_parser(name, help=line, description=line, allow_abbrev=False)
        add(command)
        command.set_defaults(does=does)
        command.add_argument(
            "--runs",
            metavar="DIR",
            help="folder of runs (default: SIMCLR_LAB_RUNS, or one in your data folder)",
        )
        command.add_argument(
            "--json", action="store_true", help="end stdout with one JSON object on one line"
        )
    return parser
