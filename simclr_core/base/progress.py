"""The callback by which long work reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]  # gets the share done, in [0, 1], and a short sentence


def no_progress(share: float, text: str) -> None:
    """Report nothing: the `Progress` of a caller that shows none."""
