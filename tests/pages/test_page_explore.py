"""What Explore says and shows in every state of a run; links that make no sense do no harm."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_app import open_page, text
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from pages.explore import compare, map, panels
from pages.explore.ask import color_names
from pages.explore.form import MAP, PANELS
from pages.explore.kept import probe_table, side_by_side
from pages.explore.occlusion import overlay
from pages.server.export_routes import FILES
from simclr_core.base.files import write_json, write_npz
from simclr_core.feed.explore.link import encode_selection
from simclr_core.feed.explore.map_blocks import probe_of, target
from simclr_core.feed.packing import unpack
from simclr_core.questions.job import clusters_job, encoder_job, keeps_job, occlude_job
from simclr_core.questions.jobs import key_of
from simclr_core.questions.reply import Reply
from simclr_core.runs import states
from simclr_core.runs.store import RunStore
from simclr_core.runs.summary import size_words
from simclr_core.runs.transfer.recorder import Recording
from simclr_core.settings.config import replace, to_dict
from simclr_core.workers import helpers, launch

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """An empty store in which nothing is ever started."""
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(launch, "advance", lambda store: [])
    monkeypatch.setattr(helpers, "wake", lambda root, helper: "")
    return RunStore(tmp_path / "runs")


@pytest.fixture
def fake(store: RunStore) -> FakeRun:
    """A finished run with three snapshots of 40 pictures."""
    made = FakeRun(store, probe=40)
    for _ in range(3):
        made.snapshot()
        made.train(200)
    made.end()
    return made


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Headers of what went to the browser."""
    found: list[dict[str, Any]] = []

    def mount(module: str, key: str, height: int, data: bytes, **options: Any) -> None:
        found.append(unpack(data)[0])

    monkeypatch.setattr(map, "mount", mount)
    return found


@pytest.fixture
def page(tmp_path: Path) -> Open:
    return lambda **query: open_page(tmp_path, "explore", **query)


def test_without_runs_it_says_where_to_begin(page: Open) -> None:
    app = page()
    assert "There is no run yet" in app.info[0].value and not app.exception


def test_the_newest_run_is_open_and_stands_in_the_link(page, fake, shown) -> None:
    app = page()
    assert not app.exception
    assert app.query_params["run"] in (fake.run.id, [fake.run.id])
    header = shown[-1]
    assert header["run"] == fake.run.id and header["steps"] == [0, 200, 400]
    assert header["maps"][0]["title"] == "UMAP of h" and header["count"] == 40
    assert "untrained 32%, pixels 44%" in header["scores"]["400"]


def test_a_link_opens_its_run_step_picture_and_selection(page, store, fake, shown) -> None:
    other = FakeRun(store, probe=10, name="another")
    other.snapshot()
    word = encode_selection([3, 5, 39], 40)
    app = page(run=fake.run.id, step="200", picture="8", chosen=word, of="h and z", by="PCA")
    header = shown[-1]
    assert header["start"] == {"step": 200, "picture": 7, "chosen": [3, 5, 39]}
    assert [m["title"] for m in header["maps"]] == ["PCA of h", "PCA of z"]
    assert not app.exception


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"run": "nonesuch"}, "There is no run nonesuch here"),
        ({"step": "x"}, "step in the link"),
        ({"picture": "0"}, "picture in the link"),
        ({"k": "1"}, "k in the link"),
        ({"by": "TSNE"}, "by in the link"),
        ({"metric": "rational"}, "metric in the link"),
        ({"colour": "hue"}, "did you mean color?"),
        ({"picture": "41"}, "this run has pictures 1 to 40"),
        ({"chosen": "nonsense"}, "The selection in the link is damaged"),
        ({"curve": "bend"}, "curve in the link"),
        ({"probes": "perhaps"}, "probes in the link"),
        ({"step": "99999"}, "the last one of this run is 400"),
    ],
)
def test_what_a_link_has_wrong_is_told_and_the_rest_opens(page, fake, shown, query, words) -> None:
    app = page(**query)
    assert words in text(app)
    assert not app.exception and shown[-1]["steps"] == [0, 200, 400]


