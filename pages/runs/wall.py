"""The runs of a classroom side by side, with what each has learned so far, large enough for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.shared.run_rows import Row
from pages.shared.run_words import state_words
from pages.shell.classroom import classroom_link
from pages.shell.live import mount
from simclr_core.base.errors import LabError
from simclr_core.feed.packing import pack
from simclr_core.feed.payload import map_payload
from simclr_core.runs import states, summary
from simclr_core.runs.findings import what
from simclr_core.runs.validation import number

MOST = 24  # runs that are shown at once, the newest first
NOTE = (
    "The big number says how often the nearest neighbours of a picture in h vote for its class "
    "(kNN accuracy), beside the untrained network and raw pixels."
)


def run_wall(rows: Sequence[Row]) -> None:
    """Show a card per run: name, state, map of pictures, and its score."""
    shown = rows[:MOST]
    note = NOTE if len(shown) == len(rows) else f"{NOTE} The newest {MOST} of {len(rows):,}."
    header = {"kind": "wall", "cards": [card(row, rows) for row in shown], "note": note}
    maps = [map_payload(row.run, "umap", None, None, _message(row)) for row in shown]
    blocks = {f"map_{i}": np.frombuffer(block, np.uint8) for i, block in enumerate(maps)}
    mount("map/wall", "run-wall", "content", pack(header, blocks))


def card(row: Row, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the card of one run says.

    Args:
        row: the run.
        rows: all runs, for places in the queue.
    """
    score, of = (row.knn, row.of) if row.knn is not None else _latest(row)
    rivals = (("untrained", row.untrained), ("pixels", row.pixels))
    beside = [f"{word} {summary.percent(value)}" for word, value in rivals if value is not None]
    return {
        "run": row.run.id,
        "name": row.name,
        "state": state_words(row, rows),
        "kind": "recorded" if row.run.is_shipped else row.state,
        "link": classroom_link(f"/train?run={row.run.id}"),
        "share": min(row.step / row.steps, 1.0) if row.state in states.GOING and row.steps else 0.0,
        "score": summary.percent(score),
        "words": f"neighbours vote for the right {of}",
        "beside": ", ".join(beside),
    }


def _latest(row: Row) -> tuple[float | None, str]:
    """Return the score of the newest snapshot, of the pictures on the map, and what was asked."""
    try:
        last = (row.run.snapshot_rows() or [{}])[-1]
    except LabError:
        last = {}
    return number(last.get("knn_accuracy")), what({"of": last.get("knn_of")})


def _message(row: Row) -> str:
    return "Next in line" if row.state == states.QUEUED else "No map yet"
