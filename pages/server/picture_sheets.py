"""Sheets of pictures that belong to no run, such as the test pictures of a study."""

from __future__ import annotations

import hashlib
import math
import threading
from typing import Any

import numpy as np
from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simclr_core.data import sprite

from .same_origin import GUARD, missing, refusal

KEPT = 8  # sheets; a map whose sheet is gone is drawn with dots
LARGEST = 64  # pixels a side of a picture
_LASTS = "private, max-age=86400"

_lock = threading.Lock()
_offered: LRUCache[str, np.ndarray] = LRUCache(KEPT)


def offer(images: np.ndarray) -> dict[str, Any]:
    """Keep pictures for browsers that fetch them.

    Args:
        images: (P, S, S, 3) uint8.

    Returns:
        What a map's header says of its pictures: their address, `columns` and `size`. Empty
        without pictures.
    """
    if not len(images):
        return {}
    shape = str(images.shape).encode()
    digest = hashlib.sha256(shape + np.ascontiguousarray(images).tobytes()).hexdigest()[:16]
    with _lock:
        _offered[digest] = images
    return {
        "pictures": f"/lab/pictures/{digest}.webp",
        "columns": _columns(images),
        "size": _size(images),
    }


def sheet(request: Request) -> Response:
    """Answer with all pictures of a map in one sheet."""
    if refused := refusal(request):
        return refused
    with _lock:
        images = _offered.get(request.path_params["digest"])
    if images is None:
        return missing("Expected pictures of a map on this page; load the page again.")
    whole = sprite.canvas(images, _size(images), _columns(images))
    body = sprite.encoded(whole, "webp")
    return Response(body, media_type="image/webp", headers={**GUARD, "Cache-Control": _LASTS})


ROUTES = [Route("/lab/pictures/{digest}.webp", sheet)]


def _columns(images: np.ndarray) -> int:
    return math.ceil(math.sqrt(len(images)))


def _size(images: np.ndarray) -> int:
    return min(images.shape[1], LARGEST)