def test_a_colour_of_another_run_falls_back_without_a_word(page, fake, shown) -> None:
    app = page(color="species", chosen="%%%", picture="4000")
    assert shown[-1]["color"]["name"] == "shape"
    assert shown[-1]["start"]["picture"] is None and shown[-1]["start"]["chosen"] == []
    assert not app.exception


def test_pictures_without_labels_have_clusters_and_numbers_and_no_scores(page, fake, shown) -> None:
    probe = fake.run.probe()
    write_npz(fake.run.path / "probe.npz", {k: probe[k] for k in ("images", "indices")})
    rows = (fake.run.path / "snapshots.jsonl").read_text()
    (fake.run.path / "snapshots.jsonl").write_text(rows.replace("knn_accuracy", "other"))
    app = page()
    assert list(color_names(fake.run)) == ["loss", "views", "cluster"]
    assert shown[-1]["color"]["name"] == "loss"
    assert "No labels" in shown[-1]["scores"]["400"]
    assert not app.exception


def test_clusters_are_asked_for_and_shown_once_they_are_there(page, fake, shown) -> None:
    app = page(color="clusters", k="4")
    assert shown[-1]["color"]["name"] == "shape" and "…" in text(app)
    key = key_of(fake.run, clusters_job(4))
    clusters = np.arange(120).reshape(3, 40).astype(np.uint8) % 4
    answer = {"steps": np.array([0, 200, 400]), "clusters": clusters}
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", answer)
    app.run()
    assert shown[-1]["color"] | {"stamps": 0} == {
        "name": "cluster", "title": "clusters", "key": key, "stamps": 0,
    }  # fmt: skip
    assert not app.exception


def test_while_umap_warms_up_the_maps_are_by_pca(page, store, shown) -> None:
    fake = FakeRun(store, probe=20)
    fake.snapshot(umap=False)
    app = page()
    assert shown[-1]["maps"][0]["title"] == "PCA of h" and shown[-1]["steps"] == [0]
    assert "UMAP is warming up" in text(app)


def test_a_run_without_snapshots_says_so(page, store, shown) -> None:
    store.create(FakeRun(store, probe=20).config, "waiting")
    app = page()
    assert shown[-1]["steps"] == [] and not app.exception


@pytest.mark.parametrize("name", ["probe.npz", "config.json", "status.json"])
def test_a_damaged_run_is_a_sentence(page, fake, shown, name: str) -> None:
    (fake.run.path / name).write_bytes(b"{")
    app = page(run=fake.run.id)
    assert not app.exception
    if name == "probe.npz":
        assert "probe.npz" in shown[-1]["message"]


def test_a_damaged_probe_is_said_where_the_map_would_be(page, fake, shown) -> None:
    (fake.run.path / "probe.npz").unlink()
    page(run=fake.run.id)
    assert "probe.npz" in shown[-1]["message"] and len(shown[-1]["maps"]) == 1
    assert shown[-1]["steps"] == []


def test_lost_scores_are_not_taken_for_missing_labels(page, fake, shown) -> None:
    lines = (fake.run.path / "snapshots.jsonl").read_text().splitlines()
    (fake.run.path / "snapshots.jsonl").write_text(lines[0] + "\n")
    app = page()
    assert shown[-1]["scores"]["400"] == "No scores for this step."
    app = page(panel="Health")
    card = next(h.body for h in app.get("html") if "Evidence" in h.body)
    assert "effective rank" not in card  # that of another step


