"""What Explore fetches: true to the run's files, for the app's own pages only, bad input told."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from urllib.parse import urlencode

import cv2
import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from fake_run import FakeRun
from http_client import serving
from pages.server import explore_routes
from simclr_core.base.files import write_npz
from simclr_core.data import shapes
from simclr_core.data.uploads import keep_upload
from simclr_core.feed.packing import unpack
from simclr_core.measures import neighbours, per_picture
from simclr_core.questions import jobs
from simclr_core.questions.job import layout_job
from simclr_core.runs.store import RunStore
from simclr_core.views.recipes import describe, more_recipes, probe_recipes
from simclr_core.views.render import render_views


@pytest.fixture
def fake(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path))
    made = FakeRun(RunStore(tmp_path), probe=90)
    made.grow(3)
    return made


@pytest.fixture(scope="module")
def client():
    with serving(explore_routes.ROUTES) as found:
        yield found


def get(client, fake, path: str, **query):
    return client.get(f"/lab/runs/{fake.run.id}/map/{path}?{urlencode(query)}")


def block(answer):
    assert answer.status_code == 200, answer.text
    return unpack(answer.content)


def test_a_frame_has_the_coordinates_of_its_step_and_says_what_they_keep(client, fake):
    header, arrays = block(get(client, fake, "frame.bin", step=200))
    xy = fake.run.coordinates("umap", 200)["xy"]
    assert (arrays["xy"].reshape(-1, 2) == xy).all()
    kept = neighbours.neighbours_kept(fake.run.snapshot(200)["h"], xy)
    assert header["kept"] == pytest.approx(kept, abs=1e-6)
    bounds = [block(get(client, fake, "frame.bin", step=s))[0]["bounds"] for s in (0, 200, 400)]
    assert bounds[0] == bounds[1] == bounds[2]  # the viewport stays still


def test_pca_of_z_is_turned_to_lie_like_the_step_before(client, fake):
    found = [
        block(get(client, fake, "frame.bin", of="z", method="pca", step=step))[1]["xy"]
        for step in (0, 200, 400)
    ]
    for step, xy in zip((0, 200, 400), found, strict=True):
        z = fake.run.snapshot(step)["z"].astype(np.float64)
        z -= z.mean(axis=0)
        values = np.linalg.svd(z, compute_uv=False)[:2]
        spread = np.linalg.norm(xy.reshape(-1, 2), axis=0)
        assert sorted(spread) == pytest.approx(sorted(values), rel=1e-4)
    overlap = found[1].reshape(-1, 2).T @ found[2].reshape(-1, 2)
    assert np.trace(overlap) > 0


def test_a_layout_comes_from_its_answer(client, fake):
    key = jobs.ask(fake.run, layout_job("z", neighbors=9))
    xy = np.random.default_rng(0).normal(size=(2, 90, 2)).astype(np.float32)
    answer = {"steps": np.array([0, 200]), "xy": xy}
    assert get(client, fake, "frame.bin", of="z", step=200, key=key).status_code == 404
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", answer)
    _, arrays = block(get(client, fake, "frame.bin", of="z", step=200, key=key))
    assert (arrays["xy"].reshape(-1, 2) == xy[1]).all()
    assert "step 400" in get(client, fake, "frame.bin", of="z", step=400, key=key).text


def test_colours_by_label_predicted_label_and_factor(client, fake):
    labels = fake.run.probe()["labels"]
    header, arrays = block(get(client, fake, "colors.bin", name="shape", step=400))
    assert (arrays["category"] == labels).all() and header["names"] == list(shapes.SHAPES)
    assert header["counts"] == [*np.bincount(labels, minlength=8).tolist(), 0]
    assert len(header["colors"]) == 9
    header, arrays = block(get(client, fake, "colors.bin", name="predicted", step=400))
    h = fake.run.snapshot(400)["h"]
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    for i in range(0, 90, 9):  # each picture without itself
        rest = np.delete(np.arange(90), i)
        judge = KNeighborsClassifier(
            20, metric="cosine", algorithm="brute", weights=lambda d: np.exp((1 - d) / 0.1)
        ).fit(unit[rest], labels[rest])
        assert arrays["category"][i] == judge.predict(unit[i : i + 1])[0]


def test_colours_by_number_have_one_scale_for_all_steps(client, fake):
    training = fake.run.config.training
    for name, low, high in (("loss", 0, np.log(2 * training.batch_size - 1)), ("views", -1, 1)):
        header, arrays = block(get(client, fake, "colors.bin", name=name, step=400))
        z_views = fake.run.snapshot(400)["z_views"]
        expected = (
            per_picture.losses(z_views, training.temperature, training.batch_size)
            if name == "loss"
            else per_picture.view_similarity(z_views)
        )
        assert arrays["value"] == pytest.approx(expected, abs=1e-6)
        assert header["range"] == pytest.approx([low, high])
        shade = np.clip((expected - low) / (high - low) * 64, 0, 63).astype(int)
        assert np.abs(arrays["category"] - shade).max() <= 1
        assert len(header["colors"]) == 65


def test_a_pictures_neighbours_are_the_true_ones_and_their_history_goes_back(client, fake):
    found = get(client, fake, "picture.json", index=7, step=200).json()
    assert [row["step"] for row in found["history"]] == [200, 0]
    for row in found["history"]:
        h = fake.run.snapshot(row["step"])["h"].astype(np.float64)
        cosines = h @ h[7] / np.linalg.norm(h, axis=1) / np.linalg.norm(h[7])
        order = [i for i in np.argsort(-cosines) if i != 7][:14]
        assert row["neighbours"] == order
        assert row["similarities"] == pytest.approx(cosines[order], abs=1e-4)
    assert found["h"] == pytest.approx(fake.run.snapshot(200)["h"][7].tolist(), abs=1e-5)
    assert found["row"] == fake.run.probe()["indices"][7]
    assert found["known"]["shape"] == shapes.SHAPES[fake.run.probe()["labels"][7]]
    recipes = probe_recipes(fake.run.config.views, 90, 32)
    assert [view["words"] for view in found["views"]] == [describe(recipes, 7, v) for v in (0, 1)]


def decoded(answer) -> np.ndarray:
    assert answer.headers["content-type"] == "image/png"
    return cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_views_are_those_that_every_snapshot_encodes_and_more_are_drawn_as_in_training(
    client, fake
):
    images = fake.run.probe()["images"]
    assert (decoded(get(client, fake, "original.png", index=7)) == images[7]).all()
    recipes = probe_recipes(fake.run.config.views, 90, 32)
    rendered = render_views(images[7:8], recipes.take([7]))[0]  # (2, S, S, 3)
    found = decoded(get(client, fake, "views.png", index=7))
    expected = np.rint(255 * np.concatenate(list(rendered), axis=1))
    assert np.abs(found.astype(float) - expected).max() == 0
    more = decoded(get(client, fake, "more.png", index=7))
    recipes = more_recipes(fake.run.config.views, 10, 7, 32)
    rendered = render_views(np.repeat(images[7:8], 10, 0), recipes).reshape(20, 32, 32, 3)
    assert more.shape == (32, 640, 3)
    assert (more == np.rint(255 * np.concatenate(list(rendered), axis=1))).all()
    other = decoded(get(client, fake, "more.png", index=8))
    assert (other != more).any()


def post(client, fake, what: str, chosen, maps=(("h", "umap", ""),), step: int = 400, **options):
    body = {"chosen": [int(i) for i in chosen], "step": step, "maps": [list(one) for one in maps]}
    path = f"/lab/runs/{fake.run.id}/map/selection.{what}"
    return client.post(path, json.dumps(body).encode(), **options)


def test_a_selections_mix_and_what_the_map_keeps_of_it(client, fake):
    labels = fake.run.probe()["labels"]
    chosen = np.flatnonzero(labels < 3)
    found = post(client, fake, "json", chosen, (("h", "umap", ""), ("z", "pca", ""))).json()
    counts = dict(zip(shapes.SHAPES, np.bincount(labels, minlength=8).tolist(), strict=True))
    assert found["count"] == len(chosen)
    assert {name: number for name, number, _ in found["mix"]} == {
        name: counts[name] for name in shapes.SHAPES[:3]
    }
    h, xy = fake.run.snapshot(400)["h"], fake.run.coordinates("umap", 400)["xy"]
    kept = 0.0
    for i in chosen:
        unit = h / np.linalg.norm(h, axis=1, keepdims=True)
        true = [j for j in np.argsort(-unit @ unit[i]) if j != i][:15]
        shown = [j for j in np.argsort(((xy - xy[i]) ** 2).sum(1)) if j != i][:15]
        kept += len(set(true) & set(shown)) / 15 / len(chosen)
    assert found["kept"][0] == pytest.approx(kept, abs=1e-6)
    assert len(found["kept"]) == 2


def test_a_selection_goes_out_as_a_table_and_as_a_folder(client, fake):
    probe, chosen = fake.run.probe(), [3, 40, 77]
    answer = post(client, fake, "csv", chosen)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert "3-pictures.csv" in answer.headers["content-disposition"]
    assert [int(row["picture"]) for row in rows] == [4, 41, 78]
    assert [row["shape"] for row in rows] == [shapes.SHAPES[probe["labels"][i]] for i in chosen]
    xy = fake.run.coordinates("umap", 400)["xy"][chosen]
    assert [float(row["umap_h_x"]) for row in rows] == pytest.approx(xy[:, 0].tolist())
    assert {"predicted_shape", "loss", "similarity_of_views", "hue"} <= set(rows[0])
    archive = zipfile.ZipFile(io.BytesIO(post(client, fake, "zip", chosen).content))
    names = {
        f"{shapes.SHAPES[probe['labels'][i]]}/{probe['indices'][i]:06d}.png": i for i in chosen
    }
    assert set(archive.namelist()) == set(names)
    for name, i in names.items():
        picture = cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR)
        assert (picture[..., ::-1] == probe["images"][i]).all()


def test_a_folder_of_unlabelled_pictures_is_flat(client, fake):
    probe = fake.run.probe()
    write_npz(fake.run.path / "probe.npz", {k: probe[k] for k in ("images", "indices")})
    archive = zipfile.ZipFile(io.BytesIO(post(client, fake, "zip", [0, 1]).content))
    assert sorted(archive.namelist()) == ["000000.png", "000001.png"]
    found = post(client, fake, "json", [0, 1]).json()
    assert found["mix"] == [] and "agree" not in found
    assert "labels" in get(client, fake, "colors.bin", name="predicted", step=400).text


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("frame.bin", {"step": 7}, "step 7"),
        ("frame.bin", {"step": "x"}, "whole number as step"),
        ("frame.bin", {"of": "w", "step": 0}, "h or z"),
        ("frame.bin", {"of": "z", "step": 0}, "layout of z"),
        ("frame.bin", {"key": "../../x", "step": 0}, "ask again"),
        ("colors.bin", {"name": "<b>", "step": 0}, "colour"),
        ("colors.bin", {"name": "cluster", "step": 0}, "ask again"),
        ("colors.bin", {"name": "loss", "step": 3}, "no snapshot at this step"),
        ("picture.json", {"index": 90, "step": 0}, "from 1 to 90, found 91"),
        ("picture.json", {"index": 0}, "whole number as step"),
        ("views.png", {"index": 1000}, "from 1 to 90"),
        ("other.png", {"index": 0}, "original"),
    ],
)
def test_bad_addresses_get_a_sentence(client, fake, path, query, words):
    answer = get(client, fake, path, **query)
    assert answer.status_code == 404
    assert words in answer.text and "\n" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"\xff", b'{"chosen": [], "step": 0, "maps": []}',
        b'{"chosen": [90], "step": 0, "maps": []}', b'{"chosen": [-1], "step": 0, "maps": []}',
        b'{"chosen": [[1]], "step": 0, "maps": []}', b'{"chosen": [1], "step": 0, "maps": [1]}',
        b'{"chosen": [1e400], "step": 0, "maps": []}', b"[" * 100_000, b" " * 1_000_001,
    ],
)  # fmt: skip
def test_bad_selections_get_a_sentence(client, fake, body):
    answer = client.post(f"/lab/runs/{fake.run.id}/map/selection.json", body)
    assert answer.status_code == 404 and answer.text.startswith("Expected")


def test_other_sites_get_nothing(client, fake):
    other = {"sec-fetch-site": "cross-site"}
    base = f"/lab/runs/{fake.run.id}/map"
    for path in ("frame.bin?step=0", "picture.json?index=0&step=0", "original.png?index=0"):
        assert client.get(f"{base}/{path}", headers=other).status_code == 403
    assert post(client, fake, "zip", [0], headers=other).status_code == 403
    assert client.get("/lab/runs/nonesuch/map/frame.bin?step=0").status_code == 404


def test_what_has_a_version_is_kept_and_the_rest_is_not(client, fake):
    kept = get(client, fake, "frame.bin", step=0, v="1").headers["cache-control"]
    assert "max-age" in kept and kept.startswith("private")
    assert "no-cache" in get(client, fake, "frame.bin", step=0).headers["cache-control"]


def test_a_damaged_snapshot_is_told_and_leaves_the_others(client, fake):
    (fake.run.path / "snapshots" / "00000200.npz").write_bytes(b"no archive")
    assert get(client, fake, "colors.bin", name="loss", step=200).status_code == 404
    assert get(client, fake, "colors.bin", name="loss", step=400).status_code == 200
    found = get(client, fake, "picture.json", index=0, step=400).json()
    assert [row["step"] for row in found["history"]] == [400, 0]
    flat = {"of": "z", "method": "pca"}
    assert get(client, fake, "frame.bin", **flat, step=400).status_code == 200
    assert "step 200" in get(client, fake, "frame.bin", **flat, step=200).text


def test_all_in_one_colour(client, fake):
    header, arrays = block(get(client, fake, "colors.bin", name="none", step=0))
    assert header["names"] == [] and len(header["colors"]) == 1
    assert not arrays["category"].any() and len(arrays["category"]) == 90


def name_pictures(fake, files: list[str]) -> None:
    write_npz(fake.run.probe_path, {**fake.run.probe(), "files": np.array(files)})


def upload(fake, files: dict[str, bytes]) -> None:
    """Keep a zip as if somebody had uploaded it, as the source of the run's pictures."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    content.seek(0)
    path = keep_upload(fake.run.path.parent, "mine.zip", content)
    record = fake.run.record
    fake.run.write_record({**record, "config": at_source(record["config"], path)})


