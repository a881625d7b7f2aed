"""One block of bytes for a live figure: a JSON header, then plain arrays.

Layout: uint32 length of the header, the header as UTF-8 JSON, then the arrays that its `arrays`
lists as [name, type, length], one after another, all little-endian.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

TYPES = {"f4": "<f4", "u4": "<u4", "u2": "<u2", "u1": "u1"}


def pack(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Header and arrays as bytes.

    Args:
        header: JSON values; numbers that are not finite become null.
        arrays: name -> array of float32, uint32, uint16 or uint8; NaN may stand in floats.

    Raises:
        ValueError: an array has another type.
    """
    listed, blocks = [], []
    for name, array in arrays.items():
        code = f"{array.dtype.kind}{array.dtype.itemsize}"
        if code not in TYPES:
            raise ValueError(f"{name}: expected {', '.join(TYPES)}, found {array.dtype}.")
        listed.append([name, code, array.size])
        blocks.append(np.ascontiguousarray(array, TYPES[code]).tobytes())
    values = plain({**header, "arrays": listed})
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return b"".join([len(text).to_bytes(4, "little"), text, *blocks])


def unpack(block: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what `pack` was given."""
    start = 4 + int.from_bytes(block[:4], "little")
    header = json.loads(block[4:start])
    arrays = {}
    for name, code, length in header["arrays"]:
        arrays[name] = np.frombuffer(block, TYPES[code], length, start)
        start += arrays[name].nbytes
    return header, arrays


def plain(value: Any) -> Any:
    """Return `value` as JSON values: numbers of NumPy as Python's, what is not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
