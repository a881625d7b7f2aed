"""Explore's panel on what a network keeps: linear probes of every factor over the snapshots."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from html import escape

import numpy as np
import streamlit as st

from pages.shared.question_words import reply_words
from pages.shell.trouble import show_trouble
from simclr_core.base.errors import LabError
from simclr_core.feed.explore.map_blocks import probe_of, target
from simclr_core.figures.colors import scale_colors
from simclr_core.questions.job import keeps_job
from simclr_core.questions.jobs import key_of
from simclr_core.questions.reply import Reply, read
from simclr_core.runs import summary
from simclr_core.runs.run import Run

SHADES = 33
WHAT = "The probes"
ABOUT = (
    "A linear probe learns each property from one half of the pictures on the map and is scored on "
    "the other. A network need not keep what the augmentations change; what they leave alone helps "
    "to find partners. A lower number means that a probe reads it less easily, not that it is gone."
)


def known_accuracies(run: Run) -> dict[int, float]:
    """Return step -> accuracy of a linear probe of h on the label, as far as it is computed."""
    try:
        probe = probe_of(run)
        arrays = read(run, key_of(run, keeps_job())).arrays or {}
        column = arrays["names"].tolist().index(target(probe))
        return dict(zip(arrays["steps"].tolist(), arrays["h"][:, column].tolist(), strict=True))
    except (LabError, KeyError, ValueError, IndexError):
        return {}


def show_probes(reply: Reply, message: str, recorded: bool = False) -> None:
    """Draw the table of what probes read; or say what is being done, or why there is none.

    Args:
        reply: to `keeps_job`.
        message: why there is nothing to ask for; empty if there is.
        recorded: the run was trained elsewhere: its first snapshot may be of a trained network.
    """
    if message or reply.arrays is None:
        show_trouble(message or reply_words(reply, WHAT))
        return
    st.html(probe_table(reply.arrays, recorded))
    st.html(f'<p class="keeps-about">{escape(ABOUT)}</p>')


def probe_table(arrays: Mapping[str, np.ndarray], recorded: bool = False) -> str:
    """Return as HTML one row for each property: chance, pixels, h at each snapshot, last z."""
    names, steps = arrays["names"].tolist(), arrays["steps"].tolist()
    heads = ["chance", "pixels", _first(steps, recorded)]
    heads += [f"h, step {step:,}" for step in steps[1:]]
    columns = [arrays["chance"], arrays["pixels"], *arrays["h"]]
    if np.isfinite(arrays["z"][-1]).any():
        heads, columns = [*heads, f"z, step {steps[-1]:,}"], [*columns, arrays["z"][-1]]
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


def _first(steps: list[int], recorded: bool) -> str:
    """Return the column's name for h of the first snapshot."""
    if recorded and len(steps) == 1:
        return "h"
    return "h untrained" if steps[0] == 0 and not recorded else f"h, step {steps[0]:,}"


def side_by_side(replies: Mapping[str, Reply], recorded: Collection[str] = ()) -> str:
    """Return as HTML one row for each property: for every run pixels, first and last h, and z.

    Where the pictures of all runs are the same, pixels have one column for all.

    Args:
        replies: a run's name -> its reply to `keeps_job`.
        recorded: names of those that were trained elsewhere.
    """
    known = {name: one.arrays for name, one in replies.items() if one.arrays}
    rows = list(dict.fromkeys(str(p) for a in known.values() for p in a["names"].tolist()))
    shared = len({(*a["names"].tolist(), *a["pixels"].tolist()) for a in known.values()}) == 1
    parts = {name: _parts(a, name in recorded, not shared) for name, a in known.items()}
    shades, body = scale_colors(SHADES), []
    for row in rows:
        cells = ""
        if shared:
            arrays = next(iter(known.values()))
            cells = _row(arrays, row, [("pixels", arrays["pixels"])], shades)
        cells += "".join(_row(a, row, parts[name], shades) for name, a in known.items())
        body.append(f"<tr><th scope='row'>{escape(row)}</th>{cells}</tr>")
    heads = "".join(
        f'<th scope="colgroup" colspan="{len(parts[name])}">{escape(name)}</th>' for name in known
    )
    words = ["pixels"] * shared + [word for one in parts.values() for word, _ in one]
    second = "".join(f"<th scope='col'>{escape(word)}</th>" for word in words)
    waits = "".join(
        f"<p class='lab-trouble'>{escape(name)}: {escape(reply_words(one, WHAT))}</p>"
        for name, one in replies.items()
        if not one.arrays
    )
    table = (
        '<div class="keeps"><table><caption>What a linear probe reads: accuracy</caption><thead>'
        f"<tr><td></td>{'<td></td>' * shared}{heads}</tr><tr><td></td>{second}</tr>"
        f"</thead><tbody>{''.join(body)}</tbody></table></div>"
    )
    return table * bool(rows) + waits


_Parts = list[tuple[str, np.ndarray]]


def _parts(arrays: Mapping[str, np.ndarray], recorded: bool, pixels: bool) -> _Parts:
    """Return the columns of a run: a word and (F,) accuracies each."""
    parts = [("pixels", arrays["pixels"])] * pixels
    steps = arrays["steps"].tolist()
    if len(steps) > 1:
        first = "h untrained" if steps[0] == 0 and not recorded else "h at first"
        parts.append((first, arrays["h"][0]))
    parts.append(("h", arrays["h"][-1]))
    if np.isfinite(arrays["z"][-1]).any():
        parts.append(("z", arrays["z"][-1]))
    return parts


def _row(arrays: Mapping[str, np.ndarray], row: str, parts: _Parts, shades: list[str]) -> str:
    """Return the cells of one property; dashes where a run does not have it."""
    names = arrays["names"].tolist()
    if row not in names:
        return "<td>–</td>" * len(parts)
    i = names.index(row)
    return "".join(
        _cell(float(values[i]), float(arrays["chance"][i]), shades) for _, values in parts
    )


def _cell(value: float, chance: float, shades: list[str]) -> str:
    """Return a cell; its shade says how far the number is between chance and 100%."""
    if not math.isfinite(value):
        return "<td>–</td>"
    share = min(max((value - chance) / max(1 - chance, 1e-6), 0.0), 1.0)
    shade = shades[round(share * (SHADES - 1))]
    ink = "#111" if share > 0.55 else "#fff"
    return f'<td style="background:{shade};color:{ink}">{summary.percent(value)}</td>'
