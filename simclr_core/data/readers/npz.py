"""Read pictures and labels from an .npz file that may come from anywhere.

The header of each array is read before the array is unpacked. Its type must be plain (an array of
Python objects is a pickle, and a pickle is code) and its size must be within the limits.
"""

from __future__ import annotations

import math
import shutil
import struct
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...base.errors import DataError
from ...base.paths import safe_name
from ...base.progress import Progress
from .. import memmaps
from ..labels import combine_splits
from ..splits import SourceData
from . import picture_files
from .archives import ZIP_ERRORS

MAX_ARRAY_BYTES = 64 * 2**30  # unpacked, and also of the pictures made from it
SIZES = (16, 64)  # sizes between these are kept
CHUNK = 512  # pictures converted at a time
_NAME_LENGTH = 26  # offset of the name's length in the local header of a zip member

# Names of (pictures, labels) for train, validation and test, in any letter case.
LAYOUTS = (
    (("x_train", "y_train"), ("x_val", "y_val"), ("x_test", "y_test")),
    (
        ("train_images", "train_labels"),  # MedMNIST
        ("val_images", "val_labels"),
        ("test_images", "test_labels"),
    ),
    (("images", "labels"),),
    (("x", "y"),),
)
KEYS_WANTED = "x_train (with y_train, x_test, y_test), train_images (MedMNIST), or images (labels)"


def read_npz(path: Path, image_size: int | None, progress: Progress) -> SourceData:
    """Read a data set from an .npz file.

    Args:
        path: the file, with arrays named as in `LAYOUTS`, and optionally `class_names`.
        image_size: side S in pixels; None keeps the size of the data, within 16 to 64.
        progress: called with the share done and a sentence.

    Returns:
        The pictures (N, S, S, 3) uint8, with labels 0..K-1. A validation split joins train, or
        is the test split if there is no other.

    Raises:
        DataError: the file cannot be read, or has no pictures in such a layout.
    """
    arrays = _load(path, progress)
    layout = next((names for names in LAYOUTS if names[0][0] in arrays), None)
    if layout is None:
        names = ", ".join(safe_name(name) for name in list(arrays)[:8]) or "no arrays"
        raise DataError(
            f"Expected an .npz file with {KEYS_WANTED}; found {names} in {path.name}. "
            "Save the pictures under one of these names."
        )
    pairs = [(arrays.get(x), arrays.get(y), x) for x, y in layout if x in arrays]
    shaped = [_shaped(x, name) for x, _, name in pairs if x is not None]
    size = image_size or _usual_size(shaped)
    images, notes = _convert(shaped, [name for _, _, name in pairs], size, progress)
    labels = [y for _, y, _ in pairs]
    splits = [name.replace("_images", "").replace("x_", "") for _, _, name in pairs]
    data = combine_splits(splits, images, labels, arrays.get("class_names"))
    return replace(data, notes=(*notes, *data.notes))


def _load(path: Path, progress: Progress) -> dict[str, np.ndarray]:
    """Return the arrays that a layout names, by lower-case name; others become empty arrays."""
    wanted = {name for layout in LAYOUTS for pair in layout for name in pair} | {"class_names"}
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            for done, member in enumerate(members):
                name = member.filename.removesuffix(".npy")
                if name.lower() not in wanted:
                    arrays[name] = np.empty(0)
                    continue
                progress(0.6 * done / len(members), f"Reading {safe_name(name)}.")
                arrays[name.lower()] = _read_array(path, archive, member, safe_name(name))
    except (*ZIP_ERRORS, KeyError, MemoryError, SyntaxError, TypeError) as error:
        raise DataError(
            f"Expected an .npz file written by NumPy's savez, but {path.name} is cut off, damaged "
            "or something else; save it again."
        ) from error
    return arrays


def _read_array(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str
) -> np.ndarray:
    """Read one array after checking its header."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_header: Any = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            raise ValueError(f"format {version}")
        shape, fortran, dtype = read_header(file)
        begin = file.tell()
    if dtype.hasobject:
        raise DataError(
            f"Expected plain numbers or text in {name}, found Python objects, which may contain "
            "code and are never read; save the array with a number type such as uint8."
        )
    if min(shape, default=0) < 0:
        raise DataError(
            f"Expected sizes of at least 0 in the header of {name}, found {shape}: the header is "
            "damaged; save the file again."
        )
    size = math.prod(shape) * dtype.itemsize
    if size > MAX_ARRAY_BYTES:
        raise DataError(
            f"Expected at most {MAX_ARRAY_BYTES >> 30} GB per array, found {size / 2**30:.1f} GB "
            f"in {name}; save fewer or smaller pictures."
        )
    if size > member.file_size:
        raise ValueError("the header promises more than the file holds")
    if size <= memmaps.room():
        with archive.open(member) as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    order: Any = "F" if fortran else "C"
    if member.compress_type == zipfile.ZIP_STORED:
        offset = _content(path, member) + begin
        return np.memmap(path, dtype, "r", offset, shape, order)
    with archive.open(member) as file, memmaps.spool(size) as target:
        file.seek(begin)
        shutil.copyfileobj(file, target, memmaps.BLOCK)
        target.flush()
        return np.memmap(target, dtype, "r", 0, shape, order)


def _content(path: Path, member: zipfile.ZipInfo) -> int:
    """Return the byte offset of a zip member's content, after its header, name and extras."""
    with path.open("rb") as file:
        file.seek(member.header_offset + _NAME_LENGTH)
        name, extra = struct.unpack("<HH", file.read(4))
    return member.header_offset + _NAME_LENGTH + 4 + int(name) + int(extra)


