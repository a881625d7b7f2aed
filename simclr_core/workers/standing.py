"""How far a request is, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """Where a request stands, and what else uses the machine.

    Attributes:
        seconds: since it was asked.
        ahead: requests that are served before it.
        first: the kind of the first of them.
        starting: its worker's process is starting.
        training: a run is being trained on the processor.
        wanting: programs that want to compute, if they are many for the cores; else 0.
    """

    seconds: float = 0.0
    ahead: int = 0
    first: str = ""
    starting: bool = False
    training: bool = False
    wanting: int = 0


AT_REST = Line()


@dataclass(frozen=True)
class Standing:
    """How far a request is that was not served yet.

    Attributes:
        key: of the request.
        share: of the work that is done, in [0, 1]; None as long as it is not known.
        words: what is being done, empty before a worker begins; or why it failed.
        failed: whether it did.
        asked: when it was asked, in seconds since 1970; 0 if that is not known.
        line: what it waits for, where somebody has looked.
    """

    key: str
    share: float | None = None
    words: str = ""
    failed: bool = False
    asked: float = 0.0
    line: Line = AT_REST
