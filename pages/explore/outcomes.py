"""What differs between runs, and what came out, as HTML for Explore's comparison."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from simclr_core.figures.colors import PETROFF_10
from simclr_core.measures.intervals import wilson_interval
from simclr_core.runs import comparison, summary, validation
from simclr_core.runs.comparison import Score
from simclr_core.runs.run import Run


def settings_table(runs: Sequence[Run], names: Sequence[str]) -> str:
    """Return as HTML the settings that differ, one column for each run."""
    rows = comparison.differences(runs)
    if not rows:
        return '<p class="lab-trouble">These runs have the same settings and the same seed.</p>'
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr><th scope='row'>{escape(_plain(row.name))}</th>"
        + "".join(f"<td>{escape(_value(value))}</td>" for value in row.values)
        + "</tr>"
        for row in rows
    )
    return (
        '<div class="compare"><table><caption>Settings that differ</caption><thead><tr><td></td>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def score_dots(runs: Sequence[Run], names: Sequence[str]) -> str:
    """Return as HTML the final scores: a group for each property, a line for each setting.

    Every run is a dot on the line of its setting, from 0 to 100%, with its 95% interval; seeds of a
    setting share the line. Ticks mark the untrained network and raw pixels.
    """
    numbers = comparison.settings_of(runs)
    every = [{(s.of, s.how): s for s in comparison.scores(run)} for run in runs]
    asked = list(dict.fromkeys(key for one in every for key in one))
    if not asked:
        return '<p class="lab-trouble">None of these runs has its final scores yet.</p>'
    groups = []
    for key in asked:
        lines = []
        for setting in dict.fromkeys(numbers):
            held = [i for i, own in enumerate(numbers) if own == setting and key in every[i]]
            if held:
                found = [every[i][key] for i in held]
                color = PETROFF_10[setting % len(PETROFF_10)]
                lines.append(_line([names[i] for i in held], found, color))
        scored = [one[key] for one in every if key in one]
        groups.append(f"<h5>{_title(*key)}{_rivals(scored)}</h5>{''.join(lines)}")
    return (
        f'<div class="outcomes"><h4>Final scores, on new pictures</h4>{"".join(groups)}<p>Each dot '
        "is a run with its 95% interval; runs that differ only in their seed share a line. The "
        "ticks mark the untrained network and raw pixels.</p></div>"
    )


def _title(of: str, how: str) -> str:
    words = f"a {how} reads the {of}" if how else f"neighbours vote for the right {of}"
    return escape(words[:1].upper() + words[1:])


def _rivals(scores: Sequence[Score]) -> str:
    """Return what the scores have to beat, where that is the same for all of them."""
    known = {
        "untrained": {s.untrained for s in scores},
        "pixels": {s.pixels for s in scores},
    }
    words = [
        f"{name} {summary.score(value)}"
        for name, values in known.items()
        if len(values) == 1 and (value := next(iter(values))) is not None
    ]
    return f" <small>{', '.join(words)}</small>" if words else ""


def _line(names: Sequence[str], scores: Sequence[Score], color: str) -> str:
    """Return one line: the runs of a setting."""
    marks = "".join(
        f'<u style="left:{100 * tick:.1f}%" title="{name} {summary.score(tick)}"></u>'
        for name, tick in (("untrained", scores[0].untrained), ("pixels", scores[0].pixels))
        if tick is not None
    )
    words = summary.score(float(np.mean([score.value for score in scores])))
    for name, score in zip(names, scores, strict=True):
        span = ""
        if score.tested:
            low, high = wilson_interval(score.value, score.tested)
            marks += f'<s style="left:{100 * low:.1f}%;right:{100 * (1 - high):.1f}%"></s>'
            span = summary.interval(low, high)
        title = f"{name}: {score.value:.3f}" + f", {span}" * bool(span)
        marks += (
            f'<i style="left:{100 * min(max(score.value, 0), 1):.1f}%;background:{color}" '
            f'title="{escape(title)}"></i>'
        )
        words += f" ({span})" if span and len(scores) == 1 else ""
    words += f" (mean of {len(scores)})" * (len(scores) > 1)
    return f'<div class="dots"><span>{escape(names[0])}</span><b>{marks}</b><em>{words}</em></div>'


def _plain(name: str) -> str:
    """Return a setting's name as users read it."""
    return name.split(".", 1)[-1].replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value is None else validation.clean(str(value))[:60]
