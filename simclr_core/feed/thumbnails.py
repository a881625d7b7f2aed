"""The pictures of a run's map as one sheet: what a browser fetches once and cuts up itself."""

from __future__ import annotations

import hashlib
import math
import threading
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache, cached

from ..data import sprite
from ..runs.run import Run

SHEET_PIXELS = 16_000_000  # of one sheet at most; larger pictures are made smaller
PROBES_KEPT, SHEETS_KEPT = 16, 4


@dataclass(frozen=True, eq=False)
class ProbeFacts:
    """What a map needs of a probe set, without its pictures.

    Attributes:
        digest: of the file's content, hex.
        count, size: pictures, pixels per side of one in the sheet.
        columns: pictures per row of the sheet.
        rows: (P,) int64, which training picture each one is.
        categories: "label" and factor names -> (P,) int64; -1 is unknown.
        files: path of each picture inside the folder or zip it came from; None if unknown.
    """

    digest: str
    count: int
    size: int
    columns: int
    rows: np.ndarray
    categories: dict[str, np.ndarray]
    files: list[str] | None


def probe_facts(run: Run) -> ProbeFacts | None:
    """Return the run's probe set, or None as long as there is none; a few are kept in memory.

    Raises:
        RunDamaged: the file cannot be read.
    """
    try:
        info = run.probe_path.stat()
    except FileNotFoundError:
        return None
    return _read(run, info.st_mtime_ns, info.st_size)


def sheet(run: Run, extension: str) -> tuple[bytes, str] | None:
    """Return the sheet of all pictures, row by row in the order of the probe set.

    Args:
        extension: "webp" or "png".

    Returns:
        The encoded picture and the probe's digest; None as long as there is no probe set.
    """
    probe = probe_facts(run)
    return None if probe is None else (_encoded(run, probe, extension), probe.digest)


# With a condition, thirty browsers that ask at once wait for the one that makes the sheet.
@cached(
    LRUCache(SHEETS_KEPT),
    key=lambda run, probe, extension: (probe.digest, extension),
    condition=threading.Condition(),
)
def _encoded(run: Run, probe: ProbeFacts, extension: str) -> bytes:
    whole = sprite.canvas(run.probe()["images"], probe.size, probe.columns)
    return sprite.encoded(whole, extension)


@cached(LRUCache(PROBES_KEPT), condition=threading.Condition())
def _read(run: Run, changed: int, size: int) -> ProbeFacts:
    arrays = run.probe()
    count, side = arrays["images"].shape[:2]
    size = max(8, min(side, math.isqrt(SHEET_PIXELS // max(1, count))))
    categories = {"label": arrays["labels"]} if "labels" in arrays else {}
    for name, values in arrays.items():
        if name.startswith("factor__"):
            categories[name.removeprefix("factor__")] = values
    digest = hashlib.sha256(run.probe_path.read_bytes()).hexdigest()[:16]
    files = arrays["files"].tolist() if "files" in arrays else None
    columns = max(1, math.ceil(math.sqrt(count)))
    return ProbeFacts(digest, count, size, columns, arrays["indices"], categories, files)
