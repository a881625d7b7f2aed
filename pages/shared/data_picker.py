"""The menu of data sets and the pictures behind it, shared by the pages that start from data."""

from __future__ import annotations

import threading

import streamlit as st
from cachetools import LRUCache, cached

from simclr_core.base.errors import DataError, LabError
from simclr_core.base.paths import expanded
from simclr_core.data import datasets
from simclr_core.data.builtin import BUILT_IN
from simclr_core.data.datasets import Dataset

OWN = "your own pictures"  # the menu's last entry: opens a field for a path
KEPT = 3  # data sets kept in memory, least recently used first out
MOST_IMAGES = 4_000  # pictures are looked at here, not learned from; bounds memory

_kept: LRUCache[tuple, Dataset] = LRUCache(KEPT)
_lock = threading.Lock()
_reading = threading.Lock()  # one at a time: a second session waits and finds the result


def data_picker(key: str = "data", *, label: str = "Data") -> str:
    """A menu of data sets, with a field for a path where own pictures are chosen.

    The choice is in the URL under `key` (`?data=digits`, `?data=/path/to/folder`), so options are
    shown as they are: the URL holds what the menu shows.

    Args:
        key: of the widget, and the name in the URL.
        label: of the menu.

    Returns:
        A source for `load_dataset`; empty while own pictures are chosen and no path is given.
    """
    own: list[str] = st.session_state.setdefault("own_sources", [])
    chosen = st.session_state.get(key) or st.query_params.get(key, "")
    if chosen and chosen not in (*BUILT_IN, OWN, *own):
        own.append(chosen)
    source = st.selectbox(
        label,
        [*BUILT_IN, *own, OWN],
        key=key,
        accept_new_options=True,
        bind="query-params",
        help="Drawn shapes (8 classes), drawn patterns (8 motifs), handwritten digits (10), "
        "CIFAR-10 photographs (10), or your own: the path of a .npz file, a folder (one folder a "
        "class, or flat without labels) or a zip of one.",
    )
    if source != OWN:
        return str(source or BUILT_IN[0]).strip()
    st.text_input(
        "Path of a .npz file, a folder or a zip",
        key=f"{key}_path",
        placeholder="/home/me/pictures",
        on_change=_take_path,
        args=(key,),
    )
    return ""


def load_pictures(source: str, most: int = MOST_IMAGES) -> Dataset:
    """The data set behind a source, kept in memory; the first reading shows its progress.

    Args:
        source: what `data_picker` returned.
        most: training images read at most.

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
            return _read(stamp, source, most, place)
    finally:
        place.empty()


@cached(_kept, key=lambda stamp, *_: stamp, lock=_lock)
def _read(
    stamp: tuple, source: str, most: int, place: st.delta_generator.DeltaGenerator
) -> Dataset:
    def show(share: float, words: str) -> None:
        place.progress(min(max(share, 0.0), 1.0), text=words)

    try:
        return datasets.load_dataset(source, max_images=most, progress=show)
    except LabError:
        raise
    except (OSError, ValueError, MemoryError) as error:
        raise DataError(
            f"Expected pictures at {source}, which cannot be read ({error}); "
            "choose another file or folder."
        ) from error


def _stamp(source: str) -> tuple:
    """Tells apart two states of one source: a path that changed on disk is read again."""
    if source in BUILT_IN:
        return (source,)
    try:
        found = expanded(source).stat()
    except (OSError, ValueError):
        return (source,)
    return (source, found.st_mtime_ns, found.st_size)


def _take_path(key: str) -> None:
    path = st.session_state[f"{key}_path"].strip().strip("\"'")
    if path:
        st.session_state[key] = path
