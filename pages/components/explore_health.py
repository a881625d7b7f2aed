"""Explore's panel on how a run fares: a verdict with its evidence, and the figures behind it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from simclr_core import figures, health, snapshots
from simclr_core.errors import LabError
from simclr_core.runs import Run

from . import explore_blocks, lost
from .live import live_curves

HEIGHT = 520
_MARKS = {health.HEALTHY: "good", health.EARLY: "early"}  # the others are trouble


def panel(run: Run) -> None:
    """Verdict, curves, and how many directions h and z use."""
    if explore_blocks.is_recorded(run) and not run.metrics()[0]:
        st.html('<p class="explore-trouble">Of this run no training was recorded.</p>')
        return
    left, middle, right = st.columns([1.1, 1.25, 1.0], gap="medium")
    with left:
        try:
            st.html(_card(health.verdict(health.told_by(run))))
            if words := lost.scores_words(run):
                st.html(f'<p class="explore-trouble">{escape(words)}</p>')
        except LabError as error:
            st.html(f'<p class="explore-trouble">{escape(str(error))}</p>')
    with middle:
        live_curves(run, key="health-curves", height=HEIGHT)
    with right:
        _directions(run)


def _card(verdict: health.Verdict) -> str:
    mark = _MARKS.get(verdict.name, "bad")
    return (
        f'<div class="health health-{mark}" role="status"><b>{escape(verdict.name)}</b>'
        f"<p>{escape(verdict.words)}</p>{_list('What says so', verdict.evidence)}"
        f"{_list('What to try', verdict.advice)}</div>"
    )


def _list(title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h4>{title}</h4><ul>{items}</ul>" if items else ""


def _directions(run: Run) -> None:
    """Effective rank and dead units over time, and the spectrum now."""
    dark = st.context.theme.type == "dark"
    rows = run.snapshot_rows()
    steps = [row["step"] for row in rows]
    ranks = {
        name: (steps, [_known(row.get(f"effective_rank_{name}")) for row in rows])
        for name in ("h", "z")
    }
    if not steps:
        st.html('<p class="explore-trouble">The first snapshot tells more.</p>')
        return
    st.html(
        '<p class="explore-sub" title="How many directions the pictures really differ in: 1 is '
        'all on one line.">directions in use (effective rank)</p>'
    )
    st.plotly_chart(
        figures.lines_figure(ranks, "step", "effective rank", dark),
        key=f"ranks {run.id} {len(steps)}", height=HEIGHT // 2 - 40, config=_PLAIN,
    )  # fmt: skip
    lines, dead = spectra(run)
    words = "" if dead is None else f"; {dead:.0%} of h's numbers are the same for every picture"
    st.html(
        '<p class="explore-sub" title="Singular values of the centred vectors, over the largest: '
        f'a steep fall means that few directions carry everything.">spectrum now{words}</p>'
    )
    st.plotly_chart(
        figures.lines_figure(lines, "direction", "share of the largest", dark, log=True),
        key=f"spectrum {run.id} {len(steps)}", height=HEIGHT // 2 - 40, config=_PLAIN,
    )  # fmt: skip


def spectra(run: Run) -> tuple[dict[str, tuple[list[float], list[float]]], float | None]:
    """Singular values of h and z at the newest snapshot over the largest, and dead units of h."""
    lines: dict[str, tuple[list[float], list[float]]] = {}
    dead = None
    for step in reversed(run.snapshot_steps()):
        try:
            for name in ("h", "z"):
                vectors = snapshots.vectors(run, step, name)
                lines[name] = _spectrum(vectors)
                dead = health.dead_units(vectors) if name == "h" else dead
            return lines, dead
        except LabError:  # a damaged snapshot, or one without z: the one before tells
            if lines:
                return lines, dead
    return lines, dead


def _spectrum(vectors: np.ndarray) -> tuple[list[float], list[float]]:
    values = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False)
    shares = values / values[0] if values[0] > 0 else np.zeros_like(values)
    shown = np.where(shares > 1e-7, shares, np.nan)  # zero has no place on a logarithmic axis
    return list(range(1, len(shown) + 1)), shown.tolist()


def _known(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


_PLAIN = {"displayModeBar": False}
