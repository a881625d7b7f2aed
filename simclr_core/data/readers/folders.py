"""Read a folder or zip of pictures: one folder per class, or flat without labels.

Files that are not pictures are ignored. Damaged pictures are left out and counted in a note; only a
source without any readable picture is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from ...base.errors import DataError
from ...base.paths import safe_name
from ...base.progress import Progress
from .. import memmaps
from ..labels import combine_splits
from ..splits import SourceData, groups_by_name, spread_choice
from .archives import Entry, Listing, UnreadableFile, open_listing
from .picture_files import MIN_SIDE, UnreadablePicture, looks_like_picture, read_picture
from .reading_log import ReadingLog, counted

MAX_BYTES = 64 * 2**30  # of all pictures, at their final size
SMALL_SIDE, SMALL_SIZE, LARGE_SIZE = 48, 32, 64  # pictures up to 48 px become 32 px, others 64
SAMPLE = 24  # pictures read to find the usual size
LOOSE = "(no folder)"  # class of pictures beside the class folders

READ = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".webp", ".tif", ".tiff"}
    | {".jp2", ".avif", ".ppm", ".pgm", ".pbm", ".pnm"}
)
UNREAD = frozenset(  # picture formats that are not read: left out with a note
    {".svg", ".ico", ".heic", ".heif", ".psd", ".pdf", ".dcm", ".dng", ".cr2", ".nef", ".exr"}
)
ARCHIVES = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz"})
JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
SPLIT_OF_FOLDER = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


@dataclass
class PlacedFile:
    """A picture file with its place in the data set.

    Attributes:
        entry: the file.
        split: "train", "val" or "test".
        label: name of the class folder, or "" without one.
    """

    entry: Entry
    split: str
    label: str


def read_pictures(
    path: Path, image_size: int | None, max_images: int | None, progress: Progress
) -> SourceData:
    """Read a folder or zip of pictures.

    Folders that only contain one other folder are skipped. Folders named train, val and test
    become the splits (val joins train, or is the test split if there is no other); the first
    folder below them is the class. Pictures are cropped to their centre square and resized.

    Args:
        path: a folder or .zip.
        image_size: side S in pixels; None uses 32 for pictures up to 48 px, otherwise 64.
        max_images: the most pictures to read per split, stratified by class; None reads all.
        progress: called with the share done and a sentence.

    Returns:
        The pictures (N, S, S, 3) uint8 with labels, and notes on what was left out.

    Raises:
        DataError: it cannot be opened, has no readable picture, or exceeds the limits.
    """
    with open_listing(path) as listing:
        log = ReadingLog(skipped=dict(listing.skipped))
        files = _place(_candidates(listing, log), log)
        if max_images:
            files = _choose(files, max_images)
        size = image_size or _usual_size(files)
        _check_memory(len(files), size)
        images, kept = _decode_all(files, size, log, progress)
    if not kept:
        raise _no_pictures(path, listing, log)
    _check_sides(path, log)
    data = _assemble(images, kept)
    return replace(data, notes=(*log.notes(size), *data.notes))


def _candidates(listing: Listing, log: ReadingLog) -> list[Entry]:
    """Return the entries whose names suggest pictures; junk is left out silently."""
    kept = []
    for entry in listing.entries:
        if any(part.startswith(".") or part.lower() in JUNK for part in entry.parts):
            continue
        suffix = PurePosixPath(entry.parts[-1]).suffix.lower()
        if suffix in READ or (not suffix and _starts_as_picture(entry)):
            kept.append(entry)
        elif suffix in UNREAD:
            log.skip(f"of a format that is not read ({suffix[1:]})", entry.parts[-1])
        elif suffix in ARCHIVES:
            log.skip("archives inside, which are not opened", entry.parts[-1])
    return kept


def _starts_as_picture(entry: Entry) -> bool:
    try:
        return looks_like_picture(entry.read())
    except UnreadableFile:
        return False


def _place(entries: list[Entry], log: ReadingLog) -> list[PlacedFile]:
    """Give each file its split and class, from the folders that contain it."""
    inner = _unwrap([entry.parts for entry in entries])
    tops = {SPLIT_OF_FOLDER.get(parts[0].lower()) for parts in inner if len(parts) > 1}
    has_splits = "train" in tops and bool(tops & {"val", "test"})
    files = []
    for entry, parts in zip(entries, inner, strict=True):
        split = "train"
        if has_splits:
            named = SPLIT_OF_FOLDER.get(parts[0].lower()) if len(parts) > 1 else None
            if named is None:
                log.skip("beside the folders train and test", entry.parts[-1])
                continue
            split, parts = named, parts[1:]
        files.append(PlacedFile(entry, split, parts[0] if len(parts) > 1 else ""))
    return files


def _unwrap(paths: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Remove outer folders that hold everything and are no class: `my data/images/cat/1.png`.

    A single folder of pictures stays: it is a class.
    """
    while paths and len({parts[0] for parts in paths}) == 1 and min(map(len, paths)) > 1:
        folders = {parts[1] for parts in paths if len(parts) > 2}
        has_direct = any(len(parts) == 2 for parts in paths)
        if len(folders) < (2 if has_direct else 1):
            break
        paths = [parts[1:] for parts in paths]
    return paths


