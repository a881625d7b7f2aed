"""Export to TensorBoard: curves as an event file, representations for the Embedding Projector.

    curves/events.out.tfevents...   loss and scores by step
    vectors.tsv, metadata.tsv       h of the pictures on the map, and what is known of them
    sprite.png                      the pictures
    projector_config.pbtxt          names these files for the Projector

Unpack the zip and point `tensorboard --logdir` at the folder.
"""

from __future__ import annotations

import io
import math
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data import sprite
from ..runs.run import Run
from ..runs.snapshots import cache
from ..runs.tables import columns
from ..runs.validation import number

STEP_FIGURES = ("loss", "contrastive_accuracy", "learning_rate", "images_per_second")
SNAPSHOT_FIGURES = (
    "knn_accuracy",
    "knn_accuracy_pixels",
    "alignment",
    "uniformity",
    "effective_rank_h",
    "effective_rank_z",
    "gradient_norm",
)
MOST_SPRITE = 8192  # pixels per side of the Projector's sprite


def zipped(run: Run, step: int) -> bytes:
    """Return a zip of the files that TensorBoard opens.

    Args:
        run: the run to export.
        step: of the snapshot to show in the Projector.

    Raises:
        LabError: if the run has no such snapshot, or it cannot be read.
    """
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in _projector(run, step):
            archive.writestr(name, body)
        archive.writestr(f"curves/events.out.tfevents.{int(run.created)}.simclr", events(run))
    return sink.getvalue()


def events(run: Run) -> bytes:
    """Return an event file with what the run wrote at every step and every snapshot.

    The time of an event is when the run was made, plus the seconds trained until then.
    """
    from tensorboardX.event_file_writer import EventsWriter

    with tempfile.TemporaryDirectory() as folder:
        writer = EventsWriter(str(Path(folder) / "events"))
        for event in _events(run):
            writer.write_event(event)
        writer.close()
        (path,) = Path(folder).iterdir()
        return path.read_bytes()


def _events(run: Run) -> Iterator[Any]:
    """Yield the rows of both logs as events."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.summary_pb2 import Summary

    began = run.created
    logs = (
        ("training", STEP_FIGURES, run.metrics()[0]),
        ("pictures on the map", SNAPSHOT_FIGURES, run.snapshot_rows()),
    )
    for title, names, rows in logs:
        for row in rows:
            known = {name: value for name in names if (value := number(row.get(name))) is not None}
            if known:
                values = [
                    Summary.Value(tag=f"{title}/{name}", simple_value=value)
                    for name, value in known.items()
                ]
                yield Event(
                    wall_time=began + (number(row.get("seconds")) or 0.0),
                    step=row["step"],
                    summary=Summary(value=values),
                )


def _projector(run: Run, step: int) -> Iterator[tuple[str, str | bytes]]:
    """Yield names and contents of the files of the Embedding Projector."""
    known, images = columns(run, step), run.probe()["images"]
    names = [name for name in known if not name.startswith(("h_", "z_"))]
    side = math.ceil(math.sqrt(len(images)))
    size = max(4, min(images.shape[1], MOST_SPRITE // side))
    picture = np.zeros((side * size, side * size, 3), np.uint8)  # the Projector expects a square
    filled = sprite.canvas(images, size, side)
    picture[: len(filled)] = filled
    rows = zip(*(np.asarray(known[name]).tolist() for name in names), strict=True)
    yield "vectors.tsv", _tsv(cache.vectors(run, step).tolist())
    yield "metadata.tsv", _tsv([names, *rows])
    yield "sprite.png", sprite.encoded(picture, "png")
    yield (
        "projector_config.pbtxt",
        'embeddings {\n  tensor_name: "h"\n  tensor_path: "vectors.tsv"\n'
        '  metadata_path: "metadata.tsv"\n  sprite {\n    image_path: "sprite.png"\n'
        f"    single_image_dim: {size}\n    single_image_dim: {size}\n  }}\n}}\n",
    )


def _tsv(rows: Sequence[Sequence[Any]]) -> str:
    """Return lines of values with tabs between; tabs and line ends in values become spaces."""
    return "".join("\t".join(" ".join(str(v).split()) for v in row) + "\n" for row in rows)
