"""A selection of pictures as a short word in the URL: one bit for each picture."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable

import numpy as np

LONGEST = 1500  # letters; larger selections are not part of a link


def encode_selection(chosen: Iterable[int], count: int) -> str:
    """Return indices out of 0..count-1 as a word; empty if it would be too long for a link."""
    bits = np.zeros(count, np.uint8)
    bits[list(chosen)] = 1
    packed = zlib.compress(np.packbits(bits).tobytes(), 9)
    word = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return word if len(word) <= LONGEST else ""


def decode_selection(word: str, count: int) -> list[int]:
    """Return the indices of a word; none if it is no such word, or is about other pictures."""
    if not word or len(word) > LONGEST:
        return []
    try:
        packed = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj()
        bits = np.frombuffer(reader.decompress(packed, count // 8 + 2), np.uint8)
    except (binascii.Error, zlib.error, ValueError):
        return []
    if len(bits) != -(-count // 8):
        return []
    selection = np.flatnonzero(np.unpackbits(bits))
    return [int(index) for index in selection if index < count]
