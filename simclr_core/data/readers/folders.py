"""Pictures of a user: a folder or zip with a folder per class, or flat without labels.

Files that are no pictures are passed over, damaged ones are left out and counted in a note;
only a source without a single readable picture is an error.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import numpy as np

from ...base.errors import DataError
from ...base.paths import safe_name
from ...base.progress import Progress
from .. import memmaps as large
from ..labels import label_parts
from ..splits import Parts, groups_by_name, spread_choice
from . import picture_files as pictures
from .archives import Entry, Listing, UnreadableFile, open_listing

MAX_BYTES = 64 * 2**30  # of all pictures at their final size
MIN_SIDE = 4  # pixels; when most pictures are smaller, nothing is left to crop
SMALL_SIDE, SMALL_SIZE, LARGE_SIZE = 48, 32, 64  # pictures up to 48 px become 32 px, others 64
SAMPLE = 24  # pictures looked at to tell the usual size
EXAMPLES = 3  # names given in a note
LOOSE = "(no folder)"  # class of pictures that lie beside the class folders

READ = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".webp", ".tif", ".tiff"}
    | {".jp2", ".avif", ".ppm", ".pgm", ".pbm", ".pnm"}
)
UNREAD = frozenset(  # pictures all the same: left out with a word instead of silently
    {".svg", ".ico", ".heic", ".heif", ".psd", ".pdf", ".dcm", ".dng", ".cr2", ".nef", ".exr"}
)
ARCHIVES = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz"})
JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
TRAIN_WORDS = ("train", "training")
VAL_WORDS = ("val", "valid", "validation")
TEST_WORDS = ("test", "testing")
KINDS = {
    **dict.fromkeys(TRAIN_WORDS, "train"),
    **dict.fromkeys(VAL_WORDS, "val"),
    **dict.fromkeys(TEST_WORDS, "test"),
}


@dataclass
class Found:
    """A picture file with its place in the data set."""

    entry: Entry
    split: str  # train, val or test
    label: str  # name of the class folder, "" beside or without such folders


@dataclass
class Tally:
    """What happened to the files, for the notes."""

    skipped: dict[str, list[str]] = field(default_factory=dict)
    deep: int = 0
    transparent: int = 0
    tiny: int = 0
    sides: list[int] = field(default_factory=list)

    def skip(self, reason: str, name: str) -> None:
        self.skipped.setdefault(reason, []).append(name)


def read_pictures(
    path: Path, image_size: int | None, max_images: int | None, progress: Progress
) -> Parts:
    """Read a folder or zip of pictures.

    Folders that only wrap others are looked through; folders named train, val and test become
    the splits (val joins train, or is the test split when there is no other); below them the
    first folder is the class. Pictures are cut to their middle square and resized.

    Args:
        path: a folder or .zip.
        image_size: side S in pixels; None takes 32 for pictures up to 48 px, else 64.
        max_images: pictures at most to read of each split, class by class; None reads all.
        progress: called with a share of 1 and a sentence.

    Raises:
        DataError: it cannot be opened, holds no readable picture, or exceeds the limits.
    """
    with open_listing(path) as listing:
        tally = Tally(skipped=dict(listing.skipped))
        found = _place(_candidates(listing, tally), tally)
        if max_images:
            found = _choose(found, max_images)
        size = image_size or _usual_size(found)
        _check_memory(len(found), size)
        images, kept = _decode_all(found, size, tally, progress)
    if not kept:
        raise _no_pictures(path, listing, tally)
    _check_sides(path, tally)
    parts = _assemble(images, kept)
    return replace(parts, notes=(*_notes(tally, size), *parts.notes))


def _candidates(listing: Listing, tally: Tally) -> list[Entry]:
    """The entries that may be pictures, judged by their names; junk goes without a word."""
    kept = []
    for entry in listing.entries:
        if any(part.startswith(".") or part.lower() in JUNK for part in entry.parts):
            continue
        suffix = PurePosixPath(entry.parts[-1]).suffix.lower()
        if suffix in READ or (not suffix and _starts_as_picture(entry)):
            kept.append(entry)
        elif suffix in UNREAD:
            tally.skip(f"of a kind that is not read ({suffix[1:]})", entry.parts[-1])
        elif suffix in ARCHIVES:
            tally.skip("archives inside, which are not opened", entry.parts[-1])
    return kept


def _starts_as_picture(entry: Entry) -> bool:
    try:
        return pictures.looks_like_picture(entry.read())
    except UnreadableFile:
        return False


def _place(entries: list[Entry], tally: Tally) -> list[Found]:
    """Give each file its split and class by the folders it lies in."""
    inner = _unwrap([entry.parts for entry in entries])
    tops = {KINDS.get(parts[0].lower()) for parts in inner if len(parts) > 1}
    has_splits = "train" in tops and bool(tops & {"val", "test"})
    found = []
    for entry, parts in zip(entries, inner, strict=True):
        split = "train"
        if has_splits:
            kind = KINDS.get(parts[0].lower()) if len(parts) > 1 else None
            if kind is None:
                tally.skip("beside the folders train and test", entry.parts[-1])
                continue
            split, parts = kind, parts[1:]
        found.append(Found(entry, split, parts[0] if len(parts) > 1 else ""))
    return found


def _unwrap(paths: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Take away folders that hold all the rest and no class: `my data/images/cat/1.png`.

    A single folder of pictures stays: it is a class.
    """
    while paths and len({parts[0] for parts in paths}) == 1 and min(map(len, paths)) > 1:
        folders = {parts[1] for parts in paths if len(parts) > 2}
        has_direct = any(len(parts) == 2 for parts in paths)
        if len(folders) < (2 if has_direct else 1):
            break
        paths = [parts[1:] for parts in paths]
    return paths


