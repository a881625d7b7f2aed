"""One picture file to one square, against Pillow."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps

from simclr_core.base.paths import PROJECT
from simclr_core.data.readers import picture_files

ROOT = PROJECT
RNG = np.random.default_rng(0)


def encode(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def noise(height: int = 20, width: int = 20) -> np.ndarray:
    return RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_decoding_agrees_with_pillow() -> None:
    pixels = noise(40, 40)
    for kind in ("PNG", "JPEG", "BMP", "TIFF"):
        data = encode(pixels, kind)
        expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)
        found = picture_files.read_picture(data, 40).pixels
        assert np.abs(found - expected).max() <= (3 if kind == "JPEG" else 0), kind


def test_middle_square_is_area_averaged() -> None:
    pixels = noise(40, 100)
    found = picture_files.read_picture(encode(pixels), 10).pixels
    middle = pixels[:, 30:70].astype(float)
    expected = middle.reshape(10, 4, 10, 4, 3).mean(axis=(1, 3))
    assert np.abs(found - expected).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_applied(orientation: int, kind: str) -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:8], pixels[8:16, :8] = (255, 0, 0), (0, 0, 255)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(pixels, kind, exif=exif)
    turned = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    found = picture_files.read_picture(data, 32).pixels
    assert np.abs(found.astype(float) - np.asarray(turned, float)).mean() < 3


def test_alpha_is_laid_over_white() -> None:
    pixels = RNG.integers(0, 256, (16, 16, 4), dtype=np.uint8)
    white = Image.new("RGBA", (16, 16), (255, 255, 255, 255))
    expected = np.asarray(Image.alpha_composite(white, Image.fromarray(pixels)), float)[..., :3]
    found = picture_files.read_picture(encode(pixels), 16)
    assert found.has_alpha
    assert np.abs(found.pixels - expected).max() <= 1


@pytest.mark.parametrize(("highest", "scale"), [(65535, 65535), (4080, 4095), (700, 1023)])
def test_deep_pixels_take_the_scale_they_fill(highest: int, scale: int) -> None:
    pixels = np.linspace(0, highest, 256).reshape(16, 16).astype(np.uint16)
    found = picture_files.read_picture(encode(pixels), 16)
    assert found.is_deep
    assert np.abs(found.pixels[..., 0] - pixels * (255.0 / scale)).max() <= 0.5
    assert np.array_equal(found.pixels[..., 0], found.pixels[..., 2])


def test_float_pixels() -> None:
    values = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    found = picture_files.read_picture(encode(values, "TIFF"), 16).pixels
    assert np.abs(found[..., 1] - values * 255).max() <= 0.5
    values[3, 3] = np.nan
    with pytest.raises(picture_files.UnreadablePicture, match="NaN"):
        picture_files.read_picture(encode(values, "TIFF"), 16)


@pytest.mark.parametrize(
    "data", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + b"x" * 99]
)
def test_broken_bytes_are_unreadable(data: bytes) -> None:
    with pytest.raises(picture_files.UnreadablePicture):
        picture_files.read_picture(data, 16)


def test_too_many_pixels_are_not_decoded() -> None:
    code = (
        "import io, sys, numpy as np\n"
        "from PIL import Image\n"
        "from simclr_core.data.readers import picture_files\n"
        "buffer = io.BytesIO()\n"
        "Image.fromarray(np.zeros((3000, 3000), bool)).save(buffer, 'PNG')\n"
        "try: picture_files.read_picture(buffer.getvalue(), 8)\n"
        "except picture_files.UnreadablePicture as error: print(error)\n"
    )
    environment = {"OPENCV_IO_MAX_IMAGE_PIXELS": "1000000", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.stdout.decode().strip() == "too many pixels"
