"""Runs compared, swept and forked on Explore."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from page_app import text
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from pages.shared import film
from simclr_core.feed.packing import unpack
from simclr_core.runs import states
from simclr_core.settings.config import replace

Open = Callable[..., AppTest]


def test_runs_are_compared_and_the_link_says_which(page, store, fake, monkeypatch) -> None:
    found: list[dict[str, Any]] = []

    def mount(module: str, key: str, height: int, data: bytes, **options: Any) -> None:
        found.append(unpack(data)[0])

    monkeypatch.setattr(film, "mount", mount)
    other = FakeRun(store, probe=40, name="another")
    other.train(200)
    other.snapshot()
    app = page(panel="Compare", run=fake.run.id)
    assert app.multiselect[0].value == [fake.run.id, other.run.id] and not app.exception
    for run, url in zip((fake.run, other.run), found[-1]["urls"], strict=True):
        assert url.startswith(f"/lab/runs/{run.id}/film.json?v=")
    assert found[-1]["titles"] == ["shapes, strong views", "another"]
    assert "600 and 200 steps: the maps show the same share of each run" in text(app)
    page(panel="Compare", run=fake.run.id, frames="hue")
    assert found[-1]["color"] == "hue"
    app = page(panel="Compare", runs=other.run.id)
    assert "at least two runs" in text(app)
    (other.run.path / "config.json").write_text("{")
    app = page(panel="Compare", runs=f"{fake.run.id},{other.run.id},nonesuch")
    assert not app.exception and "config.json" in text(app)
    assert "Not found here: nonesuch" in text(app)


def test_a_link_to_the_same_run_twice_or_to_nine_runs_says_what_is_compared(
    page, store, fake, monkeypatch
) -> None:
    monkeypatch.setattr(film, "mount", lambda *_, **__: None)
    app = page(panel="Compare", runs=f"{fake.run.id},{fake.run.id}")
    assert app.multiselect[0].value == [fake.run.id] and "at least two runs" in text(app)
    nine = [store.create(fake.config, f"run {i}").id for i in range(9)]
    app = page(panel="Compare", runs=",".join(nine))
    assert app.multiselect[0].value == nine[:8] and not app.exception
    assert "Only the first 8 runs of the link are compared." in text(app)


def test_losses_under_different_views_are_drawn_only_on_request(
    page, store, fake, monkeypatch
) -> None:
    monkeypatch.setattr(film, "mount", lambda *_, **__: None)
    weak = replace(fake.config, views=fake.config.views.without_color())
    other = FakeRun(store, probe=40, name="weak", config=weak)
    ids = f"{fake.run.id},{other.run.id}"
    app = page(panel="Compare", runs=ids)
    assert app.selectbox(key="curve").value.startswith("neighbours vote right")
    assert "Not comparable" not in text(app)
    app.selectbox(key="curve").set_value("loss").run()
    assert "Not comparable: these runs differ in views, so" in text(app) and not app.exception
    same = FakeRun(store, probe=40, name="same")
    app = page(panel="Compare", runs=f"{fake.run.id},{same.run.id}")
    assert app.selectbox(key="curve").value == "loss"


def test_a_sweep_is_put_in_line_and_compared(page, store, fake, monkeypatch) -> None:
    monkeypatch.setattr(film, "mount", lambda *_, **__: None)
    app = page(panel="Compare", run=fake.run.id)
    app.text_input(key="sweep_values").set_value("0.1, warm").run()
    next(b for b in app.button if b.label == "Start them").click().run()
    assert "Expected numbers for temperature" in text(app) and len(list(store)) == 1
    app.text_input(key="sweep_values").set_value("0.1, 0.5").run()
    app.number_input(key="sweep_seeds").set_value(2).run()
    next(b for b in app.button if b.label == "Start them").click().run()
    made = [run for run in store if run.id != fake.run.id]
    assert [run.name for run in made] == [
        f"temperature {t}, seed {seed}" for t in ("0.1", "0.5") for seed in (0, 1)
    ]
    assert {run.state for run in made} == {states.QUEUED}
    assert sorted(app.multiselect[0].value) == sorted(run.id for run in made)
    assert {(r.config.training.temperature, r.config.training.seed) for r in made} == {
        (0.1, 0), (0.1, 1), (0.5, 0), (0.5, 1),
    }  # fmt: skip
    assert not app.exception


def test_a_fork_is_put_in_line_and_compared_with_its_run(page, store, fake, monkeypatch) -> None:
    monkeypatch.setattr(film, "mount", lambda *_, **__: None)
    assert "no weights to continue from" in " ".join(c.value for c in page(panel="Compare").caption)
    fake.weigh(0, 200, 400)
    app = page(panel="Compare", run=fake.run.id, step="300")
    assert app.selectbox(key=f"fork_step {fake.run.id}").value == 200  # the one before the link's
    app.number_input(key=f"fork_temperature {fake.run.id}").set_value(0.7).run()
    app.selectbox(key=f"fork_views {fake.run.id}").set_value("no colour").run()
    app.number_input(key=f"fork_until {fake.run.id} 200").set_value(900).run()
    next(b for b in app.button if b.label == "Start the fork").click().run()
    assert not app.exception
    (made,) = [run for run in store if run.id != fake.run.id]
    training, views = made.config.training, made.config.views
    assert (training.temperature, training.steps, views.color_strength) == (0.7, 900, 0.0)
    assert made.state == states.QUEUED and made.record["forked"]["step"] == 200
    assert sorted(app.multiselect[0].value) == sorted([fake.run.id, made.id])
    assert f"run {fake.run.id}, step 200" in text(app)  # in the table of what differs