def at_source(config, path):
    return {**config, "data": {**config["data"], "source": str(path)}}


def test_pictures_from_an_upload_go_out_as_the_files_they_came_from(client, fake):
    files = [f"cat/{i:02d} é.jpg" for i in range(90)]
    name_pictures(fake, files)
    upload(fake, {name: name.encode() for name in files if name != files[5]})
    archive = zipfile.ZipFile(io.BytesIO(post(client, fake, "zip", [3, 5]).content))
    assert archive.namelist() == [files[3], "cat/05 é.png"]
    assert archive.read(files[3]) == files[3].encode()
    rows = list(csv.DictReader(io.StringIO(post(client, fake, "csv", [3, 5]).text)))
    assert [row["file"] for row in rows] == [files[3], files[5]]
    assert get(client, fake, "picture.json", index=3, step=400).json()["file"] == files[3]


def test_an_uploaded_file_is_found_by_a_name_with_odd_spaces(client, fake):
    """macOS writes a narrow space into the names of screenshots. Equal readings are ambiguous."""
    files = ["10.30.00\u202fAM.png", "a  b.png", "a b.png", *"x" * 87]
    name_pictures(fake, files)
    upload(fake, {name: name.encode() for name in files[:3]})
    archive = zipfile.ZipFile(io.BytesIO(post(client, fake, "zip", range(3)).content))
    assert archive.read("10.30.00 AM.png") == files[0].encode()
    assert not {archive.read(name) for name in archive.namelist()} & {b"a  b.png", b"a b.png"}


