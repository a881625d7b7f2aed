"""Train: choose data, views and a budget; start; watch the loss and the map live."""

from __future__ import annotations

import streamlit as st

from pages.shared.estimate import estimate_html, is_busy
from pages.shared.run_actions import show_problem
from pages.shared.run_rows import rows
from pages.shared.share import show_card
from pages.shell.link import linked_run
from pages.shell.trouble import open_store, show_trouble
from pages.train.begin import begin_run, mark_opened, open_begun
from pages.train.form import check_link, settings_form
from pages.train.panel import empty_panel, run_panel
from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.runs import states, summary
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import BUILT_IN_KINDS


def main() -> None:
    """Check what is asked for, read the run, and show it."""
    st.html(ASSETS / "css" / "train.css")
    store = open_store()
    if store is None:
        return
    problems = check_link()
    busy = is_busy(rows(store))
    before = _find(store, linked_run())
    leads = before is None or before.state not in states.RESUMABLE  # such a run offers to resume
    choice = settings_form(store, lambda config: estimate_html(config, rows(store)), busy, leads)
    show_trouble(" ".join(problems))
    if choice.problem:
        with st.container(key="train-problem"):
            st.error(choice.problem, icon=":material/error:")
    if choice.start and choice.config:
        kind = BUILT_IN_KINDS.get(choice.config.data.source, "")
        name = choice.name or summary.default_name(choice.config, kind=kind)
        begin_run(store, choice.config, name)
    show_problem()
    open_begun()
    run_id = linked_run()
    run = _find(store, run_id)
    if run is None:
        empty_panel(store, missing=run_id, ready=choice.config)
    else:
        show_card(run)
        run_panel(store, run)
    mark_opened()
    if not busy and run is not None and run.state not in states.ENDED:
        st.rerun()  # it has begun just now: another run has to wait


def _find(store: RunStore, run_id: str) -> Run | None:
    """Return the run with exactly this id, or None: never one whose id only begins like it."""
    try:
        run = store.get(run_id) if run_id else None
    except LabError:
        return None
    return run if run and run.id == run_id else None


main()