def test_panels_on_pairs_say_their_step_and_can_change_it(page, fake, monkeypatch) -> None:
    found: list[dict[str, Any]] = []

    def mount(module: str, key: str, height: int, data: bytes, **options: Any) -> None:
        found.append(unpack(data)[0])

    monkeypatch.setattr(panels, "mount", mount)
    app = page(panel="Hard pairs", step="250")
    assert found[-1]["step"] == 200 and app.select_slider[0].value == 200
    app.select_slider[0].set_value(400).run()
    assert found[-1]["step"] == 400 and "step" not in app.query_params
    app.select_slider[0].set_value(0).run()
    assert found[-1]["step"] == 0 and found[-1]["url"].endswith("pairs.json?step=0")


def test_what_a_recorded_run_cannot_show_is_said(page, store, shown) -> None:
    images = np.zeros((20, 8, 8, 3), np.uint8)
    with Recording(images, store=store) as recording:
        recording.snapshot(0, np.random.default_rng(0).normal(size=(20, 4)))
    app = page(of="h and z", points="5,000", color="clusters")
    assert "This run has no z" in text(app) and "trained elsewhere" in text(app)
    assert [one["of"] for one in shown[-1]["maps"]] == ["h"]
    assert shown[-1]["color"]["name"] == "none"  # while the clusters are computed
    assert "no network to ask" in text(page(panel="Where it looks"))
    assert "no record of its training" in text(page(panel="Health"))


def test_a_run_that_trains_is_looked_at_again(page, store, shown) -> None:
    fake = FakeRun(store, probe=20, alive=True)
    fake.snapshot()
    try:
        app = page()
        assert fake.run.state == states.RUNNING and shown[-1]["steps"] == [0]
        fake.train(100)
        fake.snapshot()
        app.run()
        assert shown[-1]["steps"] == [0, 100]
    finally:
        fake.end()


def test_the_first_colour_is_what_the_neighbours_are_asked_for(fake) -> None:
    probe = probe_of(fake.run)
    assert target(probe) == next(iter(color_names(fake.run))) == "shape"


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


def test_what_it_keeps_is_asked_for_then_a_table(page, fake, shown) -> None:
    app = page(panel="What it keeps")
    assert "waiting for other questions" in text(app)
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
    assert shown[-1]["scores"]["200"].endswith("A linear probe of h reads it for 60%.")


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


def test_health_of_a_made_up_run(page, fake, monkeypatch) -> None:
    app = page(panel="Health")
    card = next(h.body for h in app.get("html") if "health" in h.body and "Evidence" in h.body)
    assert "<b>healthy</b>" in card and "What to try" in card and not app.exception


def test_where_it_looks_is_asked_for_then_shown(page, fake, shown) -> None:
    app = page(panel="Where it looks")
    assert "expected weights, found none" in text(app) and not app.exception
    write_npz(fake.run.path / "snapshots" / "00000400.weights.npz", {"a": np.zeros(1)})
    app = page(panel="Where it looks", picture="3", beside="another picture", other="5")
    assert "waiting for other questions" in text(app)
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


def test_runs_are_compared_and_the_link_says_which(page, store, fake, monkeypatch) -> None:
    found: list[dict[str, Any]] = []

    def mount(module: str, key: str, height: int, data: bytes, **options: Any) -> None:
        found.append(unpack(data)[0])

    monkeypatch.setattr(compare, "mount", mount)
    other = FakeRun(store, probe=40, name="another")
    other.snapshot()
    app = page(panel="Compare", run=fake.run.id)
    assert app.multiselect[0].value == [fake.run.id, other.run.id] and not app.exception
    assert [one["run"] for one in found[-1]["maps"]] == [fake.run.id, other.run.id]
    assert found[-1]["maps"][0]["digest"] == found[-1]["maps"][1]["digest"]  # linked
    assert found[-1]["maps"][0]["steps"] == [0, 200, 400]
    assert {one["color"] for one in found[-1]["maps"]} == {"shape"}
    app = page(panel="Compare", runs=other.run.id)
    assert "at least two runs" in text(app)
    (other.run.path / "config.json").write_text("{")
    app = page(panel="Compare", runs=f"{fake.run.id},{other.run.id},nonesuch")
    assert not app.exception and "config.json" in text(app)
    assert "Not here: nonesuch" in text(app)


