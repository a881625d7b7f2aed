"""The menu of data sets and their pictures, for the pages that start from data."""

from __future__ import annotations

import threading

import streamlit as st
from cachetools import LRUCache, cached

from simclr_core.base.errors import DataError, LabError
from simclr_core.base.paths import expanded
from simclr_core.data import datasets
from simclr_core.data.builtin import BUILT_IN
from simclr_core.data.datasets import Dataset

OWN = "your own pictures"  # the menu's last entry; opens a field for a path
_KEY, _PATH = "data", "data_path"  # of the menu, also in the URL; of the field for a path
KEPT = 3  # data sets kept in memory
MOST_IMAGES = 4_000  # enough to look at; bounds memory

_kept: LRUCache[tuple, Dataset] = LRUCache(KEPT)
_lock = threading.Lock()
_reading = threading.Lock()  # one at a time: a second session waits and finds the result


def data_picker(first: str = BUILT_IN[0]) -> str:
    """Show a menu of data sets, with a field for a path if your own pictures are chosen.

    The choice is in the URL (`?data=digits`, `?data=/path/to/folder`), and the menu shows the
    options as they are there.

    Args:
        first: the built-in set that is chosen at first.

    Returns:
        A source for `load_dataset`; empty if your own pictures are chosen without a path.
    """
    own: list[str] = st.session_state.setdefault("own_sources", [])
    for chosen in (st.session_state.get(_KEY), st.query_params.get(_KEY)):
        if chosen and chosen not in (*BUILT_IN, OWN, *own):
            own.append(chosen)
    source = st.selectbox(
        "Data",
        [*BUILT_IN, *own, OWN],
        BUILT_IN.index(first),
        key=_KEY,
        accept_new_options=True,
        bind="query-params",
        help="Drawn shapes (8 classes), drawn patterns (8 motifs), handwritten digits (10), "
        "CIFAR-10 photographs (10), or your own: the path of a .npz file, of a folder (one folder "
        "per class, or pictures without labels) or of a zip of such a folder.",
    )
    if source != OWN:
        return str(source or first).strip()
    st.text_input(
        "Path of a .npz file, a folder or a zip",
        key=_PATH,
        placeholder="/home/me/pictures",
        on_change=_take_path,
    )
    return ""


def load_pictures(source: str) -> Dataset:
    """Return the data set of a source, kept in memory; the first reading shows its progress.

    Args:
        source: what `data_picker` returned; of its training images, `MOST_IMAGES` are read.

    Raises:
        DataError: the source cannot be read.
    """
    stamp = _stamp(source)
    place = st.empty()  # always: an element more or less would make the browser rebuild the rest
    with _lock:
        kept = _kept.get(stamp)
    if kept is not None:
        return kept
    place.progress(0.0, text=f"Reading {datasets.describe_source(source)}")
    try:
        with _reading:
            return _read(stamp, source, place)
    finally:
        place.empty()


@cached(_kept, key=lambda stamp, *_: stamp, lock=_lock)
def _read(stamp: tuple, source: str, place: st.delta_generator.DeltaGenerator) -> Dataset:
    def show(share: float, words: str) -> None:
        place.progress(min(max(share, 0.0), 1.0), text=words)

    try:
        return datasets.load_dataset(source, max_images=MOST_IMAGES, progress=show)
    except LabError:
        raise
    except (OSError, ValueError, MemoryError) as error:
        raise DataError(
            f"Expected pictures at {source}, but they cannot be read ({error}); "
            "choose another file or folder."
        ) from error


def _stamp(source: str) -> tuple:
    """Return what differs between two states of a source, so that a changed file is read again."""
    if source in BUILT_IN:
        return (source,)
    try:
        stat = expanded(source).stat()
    except (OSError, ValueError):
        return (source,)
    return (source, stat.st_mtime_ns, stat.st_size)


def _take_path() -> None:
    path = st.session_state[_PATH].strip().strip("\"'")
    if path:
        st.session_state[_KEY] = path
