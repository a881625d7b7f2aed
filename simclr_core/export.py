"""What a run has found out, for other programs: tables, the Embedding Projector, the encoder.

table.csv, table.parquet    a line a picture: what is known of it, its places, h and z
projector.zip               for TensorBoard's Embedding Projector: unpack, point --logdir at it
encoder.keras               the encoder f alone, as a Keras file
a folder                    the same as a TensorFlow SavedModel
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from . import snapshots
from .errors import ConfigError, LabError, RunError
from .files import write_atomic
from .run import Run
from .summary import group

TABLES, ENCODER, PROJECTOR = (".csv", ".parquet"), ".keras", ".zip"
MOST_SPRITE = 8192  # pixels a side of the projector's sheet of pictures


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
    arrays = snapshots.arrays(run, step)
    count = len(arrays["h"])
    if count != len(probe["images"]):
        raise RunError(f"Run {run.id}: its snapshot and its pictures are not as many.")
    found: dict[str, Any] = {"picture": np.arange(1, count + 1), "row": probe["indices"]}
    found |= {name: _named(run, name, values) for name, values in known(probe).items()}
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


def projector(run: Run, step: int) -> bytes:
    """A zip that TensorBoard's Embedding Projector opens once it is unpacked."""
    import cv2

    found, images = columns(run, step), run.probe()["images"]
    h = snapshots.vectors(run, step)
    names = [name for name in found if not name.startswith(("h_", "z_"))]
    side = math.ceil(math.sqrt(len(images)))
    size = max(4, min(images.shape[1], MOST_SPRITE // side))
    sheet = np.zeros((side * size, side * size, 3), np.uint8)
    for i, image in enumerate(images):
        small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        top, left = i // side * size, i % side * size
        sheet[top : top + size, left : left + size] = small[..., ::-1]
    _, sprite = cv2.imencode(".png", sheet)
    config = (
        'embeddings {\n  tensor_name: "h"\n  tensor_path: "vectors.tsv"\n'
        '  metadata_path: "metadata.tsv"\n  sprite {\n    image_path: "sprite.png"\n'
        f"    single_image_dim: {size}\n    single_image_dim: {size}\n  }}\n}}\n"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.tsv", _tsv(h.tolist()))
        rows = zip(*(np.asarray(found[name]).tolist() for name in names), strict=True)
        archive.writestr("metadata.tsv", _tsv([names, *rows]))
        archive.writestr("sprite.png", sprite.tobytes())
        archive.writestr("projector_config.pbtxt", config)
    return sink.getvalue()


def write(run: Run, path: Path, step: int | None = None) -> int:
    """Write what the name of a file asks for (see the module's docstring).

    Args:
        path: the file, or a folder that is not there yet.
        step: with a snapshot; None takes the newest.

    Returns:
        The step.

    Raises:
        ConfigError: the name asks for something else.
        LabError: the run has no such step, or the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in (*TABLES, ENCODER, PROJECTOR, ""):
        raise ConfigError(
            f"Expected a name that ends in {', '.join(TABLES)}, {PROJECTOR} or {ENCODER}, or a new "
            f"folder, found {path.name}."
        )
    if path.exists():
        what = "folder" if path.is_dir() else "file"
        raise LabError(f"Expected a new name, found a {what} at {path}; choose another.")
    if ending in (ENCODER, ""):
        return _write_encoder(run, path, step)
    step = chosen_step(run, step)
    body = projector(run, step) if ending == PROJECTOR else table(run, step, ending)

    def fill(file: BinaryIO) -> None:
        file.write(body)

    write_atomic(path, fill)
    return step


def chosen_step(run: Run, step: int | None) -> int:
    """A step with a snapshot: the newest if none is asked for.

    Raises:
        RunError: there is none.
    """
    steps = run.snapshot_steps()
    if not steps or (step is not None and step not in steps):
        there = ", ".join(map(str, steps[-12:])) or "none"
        raise RunError(f"Run {run.id}: expected a snapshot of step {step}, found {there}.")
    return steps[-1] if step is None else step


def _write_encoder(run: Run, path: Path, step: int | None) -> int:
    """The encoder alone, pictures in [0, 1] to h."""
    from .backend import prepare
    from .devices import find_device
    from .networks import Networks
    from .weights import find_weights

    weights = find_weights(run, step=step)
    prepare(find_device("cpu"))
    encoder = Networks().get(run, "trained", weights).model.encoder
    try:
        if path.suffix:
            encoder.save(path)
        else:
            encoder.export(path, verbose=False)
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}); choose another.") from error
    return weights.step


def _named(run: Run, name: str, values: np.ndarray) -> list[str]:
    """Names of categories; numbers where there are no names, nothing for what is not known."""
    data = group(run.record, "data")
    names = data.get("class_names") if name == "label" else group(data, "factors").get(name)
    held = names if isinstance(names, list) else []
    return ["" if v < 0 else str(held[v]) if v < len(held) else str(v) for v in values.tolist()]


def _tsv(rows: Sequence[Sequence[Any]]) -> str:
    """Lines of values with tabs between them; tabs and line ends in values become spaces."""
    return "".join("\t".join(" ".join(str(v).split()) for v in row) + "\n" for row in rows)