def test_a_sweep_is_put_in_line_and_compared(page, store, fake, monkeypatch) -> None:
    monkeypatch.setattr(compare, "mount", lambda *_, **__: None)
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


def weigh(fake: FakeRun, *steps: int) -> None:
    """Give snapshots weights, and the run its number of steps, as a real one has them."""
    config = fake.run.config
    training = replace(config.training, steps=600)
    record = fake.run.record | {"config": to_dict(replace(config, training=training))}
    write_json(fake.run.path / "config.json", record)
    for step in steps:
        arrays = {"encoder/0000": np.full(2, step, np.float32), "head/0000": np.ones(1, np.float32)}
        write_npz(fake.run.path / "snapshots" / f"{step:08d}.weights.npz", arrays)


def test_a_fork_is_put_in_line_and_compared_with_its_run(page, store, fake, monkeypatch) -> None:
    monkeypatch.setattr(compare, "mount", lambda *_, **__: None)
    assert "no weights to continue from" in " ".join(c.value for c in page(panel="Compare").caption)
    weigh(fake, 0, 200, 400)
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


def test_what_runs_keep_stands_side_by_side_if_asked_for(page, store, fake, monkeypatch) -> None:
    monkeypatch.setattr(compare, "mount", lambda *_, **__: None)
    other = FakeRun(store, probe=40, name="an<other>")
    other.snapshot()
    other.end()
    assert "linear probe reads" not in text(page(panel="Compare"))
    app = page(panel="Compare", probes="true")
    assert text(app).count("waiting for other questions") == 2
    answer_keeps(fake)
    app = page(panel="Compare", probes="true", runs=f"{fake.run.id},{other.run.id}")
    (table,) = [h.body for h in app.get("html") if "linear probe reads" in h.body]
    cells = re.findall(r">([^<>]+)</td>", table)
    assert cells == [*("40%", "30%", "90%", "80%"), *("70%", "90%", "–", "20%")]
    assert "an&lt;other&gt;: The probes" in table and not app.exception


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
    html = compare.score_dots([fake.run, waiting], ["one", "two"])
    assert "all of them" not in html and "kNN accuracy, one" in html


def test_what_can_be_taken_away_has_links_to_its_step(page, fake) -> None:
    app = page(panel="Take away", step="250")
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
    weigh(fake, 400)
    app = page(panel="Take away", step="400")
    assert "waiting" not in " ".join(c.value for c in app.caption)
    next(b for b in app.button if b.label == "Make the file").click().run()
    assert "waiting for other questions" in " ".join(c.value for c in app.caption)
    key = key_of(fake.run, encoder_job("keras", 400))
    answer = {"body": np.zeros(2000, np.uint8), "step": np.array(400)}
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", answer)
    app.run()
    html = " ".join(h.body for h in app.get("html"))
    assert "encoder.keras?step=400" in html and size_words(2000) in html and not app.exception
    app.segmented_control(key="take_form").set_value("savedmodel").run()
    assert any(b.label == "Make the file" for b in app.button)
    assert "tf.saved_model.load" in app.code[-1].value


def test_a_recorded_run_can_be_taken_away_but_not_repeated(page, store) -> None:
    with Recording(np.zeros((12, 8, 8, 3), np.uint8), store=store) as recording:
        recording.snapshot(0, np.random.default_rng(0).normal(size=(12, 5)))
    app = page(panel="Take away")
    captions = " ".join(c.value for c in app.caption)
    assert "not trained here" in captions and "No weights were kept" in captions
    assert not app.exception


def test_the_length_of_the_gradient_is_drawn_where_it_was_recorded(page, fake) -> None:
    assert "length of the gradient" not in text(page(panel="Health"))
    rows = [row | {"gradient_norm": 0.5} for row in fake.run.snapshot_rows()]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (fake.run.path / "snapshots.jsonl").write_text(lines)
    app = page(panel="Health")
    assert "length of the gradient" in text(app) and not app.exception
