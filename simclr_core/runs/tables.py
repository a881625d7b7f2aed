"""What is known of the pictures on a run's map, as a table for other programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .run import Run
from .snapshots import cache

ENDINGS = (".csv", ".parquet")
_FORMULA = re.compile(r"[=@]|[+-](?![\d.]+$)")  # but not a number


def columns(run: Run, step: int) -> dict[str, Any]:
    """Return all that is known of each picture at a step, a column each.

    Args:
        step: with a snapshot.

    Returns:
        name -> (P,) values: picture (from 1), row (of the training pictures), file, label and
        factors by name, coordinates, h_0 ..., z_0 ....

    Raises:
        LabError: the run has no such snapshot, or it cannot be read.
    """
    probe = run.probe()
    arrays = cache.arrays(run, step)
    count = len(arrays["h"])
    cache.check_count(run, count, len(probe["images"]))
    by_name: dict[str, Any] = {"picture": np.arange(1, count + 1), "row": probe["indices"]}
    if "files" in probe:
        by_name["file"] = plain_paths(probe["files"].tolist())
    by_name |= {name: named(run, name, values) for name, values in known(probe).items()}
    for method in ("umap", "pca"):
        if step in run.coordinate_steps(method):
            xy = run.coordinates(method, step)["xy"]
            by_name |= {f"{method}_x": xy[:, 0], f"{method}_y": xy[:, 1]}
    for name in ("h", "z"):
        if name in arrays:
            by_name |= {f"{name}_{i}": column for i, column in enumerate(arrays[name].T)}
    return by_name


def plain_paths(files: Sequence[str]) -> list[str]:
    """Return paths as a spreadsheet can read them: none begins like a formula."""
    return [f"./{name}" if name[:1] in ("=", "+", "-", "@") else name for name in files]


def known(probe: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return labels and factors of a probe set, by name."""
    by_name = {"label": probe["labels"]} if "labels" in probe else {}
    for name, values in probe.items():
        if name.startswith("factor__"):
            by_name[name.removeprefix("factor__")] = values
    return by_name


def choices(known: Mapping[str, np.ndarray]) -> list[str]:
    """Return names among `known` to choose from: a label that only repeats a factor is left out."""
    names = [name for name in known if name != "label"]
    labels = known.get("label")
    repeated = labels is not None and any(np.array_equal(labels, known[name]) for name in names)
    return names if repeated or labels is None else ["label", *names]


def table(run: Run, step: int, ending: str) -> bytes:
    """Write the columns as a file.

    Args:
        ending: ".csv" or ".parquet".
    """
    by_name = columns(run, step)
    if ending == ".parquet":
        import pyarrow as pa
        from pyarrow import parquet

        sink = io.BytesIO()
        parquet.write_table(pa.table(by_name), sink)
        return sink.getvalue()
    return csv_bytes(by_name)


def csv_bytes(by_name: Mapping[str, Sequence[Any] | np.ndarray]) -> bytes:
    """Return columns as CSV. Text that a spreadsheet would run as a formula begins with a quote."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(_plain, by_name))
    columns = (np.asarray(column) for column in by_name.values())
    cells = (map(_plain, c.tolist()) if c.dtype.kind == "U" else c.tolist() for c in columns)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue().encode()


def _plain(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def named(run: Run, name: str, values: np.ndarray) -> list[str]:
    """Name categories; numbers where there are no names, nothing for what is not known."""
    names = names_of(run, name, values)
    return [names[v] if v >= 0 else "" for v in values.tolist()]


def names_of(run: Run, name: str, values: np.ndarray) -> list[str]:
    """Return names of the categories of "label" or of a factor, as many as the values need.

    Numbers stand where the record has no names.

    Raises:
        RunDamaged: config.json cannot be read.
    """
    names = run.data.names_of(name)
    count = int(values.max(initial=-1)) + 1
    return [names[i] if i < len(names) else str(i) for i in range(count)]
