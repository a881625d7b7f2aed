"""Results of the four ways to learn: curves over labels, class by class, and maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from pages.server.picture_sheets import offer
from pages.shared.picture_html import data_uri
from pages.shell.live import mount
from simclr_core.feed.explore.side_by_side import side_by_side
from simclr_core.feed.packing import pack
from simclr_core.figures import labels as label_figures
from simclr_core.measures.classification import balanced
from simclr_core.measures.intervals import wilson_interval
from simclr_core.paradigms.study import SEMI, SUPERVISED, WAYS, is_recorded

from .scores import interval

PLAIN = {"displayModeBar": False, "responsive": True}
MATRIX = "paradigm-matrix"
MOST = 48  # pictures of a cell shown at once


def curves(every: Sequence[Mapping[str, Any]]) -> None:
    """Show scores over labels: every seed, and the mean with its interval."""
    dark = st.context.theme.type == "dark"
    support = np.array(every[0]["ways"][SUPERVISED]["support"])
    name = "accuracy" if balanced(support) else "balanced_accuracy"
    chance = 1 / max(int((support > 0).sum()), 1)
    figure = label_figures.budgets_figure(points(every, name), name.replace("_", " "), chance, dark)
    st.plotly_chart(figure, config=PLAIN, key="paradigm-curves", height=420)
    recorded = sum(is_recorded(one) for one in every)
    here = len(every) - recorded
    parts = [f"{recorded} recorded" * (recorded > 0), f"{here} made here" * (here > 0)]
    st.html(
        f'<p class="lab-caption">Every small point is a study ({" and ".join(filter(None, parts))})'
        " with these pictures and the same number of seconds; a line joins the means, with "
        "95% intervals for other test pictures. To add a point, choose another number of labels or "
        "another seed above and press Compare. Unsupervised learning trains without labels; naming "
        "its groups takes the labels of up to 5,000 training pictures, whatever the others get. "
        "Self-supervised learning is unsupervised learning with a task that it makes itself; "
        "semi-supervised learning has other forms as well, such as pseudo-labels.</p>"
    )


def points(
    every: Sequence[Mapping[str, Any]], name: str
) -> dict[str, dict[str, list[tuple[int, float, float, float]]]]:
    """Return way -> seed -> (labelled pictures per class, score, and its interval's two ends).

    Fine-tuning counts with its default settings only.

    A seed is named "seed 0", and "seed 0, recorded" where the study ships with the app: another
    machine makes other networks of it.
    """
    curves_by_way: dict[str, Any] = {way: {} for way in WAYS}
    for result in every:
        study = result["study"]
        plain = not study["frozen"] and study["rate"] == 0.25 and not study["staged"]
        known = sum(1 for count in result["train_counts"] if count)
        count = round(result["labelled"] / max(known, 1))  # per class, on average
        seed = f"seed {study['seed']}{', recorded' * is_recorded(result)}"
        for way in WAYS:
            if plain or way != SEMI:
                row = curves_by_way[way].setdefault(seed, [])
                figures = result["ways"][way]
                ends = interval(figures, name) or (figures[name], figures[name])
                if all(count != other[0] for other in row):
                    row.append((int(count), float(figures[name]), *ends))
    for seeds in curves_by_way.values():
        for row in seeds.values():
            row.sort()
    return curves_by_way


def classes(
    result: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    pictures: Callable[[], np.ndarray],
) -> None:
    """Show report and confusion matrix of one way, and the pictures of the cell that was clicked.

    Args:
        pictures: reads the test pictures, which may be many: called if a cell is chosen.
    """
    left, right = st.columns([1, 1.15], gap="large")
    names = result["class_names"] or [str(i) for i in range(len(result["train_counts"]))]
    with left:
        way = st.segmented_control("Way", WAYS, default=SEMI, required=True, key="paradigm_way")
        figures = result["ways"][way]
        st.html(report(figures, names))
    with right:
        of = f"{way} {result['study']}"  # another study's cell is not this one's
        cell = st.session_state.get("paradigm_cell")
        chosen = [cell["true"], cell["answered"]] if cell and cell.get("of") == of else None
        header = {"names": names, "matrix": figures["confusion"], "of": of, "chosen": chosen}
        mount("learn/confusion", MATRIX, "content", pack(header, {}), on_cell_change=_chosen)
        if chosen:
            _gallery(chosen, names, arrays["truth"], arrays[f"predicted__{way}"], pictures())


def _chosen() -> None:
    cell = getattr(st.session_state.get(MATRIX), "cell", None)
    if isinstance(cell, Mapping):
        st.session_state["paradigm_cell"] = dict(cell)


def report(figures: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return HTML: precision, recall and F1 of every class, and their mean."""
    rows = []
    each = list(zip(names, *(figures[k] for k in ("precision", "recall", "f1", "support")),
                    strict=True))  # fmt: skip
    answered = np.sum(figures["confusion"], axis=0).tolist()
    for (name, precision, recall, f1, support), named in zip(each, answered, strict=True):
        cells = [_of(precision, named), _of(recall, support), f"{f1:.2f}"]
        cells = cells if support else ["–"] * len(cells)
        rows.append(
            f'<tr><th scope="row">{escape(str(name))}</th>'
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + f"<td>{support:,}</td></tr>"
        )
    there = [row for row in each if row[4]] or each  # classes without test pictures have no score
    mean = [float(np.mean([row[i] for row in there])) for i in (1, 2, 3)]
    rows.append(
        '<tr class="mean"><th scope="row">mean</th>'
        + "".join(f"<td>{value:.2f}</td>" for value in mean)
        + f"<td>{sum(row[4] for row in each):,}</td></tr>"
    )
    return (
        '<div class="paradigm-report"><table><thead><tr><td></td>'
        '<th scope="col" title="Of the pictures classified as this class, the share that belong '
        'to it">precision</th><th scope="col" title="Of the pictures of this class, the share that '
        'were classified as it">recall</th>'
        '<th scope="col" title="The harmonic mean of both">F1</th>'
        f'<th scope="col">pictures</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
        '<p class="lab-caption">Small print: 95% intervals for other test pictures.</p></div>'
    )


def _of(share: float, count: int) -> str:
    """Return a share of some pictures as HTML, with its interval; without one if there are none."""
    if not count:
        return f"{share:.2f}"
    low, high = wilson_interval(share, count)
    return f"{share:.2f} <small>{low:.2f}–{high:.2f}</small>"


def _gallery(
    chosen: Sequence[int],
    names: Sequence[str],
    truth: np.ndarray,
    predicted: np.ndarray,
    pictures: np.ndarray,
) -> None:
    rows = np.flatnonzero((truth == chosen[0]) & (predicted == chosen[1]))
    shown = [row for row in rows if row < len(pictures)][:MOST]
    images = "".join(
        f'<img class="lab-picture" src="{data_uri(pictures[row])}" '
        f'alt="test picture {row}, {escape(str(names[chosen[0]]))}">'
        for row in shown
    )
    more = f", the first {len(shown)} of them" if len(shown) < len(rows) else ""
    st.html(
        f'<div class="paradigm-gallery"><p>Of class {escape(str(names[chosen[0]]))}, classified as '
        f"{escape(str(names[chosen[1]]))}: {len(rows):,}{more}</p>{images}</div>"
    )


def maps(result: Mapping[str, Any], arrays: Mapping[str, np.ndarray], pictures: np.ndarray) -> None:
    """Show the same test pictures on the map of each way.

    Args:
        pictures: the first test pictures; fewer than there are points: all points are dots.
    """
    names = result["class_names"] or [str(i) for i in range(len(result["train_counts"]))]
    xy = {way: arrays[f"xy__{way}"] for way in WAYS if f"xy__{way}" in arrays}
    count = len(next(iter(xy.values())))
    truth = arrays["truth"][:count].tolist()
    offered = offer(pictures[:count]) if len(pictures) >= count else None
    block = side_by_side(xy, truth, names, columns=len(xy), legend=True, pictures=offered)
    mount("map/side_by_side", "paradigm-maps", "content", block)
    st.html(
        f'<p class="lab-caption">UMAP of h of {count:,} test pictures (of the autoencoder\'s code '
        "for unsupervised), coloured by their true class. The axes have no units; points "
        "that are close here need not be close in h.</p>"
    )
