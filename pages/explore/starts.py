"""Start runs from Explore's comparison: a sweep of one setting, or a fork of the open run."""

from __future__ import annotations

import streamlit as st

from pages.shell.link import change
from simclr_core.base.errors import LabError
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import VIEW_PRESETS, view_config
from simclr_core.workers import forking, launch, sweep

from .map import step_index

CHOSEN, PROBLEM = "explore_runs", "starts_problem"  # in the session's state
_OPEN = ("starts_sweep", "starts_fork")  # whether the popovers are
_AS_NOW = "as in the run"


def show_starts(run: Run) -> None:
    """Draw two popovers: one starts a sweep, the other a fork.

    Args:
        run: the run that is open.
    """
    with st.popover("Sweep…", key=_OPEN[0], on_change="rerun"):
        _sweep(run)
    with st.popover("Fork…", key=_OPEN[1], on_change="rerun"):
        _fork(run)


def _sweep(run: Run) -> None:
    """Draw the form for runs that differ in one setting."""
    st.selectbox("Setting", list(_settings()), key="sweep_setting")
    st.text_input("Values", "0.05, 0.1, 0.5", key="sweep_values")
    st.number_input("Seeds", 1, 4, 1, key="sweep_seeds")
    st.caption(
        "Everything else, steps included, is as in the open run. They train one after another."
    )
    st.button("Start them", type="primary", on_click=_start_sweep, args=(run,))


def _settings() -> dict[str, str]:
    """Return what can be swept: its name as users read it -> the setting."""
    return {field.split(".")[1].replace("_", " "): field for field in sweep.SWEPT}


def _start_sweep(run: Run) -> None:
    """Queue the runs of a sweep, and open their comparison.

    It reads what was typed: the script may not have run again since.
    """
    store, typed = RunStore(run.root), st.session_state
    typed.pop(PROBLEM, None)
    try:
        texts = [text for text in str(typed["sweep_values"]).split(",") if text.strip()]
        field = _settings()[str(typed["sweep_setting"])]
        variants = sweep.variants(run.config, field, texts, int(typed["sweep_seeds"]))
        _compare([launch.start(store, config, name).id for name, config in variants])
    except (LabError, OSError) as error:
        st.session_state[PROBLEM] = str(error)


def _fork(run: Run) -> None:
    """Draw the form for a run that continues from a snapshot of this one with a change."""
    steps = run.weight_steps()
    try:
        config = run.config
    except LabError as error:
        st.caption(str(error))
        return
    if not steps or not config.training.steps:
        st.caption(
            "This run has no weights to continue from: it was recorded or imported without them."
            if not steps
            else "This run is still measuring its pace; it can be forked in a few seconds."
        )
        return
    step = st.selectbox(
        "From step", steps, index=step_index(steps),
        format_func=lambda one: f"{one:,}", key=f"fork_step {run.id}",
    )  # fmt: skip
    left, right = st.columns(2)
    left.number_input(
        "Temperature", 0.0, 100.0, config.training.temperature, format="%g",
        step=0.05, key=f"fork_temperature {run.id}",
    )  # fmt: skip
    right.number_input(
        "Learning rate", 0.0, 100.0, config.training.learning_rate, format="%g",
        step=config.training.learning_rate / 2 or 0.01, key=f"fork_rate {run.id}",
        help="The peak rate. The schedule continues, so at the step where the fork begins the "
        "rate may already be far below it.",
    )  # fmt: skip
    st.selectbox("Views", [_AS_NOW, *VIEW_PRESETS], key=f"fork_views {run.id}")
    end = forking.forked_config(config, int(step)).training.steps
    st.number_input("Until step", 0, 10**9, end, key=f"fork_until {run.id} {step}")
    st.caption(
        "Starts a new run from the weights of that step. The order of the pictures and the random "
        "draws of their views are those of the original run; the optimiser starts fresh."
    )
    st.button("Start the fork", type="primary", on_click=_start_fork, args=(run,))


def _start_fork(run: Run) -> None:
    """Queue a fork, and compare it with the original run.

    It reads what was typed: the script may not have run again since.
    """
    typed = st.session_state
    typed.pop(PROBLEM, None)
    try:
        step, views = int(typed[f"fork_step {run.id}"]), str(typed[f"fork_views {run.id}"])
        made = forking.fork(
            RunStore(run.root),
            run,
            step,
            None if views == _AS_NOW else view_config(run.kind, views),
            int(typed.get(f"fork_until {run.id} {step}", 0)),  # another step has no such field
            temperature=float(typed[f"fork_temperature {run.id}"]),
            learning_rate=float(typed[f"fork_rate {run.id}"]),
        )
        _compare([run.id, made.id])
    except (LabError, OSError) as error:
        typed[PROBLEM] = str(error)


def _compare(ids: list[str]) -> None:
    """Compare these runs from now on, and close the popovers."""
    st.session_state.update(dict.fromkeys(_OPEN, False))
    st.session_state[CHOSEN] = ids
    change(runs=",".join(ids))
