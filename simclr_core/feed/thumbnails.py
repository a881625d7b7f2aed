"""The pictures of a run's map as one sheet: what a browser fetches once and cuts up itself."""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from ..data import sprite as sheets
from ..runs.run import Run

SHEET_PIXELS = 16_000_000  # of one sheet at most; larger pictures are made smaller
SHEETS_KEPT = 4


@dataclass(frozen=True, eq=False)
class Probe:
    """What a map needs of a probe set, without its pictures.

    Attributes:
        digest: of the file's content, hex.
        count, size: pictures, pixels a side of one in the sheet.
        columns: pictures a row of the sheet.
        categories: "label" and factor names -> (P,) int64; -1 is unknown.
    """

    digest: str
    count: int
    size: int
    columns: int
    categories: dict[str, np.ndarray]


_lock = threading.Lock()
_probes: OrderedDict[tuple[str, int, int], Probe] = OrderedDict()
_sheets: OrderedDict[tuple[str, str], bytes] = OrderedDict()


def probe_facts(run: Run) -> Probe | None:
    """The run's probe set, None as long as there is none; kept in memory, a few of them.

    Raises:
        RunDamaged: the file cannot be read.
    """
    path = run.path / "probe.npz"
    try:
        info = path.stat()
    except FileNotFoundError:
        return None
    key = (str(path), info.st_mtime_ns, info.st_size)
    with _lock:
        if key not in _probes:
            _probes[key] = _read(run)
            while len(_probes) > 16:
                _probes.popitem(last=False)
        _probes.move_to_end(key)
        return _probes[key]


def sheet(run: Run, extension: str) -> tuple[bytes, str] | None:
    """The sheet of all pictures, row by row in the order of the probe set.

    Args:
        extension: "webp" or "png".

    Returns:
        The encoded picture and the probe's digest; None as long as there is no probe set.
    """
    probe = probe_facts(run)
    if probe is None:
        return None
    key = (probe.digest, extension)
    with _sheet_lock:  # one at a time: thirty browsers ask for the same sheet at once
        if key not in _sheets:
            whole = sheets.canvas(run.probe()["images"], probe.size, probe.columns)
            _sheets[key] = sheets.encoded(whole, extension)
            while len(_sheets) > SHEETS_KEPT:
                _sheets.popitem(last=False)
        _sheets.move_to_end(key)
        return _sheets[key], probe.digest


_sheet_lock = threading.Lock()


def _read(run: Run) -> Probe:
    arrays = run.probe()
    count, side = arrays["images"].shape[:2]
    size = max(8, min(side, math.isqrt(SHEET_PIXELS // max(1, count))))
    categories = {"label": arrays["labels"]} if "labels" in arrays else {}
    for name, values in arrays.items():
        if name.startswith("factor__"):
            categories[name.removeprefix("factor__")] = values
    digest = hashlib.sha256((run.path / "probe.npz").read_bytes()).hexdigest()[:16]
    return Probe(digest, count, size, max(1, math.ceil(math.sqrt(count))), categories)
