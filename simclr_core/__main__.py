"""`python -m simclr_core`: the command line."""

from __future__ import annotations

import io
import sys

from .cli.main import main

if __name__ == "__main__":
    sys.stdout = sys.stdout or io.StringIO()  # none if the caller closed it: `... >&-`
    sys.stderr = sys.stderr or io.StringIO()
    if isinstance(sys.stdout, io.TextIOWrapper):  # names that the terminal has no letters for
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
