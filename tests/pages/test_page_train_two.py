"""The film of two on Train: a run beside its sister with other colours in its views."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from page_app import open_page, text

from fake_run import FakeRun
from pages.shared import film
from pages.train.film_of_two import older_sister
from simclr_core.base.files import write_json
from simclr_core.feed.packing import unpack
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import preset_config

WITH = preset_config("minute")
WITHOUT = replace(WITH, views=WITH.views.without_color())


def finished(store: RunStore, config: RunConfig, created: float, score: float = 0.85) -> Run:
    """Return a finished run of 400 steps that was made at some time."""
    fake = FakeRun(store, probe=40, config=config)
    fake.snapshot()
    fake.train(400)
    fake.snapshot()
    fake.end()
    run = fake.run
    write_json(run.config_path, {**run.record, "created": created})
    write_json(run.evaluation_path, {**(run.evaluation() or {}), "knn_accuracy": score})
    return run


def test_a_sister_is_older_and_differs_only_in_its_colours(store: RunStore) -> None:
    parent = finished(store, WITH, 1.0)
    assert older_sister(store, parent) is None
    sister = finished(store, WITHOUT, 2.0)
    assert older_sister(store, sister) == parent
    assert older_sister(store, parent) is None  # the younger one shows both
    longer = replace(WITH, training=dataclasses.replace(WITH.training, steps=900))
    assert older_sister(store, finished(store, longer, 3.0)) is None
    cropped = dataclasses.replace(WITHOUT.views, crop_min=0.2)
    assert older_sister(store, finished(store, replace(WITHOUT, views=cropped), 4.0)) is None
    again = finished(store, WITH, 5.0)
    assert older_sister(store, again) == sister
    running = FakeRun(store, probe=40, config=WITHOUT)
    assert older_sister(store, running.run) is None
    (parent.path / "config.json").write_text("{")  # a damaged run is nobody's sister
    assert older_sister(store, sister) is None


def test_a_finished_run_plays_beside_its_sister_with_a_verdict(
    tmp_path: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(film, "mount", lambda *args, **_: shown.append(unpack(args[3])[0]))
    parent, sister = finished(store, WITH, 1.0), finished(store, WITHOUT, 2.0, score=0.4)
    app = open_page(tmp_path, "train", run=sister.id)
    assert not app.exception
    assert (
        "With colour distortion, the nearest neighbours of new pictures vote for the right shape "
        "in 85.0% of cases, without it in 40.0% (untrained 32.0%, raw pixels 45.0%)." in text(app)
    )
    (header,) = shown
    assert header["titles"] == ["With colour distortion", "Without"]
    assert [url.split("/")[3] for url in header["urls"]] == [parent.id, sister.id]
    (link,) = [one.proto for one in app.get("page_link") if one.proto.label == "Compare the two"]
    assert f"runs={parent.id}%2C{sister.id}" in link.query_string
    assert "Compare the two" not in text(open_page(tmp_path, "train", run=parent.id))
    assert len(shown) == 1
