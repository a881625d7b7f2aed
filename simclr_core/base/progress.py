"""The one form in which long work reports how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]  # gets the share that is done, in [0, 1], and words
