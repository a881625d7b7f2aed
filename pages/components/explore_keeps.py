"""Explore's panel on what a network keeps: linear probes of every factor, over the snapshots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st

from simclr_core import jobs, summary
from simclr_core.errors import LabError
from simclr_core.figures import scale_colors
from simclr_core.runs import Run

from . import asked_words, explore_blocks

SHADES = 33
ABOUT = (
    "A linear probe is asked for each property, from one half of the pictures on the map to the "
    "other. What the augmentations change, a network need not keep; what they leave alone helps "
    "to find partners. A lower number means that a probe reads it less easily, not that it is gone."
)


@dataclass
class Answered:
    """What is known: arrays once they are there, else words, and whether more will come."""

    arrays: Mapping[str, np.ndarray]
    words: str = ""
    waiting: bool = False


def look(run: Run) -> Answered:
    """What is known of a run's probes; asks if nothing is."""
    job = jobs.keeps_job()
    try:
        key = jobs.ask(run, job)
        found = jobs.answer(run, key)
        if found.state == jobs.ANSWERED:
            return Answered(found.arrays)
        return Answered({}, *asked_words.waiting(run, "The probes", found))
    except LabError as error:
        return Answered({}, str(error))


def known(run: Run) -> dict[int, float]:
    """Step -> what a linear probe of h reads of the label, as far as it was asked for already."""
    try:
        probe = explore_blocks.probe_of(run)
        found = jobs.answer(run, jobs.key_of(run, jobs.keeps_job())).arrays
        column = found["names"].tolist().index(explore_blocks.target(probe))
        return dict(zip(found["steps"].tolist(), found["h"][:, column].tolist(), strict=True))
    except (LabError, KeyError, ValueError, IndexError):
        return {}


def panel(found: Answered, message: str) -> None:
    """The table; or what is being done, or why there is none."""
    if message or not found.arrays:
        st.html(f'<p class="explore-trouble">{escape(message or found.words)}</p>')
        return
    st.html(table(found.arrays))
    st.html(f'<p class="keeps-about">{escape(ABOUT)}</p>')


def table(arrays: Mapping[str, np.ndarray]) -> str:
    """HTML: a row a property; chance, pixels, h at each snapshot, and z at the last one."""
    names, steps = arrays["names"].tolist(), arrays["steps"].tolist()
    heads = ["chance", "pixels", "h untrained" if steps[0] == 0 else f"h, step {steps[0]:,}"]
    heads += [f"h, step {step:,}" for step in steps[1:]] + [f"z, step {steps[-1]:,}"]
    columns = [arrays["chance"], arrays["pixels"], *arrays["h"], arrays["z"][-1]]
    shades = scale_colors(SHADES)
    rows = []
    for i, name in enumerate(names):
        cells = "".join(
            _cell(float(column[i]), float(arrays["chance"][i]), shades) for column in columns
        )
        rows.append(f"<tr><th scope='row'>{escape(str(name))}</th>{cells}</tr>")
    head = "".join(f"<th scope='col'>{escape(word)}</th>" for word in heads)
    return (
        '<div class="keeps"><table><caption>What a linear probe reads: accuracy</caption><thead>'
        f"<tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def side_by_side(found: Mapping[str, Answered]) -> str:
    """HTML: a row a property; pixels, and for every run h at its first and last snapshot and z.

    Args:
        found: a run's name -> what is known of it.
    """
    known = {name: one.arrays for name, one in found.items() if one.arrays}
    rows = list(dict.fromkeys(str(p) for a in known.values() for p in a["names"].tolist()))
    heads = "".join(
        f'<th scope="colgroup" colspan="3">{escape(name)}</th>' for name in known
    )  # fmt: skip
    parts = "".join(
        "<th scope='col'>h untrained</th>" * (int(a["steps"][0]) == 0)
        + "<th scope='col'>h at first</th>" * (int(a["steps"][0]) != 0)
        + "<th scope='col'>h</th><th scope='col'>z</th>"
        for a in known.values()
    )
    shades, body = scale_colors(SHADES), []
    for row in rows:
        cells, pixels = "", (math.nan, 0.0)
        for arrays in known.values():
            names = arrays["names"].tolist()
            i = names.index(row) if row in names else None
            if i is None:
                cells += "<td>–</td>" * 3
                continue
            chance = float(arrays["chance"][i])
            pixels = (float(arrays["pixels"][i]), chance)
            three = (arrays["h"][0][i], arrays["h"][-1][i], arrays["z"][-1][i])
            cells += "".join(_cell(float(value), chance, shades) for value in three)
        body.append(f"<tr><th scope='row'>{escape(row)}</th>{_cell(*pixels, shades)}{cells}</tr>")
    waits = "".join(
        f"<p class='explore-trouble'>{escape(name)}: {escape(one.words)}</p>"
        for name, one in found.items()
        if not one.arrays
    )
    table = (
        '<div class="keeps"><table><caption>What a linear probe reads: accuracy</caption><thead>'
        f"<tr><td></td><td></td>{heads}</tr><tr><td></td><th scope='col'>pixels</th>{parts}</tr>"
        f"</thead><tbody>{''.join(body)}</tbody></table></div>"
    )
    return table * bool(rows) + waits


def _cell(value: float, chance: float, shades: list[str]) -> str:
    """A number on a shade that says how far it lies between chance and all."""
    if not math.isfinite(value):
        return "<td>–</td>"
    share = min(max((value - chance) / max(1 - chance, 1e-6), 0.0), 1.0)
    shade = shades[round(share * (SHADES - 1))]
    ink = "#111" if share > 0.55 else "#fff"
    return f'<td style="background:{shade};color:{ink}">{summary.percent(value)}</td>'
