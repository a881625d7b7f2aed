"""Explore's exports: tables, figures, a replay, the encoder."""

from __future__ import annotations

import contextlib
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.server import downloads
from pages.server.export_routes import ENCODERS, address
from pages.shared import run_rows
from pages.shared.share import replay_bytes, share_button
from pages.shell.trouble import show_trouble
from pages.shell.waiting import ask_run, show_waits
from simclr_core.base.errors import LabError
from simclr_core.cli import repeat
from simclr_core.export import formats
from simclr_core.export.static_figures import NUMBERS
from simclr_core.model.encoder_file import USE
from simclr_core.questions.job import encoder_job
from simclr_core.questions.reply import look
from simclr_core.runs import tables
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots import cache, weights
from simclr_core.runs.summary import size_words

from .map import step_index

_FORMS = {"keras": "Keras file", "savedmodel": "SavedModel, as a zip"}
_ENDINGS = {"keras": "Keras", "savedmodel": "zip"}
_PRINTED = ("png", "svg", "pdf")


def show_exports(run: Run, message: str) -> bool:
    """Draw links to files of a run; return whether one of them is being made.

    Args:
        run: which.
        message: why there is nothing yet; empty if there is.
    """
    if not message:
        try:
            run.probe()
            formats.chosen_step(run, None)
        except LabError as error:
            message = str(error)
    if message:
        show_trouble(message)
        return False
    left, middle, right = st.container(key="take").columns([1.0, 1.0, 1.25], gap="large")
    with left:
        step = _show_snapshot(run)
    with middle:
        place = _show_run(run, step)
    with right:
        waits = _show_encoder(run, step)
    with place, contextlib.suppress(LabError):  # it has no map yet
        size = size_words(replay_bytes(run))  # last: it may take a second
        _links(
            "One file that plays the run without the app",
            {f"Download replay, {size}": address(run, "replay.html")},
        )
    return waits


def _show_snapshot(run: Run) -> int:
    """Draw links for one snapshot; return its step."""
    steps = run.snapshot_steps()
    st.html("<h4>One snapshot</h4>")
    step = int(
        st.selectbox(
            "Step", steps, index=step_index(steps), format_func=lambda one: f"{one:,}",
            key=f"take_step {run.id}",
        )
    )  # fmt: skip
    tables_of = {"CSV": "table.csv", "Parquet": "table.parquet"}
    _links(
        "A row for each picture: labels, places, h and z",
        {f"Download embeddings ({w})": address(run, f, step=step) for w, f in tables_of.items()},
    )
    known = tables.known(run.probe())
    colors = [*tables.choices(known), *(NUMBERS if "z_views" in _arrays(run, step) else ())]
    of, method, color = "h", "umap", ""
    with st.container(horizontal=True):
        of = str(
            st.segmented_control("Map of", ["h", "z"], default="h", required=True, key="take_of")
        )
        if of == "h":
            method = str(
                st.segmented_control(
                    "by", ["UMAP", "PCA"], default="UMAP", required=True, key="take_by"
                )
            ).lower()
        if colors:
            color = str(
                st.selectbox(
                    "coloured by", colors, format_func=lambda one: NUMBERS.get(one, one),
                    key=f"take_color {run.id}", width=190,
                )
            )  # fmt: skip
    query: dict[str, str | int] = {"step": step, "of": of, "method": method, "color": color}
    _links(
        f"The map as a figure, by {'PCA' if of == 'z' else method.upper()}",
        {f"Download map ({n.upper()})": address(run, f"map.{n}", **query) for n in _PRINTED},
    )
    return step


def _show_run(run: Run, step: int) -> DeltaGenerator:
    """Draw links for the whole run; return the place of the replay's."""
    st.html("<h4>The whole run</h4>")
    share_button(run)
    place = st.container()
    _links(
        "Its curves as a figure",
        {f"Download curves ({n.upper()})": address(run, f"curves.{n}") for n in _PRINTED},
    )
    _links(
        "For TensorBoard: curves, and the Embedding Projector at the chosen step. Unpack it, then "
        "tensorboard --logdir FOLDER",
        {"Download for TensorBoard (zip)": address(run, "tensorboard.zip", step=step)},
    )
    _links(
        "The run itself, to open on the Runs page of another machine",
        {f"Download run, {size_words(run_rows.size(run))} (zip)": downloads.address(run)},
    )
    st.html("<h4>Reproduce this run</h4>")
    try:
        st.code(repeat.repeat_command(run), language="bash", wrap_lines=True)
        st.caption(
            "In float32, the results match to the last digit on the same machine with the same "
            "versions and number of threads."
        )
    except LabError as error:
        st.caption(str(error))
    return place


def _show_encoder(run: Run, step: int) -> bool:
    """Draw the encoder's link, or the button that makes it; return whether it is being made."""
    st.html("<h4>The encoder</h4>")
    known = run.weight_steps()
    if step not in known:
        some = f" Step {known[-1]:,} has them." if known else ""
        st.caption(f"No weights were kept for this step.{some}")
        return False
    form = str(
        st.segmented_control(
            "Form", list(_FORMS), default="keras", required=True, key="take_form",
            format_func=lambda one: _FORMS[one], label_visibility="collapsed",
        )
    )  # fmt: skip
    asked = f"take {run.id} {step} {form}"
    wanted = bool(st.session_state.get(asked))
    job, wait = encoder_job(form, step), None
    if wanted:
        reply, wait = ask_run(run, job, "The encoder's file")
    else:
        reply = look(run, job, ask=False)
    waits = wanted and reply.waiting  # without `wanted` another browser waits for it
    if reply.arrays is not None:
        size = size_words(len(reply.arrays["body"]))
        _links(
            f"The encoder at step {step:,}",
            {
                f"Download encoder, {size} ({_ENDINGS[form]})": address(
                    run, ENCODERS[form], step=step
                )
            },
        )
    elif reply.failed:
        st.caption(reply.words)
    show_waits([wait])
    if reply.failed:
        st.session_state.pop(asked, None)
    if reply.arrays is None and not wait:
        words = "Try again" if reply.failed else "Make the encoder's file"
        st.button(words, on_click=_ask, args=(asked,))
    with contextlib.suppress(LabError):  # then the settings are lost, and said so above
        code = USE[form].format(size=weights.image_size(run))
        st.html('<p class="take-what">How to use it</p>')
        st.code(code, language="python", wrap_lines=True)
    return waits


def _ask(asked: str) -> None:
    st.session_state[asked] = True


def _links(what: str, links: dict[str, str]) -> None:
    """Draw a sentence with links: what each one does -> its address."""
    anchors = "".join(
        f'<a class="download" href="{escape(href)}" download>{escape(name)}</a>'
        for name, href in links.items()
    )
    st.html(f'<div class="take"><p class="take-what">{escape(what)}</p>{anchors}</div>')


def _arrays(run: Run, step: int) -> list[str]:
    """Return the names of a snapshot's arrays; none if it cannot be read."""
    try:
        return list(cache.arrays(run, step))
    except LabError:
        return []
