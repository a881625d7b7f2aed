"""One picture file to one square of uint8 RGB pixels.

OpenCV decodes; what it leaves open is settled here: EXIF orientation is applied, transparent
pixels are laid over white, deep pixels are brought to 8 bits, and everything but the middle
square is cut away (SimCLR's own way of bringing pictures to one size).
"""

from __future__ import annotations

import os
from typing import NamedTuple

MAX_PIXELS = 120_000_000  # a 120-megapixel picture takes 360 MB while it is decoded
# OpenCV reads its limit once, when it is first imported.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))

import cv2  # noqa: E402
import numpy as np  # noqa: E402

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

DEPTHS = (255, 1023, 4095, 16383, 65535)  # full scale of 8, 10, 12, 14 and 16 bits
SIGNATURES = (  # of the formats OpenCV reads here, for files without a telling name
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
    """Why a file is left out, in a few words; ingest gathers these into notes."""


class Picture(NamedTuple):
    """A decoded picture.

    Attributes:
        pixels: (S, S, 3) uint8 RGB.
        shorter_side: of the file, in pixels.
        is_deep: had more than 8 bits a channel.
        has_alpha: had transparency, now laid over white.
    """

    pixels: np.ndarray
    shorter_side: int
    is_deep: bool
    has_alpha: bool


def read_picture(data: bytes, image_size: int) -> Picture:
    """Decode a picture file and bring its middle square to a size.

    Args:
        data: the file's bytes; of an animation the first frame is taken.
        image_size: side S of the result in pixels.

    Raises:
        UnreadablePicture: the bytes are no picture that can be read.
    """
    raw = _decode(data)
    middle = centre_square(raw)
    shown, has_alpha = over_white(to_uint8(middle, full_scale(middle)))
    pixels = resize_square(shown, image_size)
    if pixels.ndim == 3:
        pixels = pixels[:, :, ::-1]  # OpenCV decodes to BGR
    return Picture(as_rgb(pixels), min(raw.shape[:2]), raw.dtype != np.uint8, has_alpha)


def looks_like_picture(data: bytes) -> bool:
    """Whether a file starts as a known picture format does."""
    return data.startswith(SIGNATURES)


def centre_square(picture: np.ndarray) -> np.ndarray:
    """The middle square of a picture (H, W, ...), its side the shorter one."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def resize_square(picture: np.ndarray, image_size: int) -> np.ndarray:
    """Bring a square uint8 picture (H, H) or (H, H, C) to a side of `image_size`.

    Pixel areas are averaged when shrinking (no aliasing), interpolated linearly when enlarging.
    """
    side = picture.shape[0]
    if side == image_size:
        return picture
    how = cv2.INTER_AREA if side > image_size else cv2.INTER_LINEAR
    resized = cv2.resize(picture, (image_size, image_size), interpolation=how)
    return resized.reshape(image_size, image_size, *picture.shape[2:])  # OpenCV drops a C of 1


def full_scale(pixels: np.ndarray) -> float:
    """The value that stands for white.

    Args:
        pixels: any array of pixels, of one picture or of a whole set.

    Returns:
        255 for 8 bits; for deeper integers the full scale of the least depth that holds the
        largest value (12-bit X-rays stored in 16 bits would else be nearly black); for floats 1
        or 255.

    Raises:
        UnreadablePicture: NaN, infinite or negative values, or values over every known scale.
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
    """Pixels in [0, scale] as uint8 in 0..255."""
    if pixels.dtype == np.uint8 and scale == 255:
        return pixels
    return np.rint(pixels.astype(np.float32) * (255.0 / scale)).astype(np.uint8)


def over_white(pixels: np.ndarray) -> tuple[np.ndarray, bool]:
    """Lay pixels (..., 4) uint8 with alpha over white: (..., 3), and whether there was alpha."""
    if pixels.ndim < 3 or pixels.shape[-1] != 4:
        return pixels, False
    alpha = pixels[..., 3:].astype(np.float32) / 255
    shown = 255 + alpha * (pixels[..., :3].astype(np.float32) - 255)
    return np.rint(shown).astype(np.uint8), True


def as_rgb(pixels: np.ndarray) -> np.ndarray:
    """A picture (S, S) or (S, S, 1) repeated over three channels; (S, S, 3) as it is."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def _decode(data: bytes) -> np.ndarray:
    """Pixels as the file holds them: (H, W), (H, W, 3) BGR or (H, W, 4) BGRA, upright."""
    if not data:
        raise UnreadablePicture("empty file")
    upright = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH  # turns by EXIF, but drops alpha
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
        raise UnreadablePicture("damaged or no picture")
    return pixels
