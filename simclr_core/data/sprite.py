"""Many small pictures as one large one: what browsers and other programs cut up themselves."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

LOSSLESS_PIXELS = 1_500_000  # up to here WebP is lossless


def canvas(images: np.ndarray, size: int, columns: int) -> np.ndarray:
    """Pictures row by row, made smaller (or larger) where they have another size.

    Args:
        images: (P, S, S, 3) uint8 RGB.
        size: pixels a side of each in the sheet.
        columns: pictures a row.

    Returns:
        (R * size, columns * size, 3) uint8 RGB, R rows; black where the last row ends early.
    """
    rows = -(-len(images) // columns)
    found = np.zeros((rows * size, columns * size, 3), np.uint8)
    for i, image in enumerate(images):
        if image.shape[0] != size:
            image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        top, left = i // columns * size, i % columns * size
        found[top : top + size, left : left + size] = image
    return found


def encoded(picture: np.ndarray, extension: str, quality: int | None = None) -> bytes:
    """A picture as a file.

    Args:
        picture: (H, W, 3) uint8 RGB.
        extension: "webp" (lossless if it is small) or "png".
        quality: of a webp, 1 to 100; None takes the best that its size allows.

    Raises:
        ValueError: OpenCV makes no such file.
    """
    options: list[Any] = []
    if extension == "webp":  # a quality above 100 is OpenCV's word for lossless
        small = picture.shape[0] * picture.shape[1] <= LOSSLESS_PIXELS
        options = [cv2.IMWRITE_WEBP_QUALITY, quality or (101 if small else 90)]
    done, data = cv2.imencode(f".{extension}", np.ascontiguousarray(picture[..., ::-1]), options)
    if not done:
        raise ValueError(f"expected a picture of {picture.shape}, OpenCV made none.")
    return data.tobytes()
