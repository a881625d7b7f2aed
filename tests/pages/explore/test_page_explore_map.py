"""What Explore's map says and shows in every state of a run; bad links do no harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from page_app import text
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from pages.explore import panels
from pages.explore.ask import color_names
from pages.shell import link
from simclr_core.base.files import write_npz
from simclr_core.feed.explore.link import encode_selection
from simclr_core.feed.explore.map_blocks import probe_of, target
from simclr_core.feed.packing import unpack
from simclr_core.questions.job import clusters_job, layout_job
from simclr_core.questions.jobs import LONG_QUESTIONS, key_of, question
from simclr_core.runs import states
from simclr_core.runs.transfer.recorder import Recording

Open = Callable[..., AppTest]


def test_without_runs_the_page_says_where_to_begin(page: Open) -> None:
    app = page()
    assert "There is no run yet" in app.info[0].value and not app.exception


def test_the_newest_run_is_open_and_named_in_the_link(page, fake, shown) -> None:
    app = page()
    assert not app.exception
    assert app.query_params["run"] in (fake.run.id, [fake.run.id])
    header = shown[-1]
    assert header["run"] == fake.run.id and header["steps"] == [0, 200, 400]
    assert header["maps"][0]["title"] == "UMAP of h" and header["count"] == 40
    score = header["scores"]["400"]
    # 81.7% of 40: Wilson's interval by hand is 67.1% to 90.7%.
    assert "81.7% (95% interval 67.1–90.7%); chance" in score["words"]
    assert "untrained 32.0%, pixels 44.0%" in score["words"]
    assert "for each of 40 pictures, the 20 nearest" in score["tip"]


def test_a_link_without_a_run_opens_the_newest(page, fake, shown) -> None:
    assert "There is no run" not in text(page(run="none"))
    assert shown[-1]["run"] == fake.run.id


def test_a_link_opens_its_run_step_picture_and_selection(page, store, fake, shown) -> None:
    other = FakeRun(store, probe=10, name="another")
    other.snapshot()
    word = encode_selection([3, 5, 39], 40)
    app = page(run=fake.run.id, step="200", picture="8", chosen=word, of="h and z", by="PCA")
    header = shown[-1]
    start = {"step": 200, "picture": 7, "chosen": [3, 5, 39], "dots": False, "closed": False}
    assert header["start"] == start
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
        ({"draw": "stamps"}, "draw in the link"),
        ({"pane": "ajar"}, "pane in the link"),
        ({"panel": "Soft pairs"}, "panel in the link"),
        ({"step": "99999"}, "the last one of this run is 400"),
    ],
)
def test_wrong_values_of_a_link_are_named_and_the_rest_opens(
    page, fake, shown, query, words
) -> None:
    app = page(**query)
    assert words in text(app)
    assert not app.exception and shown[-1]["steps"] == [0, 200, 400]


def test_a_wrong_run_and_picture_stay_named_while_the_page_draws_itself_again(
    page, fake, shown, monkeypatch
) -> None:
    monkeypatch.setattr(link, "READ", 60.0)
    app = page(run="nonesuch", picture="41")
    app.run()
    assert "There is no run nonesuch here" in text(app) and "pictures 1 to 40" in text(app)


def test_whole_numbers_of_a_link_may_have_a_decimal_point(page, fake, shown) -> None:
    app = page(step="200.0", picture="8.0")
    assert (shown[-1]["start"]["step"], shown[-1]["start"]["picture"]) == (200, 7)
    assert "in the link" not in text(app) and not app.exception


def test_a_link_can_ask_for_dots_and_a_closed_pane(page, fake, shown) -> None:
    app = page(draw="dots", pane="closed")
    assert shown[-1]["start"]["dots"] is True and not app.exception
    assert shown[-1]["start"]["closed"] is True


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
    assert "No labels" in shown[-1]["scores"]["400"]["words"]
    assert not app.exception


def test_clusters_are_asked_for_and_shown_once_they_are_there(page, fake, shown) -> None:
    app = page(color="clusters", k="4")
    assert shown[-1]["color"]["name"] == "shape" and "<b>The clusters</b>" in text(app)
    key = key_of(fake.run, clusters_job(4))
    clusters = np.arange(120).reshape(3, 40).astype(np.uint8) % 4
    answer = {"steps": np.array([0, 200, 400]), "clusters": clusters}
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", answer)
    app.run()
    assert shown[-1]["color"] | {"stamps": 0} == {
        "name": "cluster", "title": "clusters", "key": key, "stamps": 0,
    }  # fmt: skip
    app.number_input(key="k").set_value(5).run()
    assert "<b>The clusters</b>" in text(app)
    assert shown[-1]["color"]["key"] == key  # the old ones stay until the new ones are there
    assert not app.exception


def test_a_cancelled_question_stays_cancelled_until_it_is_asked_again(page, fake, shown) -> None:
    app = page(of="z")
    job = layout_job("z")
    request = question(fake.run, key_of(fake.run, job))
    assert LONG_QUESTIONS.is_wanted(request) and "<b>The map of z</b>" in text(app)
    press(app, "Cancel")
    assert not LONG_QUESTIONS.is_wanted(request) and "<span>cancelled.</span>" in text(app)
    app.run()
    assert not LONG_QUESTIONS.is_wanted(request) and shown[-1]["maps"][0]["title"] == "PCA of z"
    press(app, "Compute again")
    assert LONG_QUESTIONS.is_wanted(request) and "cancelled" not in text(app)
    assert not app.exception


def press(app, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def test_while_umap_warms_up_the_maps_are_by_pca(page, store, shown) -> None:
    fake = FakeRun(store, probe=20)
    fake.snapshot(umap=False)
    app = page()
    assert shown[-1]["maps"][0]["title"] == "PCA of h" and shown[-1]["steps"] == [0]
    assert "UMAP of 20 pictures is being computed; the map is by PCA until then." in text(app)


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


def test_a_damaged_probe_is_reported_where_the_map_would_be(page, fake, shown) -> None:
    (fake.run.path / "probe.npz").unlink()
    page(run=fake.run.id)
    assert "probe.npz" in shown[-1]["message"] and len(shown[-1]["maps"]) == 1
    assert shown[-1]["steps"] == []


def test_lost_scores_are_not_taken_for_missing_labels(page, fake, shown) -> None:
    lines = (fake.run.path / "snapshots.jsonl").read_text().splitlines()
    (fake.run.path / "snapshots.jsonl").write_text(lines[0] + "\n")
    app = page()
    assert shown[-1]["scores"]["400"]["words"] == "No scores for this step."
    app = page(panel="Health")
    card = next(h.body for h in app.get("html") if "Evidence" in h.body)
    assert "effective rank" not in card  # that of another step


def test_embeddings_that_are_still_being_scored_do_not_lack_scores(page, store, shown) -> None:
    labels = np.arange(20) % 2
    with Recording(np.zeros((20, 8, 8, 3), np.uint8), labels, store=store) as recording:
        placed = recording.place(0, np.random.default_rng(0).normal(size=(20, 4)))
        page()
        assert shown[-1]["scores"]["0"]["words"] == "This step is being scored."
        recording.score(0, placed)
    page()
    assert shown[-1]["scores"]["0"]["words"].startswith("Neighbours vote for the right class")


def test_panels_on_pairs_say_their_step_and_can_change_it(page, fake, monkeypatch) -> None:
    found: list[dict[str, Any]] = []

    def mount(module: str, key: str, height: int, data: bytes, **options: Any) -> None:
        found.append(unpack(data)[0])

    monkeypatch.setattr(panels, "mount", mount)
    app = page(panel="Pairs", step="250")
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


def test_a_training_run_is_read_again(page, store, shown) -> None:
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
