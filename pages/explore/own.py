"""Search by a picture of the user: the run's encoder represents it, and the map shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.picture_html import data_uri
from pages.shell.waiting import Wait, ask_run
from simclr_core.base.errors import LabError
from simclr_core.data.readers.picture_files import UnreadablePicture, read_picture
from simclr_core.feed.explore.facts import NEAREST
from simclr_core.feed.placing import nearest_pictures
from simclr_core.questions.job import encode_job
from simclr_core.questions.jobs import QUESTIONS
from simclr_core.questions.large_probe import owner
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots import weights
from simclr_core.runs.store import RunStore
from simclr_core.workers import helpers

from .map import start_of

ENDINGS = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff")
_KEY, _FIND = "explore_own", "explore_find"


@dataclass
class Own:
    """What is known of the user's picture.

    Attributes:
        header: for the browser: picture, step, its neighbours and their similarities; empty as
            long as they are not known.
        note: a sentence, empty if there is nothing to say.
        waiting: whether the answer is still to come.
        wait: the line to show for it.
    """

    header: dict[str, Any]
    note: str = ""
    waiting: bool = False
    wait: Wait | None = None


def show_upload(place: DeltaGenerator) -> Any:
    """Draw the field for a file; return the upload, or None."""
    find = place.popover("Find a picture…", width="stretch", key=_FIND, on_change=_get_ready)
    with find:
        return st.file_uploader(
            "A picture of your own", type=list(ENDINGS), key=_KEY,
            help="The run's network encodes its middle square, scaled to the size of the run's "
            "pictures. It stays on this machine.",
        )  # fmt: skip


def _get_ready() -> None:
    """Start the process that will answer while a file is being chosen: it takes some seconds."""
    if st.session_state.get(_FIND):
        helpers.wake(RunStore().root, QUESTIONS.helper)  # the answer reports any trouble


def find_picture(run: Run, file: Any) -> Own:
    """Return what is known of the picture; asks the run's network if nothing is."""
    if file is None:
        return Own({})
    try:
        size = weights.image_size(run)
        pixels = read_picture(file.getvalue(), size).pixels  # (S, S, 3)
        step = _step(run)
        job = encode_job(pixels[None], step=step)
        reply, wait = ask_run(owner(run), job, "Your picture")
        if reply.arrays is not None:
            return Own(_header(run, pixels, reply.arrays["h"], step))
        return Own({}, reply.words * reply.failed, reply.waiting, wait)
    except UnreadablePicture as error:
        return Own({}, f"Expected a picture, found a file that cannot be read ({error}).")
    except LabError as error:
        return Own({}, str(error))


def _step(run: Run) -> int:
    """Return the step on the screen, or the nearest one that has weights and a snapshot."""
    known = sorted(set(owner(run).weight_steps()) & set(run.snapshot_steps()))
    if not known:
        raise LabError(f"Run {run.id} has no weights that could represent a picture.")
    wanted = start_of(run)["step"]
    return known[-1] if wanted is None else min(known, key=lambda step: abs(step - wanted))


def _header(run: Run, pixels: np.ndarray, h: np.ndarray, step: int) -> dict[str, Any]:
    which, similarity = nearest_pictures(run, step, h, NEAREST)
    return {
        "step": step,
        "picture": data_uri(pixels),
        "neighbours": which[0].tolist(),
        "similarities": similarity[0].round(4).tolist(),
    }
