"""The analyst for long questions: behind training, so that short ones do not wait for it.

python -m simclr_core.questions.long_analyst RUNS_DIR
"""

from __future__ import annotations

import sys

from .analyst import serve
from .jobs import LONG_QUESTIONS

if __name__ == "__main__":
    sys.exit(serve(LONG_QUESTIONS))
