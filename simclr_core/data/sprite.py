"""Join many small pictures into one large picture, which browsers cut up again."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

LOSSLESS_PIXELS = 1_500_000  # WebP files up to this size are lossless


def canvas(images: np.ndarray, size: int, columns: int) -> np.ndarray:
    """Lay out pictures row by row, resized where their size differs.

    Args:
        images: (P, S, S, 3) uint8 RGB.
        size: side of each picture on the sheet, in pixels.
        columns: pictures per row.

    Returns:
        (R * size, columns * size, 3) uint8 RGB for R rows; unused places are black.
    """
    rows = -(-len(images) // columns)
    sheet = np.zeros((rows * size, columns * size, 3), np.uint8)
    for i, image in enumerate(images):
        if image.shape[0] != size:
            image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        top, left = i // columns * size, i % columns * size
        sheet[top : top + size, left : left + size] = image
    return sheet


def encoded(picture: np.ndarray, extension: str, quality: int | None = None) -> bytes:
    """Return a picture as the bytes of a file.

    Args:
        picture: (H, W, 3) uint8 RGB.
        extension: "webp" (lossless if the picture is small) or "png".
        quality: of a webp, 1 to 100; None takes the best for its size.

    Raises:
        ValueError: OpenCV cannot encode the picture.
    """
    options: list[Any] = []
    if extension == "webp":  # OpenCV: a quality above 100 is lossless
        small = picture.shape[0] * picture.shape[1] <= LOSSLESS_PIXELS
        options = [cv2.IMWRITE_WEBP_QUALITY, quality or (101 if small else 90)]
    done, data = cv2.imencode(f".{extension}", np.ascontiguousarray(picture[..., ::-1]), options)
    if not done:
        raise ValueError(f"OpenCV could not encode a picture of shape {picture.shape}.")
    return data.tobytes()
