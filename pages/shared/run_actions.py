"""What can be done with a run from a page: every click answers at once, every refusal is shown."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from cachetools import LRUCache
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.server import downloads
from simclr_core.base.errors import LabError, RunError
from simclr_core.runs import bundle, states, summary
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig
from simclr_core.settings.presets import view_config
from simclr_core.workers import launch

PROBLEM = "train_problem"  # in the session: a sentence to show once
DOUBLE_CLICK = 2.0  # seconds in which a second press means the same run
SESSIONS_KEPT = 200  # whose last begun run is remembered
LONGER = 5  # times the seconds
GENTLER = 10  # times less learning rate, as the worker advises


def begin(store: RunStore, config: RunConfig, name: str = "") -> None:
    """Start a run and put it into the URL; a refusal is kept for the page to show.

    The second press of a double click means the run of the first.
    """
    session, asked = _session(), (store.root, config, name)
    with _lock:
        last = _begun.get(session)
        if last is None or last.asked != asked or time.monotonic() - last.when > DOUBLE_CLICK:
            try:
                run_id = launch.start(store, config, name).id
            except (LabError, OSError) as error:
                st.session_state[PROBLEM] = str(error)
                return
            _begun[session] = last = _Begun(asked, run_id, time.monotonic())
    st.query_params["run"] = last.run_id


def open_begun() -> None:
    """Put the run that was begun last into the URL, if its script was ended before it could."""
    with _lock:  # a script that has been ended may still be starting it
        begun = _begun.get(_session())
    if begun and not begun.opened:
        st.query_params["run"] = begun.run_id


def opened() -> None:
    """The page stands: the run that was begun last needs no opening any more."""
    with _lock:
        if begun := _begun.get(_session()):
            begun.opened = True


@dataclass
class _Begun:
    """The run that a browser session began last."""

    asked: tuple[Path, RunConfig, str]  # folder of runs, settings, name
    run_id: str
    when: float  # by the monotonic clock
    opened: bool = False


# Not in the session's state: a press that comes while a script runs starts another one at once,
# and what the first still does to the state is lost.
_begun: LRUCache[str, _Begun] = LRUCache(SESSIONS_KEPT)
_lock = threading.Lock()


def _session() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""


def attempt(action: Callable[[], object]) -> None:
    """Do something to a run; a refusal is kept for the page to show."""
    try:
        action()
    except (LabError, OSError) as error:
        st.session_state[PROBLEM] = str(error)


def pause(run: Run) -> None:
    """Ask a run to pause. One that was paused in another tab meanwhile is left as it is."""
    _unless(run, (states.PAUSED,), lambda: launch.pause(run))


def stop(run: Run) -> None:
    """Ask a run to stop. One that was stopped in another tab meanwhile is left as it is."""
    _unless(run, (states.STOPPED,), lambda: launch.stop(run))


def resume(store: RunStore, run: Run) -> None:
    """Put a run back in line. One that was resumed in another tab meanwhile is left as it is."""
    going_on = (states.QUEUED, states.STARTING, states.RUNNING)
    _unless(run, going_on, lambda: launch.resume(store, run))


def _unless(run: Run, wanted: tuple[str, ...], action: Callable[[], object]) -> None:
    """Do something that brings a run into one of some states; a refusal there is none.

    Raises:
        LabError: it was refused, and the run is in another state.
    """
    try:
        action()
    except RunError:
        if run.state not in wanted:
            raise


def show_problem() -> None:
    """Show the last refusal, once."""
    text = st.session_state.pop(PROBLEM, "")
    if text:
        st.error(text, icon=":material/error:")


def without_color(config: RunConfig, kind: str) -> tuple[str, RunConfig]:
    """The same run without colour distortion, or with it where it was off; a button's label."""
    if config.views.without_color() == config.views:
        views = dataclasses.replace(
            config.views,
            color_strength=view_config(kind).color_strength,
            gray_p=view_config(kind).gray_p,
        )
        return "Try with colour", _fresh(config, views=views)
    return "Try without colour", _fresh(config, views=config.views.without_color())


def longer(config: RunConfig) -> tuple[str, RunConfig]:
    """The same run with five times the budget; a button's label."""
    training = config.training
    seconds, epochs = training.seconds * LONGER, training.epochs * LONGER
    steps = training.steps * LONGER
    words = summary.span(seconds).removeprefix("about ")
    if steps or epochs:
        words = f"{steps:,} steps" if steps else f"{epochs:,g} epochs"
        seconds = training.seconds  # has no say
    training = dataclasses.replace(training, seconds=seconds, steps=steps, epochs=epochs)
    return f"Train {words}", _fresh(config, training=training)


def gentler(config: RunConfig) -> tuple[str, RunConfig]:
    """The same run with a tenth of the learning rate; a button's label."""
    rate = float(f"{config.training.learning_rate / GENTLER:.1g}")
    training = dataclasses.replace(config.training, learning_rate=rate)
    return f"Start again at learning rate {rate:g}", _fresh(config, training=training)


def _fresh(config: RunConfig, **changes: object) -> RunConfig:
    """A config for a new run: the data are read anew, and seconds become steps anew."""
    config = dataclasses.replace(config, **changes)  # type: ignore[arg-type]
    data = dataclasses.replace(config.data, content_hash="")
    return dataclasses.replace(config, data=data)


@st.dialog("Rename run")
def rename_dialog(run: Run) -> None:
    """Ask for a run's new name."""
    key = f"rename_{run.id}"
    with st.form("rename", border=False):
        st.text_input("Name", value=run.name, key=key)  # a long one is cut when it is written
        if st.form_submit_button(
            "Rename",
            type="primary",
            on_click=lambda: attempt(lambda: run.rename(st.session_state[key])),
        ):
            st.rerun()  # closes the dialog


@st.dialog("Delete run")
def delete_dialog(store: RunStore, run: Run, words: str) -> None:
    """Ask before a run's folder is removed."""
    st.markdown(
        f"Delete **{escape(run.name)}** ({words})? Its pictures, snapshots and figures are removed "
        "from the disk and cannot be brought back."
    )
    with st.container(horizontal=True):
        if st.button(
            "Delete",
            type="primary",
            key=f"delete_{run.id}",
            on_click=lambda: attempt(lambda: store.delete(run)),
        ):
            st.rerun()
        if st.button("Keep it", key=f"keep_{run.id}"):
            st.rerun()


@st.dialog("Download run")
def download_dialog(run: Run, words: str) -> None:
    """Offer a run's folder as one zip, made when it is asked for."""
    st.markdown(
        f"**{escape(run.name)}** as one zip of {words}: settings, pictures on the map, snapshots, "
        "coordinates and figures, as plain JSON and NumPy arrays."
    )
    st.html(
        f'<a class="download" href="{downloads.address(run)}" download>Download</a>'
        f"<small> {bundle.bundle_name(run)}</small>"
    )


def escape(text: str) -> str:
    """Text of a person as Markdown that shows it letter by letter."""
    return "".join("\\" + c if c in r"\`*_{}[]()#+-.!|<>~$:" else c for c in text)
