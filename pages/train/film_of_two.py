"""A finished run beside its sister: the same training with other colours in its views."""

from __future__ import annotations

import dataclasses

import streamlit as st
from markupsafe import Markup

from pages.shared import run_rows
from pages.shared.film import WITH, WITHOUT, show_film
from simclr_core.base.errors import LabError
from simclr_core.runs import findings, states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig

ABOVE = 294  # pixels over the maps, which take the rest of the window


def show_film_of_two(store: RunStore, run: Run) -> None:
    """Play the maps of a finished run and of its older sister, and say what the change did.

    Nothing is shown for a run without such a sister.
    """
    other = older_sister(store, run)
    if other is None:
        return
    colored = run.config.views != run.config.views.without_color()
    pair = (run, other) if colored else (other, run)
    with st.container(key="train-two", horizontal=True, vertical_alignment="center"):
        st.html(Markup("<p>{}</p>").format(_verdict(*pair)))
        query = {"run": run.id, "panel": "Compare", "runs": f"{pair[0].id},{pair[1].id}"}
        st.page_link("pages/explore/page.py", label="Compare the two", query_params=query)
    show_film(pair, (WITH, WITHOUT), f"two-{run.id}", above=ABOVE, plays=True, lasso=True)


def older_sister(store: RunStore, run: Run) -> Run | None:
    """Return the newest finished run that was made before this one and is its sister.

    Returns:
        None if there is none, or if this run has not finished.
    """
    own = run_rows.row(run)
    if own.state != states.FINISHED or own.config is None:
        return None
    older = [
        row
        for row in run_rows.rows(store)
        if row.state == states.FINISHED
        and row.created < own.created
        and row.run.is_shipped == run.is_shipped
        and row.config is not None
        and differ_in_color(own.config, row.config)
        and not any(one.is_recorded or one.origin for one in (run, row.run))
    ]
    return older[0].run if older else None  # the newest comes first


def differ_in_color(one: RunConfig, other: RunConfig) -> bool:
    """Return whether one config has colour distortion, the other none, and all else is equal."""
    plain = one.views.without_color()
    return (
        one.views != other.views
        and plain in (one.views, other.views)
        and plain == other.views.without_color()
        and dataclasses.replace(one, views=other.views) == other
    )


def _verdict(colored: Run, plain: Run) -> str:
    try:
        scores = colored.evaluation() or {}, plain.evaluation() or {}
    except LabError as error:
        return str(error)
    return findings.compared(*scores, (WITH, "without it"))