def _shaped(array: np.ndarray, name: str) -> np.ndarray:
    """Return the pictures as (N, H, W, C) with C of 1, 3 or 4, without copying."""
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim == 4 and array.shape[3] not in (1, 3, 4) and array.shape[1] in (1, 3, 4):
        array = array.transpose(0, 2, 3, 1)  # channels first, as in PyTorch
    if array.ndim != 4 or array.shape[3] not in (1, 3, 4):
        raise DataError(
            f"Expected pictures (N, height, width) or (N, height, width, 1, 3 or 4 channels) in "
            f"{name}, found an array of shape {array.shape}; save the pictures in such a shape."
        )
    if len(array) and min(array.shape[1:3]) < picture_files.MIN_SIDE:
        raise DataError(
            f"Expected pictures of at least {picture_files.MIN_SIDE} pixels per side, found "
            f"{array.shape[1]} x {array.shape[2]} in {name}, which cannot be cropped. "
            "Use larger pictures."
        )
    return array


def _usual_size(arrays: list[np.ndarray]) -> int:
    side = min(arrays[0].shape[1:3])
    return int(np.clip(side, *SIZES))


def _convert(
    arrays: list[np.ndarray], names: list[str], size: int, progress: Progress
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Convert every split to (N, S, S, 3) uint8, with notes on what was done."""
    scales = _scales(arrays, names)
    total = sum(len(array) for array in arrays)
    if total * size * size * 3 > MAX_ARRAY_BYTES:
        raise DataError(
            f"Expected at most {MAX_ARRAY_BYTES >> 30} GB of pictures, found {total:,} of "
            f"{size} x {size}; choose a smaller image size."
        )
    images, done = [], 0
    for array, scale in zip(arrays, scales, strict=True):
        if array.shape[1:] == (size, size, 3) and scale == 255 and _as_they_are(array):
            images.append(array)
            done += len(array)
            continue
        out = memmaps.allocate((len(array), size, size, 3))
        for start in range(0, len(array), CHUNK):
            out[start : start + CHUNK] = _squares(array[start : start + CHUNK], scale, size)
            done += min(CHUNK, len(array) - start)
            progress(0.6 + 0.4 * done / total, f"{done:,} of {total:,} pictures converted.")
        images.append(out)
    return images, (*_scale_notes(arrays, names, scales), *_notes(arrays[0], size))


def _as_they_are(array: np.ndarray) -> bool:
    """Return whether the pixels are bytes in one contiguous block."""
    return array.dtype == np.uint8 and array.flags.c_contiguous


def _scales(arrays: list[np.ndarray], names: list[str]) -> list[float]:
    """Return the full scale of every split.

    Integers of more than 8 bits may have any depth: the brightest split decides for all of them.
    Other splits each have their own: 255 for bytes, 1 or 255 for floats.
    """
    scales = []
    for array, name in zip(arrays, names, strict=True):
        try:
            scales.append(picture_files.full_scale(array))
        except picture_files.UnreadablePicture as error:
            raise DataError(
                f"Expected pixels of 0..255 (or floats of 0..1) in {name}, found {error}; "
                "scale them and save again."
            ) from error
    deep = [array.dtype.kind in "iu" and array.dtype != np.uint8 for array in arrays]
    deepest = max(np.where(deep, scales, 0.0))
    return [
        float(deepest) if is_deep else scale for is_deep, scale in zip(deep, scales, strict=True)
    ]


def _scale_notes(
    arrays: list[np.ndarray], names: list[str], scales: list[float]
) -> tuple[str, ...]:
    """Say how pixel values were scaled, in at most one sentence."""
    scaled: dict[tuple[np.dtype, float], list[str]] = {}
    for array, name, scale in zip(arrays, names, scales, strict=True):
        if len(array):
            scaled.setdefault((array.dtype, scale), []).append(name)
    words = [f"{dtype} up to {scale:g}" for dtype, scale in scaled]
    if len(words) > 1:
        parts = [f"{w} in {', '.join(n)}" for w, n in zip(words, scaled.values(), strict=True)]
        return (f"Pixels were {' and '.join(parts)}: each was scaled to 0..255 separately.",)
    if not words or any(dtype == np.uint8 for dtype, _ in scaled):
        return ()
    return (f"Pixels were {words[0]} and were scaled to 0..255.",)


def _squares(block: np.ndarray, scale: float, size: int) -> np.ndarray:
    """Convert a block (n, H, W, C) of any number type to (n, S, S, 3) uint8."""
    block, _ = picture_files.over_white(picture_files.to_uint8(block, scale))
    if block.shape[1:3] == (size, size):
        return np.broadcast_to(block, (len(block), size, size, 3))
    made = [
        picture_files.resize_square(picture_files.centre_square(picture), size) for picture in block
    ]
    return np.stack([picture_files.as_rgb(picture) for picture in made])


def _notes(array: np.ndarray, size: int) -> tuple[str, ...]:
    """Say how the shape of the pictures was changed, one sentence each."""
    notes = []
    height, width, channels = array.shape[1:]
    if channels == 4:
        notes.append("Transparent pixels are shown on white.")
    if channels == 1:
        notes.append("Gray pictures were copied to three channels.")
    if height != width:
        notes.append(f"Pictures of {width} x {height} were cropped to their centre square.")
    if min(height, width) != size:
        notes.append(f"Pictures were resized from {min(height, width)} to {size} pixels per side.")
    return tuple(notes)