def test_a_larger_set_of_a_run_has_the_uploaded_files_too(client, fake):
    name_pictures(fake, [f"{i}.jpg" for i in range(90)])
    upload(fake, {"3.jpg": b"three"})
    copied = fake.run.path / "sets" / "90-400"
    shutil.copytree(fake.run.path, copied, ignore=shutil.ignore_patterns("sets"))
    body = {"chosen": [3], "step": 400, "maps": []}
    path = f"/lab/runs/{fake.run.id}/sets/90-400/map/selection.zip"
    archive = zipfile.ZipFile(io.BytesIO(client.post(path, json.dumps(body).encode()).content))
    assert archive.namelist() == ["3.jpg"] and archive.read("3.jpg") == b"three"


def test_names_of_files_lead_nowhere_and_start_no_formula(client, fake):
    files = [
        "../../up.png",
        "/etc/passwd",
        "=cmd()",
        "a/b.png",
        "A/b.png",
        "a\u202eb.png",
        *"x" * 84,
    ]
    name_pictures(fake, files)
    archive = zipfile.ZipFile(io.BytesIO(post(client, fake, "zip", range(8)).content))
    names = archive.namelist()
    assert len({name.lower() for name in names}) == 8
    assert not any(part in ("", "..") for name in names for part in name.split("/"))
    rows = list(csv.DictReader(io.StringIO(post(client, fake, "csv", [2, 5]).text)))
    assert rows[0]["file"] == "./=cmd()" and "\u202e" not in rows[1]["file"]


def test_a_run_from_elsewhere_reads_no_file_outside_the_uploads(client, fake, tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere") / "secret.zip"
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("secret.jpg", b"secret")
    name_pictures(fake, ["secret.jpg"] * 90)
    record = fake.run.record
    fake.run.write_record({**record, "config": at_source(record["config"], outside)})
    archive = zipfile.ZipFile(io.BytesIO(post(client, fake, "zip", [0]).content))
    assert archive.namelist() == ["secret.png"] and archive.read("secret.png") != b"secret"
