"""Train: choose data, views and a budget; start; watch the loss and the map live."""

from __future__ import annotations

import streamlit as st

from pages.shared import estimate, run_actions, run_rows
from pages.train import form as run_form
from pages.train import states as run_states
from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.runs import summary
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import BUILT_IN_KINDS


def main() -> None:
    """Guard, read, call, show."""
    st.html(ASSETS / "css" / "train.css")
    try:
        store = RunStore()
    except LabError as error:
        st.error(str(error))
        return
    choice = run_form.settings_form(store, lambda c: estimate.words(c, run_rows.rows(store)))
    if choice.problem:
        with st.container(key="train-problem"):
            st.error(choice.problem, icon=":material/error:")
    if choice.start and choice.config:
        kind = BUILT_IN_KINDS.get(choice.config.data.source, "")
        name = choice.name or summary.default_name(choice.config, kind=kind)
        run_actions.begin(store, choice.config, name)
    run_actions.show_problem()
    run_actions.open_begun()
    run_id = st.query_params.get("run", "")
    run = _find(store, run_id)
    if run is None:
        run_states.empty_panel(store, missing=run_id, ready=choice.config)
    else:
        run_states.run_panel(store, run)
    run_actions.opened()


def _find(store: RunStore, run_id: str) -> Run | None:
    """The run of the URL, None where there is none: never another whose id begins like it."""
    try:
        run = store.get(run_id) if run_id else None
    except LabError:
        return None
    return run if run and run.id == run_id else None


main()
