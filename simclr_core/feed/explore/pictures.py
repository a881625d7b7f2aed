"""The pictures that Explore's panes show, and a selection as a table or a folder.

A picture is sent at its own size; the browser enlarges it.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import threading
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

import cv2
import numpy as np
from cachetools import LRUCache, cached

from ...base.errors import LabError, RunError
from ...base.paths import expanded
from ...data.readers.archives import UnreadableFile, open_listing
from ...data.uploads import UPLOADS
from ...questions.large_probe import owner
from ...runs import tables
from ...runs.run import Run
from ...runs.snapshots import cache
from ...runs.validation import file_name
from ...views.recipes import Recipes, describe, more_recipes, probe_recipes
from ...views.render import render_views
from ..categories import category_names, choices
from .map_blocks import LOSS, VIEWS, coordinates, probe_of, target

MORE = 20  # further views of one picture
MOST_BYTES = 64_000_000  # of pictures that are kept in memory


def original(run: Run, index: int) -> bytes:
    """Return one picture as PNG."""
    return png(_image(run, index))


def two_views(run: Run, index: int) -> bytes:
    """Return the two views of a picture, side by side, as PNG of (S, 2S)."""
    _image(run, index)
    return png(np.concatenate(list(_render(run, index, recipes_of(run).take([index]))), axis=1))


def more_views(run: Run, index: int) -> bytes:
    """Return `MORE` further views, drawn as in training, side by side, as PNG."""
    size = _images(run).shape[1]
    recipes = more_recipes(run.config.views, MORE // 2, index, size)
    return png(np.concatenate(list(_render(run, index, recipes)), axis=1))


def recipe_words(run: Run, index: int) -> list[dict[str, object]]:
    """Return for each view what was done, and the crop's top, left, height and width."""
    recipes = recipes_of(run)
    return [
        {
            "words": describe(recipes, index, view),
            "crop": [round(float(value), 4) for value in recipes.crop[index, view]],
        }
        for view in (0, 1)
    ]


@functools.lru_cache(maxsize=8)
def recipes_of(run: Run) -> Recipes:
    """Return the recipes of the two views of all pictures that every snapshot encodes."""
    images = _images(run)
    return probe_recipes(run.config.views, len(images), images.shape[1])


def selection_table(
    run: Run, chosen: np.ndarray, step: int, maps: Sequence[tuple[str, ...]]
) -> bytes:
    """Return a selection as CSV: one line for each picture, with all that is known of it at a step.

    Args: as those of `facts.selection_facts`.
    """
    probe = probe_of(run)
    columns: dict[str, Sequence[object]] = {
        "picture": (chosen + 1).tolist(),
        "row": probe.rows[chosen].tolist(),
    }
    if probe.files is not None:
        columns["file"] = tables.plain_paths([probe.files[i] for i in chosen])
    for name in choices(probe):
        columns[name] = _names(run, name, probe.categories[name][chosen])
    if of := target(probe):
        guess = cache.predicted(run, step, probe.categories[of])[chosen]
        columns[f"predicted_{of}"] = _names(run, of, guess)
    if "z_views" in cache.arrays(run, step):
        columns["loss"] = cache.values(run, step, LOSS)[chosen].tolist()
        columns["similarity_of_views"] = cache.values(run, step, VIEWS)[chosen].tolist()
    for of_, method, key in maps:
        xy = coordinates(run, of_, method, step, key)[chosen]
        name = f"{method}_{of_}"
        columns |= {f"{name}_x": xy[:, 0].tolist(), f"{name}_y": xy[:, 1].tolist()}
    return tables.csv_bytes(columns)


