"""Explore's panel on what a network keeps: linear probes of every factor over the snapshots."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from html import escape

import numpy as np
import streamlit as st

from pages.shell.trouble import show_trouble
from pages.shell.waiting import ask_run, show_waits
from simclr_core.base.errors import LabError
from simclr_core.feed.categories import choices
from simclr_core.feed.explore.map_blocks import is_recorded, probe_of, target
from simclr_core.figures.colors import scale_colors
from simclr_core.questions.factor_probes import spread_steps
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


def show_probes(run: Run, message: str) -> bool:
    """Draw the table of what probes read; return whether the answer is still to come.

    Until the numbers are there, the table has dots in their places.

    Args:
        run: whose.
        message: why there is nothing to ask for; empty if there is.
    """
    if message:
        show_trouble(message)
        return False
    reply, wait = ask_run(run, keeps_job(), WHAT)
    if reply.failed:
        show_trouble(reply.words)
        return False
    known = reply.arrays is not None
    st.html(probe_table(reply.arrays or unread(run), is_recorded(run), "–" if known else "…"))
    show_waits([wait])
    st.html(f'<p class="keeps-about">{escape(ABOUT)}</p>')
    return reply.waiting


def unread(run: Run) -> dict[str, np.ndarray]:
    """Return the arrays of an answer to `keeps_job` in which no number is known."""
    probe = probe_of(run)
    most = keeps_job().parameters["snapshots"]
    names, steps = choices(probe), spread_steps(run.snapshot_steps(), most)
    empty = np.full((len(steps), len(names)), np.nan, np.float32)
    flat = np.full(len(names), np.nan, np.float32)
    return {
        "names": np.array(names), "steps": np.array(steps, np.int64), "h": empty, "z": empty,
        "pixels": flat, "chance": flat,
    }  # fmt: skip


def probe_table(
    arrays: Mapping[str, np.ndarray], recorded: bool = False, unknown: str = "–"
) -> str:
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
            _cell(float(column[i]), float(arrays["chance"][i]), shades, unknown)
            for column in columns
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
    problems = "".join(
        f"<p class='lab-trouble'>{escape(name)}: {escape(one.words)}</p>"
        for name, one in replies.items()
        if not one.arrays and not one.waiting and one.words
    )
    table = (
        '<div class="keeps"><table><caption>What a linear probe reads: accuracy</caption><thead>'
        f"<tr><td></td>{'<td></td>' * shared}{heads}</tr><tr><td></td>{second}</tr>"
        f"</thead><tbody>{''.join(body)}</tbody></table></div>"
    )
    return table * bool(rows) + problems


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


def _cell(value: float, chance: float, shades: list[str], unknown: str = "–") -> str:
    """Return a cell; its shade says how far the number is between chance and 100%."""
    if not math.isfinite(value):
        return f"<td>{unknown}</td>"
    share = min(max((value - chance) / max(1 - chance, 1e-6), 0.0), 1.0)
    shade = shades[round(share * (SHADES - 1))]
    ink = "#111" if share > 0.55 else "#fff"
    return f'<td style="background:{shade};color:{ink}">{summary.percent(value)}</td>'
