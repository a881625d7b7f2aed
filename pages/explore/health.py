"""Explore's panel on a run's health: a verdict with its evidence, and figures."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from pages.shell.live import live_curves
from pages.shell.trouble import show_trouble
from simclr_core.base.errors import LabError
from simclr_core.feed.explore.map_blocks import is_recorded
from simclr_core.feed.missing_files import scores_words
from simclr_core.figures.charts import lines_figure
from simclr_core.runs import evidence, health
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots import cache
from simclr_core.runs.states import DAMAGED

HEIGHT = 520
_MARKS = {health.HEALTHY: "good", health.EARLY: "early"}  # the others are trouble


def show_health(run: Run) -> None:
    """Draw the verdict, curves, and how many directions h and z use."""
    if is_recorded(run) and not run.metrics()[0]:
        show_trouble("This run has no record of its training.")
        return
    status = run.status
    if status["state"] == DAMAGED:
        show_trouble(status.get("message") or "This run's folder is damaged.")
        return
    left, middle, right = st.columns([0.95, 1.5, 0.95], gap="medium")
    with left:
        try:
            st.html(_card(health.verdict(evidence.evidence_of(run))))
            show_trouble(scores_words(run))
        except LabError as error:
            show_trouble(str(error))
    with middle:
        live_curves(run, key="health-curves", height=HEIGHT)
    with right:
        _directions(run)


def _card(verdict: health.Verdict) -> str:
    mark = _MARKS.get(verdict.name, "bad")
    return (
        f'<div class="health health-{mark}" role="status"><b>{escape(verdict.name)}</b>'
        f"<p>{escape(verdict.words)}</p>{_list('Evidence', verdict.evidence)}"
        f"{_list('What to try', verdict.advice)}</div>"
    )


def _list(title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h4>{title}</h4><ul>{items}</ul>" if items else ""


def _directions(run: Run) -> None:
    """Draw effective rank and gradient norm over time, and the spectrum now."""
    dark = st.context.theme.type == "dark"
    rows = run.snapshot_rows()
    steps = [row["step"] for row in rows]
    ranks = {
        name: (steps, [_known(row.get(f"effective_rank_{name}")) for row in rows])
        for name in ("h", "z")
    }
    if not steps:
        show_trouble("These figures begin with the first snapshot.")
        return
    _small(
        "directions in use (effective rank)",
        "How many directions the pictures really differ in: 1 means all on one line.",
        lines_figure(ranks, "", "", dark),
        f"ranks {run.id} {len(steps)}",
    )
    gradients = [_known(row.get("gradient_norm")) for row in rows]
    if np.isfinite(gradients).any():
        _small(
            "gradient norm",
            "Over all weights, the median of the 32 steps before each snapshot. It falls as less "
            "is left to learn; a sudden rise comes before a run diverges.",
            lines_figure({"gradient": (steps, gradients)}, "", "", dark),
            f"gradient {run.id} {len(steps)}",
        )
    lines, dead = spectra(run)
    words = f"; {dead:.0%} of h's numbers are the same for every picture" if dead else ""
    _small(
        f"spectrum{words}",
        "Singular values of the centred vectors, divided by the largest one, now and at the "
        "first snapshot. A "
        "steep fall means that few directions carry everything.",
        lines_figure(lines, "", "", dark, log=True),
        f"spectrum {run.id} {len(steps)}",
    )


def _small(title: str, meaning: str, figure: Any, key: str) -> None:
    """Draw a small figure under its title, with its meaning as a tooltip."""
    st.html(f'<p class="explore-sub" title="{escape(meaning)}">{escape(title)}</p>')
    st.plotly_chart(figure, key=key, height=HEIGHT // 3 - 34, config=_PLAIN)


def spectra(run: Run) -> tuple[dict[str, tuple[list[float], list[float]]], float | None]:
    """Return singular values of h and z over the largest, at the newest readable snapshot and the
    first; and the share of dead units of h at the newest."""
    steps = run.snapshot_steps()
    lines, dead = dict[str, tuple[list[float], list[float]]](), None
    for step in reversed(steps):
        lines, dead = _spectra_at(run, step, "")
        if lines:
            if step != steps[0]:
                lines |= _spectra_at(run, steps[0], " at first")[0]
            break
    return lines, dead


def _spectra_at(
    run: Run, step: int, when: str
) -> tuple[dict[str, tuple[list[float], list[float]]], float | None]:
    """Return the spectra of a snapshot by name and `when`, as far as it can be read; dead units."""
    lines, dead = dict[str, tuple[list[float], list[float]]](), None
    for name in ("h", "z"):
        with contextlib.suppress(LabError):  # damaged, or without z
            vectors = cache.vectors(run, step, name)
            lines[name + when] = _spectrum(vectors)
            dead = evidence.dead_units(vectors) if name == "h" else dead
    return lines, dead


def _spectrum(vectors: np.ndarray) -> tuple[list[float], list[float]]:
    values = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False)
    shares = values / values[0] if values[0] > 0 else np.zeros_like(values)
    shown = np.where(shares > 1e-7, shares, np.nan)  # zero has no place on a logarithmic axis
    return list(range(1, len(shown) + 1)), shown.tolist()


def _known(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


_PLAIN = {"displayModeBar": False}
