"""Decode one picture file to a square of uint8 RGB pixels.

OpenCV decodes. The rest is done here: EXIF orientation is applied, transparent pixels are placed on
white, deep pixels are scaled to 8 bits, and the picture is cropped to its centre square.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

MIN_SIDE = 4  # pixels; smaller pictures cannot be cropped
DEPTHS = (255, 1023, 4095, 16383, 65535)  # full scale of 8, 10, 12, 14 and 16 bits
SIGNATURES = (  # of the formats that are read, for files without a known ending
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"BM",
    b"II*\x00",  # TIFF
    b"MM\x00*",
    b"RIFF",  # WebP
    b"\x00\x00\x00\x0cjP  ",  # JPEG 2000
)


class UnreadablePicture(Exception):
    """Says in a few words why a picture cannot be read."""


class Picture(NamedTuple):
    """A decoded picture.

    Attributes:
        pixels: (S, S, 3) uint8 RGB.
        shorter_side: in the file, in pixels.
        is_deep: the file has more than 8 bits per channel.
        has_alpha: the file has transparency, now on white.
    """

    pixels: np.ndarray
    shorter_side: int
    is_deep: bool
    has_alpha: bool


def read_picture(data: bytes, image_size: int) -> Picture:
    """Decode a picture file and resize its centre square.

    Args:
        data: the file's bytes; an animation gives its first frame.
        image_size: side S of the result in pixels.

    Returns:
        The picture.

    Raises:
        UnreadablePicture: the bytes are not a readable picture.
    """
    raw = _decode(data)
    middle = centre_square(raw)
    shown, has_alpha = over_white(to_uint8(middle, full_scale(middle)))
    pixels = resize_square(shown, image_size)
    if pixels.ndim == 3:
        pixels = pixels[:, :, ::-1]  # OpenCV decodes to BGR
    return Picture(as_rgb(pixels), min(raw.shape[:2]), raw.dtype != np.uint8, has_alpha)


def looks_like_picture(data: bytes) -> bool:
    """Return whether a file starts like a known picture format."""
    return data.startswith(SIGNATURES)


def centre_square(picture: np.ndarray) -> np.ndarray:
    """Return the centre square of a picture (H, W, ...); its side is the shorter one."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def resize_square(picture: np.ndarray, image_size: int) -> np.ndarray:
    """Resize a square uint8 picture (H, H) or (H, H, C) to a side of `image_size`.

    Shrinking averages pixel areas (no aliasing); enlarging interpolates linearly.
    """
    side = picture.shape[0]
    if side == image_size:
        return picture
    how = cv2.INTER_AREA if side > image_size else cv2.INTER_LINEAR
    resized = cv2.resize(picture, (image_size, image_size), interpolation=how)
    return resized.reshape(image_size, image_size, *picture.shape[2:])  # OpenCV drops a C of 1


def full_scale(pixels: np.ndarray) -> float:
    """Return the value that means white.

    Args:
        pixels: any array of pixels, of one picture or of a whole set.

    Returns:
        255 for 8 bits. For deeper integers, the full scale of the smallest depth that holds the
        largest value (12-bit X-rays stored in 16 bits would otherwise be nearly black). For
        floats, 1 or 255.

    Raises:
        UnreadablePicture: values are NaN, infinite, negative, or above every known scale.
    """
    if pixels.dtype == np.bool_:
        return 1.0
    if pixels.dtype == np.uint8:
        return 255.0
    if pixels.dtype.kind not in "iuf":
        raise UnreadablePicture(f"pixels of type {pixels.dtype}")
    low, high = (float(pixels.min()), float(pixels.max())) if pixels.size else (0.0, 0.0)
    if not np.isfinite(low + high):
        raise UnreadablePicture("pixels that are NaN or infinite")
    scales = (1.0, 255.0) if pixels.dtype.kind == "f" else tuple(map(float, DEPTHS))
    if low < 0 or high > scales[-1]:
        raise UnreadablePicture(f"pixels from {low:g} to {high:g}")
    return next(scale for scale in scales if high <= scale)


def to_uint8(pixels: np.ndarray, scale: float) -> np.ndarray:
    """Convert pixels in [0, scale] to uint8 in 0..255."""
    if pixels.dtype == np.uint8 and scale == 255:
        return pixels
    return np.rint(pixels.astype(np.float32) * (255.0 / scale)).astype(np.uint8)


def over_white(pixels: np.ndarray) -> tuple[np.ndarray, bool]:
    """Place pixels with alpha (..., 4) uint8 on white: (..., 3), and whether there was alpha."""
    if pixels.ndim < 3 or pixels.shape[-1] != 4:
        return pixels, False
    alpha = pixels[..., 3:].astype(np.float32) / 255
    shown = 255 + alpha * (pixels[..., :3].astype(np.float32) - 255)
    return np.rint(shown).astype(np.uint8), True


def as_rgb(pixels: np.ndarray) -> np.ndarray:
    """Return a picture (S, S), (S, S, 1) or (S, S, 3) with three channels."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def _decode(data: bytes) -> np.ndarray:
    """Return the file's pixels, upright: (H, W), (H, W, 3) BGR or (H, W, 4) BGRA."""
    if not data:
        raise UnreadablePicture("empty file")
    upright = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH  # applies EXIF orientation, but drops alpha
    if data.startswith(b"\xff\xd8"):  # JPEG has no alpha
        return _imdecode(data, upright)
    pixels = _imdecode(data, cv2.IMREAD_UNCHANGED)
    has_alpha = pixels.ndim == 3 and pixels.shape[2] == 4
    has_exif = any(mark in data for mark in (b"eXIf", b"Exif\0\0", b"EXIF"))
    return _imdecode(data, upright) if has_exif and not has_alpha else pixels


def _imdecode(data: bytes, flags: int) -> np.ndarray:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError) as error:
        too_large = "CV_IO_MAX_IMAGE" in str(error) or isinstance(error, MemoryError)
        raise UnreadablePicture("too many pixels" if too_large else "damaged") from error
    if pixels is None or not pixels.size:
        raise UnreadablePicture("damaged, or not a picture")
    return pixels
