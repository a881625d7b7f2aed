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
from simclr_core.feed.scores import Score, map_score
from simclr_core.feed.thumbnails import probe_facts
from simclr_core.runs import states, summary

MOST = 24  # runs that are shown at once, the newest first
FEW = 2  # runs at most beside which there is room to say what to do next
NOTE = (
    "The big number is how often a picture's nearest neighbours in h vote for the right answer "
    "(kNN accuracy), with its 95% interval: for the pictures on its map while a run trains, for "
    "new pictures once it has ended."
)


def run_wall(rows: Sequence[Row]) -> None:
    """Show a card per run: name, state, map of pictures, and its score."""
    shown = rows[:MOST]
    header = {
        "kind": "wall",
        "cards": [card(row, rows) for row in shown],
        "note": NOTE
        if len(shown) == len(rows)
        else f"{NOTE} These are the newest {MOST} of {len(rows):,} runs.",
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
    rivals = score.rivals if score else []
    between = score.interval if score else None
    return {
        "run": row.run.id,
        "name": row.name,
        "state": state_words(row, rows),
        "kind": "recorded" if row.run.is_shipped else row.state,
        "link": classroom_link(f"/train?run={row.run.id}"),
        "share": min(row.step / row.steps, 1.0) if row.state in states.GOING and row.steps else 0.0,
        "score": summary.score(score.value if score else None),
        "interval": summary.interval(*between) if between else "",
        "words": f"neighbours vote for the right {score.of if score else 'class'}",
        "beside": ", ".join(f"{name} {summary.score(value)}" for name, value in rivals),
    }


def score_of(row: Row) -> Score | None:
    """Return a run's final score; before there is one, that of its newest snapshot."""
    if row.score:
        return row.score
    try:
        probe = probe_facts(row.run)
        return map_score(row.run.snapshot_rows(), row.run.data, probe.count if probe else 0)
    except LabError:
        return None


def _next(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the card says that stands beside few runs."""
    links = [["Train a run", classroom_link("/train")]]
    if len(rows) > 1:
        runs = ",".join(row.run.id for row in rows)
        links.append(["Compare these runs", classroom_link(f"/explore?panel=Compare&runs={runs}")])
    return {
        "title": "The next run",
        "words": "Train one on drawn shapes or on your own pictures; its map appears here while it "
        "learns. “Open a file…” adds a run or embeddings from elsewhere.",
        "links": links,
    }


def _message(row: Row) -> str:
    return "Next in line" if row.state == states.QUEUED else "No map yet"
