"""The panels of Explore in Chromium: matrix, pairs, health, occlusion, take away, replay."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from explore_page import COMPUTED, MAPS, PICTURES
from playwright.sync_api import Locator, Page, expect
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from child_processes import lock_holder
from simclr_core.export import replay
from simclr_core.questions.job import clusters_job
from simclr_core.questions.jobs import LONG_QUESTIONS, key_of, question

MATRIX = ".mx-stage canvas"


@pytest.mark.slow
def test_clusters_and_layouts_of_ones_own_are_computed_meanwhile_pca(opened, page, run) -> None:
    canvas = opened("?of=z&neighbors=5&color=clusters&k=3")
    expect(page.locator(".ex-title span").first).to_have_text(
        "UMAP of z (5 neighbours, min_dist 0.1, cosine)", timeout=COMPUTED
    )
    legend = page.locator(".live-legend")
    expect(legend).to_contain_text("cluster 3", timeout=COMPUTED)
    expect(canvas).to_have_attribute("data-step", "24")
    shown = "c => Array.from(c.getRootNode().simclrView.panes[0].colors.arrays.category)"
    h = run.snapshot(24)["h"]
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    expected = KMeans(3, n_init=4, random_state=0).fit_predict(unit)
    assert adjusted_rand_score(canvas.evaluate(shown), expected) == pytest.approx(1)


def test_a_pending_question_can_be_cancelled_and_asked_again(app, opened, page, run) -> None:
    with lock_holder(app.store.root / "long-analyst.lock"):  # nobody answers
        opened("?color=clusters&k=4")
        line = page.locator(".lab-wait")
        expect(line).to_contain_text("The clusters")
        expect(line).to_contain_text(re.compile(r"· \d+ s"))
        page.get_by_role("button", name="Cancel").click()
        expect(line).to_have_text(re.compile(r"The clusters\s+cancelled\."))
        key = key_of(run, clusters_job(4))
        assert not LONG_QUESTIONS.is_wanted(question(run, key))
        page.get_by_role("button", name="Compute again").click()
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
        assert LONG_QUESTIONS.is_wanted(question(run, key))
    expect(page.locator(".live-legend")).to_contain_text("cluster 4", timeout=COMPUTED)
    expect(line).to_have_count(0)


def test_the_matrix_shows_similarities_and_the_weights_of_a_temperature(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Similarity&pairs=8&order=by+class")
    canvas = page.locator(MATRIX)
    page.wait_for_function("document.querySelector('.st-key-explore-matrix') !== null")
    expect(page.locator(".mx-facts")).to_contain_text("on average")
    held = run.snapshot(24)["z_views"]
    index = canvas.evaluate("c => Array.from(c.getRootNode().simclrView.block.arrays.index)")
    z = held[index].reshape(16, -1)
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    s = z @ z.T
    found = canvas.evaluate("c => Array.from(c.__simclr.s)")
    assert found == pytest.approx(s.reshape(-1).tolist(), abs=1e-5)
    assert canvas.evaluate("c => c.__simclr.t") == run.config.training.temperature

    def weights(t: float) -> np.ndarray:
        w = np.exp(s / t)
        for i in range(16):
            w[i, [i, i ^ 1]] = 0
        return w / w.sum(axis=1, keepdims=True)

    page.get_by_label("Temperature").fill("-0.5")
    t = 10**-0.5
    found = canvas.evaluate("c => Array.from(c.__simclr.w)")
    assert found == pytest.approx(weights(t).reshape(-1).tolist(), abs=1e-5)
    assert canvas.evaluate("c => c.__simclr.hardest") == pytest.approx(
        float(weights(t).max(axis=1).mean()), abs=1e-5
    )
    page.get_by_role("button", name="as trained").click()
    assert canvas.evaluate("c => c.__simclr.t") == run.config.training.temperature


def test_a_cell_of_the_matrix_shows_its_two_views(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Similarity&pairs=8")
    canvas = page.locator(MATRIX)
    expect(page.locator(".mx-facts")).to_contain_text("on average")
    box = canvas.bounding_box()
    cell = box["width"] / 16
    page.mouse.move(box["x"] + 2.5 * cell, box["y"] + 9.5 * cell)  # column 2, row 9
    pair = page.locator(".mx-pair")
    expect(pair).to_have_attribute("data-cell", "9,2")
    index = canvas.evaluate("c => Array.from(c.getRootNode().simclrView.block.arrays.index)")
    names = [f"view 2 of picture {index[4] + 1}", f"view 1 of picture {index[1] + 1}"]
    for image, name in zip(pair.locator("img").all(), names, strict=True):
        assert image.get_attribute("alt").startswith(name)
        assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") == 64
    expect(pair).to_contain_text("a negative")
    expect(page.locator(".mx-list figure")).to_have_count(12)
    canvas.focus()
    for key in ("ArrowUp", "ArrowLeft", "ArrowUp"):  # row 7, column 1
        page.keyboard.press(key)
    expect(pair).to_have_attribute("data-cell", "7,1")
    page.mouse.move(box["x"] + 1.5 * cell, box["y"] + 0.5 * cell)
    expect(pair).to_contain_text("the positive")


def test_what_stands_out_can_be_opened_and_is_open_on_the_map_too(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Hard+pairs")
    first = page.locator(".pr-positives .pr-row").first
    z = run.snapshot(24)["z_views"]
    unit = z / np.linalg.norm(z, axis=2, keepdims=True)
    hardest = int((unit[:, 0] * unit[:, 1]).sum(axis=1).argmin())
    expect(first).to_have_attribute("data-a", str(hardest))
    first.locator(".ex-thumb").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ex-detail")).to_have_attribute("data-index", str(hardest))
    expect(page).to_have_url(re.compile(rf"picture={hardest + 1}\b"))
    page.wait_for_load_state("networkidle")
    expect(first.locator(".ex-thumb")).to_be_focused()
    page.get_by_text("Map", exact=True).click()
    expect(page.locator(".ex-detail")).to_have_attribute("data-index", str(hardest))
    expect(page.locator(".ex-picked")).to_have_attribute("data-index", str(hardest))


def test_lists_come_after_a_message_about_the_same_pictures(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Hard+pairs")
    rows = page.locator(".pr-positives .pr-row")
    expect(rows.first).to_be_visible()
    page.locator(".pr-root").evaluate(
        """e => { const view = e.getRootNode().simclrView;
        const header = { ...view.header, digest: "other" };
        view.update({ header: { ...header, message: "None yet." } });
        view.update({ header }); }"""
    )
    expect(rows.first).to_be_visible()
    expect(page.locator(".pr-root")).not_to_contain_text("undefined")


def test_health_says_how_the_run_fares_and_why(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Health")
    expect(page.locator(".health b")).to_have_text("too early to tell")  # 24 steps
    expect(page.locator(".live-curves")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(4)  # loss, rank, gradient, spectrum


def test_the_back_button_goes_from_panel_to_panel(app, page, run) -> None:
    page.goto(f"{app.url}/explore?run={run.id}")
    expect(page.locator(MAPS).first).to_be_visible()
    for name in ("Health", "Export"):
        page.get_by_role("radio", name=name, exact=True).click()
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked()
        expect(page).to_have_url(re.compile(f"panel={name.replace(' ', r'(%20|[+])')}"))
    expect(page.locator(".take").first).to_be_visible()
    page.go_back()
    expect(page.locator(".health b")).to_be_visible()
    expect(page.get_by_role("radio", name="Health", exact=True)).to_be_checked()
    page.go_back()
    expect(page.locator(MAPS).first).to_be_visible()
    page.go_forward()
    expect(page.locator(".health b")).to_be_visible()


def test_where_it_looks_is_computed_and_shown(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Where+it+looks&picture=6")
    expect(page.locator(".keeps-about")).to_contain_text(
        "in h (cosine), under the weights of step 24", timeout=COMPUTED
    )
    expect(page.locator(".looks img")).to_have_count(4)


def downloaded(page: Page, link: Locator, path: Path) -> Path:
    """The file behind a link."""
    with page.expect_download() as waiting:
        link.click()
    waiting.value.save_as(path)
    return path


@pytest.mark.slow
def test_the_encoder_that_is_taken_away_gives_the_runs_own_h(app, page, run, tmp_path) -> None:
    page.goto(f"{app.url}/explore?panel=Export")
    expect(page.locator(".take")).to_have_count(6)
    page.get_by_role("button", name="Make the encoder's file").click()
    link = page.get_by_role("link", name=re.compile("Download encoder, .* \\(Keras\\)"))
    expect(link).to_be_visible(timeout=COMPUTED)
    downloaded(page, link, tmp_path / "encoder.keras")
    picture = run.probe()["images"][7]
    cv2.imwrite(str(tmp_path / "picture.png"), picture[..., ::-1])
    code = page.locator(".stCode code").last.inner_text()
    assert "keras.saving.load_model" in code
    done = subprocess.run(
        [sys.executable, "-c", code + "\nnp.save('h.npy', h)"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-1500:]
    held = run.snapshot(24)["h"][7]
    assert np.load(tmp_path / "h.npy")[0] == pytest.approx(held, abs=2e-4)
    html = downloaded(
        page,
        page.get_by_role("link", name=re.compile("Download replay, ")),
        tmp_path / "replay.html",
    )
    assert html.read_bytes() == replay.page(run)


def test_a_replay_plays_without_a_network(browser, run, tmp_path) -> None:
    """Its points are where the map has them, and what lies under the pointer is shown."""
    (tmp_path / "replay.html").write_bytes(replay.page(run))
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    try:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: r.url.startswith("http") and complaints.append(r.url))
        page.goto(f"file://{tmp_path / 'replay.html'}")
        canvas = page.locator(".rp-stage > canvas")
        expect(canvas).to_have_attribute("data-step", "24")
        expect(page.locator(".rp-where")).to_have_text("step 24 of 24")
        found = replay.data(run)
        shares = np.frombuffer(base64.b64decode(found["places"]), "<u2").reshape(-1, PICTURES, 2)
        places = shares[-1] / 65_535 * [1, -1] + [0, 1]
        expect(canvas).to_have_attribute("data-drawn", re.compile("^[1-9]"))
        index, (x, y, half) = canvas.evaluate(
            """async (c) => {
            const { scatter } = c.__simclr, { tiles } = scatter;
            while (tiles.moving) await new Promise(requestAnimationFrame);
            return [tiles.cells.drawn[7], scatter.seen(tiles.cells.drawn[7])]; }"""
        )
        box = canvas.bounding_box()
        assert box
        assert np.hypot(*(places[index] * box["width"] - [x, y])) <= 2 * half
        page.mouse.move(box["x"] + x, box["y"] + y)
        card = page.locator(".live-card")
        expect(card).to_have_attribute("data-picture", "shown")
        color = found["colors"]["shape"]
        expect(card.locator("b")).to_have_text(color["names"][color["values"][index]])
        shown = card.locator("canvas").evaluate(
            "c => Array.from(c.getContext('2d').getImageData(0, 0, 128, 128).data)"
        )
        picture = np.array(shown, np.uint8).reshape(128, 128, 4)[1::4, 1::4, :3]
        assert (picture == run.probe()["images"][index]).all()
        page.get_by_label("Snapshot", exact=True).fill("0")
        expect(canvas).to_have_attribute("data-step", "0")
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Play")).to_be_visible()  # again
        expect(canvas).to_have_attribute("data-step", "24")
        first = page.locator(".rp .live-legend button").first
        first.click()
        expect(first).to_have_attribute("aria-pressed", "false")
        canvas.focus()
        page.keyboard.press("ArrowLeft")
        expect(canvas).to_have_attribute("data-step", str(run.snapshot_steps()[-2]))
        assert not complaints
    finally:
        context.close()