def selection_zip(run: Run, chosen: np.ndarray) -> bytes:
    """Return a selection as a zip.

    Pictures from an uploaded zip are the original files under their own names, as far as the upload
    is still kept. Others are PNG files as the network sees them, in a folder for each class if
    there are labels.
    """
    probe, images = probe_of(run), _images(run)
    files = None if probe.files is None else [probe.files[i] for i in chosen]
    originals = _originals(run, files) if files else {}
    taken: set[str] = set()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # pictures are packed already
        for index, name in zip(chosen, files or _class_paths(run, chosen), strict=True):
            row = int(probe.rows[index])
            content = originals.get(name)
            path = (
                _inside(name) if content else str(PurePosixPath(_inside(name)).with_suffix(".png"))
            )
            path = f"{row:06d}/{path}" if path.lower() in taken else path
            taken.add(path.lower())
            archive.writestr(path, content or png(images[index]))
    return buffer.getvalue()


def _class_paths(run: Run, chosen: np.ndarray) -> list[str]:
    """Return a path for each picture that has no file: its class, and its row."""
    probe = probe_of(run)
    of = target(probe)
    names = _names(run, of, probe.categories[of][chosen]) if of else [""] * len(chosen)
    return [
        f"{name.replace('/', '_')}/{row:06d}.png" if name else f"{row:06d}.png"
        for name, row in zip(names, probe.rows[chosen].tolist(), strict=True)
    ]


def _originals(run: Run, files: Sequence[str]) -> dict[str, bytes]:
    """Return the content of those files that an upload beside the run, or its set, still holds.

    Only the folder of uploads is read: a run that came from elsewhere may name any path as its
    source.
    """
    source = expanded(run.config.data.source)
    uploads = owner(run).root / UPLOADS
    if source.suffix.lower() != ".zip" or source.resolve().parent != uploads.resolve():
        return {}
    wanted, found = set(files), {}
    try:
        with open_listing(source) as listing:
            names = [file_name(entry.name) for entry in listing.entries]
            often = Counter(names)  # names that several files share are ambiguous
            for name, entry in zip(names, listing.entries, strict=True):
                if name in wanted and often[name] == 1:
                    with contextlib.suppress(UnreadableFile):
                        found[name] = entry.read()
    except (LabError, OSError):  # the upload is gone: the pictures go out as the network sees them
        return {}
    return found


def _inside(name: str) -> str:
    """Return a file's path as one that any system can unpack, inside the folder it unpacks to."""
    return "/".join(_file_name(part) for part in name.split("/"))


def png(picture: np.ndarray) -> bytes:
    """Return (H, W, 3) RGB, uint8 or float in [0, 1], as PNG.

    Raises:
        ValueError: it has no such shape.
    """
    if picture.dtype != np.uint8:
        picture = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    done, data = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not done:
        raise ValueError(f"expected a picture, OpenCV cannot write one of {picture.shape}")
    return bytes(data.tobytes())


def _render(run: Run, index: int, recipes: Recipes) -> np.ndarray:
    """Return (2N, S, S, 3) views of one picture by N recipes."""
    images = np.repeat(_image(run, index)[None], len(recipes), axis=0)
    views = render_views(images, recipes)
    return views.reshape(-1, *views.shape[2:])


def _image(run: Run, index: int) -> np.ndarray:
    images = _images(run)
    if not 0 <= index < len(images):
        raise RunError(f"Expected a picture from 1 to {len(images)}, found {index + 1}.")
    return images[index]


def _images(run: Run) -> np.ndarray:
    """Return (P, S, S, 3) uint8, kept in memory for the last runs."""
    return _read(run, probe_of(run).digest)


@cached(LRUCache(MOST_BYTES, getsizeof=lambda images: images.nbytes), lock=threading.Lock())
def _read(run: Run, digest: str) -> np.ndarray:
    return run.probe()["images"]


def _names(run: Run, name: str, values: np.ndarray) -> list[str]:
    """Return names of categories; empty where they are not known."""
    known = category_names(run, name, probe_of(run).categories[name])
    return [known[value] if 0 <= value < len(known) else "" for value in values.tolist()]


def _file_name(name: str) -> str:
    """Return a name as that of a file or folder on any system."""
    return re.sub(r"[^\w .()+-]", "_", name).strip(" .")[-60:] or "_"
