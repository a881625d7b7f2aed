"""What the dots of a run's map can be coloured by, and what the colours are called."""

from __future__ import annotations

import numpy as np

from ..base.errors import RunDamaged
from ..runs import tables
from ..runs.run import Run
from .thumbnails import ProbeFacts, probe_facts


def color_choices(run: Run) -> list[str]:
    """Return what the map can be coloured by: "label" if there are labels that no factor repeats,
    then the factors' names."""
    try:
        probe = probe_facts(run)
    except RunDamaged:
        return []
    return choices(probe) if probe else []


def choices(probe: ProbeFacts) -> list[str]:
    """Return the categories to choose from; a label that only repeats a factor is left out."""
    return tables.choices(probe.categories)


def category_names(run: Run, name: str, values: np.ndarray) -> list[str]:
    """Return names of the categories of "label" or of a factor; numbers where the record has
    none."""
    try:
        return tables.names_of(run, name, values)
    except RunDamaged:
        return [str(i) for i in range(int(values.max(initial=-1)) + 1)]
