"""What Explore's panels say and show: probes, health, occlusion, take away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from page_app import text
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from pages.explore import outcomes, panels
from pages.explore.kept import probe_table, side_by_side
from pages.explore.occlusion import overlay
from pages.explore.tabs import FORMER, LABELS, MAP, PANELS
from pages.server.export_routes import FILES
from pages.shared import film
from simclr_core.base.files import write_npz
from simclr_core.questions.job import encoder_job, keeps_job, occlude_job
from simclr_core.questions.jobs import key_of
from simclr_core.questions.reply import Reply
from simclr_core.runs.summary import size_words
from simclr_core.runs.transfer.recorder import Recording

Open = Callable[..., AppTest]


KEPT = {
    "names": np.array(["shape", "<hue>"]),
    "steps": np.array([0, 200, 400]),
    "h": np.float32([[0.3, 0.9], [0.6, 0.5], [0.9, np.nan]]),
    "z": np.float32([[0.2, 0.8], [0.5, 0.4], [0.8, 0.2]]),
    "pixels": np.float32([0.4, 0.7]),
    "chance": np.float32([0.15, 0.15]),
}


def answer_keeps(fake: FakeRun) -> None:
    key = key_of(fake.run, keeps_job())
    (fake.run.path / "jobs").mkdir(exist_ok=True)
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", KEPT)


def test_what_a_network_keeps_is_asked_for_and_then_shown_as_a_table(page, fake, shown) -> None:
    app = page(panel="What it keeps")
    assert "<b>The probes</b> <span>starting the process" in text(app)
    (table,) = [h.body for h in app.get("html") if "<table>" in h.body]
    assert set(re.findall(r">([^<>]+)</td>", table)) == {"…"} and ">shape</th>" in table
    answer_keeps(fake)
    app.run()
    (table,) = [h.body for h in app.get("html") if "<table>" in h.body]
    cells = re.findall(r">([^<>]+)</td>", table)
    assert cells == [
        *("15%", "40%", "30%", "60%", "90%", "80%"),
        *("15%", "70%", "90%", "50%", "–", "20%"),
    ]
    assert "&lt;hue&gt;" in table and "h untrained" in table and "z, step 400" in table
    assert "not that it is gone" in text(app)


def test_the_strip_has_the_probe_of_a_step_once_it_is_known(page, fake, shown) -> None:
    answer_keeps(fake)
    page()
    # 60% of 20 pictures, the half that is asked: Wilson's interval is 38.7% to 78.1%.
    said = "A linear probe of h reads it in 60.0% (95% interval 38.7–78.1%) of cases."
    assert shown[-1]["scores"]["200"]["tip"].endswith(said)


@pytest.mark.parametrize("panel", [p for p in PANELS if p != MAP])
def test_every_panel_stands_a_run_without_snapshots_and_a_damaged_one(
    page, store, fake, shown, panel, monkeypatch
) -> None:
    monkeypatch.setattr(panels, "mount", lambda *_, **__: None)
    (fake.run.path / "probe.npz").write_bytes(b"{")
    assert not page(panel=panel, run=fake.run.id).exception
    empty = store.create(fake.config, "waiting")
    assert not page(panel=panel, run=empty.id).exception
    for file in (fake.run.path / "snapshots").iterdir():
        file.write_bytes(b"{")
    assert not page(panel=panel, run=fake.run.id).exception


@pytest.mark.parametrize(("former", "now"), FORMER.items())
def test_an_old_link_opens_the_panel_under_its_new_name(
    page, fake, monkeypatch, former, now
) -> None:
    monkeypatch.setattr(panels, "mount", lambda *_, **__: None)
    app = page(panel=former)
    assert app.segmented_control(key="panel").value == now
    assert "in the link" not in text(app) and not app.exception


def test_a_tab_says_how_many_labels_the_neighbours_dispute(page, fake, shown) -> None:
    tabs = page().segmented_control(key="panel")
    # kNN accuracy is 82% of 40 pictures: 7 votes were for another label.
    assert f"{LABELS} **7**" in tabs.options


def test_health_of_a_made_up_run(page, fake, monkeypatch) -> None:
    app = page(panel="Health")
    card = next(h.body for h in app.get("html") if "health" in h.body and "Evidence" in h.body)
    assert "<b>healthy</b>" in card and "What to try" in card and not app.exception


def test_where_it_looks_is_asked_for_then_shown(page, fake, shown) -> None:
    app = page(panel="Where it looks")
    assert "expected weights, found none" in text(app) and not app.exception
    write_npz(fake.run.path / "snapshots" / "00000400.weights.npz", {"a": np.zeros(1)})
    app = page(panel="Where it looks", picture="3", beside="another picture", other="5")
    assert "<b>What each part adds</b> <span>starting the process" in text(app)
    assert "picture 3: not computed yet" in text(app)  # the pictures are there at once
    images = fake.run.probe()["images"][[2, 4]].astype(np.float32) / 255
    key = key_of(fake.run, occlude_job(images))
    lost = np.zeros((2, 8, 8), np.float32)
    lost[0, 1, 6], lost[1, 7, 0] = 0.4, -0.2
    answer = {"similarity": np.float32(-0.25), "lost": lost, "step": np.array(400)}
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", answer)
    app.run()
    said = text(app)
    assert "alike −0.25" in said and "step 400" in said and not app.exception
    assert "picture 3: most is lost in row 2, column 7 of 8" in said
    assert "picture 5: up to 0.00 lost" in said


def test_an_overlay_is_red_where_similarity_is_lost_and_blue_where_it_is_gained() -> None:
    lost = np.zeros((8, 8), np.float32)
    lost[0, 0], lost[7, 7] = 0.5, -0.5
    found = overlay(np.full((32, 32, 3), 0.5, np.float32), lost, 0.5)
    red, blue, plain = found[5, 5], found[-5, -5], found[140, 140]
    assert red[0] > red[2] + 0.2 and blue[2] > blue[0] + 0.2
    assert np.ptp(plain) < 0.01
    same = overlay(np.full((32, 32, 3), 0.5, np.float32), 0 * lost, 0.0)
    assert np.isfinite(same).all()


def test_what_runs_keep_stands_side_by_side_if_asked_for(page, store, fake, monkeypatch) -> None:
    monkeypatch.setattr(film, "mount", lambda *_, **__: None)
    other = FakeRun(store, probe=40, name="an<other>")
    other.snapshot()
    other.end()
    assert "linear probe reads" not in text(page(panel="Compare"))
    app = page(panel="Compare", probes="true")
    assert text(app).count("<b>The probes of") == 2
    assert "queued behind linear probes" in text(app)
    answer_keeps(fake)
    app = page(panel="Compare", probes="true", runs=f"{fake.run.id},{other.run.id}")
    (table,) = [h.body for h in app.get("html") if "linear probe reads" in h.body]
    cells = re.findall(r">([^<>]+)</td>", table)
    assert cells == [*("40%", "30%", "90%", "80%"), *("70%", "90%", "–", "20%")]
    assert "<b>The probes of an&lt;other&gt;</b>" in text(app) and not app.exception


def test_runs_on_other_pictures_have_pixels_of_their_own() -> None:
    other = KEPT | {"pixels": np.float32([0.1, 0.2]), "z": np.full((3, 2), np.nan, np.float32)}
    found = {"one": Reply(KEPT), "two": Reply(other)}
    html = side_by_side(found, ["two"])
    heads = re.findall(r"<th scope='col'>([^<]+)", html)
    assert heads == ["pixels", "h untrained", "h", "z", "pixels", "h at first", "h"]
    cells = re.findall(r">([^<>]+)</td>", html)
    assert cells[:7] == ["40%", "30%", "90%", "80%", "10%", "30%", "90%"]


def test_of_embeddings_from_elsewhere_nothing_is_called_untrained(page, store) -> None:
    one = {name: v[:1] if name in ("steps", "h", "z") else v for name, v in KEPT.items()}
    html = probe_table(one | {"z": np.full((1, 2), np.nan)}, recorded=True)
    assert re.findall(r"<th scope='col'>([^<]+)", html) == ["chance", "pixels", "h"]


def test_a_damaged_run_gets_no_verdict(page, fake) -> None:
    (fake.run.path / "status.json").write_text("{")
    app = page(panel="Health", run=fake.run.id)
    assert "status.json" in text(app) and "too early" not in text(app) and not app.exception


def test_what_came_out_of_one_run_is_not_of_all(store, fake) -> None:
    waiting = store.create(fake.config, "waiting")
    html = outcomes.score_dots([fake.run, waiting], ["one", "two"])
    assert "<span>one</span>" in html and "<span>two</span>" not in html


def test_what_can_be_taken_away_has_links_to_its_step(page, fake) -> None:
    app = page(panel="Export", step="250")
    hrefs = re.findall(r'href="([^"]+)"', " ".join(h.body for h in app.get("html")))
    found = {re.search(r"/take/([^?]+)", one)[1]: one for one in hrefs if "/take/" in one}
    assert set(found) == set(FILES)
    for name in ("table.csv", "map.svg", "tensorboard.zip"):
        assert "step=200" in found[name]
    assert "color=shape" in found["map.png"] and "of=h" in found["map.png"]
    assert app.code[0].value.startswith("python -m simclr_core train --data shapes")
    assert "No weights were kept for this step" in " ".join(c.value for c in app.caption)
    app.segmented_control(key="take_of").set_value("z").run()
    html = " ".join(h.body for h in app.get("html"))
    assert "of=z" in html and "The map as a figure, by PCA" in html and not app.exception


def test_the_encoder_is_made_when_it_is_asked_for(page, fake) -> None:
    fake.weigh(400)
    app = page(panel="Export", step="400")
    assert "waiting" not in " ".join(c.value for c in app.caption)
    next(b for b in app.button if b.label == "Make the encoder's file").click().run()
    assert "<b>The encoder&#39;s file</b> <span>starting" in " ".join(
        h.body for h in app.get("html")
    )
    key = key_of(fake.run, encoder_job("keras", 400))
    answer = {"body": np.zeros(2000, np.uint8), "step": np.array(400)}
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", answer)
    app.run()
    html = " ".join(h.body for h in app.get("html"))
    assert "encoder.keras?step=400" in html and size_words(2000) in html and not app.exception
    app.segmented_control(key="take_form").set_value("savedmodel").run()
    assert any(b.label == "Make the encoder's file" for b in app.button)
    assert "tf.saved_model.load" in app.code[-1].value


def test_a_recorded_run_can_be_taken_away_but_not_repeated(page, store) -> None:
    with Recording(np.zeros((12, 8, 8, 3), np.uint8), store=store) as recording:
        recording.snapshot(0, np.random.default_rng(0).normal(size=(12, 5)))
    app = page(panel="Export")
    captions = " ".join(c.value for c in app.caption)
    assert "not trained here" in captions and "No weights were kept" in captions
    assert not app.exception


def test_the_length_of_the_gradient_is_drawn_where_it_was_recorded(page, fake) -> None:
    assert "gradient norm" not in text(page(panel="Health"))
    rows = [row | {"gradient_norm": 0.5} for row in fake.run.snapshot_rows()]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (fake.run.path / "snapshots.jsonl").write_text(lines)
    app = page(panel="Health")
    assert "gradient norm" in text(app) and not app.exception
