"""What the dots of a run's map can be coloured by, and what the colours are called."""

from __future__ import annotations

import numpy as np

from simclr_core import summary
from simclr_core.errors import RunDamaged
from simclr_core.runs import Run

from .thumbnails import Probe, probe_facts


def color_choices(run: Run) -> list[str]:
    """What the map can be coloured by: "label" if there are labels that no factor repeats, then
    the factors' names."""
    try:
        probe = probe_facts(run)
    except RunDamaged:
        return []
    return choices(probe) if probe else []


def choices(probe: Probe) -> list[str]:
    """Categories to choose from; a label that only repeats a factor is left out."""
    labels = probe.categories.get("label")
    names = [name for name in probe.categories if name != "label"]
    repeated = labels is not None and any(
        np.array_equal(labels, probe.categories[name]) for name in names
    )
    return names if repeated or labels is None else ["label", *names]


def category_names(run: Run, name: str, values: np.ndarray) -> list[str]:
    """Names of the categories of "label" or of a factor; numbers where the record has none."""
    try:
        data = summary.group(run.record, "data")
    except RunDamaged:
        data = {}
    if name == "label":
        names = data.get("class_names") or data.get("classes") or []
    else:
        names = summary.group(data, "factors").get(name) or []
    count = int(values.max(initial=-1)) + 1
    return [str(names[i]) if i < len(names) else str(i) for i in range(count)]