def _choose(files: list[PlacedFile], count: int) -> list[PlacedFile]:
    """Return at most `count` files per split, stratified by class."""
    chosen: list[PlacedFile] = []
    for split in ("train", "val", "test"):
        part = [f for f in files if f.split == split]
        labels = np.unique([f.label for f in part], return_inverse=True)[1] if part else None
        chosen += [part[i] for i in spread_choice(labels, len(part), count, "0")]
    return chosen


def _usual_size(files: list[PlacedFile]) -> int:
    """Return 32 or 64, depending on the shorter sides of a sample of the pictures."""
    sides = []
    for position in np.unique(np.linspace(0, len(files) - 1, SAMPLE).astype(int)) if files else ():
        try:
            sides.append(read_picture(files[position].entry.read(), 8).shorter_side)
        except (UnreadableFile, UnreadablePicture):
            continue  # counted later, when all are read
    return LARGE_SIZE if sides and np.median(sides) > SMALL_SIDE else SMALL_SIZE


def _check_memory(count: int, size: int) -> None:
    if count * size * size * 3 > MAX_BYTES:
        raise DataError(
            f"Expected at most {MAX_BYTES >> 30} GB of pictures, found {count:,} of "
            f"{size} x {size}; choose a smaller image size or fewer pictures."
        )


def _decode_all(
    files: list[PlacedFile], size: int, log: ReadingLog, progress: Progress
) -> tuple[np.ndarray, list[PlacedFile]]:
    """Decode all files into one array (N, S, S, 3), and return the files that were readable."""
    images = memmaps.allocate((len(files), size, size, 3))
    kept: list[PlacedFile] = []
    for done, item in enumerate(files):
        if done % 50 == 0:
            progress(done / len(files), f"{done:,} of {len(files):,} pictures read.")
        try:
            picture = read_picture(item.entry.read(), size)
        except (UnreadableFile, UnreadablePicture) as error:
            log.skip(str(error), item.entry.parts[-1])
            continue
        images[len(kept)] = picture.pixels
        kept.append(item)
        log.add(picture)
    return images[: len(kept)], kept


def _assemble(images: np.ndarray, kept: list[PlacedFile]) -> SourceData:
    """Build splits and numbered classes from the files that were readable."""
    splits = [s for s in ("train", "val", "test") if any(f.split == s for f in kept)]
    rows = {s: np.array([i for i, f in enumerate(kept) if f.split == s]) for s in splits}
    notes = []
    if not any(kept[i].label for i in rows[splits[0]]):
        labels: list[np.ndarray | None] = [None] * len(splits)
        notes.append("There are no class folders: the pictures have no labels.")
    else:
        without = [s for s in splits if not any(kept[i].label for i in rows[s])]
        for split in without:  # a test folder without classes cannot be scored
            notes.append(f"The {split} pictures were left out: they have no class folders.")
        splits = [s for s in splits if s not in without]
        labels = [np.array([kept[i].label or LOOSE for i in rows[s]]) for s in splits]
        loose = sum(not kept[i].label for s in splits for i in rows[s])
        if loose:
            verb = "is" if loose == 1 else "are"
            notes.append(f"{counted(loose)} {verb} beside the class folders: class {LOOSE}.")
    whole = len(splits) == 1 and len(rows[splits[0]]) == len(images)
    arrays = [images] if whole else [memmaps.take(images, rows[s]) for s in splits]
    files = [tuple(kept[i].entry.name for i in rows[s]) for s in splits]
    data = combine_splits(splits, arrays, labels, None, files)
    groups = (
        groups_by_name([PurePosixPath(f.entry.parts[-1]).stem for f in kept]) if whole else None
    )
    return replace(data, notes=(*notes, *data.notes), groups=groups)


def _check_sides(path: Path, log: ReadingLog) -> None:
    if np.median(log.sides) < MIN_SIDE:
        raise DataError(
            f"Expected pictures of at least {MIN_SIDE} pixels per side, found mostly smaller ones "
            f"in {path.name}, which cannot be cropped. Use larger pictures."
        )


def _no_pictures(path: Path, listing: Listing, log: ReadingLog) -> DataError:
    left_out = sum(map(len, log.skipped.values()))
    files = len(listing.entries)
    what = f"{files:,} other file{'s' * (files != 1)}" if files else "no files"
    if left_out:
        reason, names = next(iter(log.skipped.items()))
        what = f"{left_out:,} that cannot be used, such as {safe_name(names[0])} ({reason})"
    return DataError(
        f"Expected pictures (PNG, JPEG, WebP, GIF, BMP, TIFF) in {path.name}, found {what}; "
        "put the pictures of each class into a folder, or all pictures into one."
    )
