"""What is known of the pictures on a run's map, as a table for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..base.errors import RunError
from .run import Run
from .snapshots import cache

ENDINGS = (".csv", ".parquet")


def columns(run: Run, step: int) -> dict[str, Any]:
    """All that is known of each picture at a step, a column each.

    Args:
        step: with a snapshot.

    Returns:
        name -> (P,) values: picture (from 1), row (of the training pictures), label and factors
        by name, coordinates, h_0 ..., z_0 ....

    Raises:
        LabError: the run has no such snapshot, or it cannot be read.
    """
    probe = run.probe()
    arrays = cache.arrays(run, step)
    count = len(arrays["h"])
    if count != len(probe["images"]):
        raise RunError(f"Run {run.id}: its snapshot and its pictures are not as many.")
    found: dict[str, Any] = {"picture": np.arange(1, count + 1), "row": probe["indices"]}
    found |= {name: named(run, name, values) for name, values in known(probe).items()}
    for method in ("umap", "pca"):
        if step in run.coordinate_steps(method):
            xy = run.coordinates(method, step)["xy"]
            found |= {f"{method}_x": xy[:, 0], f"{method}_y": xy[:, 1]}
    for name in ("h", "z"):
        if name in arrays:
            found |= {f"{name}_{i}": column for i, column in enumerate(arrays[name].T)}
    return found


def known(probe: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Labels and factors of a probe set, by name."""
    found = {"label": probe["labels"]} if "labels" in probe else {}
    for name, values in probe.items():
        if name.startswith("factor__"):
            found[name.removeprefix("factor__")] = values
    return found


def choices(known: Mapping[str, np.ndarray]) -> list[str]:
    """Names among `known` to choose from: a label that only repeats a factor is left out."""
    names = [name for name in known if name != "label"]
    labels = known.get("label")
    repeated = labels is not None and any(np.array_equal(labels, known[name]) for name in names)
    return names if repeated or labels is None else ["label", *names]


def table(run: Run, step: int, ending: str) -> bytes:
    """The columns as a file.

    Args:
        ending: ".csv" or ".parquet".
    """
    found = columns(run, step)
    if ending == ".parquet":
        import pyarrow as pa
        from pyarrow import parquet

        sink = io.BytesIO()
        parquet.write_table(pa.table(found), sink)
        return sink.getvalue()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(found)
    writer.writerows(zip(*(np.asarray(column).tolist() for column in found.values()), strict=True))
    return text.getvalue().encode()


def named(run: Run, name: str, values: np.ndarray) -> list[str]:
    """Names of categories; numbers where there are no names, nothing for what is not known."""
    names = names_of(run, name, values)
    return [names[v] if v >= 0 else "" for v in values.tolist()]


def names_of(run: Run, name: str, values: np.ndarray) -> list[str]:
    """Names of the categories of "label" or of a factor, as many as the values need.

    Numbers stand where the record has no names.

    Raises:
        RunDamaged: config.json cannot be read.
    """
    names = run.data.names_of(name)
    count = int(values.max(initial=-1)) + 1
    return [names[i] if i < len(names) else str(i) for i in range(count)]
