"""The runs of a classroom side by side, with what each has learned so far, large enough for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pages.shared.run_rows import Row
from pages.shared.run_words import state_words
from pages.shell.classroom import classroom_link
from pages.shell.live import mount
from simclr_core.base.errors import LabError
from simclr_core.feed.packing import pack
from simclr_core.feed.payload import map_payload
from simclr_core.feed.thumbnails import probe_facts
from simclr_core.measures.intervals import wilson_interval
from simclr_core.runs import findings, states, summary
from simclr_core.runs.record import RunData
from simclr_core.runs.validation import number

MOST = 24  # runs that are shown at once, the newest first
FEW = 2  # runs at most beside which there is room to say what to do next
NOTE = (
    "The big number says how often the nearest neighbours of a picture in h vote for the right "
    "answer (kNN accuracy), with its 95% interval: of new pictures once a run has ended, before "
    "that of the pictures on its map."
)


@dataclass(frozen=True)
class Score:
    """How often neighbours vote for the right answer; shares in [0, 1] or None.

    Attributes:
        value: the score.
        of: what is asked for: "class" or a factor.
        tested: pictures that were asked; 0 if unknown.
        rivals: name -> what it has to beat.
    """

    value: float | None
    of: str
    tested: int
    rivals: Mapping[str, float | None]

    @property
    def interval(self) -> str:
        """Return the 95% interval in words; "" where it is not known."""
        if self.value is None or not self.tested:
            return ""
        return " to ".join(map(summary.percent, wilson_interval(self.value, self.tested)))

    @property
    def beside(self) -> str:
        """Return what the score has to beat, in words."""
        known = {name: value for name, value in self.rivals.items() if value is not None}
        return ", ".join(f"{name} {summary.percent(value)}" for name, value in known.items())


def run_wall(rows: Sequence[Row]) -> None:
    """Show a card per run: name, state, map of pictures, and its score."""
    shown = rows[:MOST]
    header = {
        "kind": "wall",
        "cards": [card(row, rows) for row in shown],
        "note": NOTE if len(shown) == len(rows) else f"{NOTE} The newest {MOST} of {len(rows):,}.",
        "next": _next(shown) if len(shown) <= FEW else None,
    }
    maps = [map_payload(row.run, "umap", None, None, _message(row)) for row in shown]
    blocks = {f"map_{i}": np.frombuffer(block, np.uint8) for i, block in enumerate(maps)}
    mount("map/wall", "run-wall", "content", pack(header, blocks))


def card(row: Row, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the card of one run says.

    Args:
        row: the run.
        rows: all runs, for places in the queue.
    """
    score = score_of(row)
    return {
        "run": row.run.id,
        "name": row.name,
        "state": state_words(row, rows),
        "kind": "recorded" if row.run.is_shipped else row.state,
        "link": classroom_link(f"/train?run={row.run.id}"),
        "share": min(row.step / row.steps, 1.0) if row.state in states.GOING and row.steps else 0.0,
        "score": summary.percent(score.value),
        "interval": score.interval,
        "words": f"neighbours vote for the right {score.of}",
        "beside": score.beside,
    }


def score_of(row: Row) -> Score:
    """Return a run's final score; before there is one, that of its newest snapshot."""
    if row.knn is None:
        return _latest(row)
    rivals = {"untrained": row.untrained, "pixels": row.pixels, "chance": _chance(row, row.of)}
    return Score(row.knn, row.of, row.tested, rivals)


def _latest(row: Row) -> Score:
    """Return the score of the newest snapshot, of the pictures on the map."""
    try:
        snapshots = row.run.snapshot_rows() or [{}]
        probe = probe_facts(row.run)
    except LabError:
        return Score(None, findings.what({}), 0, {})
    first, last = snapshots[0], snapshots[-1]
    of = findings.what({"of": last.get("knn_of")})
    rivals = {
        "untrained": number(first.get("knn_accuracy")),
        "pixels": number(last.get("knn_accuracy_pixels")),
        "chance": _chance(row, of),
    }
    return Score(number(last.get("knn_accuracy")), of, probe.count if probe else 0, rivals)


def _chance(row: Row, of: str) -> float | None:
    """Return the score of guessing; None where the number of answers is not known."""
    try:
        data: RunData | None = row.run.data
    except LabError:
        data = None
    return findings.chance({"of": "label" if of == "class" else of}, data)


def _next(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the card says that stands beside few runs."""
    links = [["Train a run", classroom_link("/train")]]
    if len(rows) > 1:
        runs = ",".join(row.run.id for row in rows)
        links.append(["Compare these runs", classroom_link(f"/explore?panel=Compare&runs={runs}")])
    return {
        "title": "The next run",
        "words": "Train one on drawn shapes or on your own pictures; its map appears here while it "
        "learns. Open a file… brings a run, or embeddings, from elsewhere.",
        "links": links,
    }


def _message(row: Row) -> str:
    return "Next in line" if row.state == states.QUEUED else "No map yet"