def _choose(found: list[Found], count: int) -> list[Found]:
    """At most `count` files of each split, each class in proportion."""
    chosen: list[Found] = []
    for split in ("train", "val", "test"):
        part = [f for f in found if f.split == split]
        labels = np.unique([f.label for f in part], return_inverse=True)[1] if part else None
        chosen += [part[i] for i in spread_choice(labels, len(part), count, "0")]
    return chosen


def _usual_size(found: list[Found]) -> int:
    """32 or 64 by the shorter sides of a sample of the pictures."""
    sides = []
    for position in np.unique(np.linspace(0, len(found) - 1, SAMPLE).astype(int)) if found else ():
        try:
            sides.append(pictures.read_picture(found[position].entry.read(), 8).shorter_side)
        except (UnreadableFile, pictures.UnreadablePicture):
            continue  # counted when it is its turn
    return LARGE_SIZE if sides and np.median(sides) > SMALL_SIDE else SMALL_SIZE


def _check_memory(count: int, size: int) -> None:
    if count * size * size * 3 > MAX_BYTES:
        raise DataError(
            f"Expected at most {MAX_BYTES >> 30} GB of pictures, found {count:,} of "
            f"{size} x {size}; choose a smaller image size or fewer pictures."
        )


def _decode_all(
    found: list[Found], size: int, tally: Tally, progress: Progress
) -> tuple[np.ndarray, list[Found]]:
    """Decode into one array (N, S, S, 3); returns it with the files that could be read."""
    images = large.allocate((len(found), size, size, 3))
    kept: list[Found] = []
    for done, item in enumerate(found):
        if done % 50 == 0:
            progress(done / len(found), f"{done:,} of {len(found):,} pictures read.")
        try:
            picture = pictures.read_picture(item.entry.read(), size)
        except (UnreadableFile, pictures.UnreadablePicture) as error:
            tally.skip(str(error), item.entry.parts[-1])
            continue
        images[len(kept)] = picture.pixels
        kept.append(item)
        tally.deep += picture.is_deep
        tally.transparent += picture.has_alpha
        tally.tiny += picture.shorter_side < MIN_SIDE
        tally.sides.append(picture.shorter_side)
    return images[: len(kept)], kept


def _assemble(images: np.ndarray, kept: list[Found]) -> Parts:
    """Splits and numbered classes from the files that could be read."""
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
            where = "lies" if loose == 1 else "lie"
            notes.append(f"{_count(loose)} {where} beside the class folders: class {LOOSE}.")
    whole = len(splits) == 1 and len(rows[splits[0]]) == len(images)
    arrays = [images] if whole else [large.take(images, rows[s]) for s in splits]
    parts = label_parts(splits, arrays, labels, None)
    groups = (
        groups_by_name([PurePosixPath(f.entry.parts[-1]).stem for f in kept]) if whole else None
    )
    return replace(parts, notes=(*notes, *parts.notes), groups=groups)


def _check_sides(path: Path, tally: Tally) -> None:
    if np.median(tally.sides) < MIN_SIDE:
        raise DataError(
            f"Expected pictures of at least {MIN_SIDE} pixels a side, found mostly smaller ones "
            f"in {path.name}: nothing is left to crop. Bring larger pictures."
        )


def _no_pictures(path: Path, listing: Listing, tally: Tally) -> DataError:
    left_out = sum(map(len, tally.skipped.values()))
    files = len(listing.entries)
    what = f"{files:,} other file{'s' * (files != 1)}" if files else "no files"
    if left_out:
        reason, names = next(iter(tally.skipped.items()))
        what = f"{left_out:,} that cannot be used, such as {safe_name(names[0])} ({reason})"
    return DataError(
        f"Expected pictures (PNG, JPEG, WebP, GIF, BMP, TIFF) in {path.name}, found {what}; "
        "put each class's pictures into a folder of its own, or all into one."
    )


def _notes(tally: Tally, size: int) -> list[str]:
    """What was left out and what was done to the rest, a sentence each."""
    notes = []
    for reason, names in sorted(tally.skipped.items()):
        shown = ", ".join(safe_name(name) for name in names[:EXAMPLES])
        more = ", …" if len(names) > EXAMPLES else ""
        notes.append(f"{len(names):,} left out, {reason}: {shown}{more}.")
    if tally.deep:
        notes.append(f"{_count(tally.deep)} had more than 8 bits a channel, scaled to 8.")
    if tally.transparent:
        notes.append(f"{_count(tally.transparent)} had transparency, now white.")
    if tally.tiny:
        notes.append(f"{_count(tally.tiny)} had under {MIN_SIDE} pixels a side: little to see.")
    common, how_often = Counter(tally.sides).most_common(1)[0]
    if how_often < len(tally.sides):
        low, high = min(tally.sides), max(tally.sides)
        notes.append(f"Pictures of {low} to {high} pixels were brought to {size} x {size}.")
    elif common != size:
        notes.append(f"Pictures of {common} pixels were brought to {size} x {size}.")
    return notes


def _count(number: int) -> str:
    return f"{number:,} picture{'s' * (number != 1)}"
