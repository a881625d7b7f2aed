"""What browsers fetch once: cached for ever under its version, kept from other sites."""

from __future__ import annotations

import gzip
import json
import posixpath
import re
import shutil

import cv2
import numpy as np
import pytest

from fake_run import FakeRun
from http_client import serving
from pages.server import routes
from simclr_core.base.files import write_npz
from simclr_core.base.paths import ASSETS
from simclr_core.feed import film, thumbnails
from simclr_core.runs.store import RunStore


@pytest.fixture
def fake(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path))
    return FakeRun(RunStore(tmp_path), probe=50)


@pytest.fixture(scope="module")
def client():
    with serving(routes.ROUTES) as found:
        yield found


def test_modules_are_kept_for_ever_under_their_version_only(client):
    version = routes.asset_version()
    for name, kind in (("js/map/map.js", "text/javascript"), ("css/elements/map.css", "text/css")):
        answer = client.get(f"/lab/assets/{version}/{name}")
        assert answer.text == (ASSETS / name).read_text()
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in answer.headers["cache-control"]
        old = client.get(f"/lab/assets/old/{name}")
        assert "immutable" not in old.headers["cache-control"]


def test_modules_use_only_what_is_served(client):
    known = routes.asset_files()
    modules = {name: path.read_text() for name, path in known.items() if name.endswith(".js")}
    assert set(modules) == {
        path.relative_to(ASSETS).as_posix() for path in (ASSETS / "js").rglob("*.js")
    }
    for name, text in modules.items():
        for other in re.findall(r'^import .* from "(.+)"', text, re.M):
            assert posixpath.normpath(f"{posixpath.dirname(name)}/{other}") in known
        for sheets in re.findall(r"^export const render = element\(.*?\), (.*)\);$", text, re.M):
            for sheet in re.findall(r'"(\w+)"', sheets):
                assert f"css/elements/{sheet}.css" in known
        url = f"/lab/assets/x/{name}"
        assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/lab/assets/x/js/none.js",
        "/lab/assets/x/",
        "/lab/assets/",
        "/lab/assets/x/map.js",
        "/lab/assets/x/js/map/..%2F..%2F..%2Fapp.py",
        "/lab/assets/x/js/map/../../../app.py",
        "/lab/assets/x/js/map/../map/map.js",
        "/lab/assets/x//etc/passwd",
        "/lab/assets/x/css/styles.css",
        "/lab/assets/x/demo/replay.json",
    ],
)
def test_no_other_file_is_served(client, path):
    assert client.get(path).status_code == 404


def test_a_changed_style_sheet_makes_another_version(monkeypatch, tmp_path):
    shutil.copytree(ASSETS / "js", tmp_path / "js")
    shutil.copytree(ASSETS / "css", tmp_path / "css")
    monkeypatch.setattr(routes, "ASSETS", tmp_path)
    before = routes.asset_version()
    sheet = tmp_path / "css" / "elements" / "map.css"
    sheet.write_text(sheet.read_text() + ".more { color: red; }")
    assert routes.asset_version() != before


def test_plotly_comes_packed_once_and_whole(client):
    path = f"/lab/plotly.js?v={routes.plotly_version()}"
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content and b"plotly.js v" in plain.content[:200]
    assert int(packed.headers["content-length"]) < len(plain.content) / 2.5
    assert "immutable" in packed.headers["cache-control"]
    assert "immutable" not in client.get("/lab/plotly.js?v=0").headers["cache-control"]
    again = client.get(path, headers={"if-none-match": packed.headers["etag"]})
    assert again.status_code == 304 and not again.content
    assert gzip.decompress(routes._plotly(packed=True)) == plain.content


def test_the_recorded_runs_come_packed_once_and_whole(client):
    path = f"/lab/film.json?v={film.version()}"
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content == film.film_bytes()
    assert plain.headers["content-type"] == "application/json"
    assert "immutable" in packed.headers["cache-control"]
    again = client.get(path, headers={"if-none-match": packed.headers["etag"]})
    assert again.status_code == 304 and not again.content


def test_the_film_of_a_run_is_kept_under_its_version(client, fake):
    assert "no map yet" in client.get(f"/lab/runs/{fake.run.id}/film.json").text
    fake.snapshot()
    body, version = film.run_film(fake.run)
    answer = client.get(f"/lab/runs/{fake.run.id}/film.json?v={version}")
    assert answer.content == body and "immutable" in answer.headers["cache-control"]
    assert "private" in answer.headers["cache-control"]
    other = client.get(f"/lab/runs/{fake.run.id}/film.json?v=0")
    assert other.content == body and "immutable" not in other.headers["cache-control"]
    unknown = client.get("/lab/runs/nonesuch/film.json")
    assert unknown.status_code == 404 and "nonesuch" in unknown.text


@pytest.mark.parametrize("extension", ["png", "webp"])
def test_the_sheet_holds_every_picture_pixel_by_pixel(client, fake, extension):
    answer = client.get(f"/lab/runs/{fake.run.id}/thumbnails.{extension}")
    assert answer.headers["content-type"] == f"image/{extension}"
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    probe = thumbnails.probe_facts(fake.run)
    for i, image in enumerate(fake.run.probe()["images"]):
        top, left = i // probe.columns * 32, i % probe.columns * 32
        np.testing.assert_array_equal(picture[top : top + 32, left : left + 32], image)


def test_large_pictures_are_made_smaller(fake, monkeypatch):
    monkeypatch.setattr(thumbnails, "SHEET_PIXELS", 50 * 16 * 16)
    arrays = {**fake.run.probe(), "extra": np.zeros(1)}
    write_npz(fake.run.path / "probe.npz", arrays)
    assert thumbnails.probe_facts(fake.run).size == 16
    data, _ = thumbnails.sheet(fake.run, "png")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (7 * 16, 8 * 16, 3)


def test_pictures_are_cached_by_content(client, fake):
    path = f"/lab/runs/{fake.run.id}/thumbnails.webp"
    first = client.get(path)
    digest = first.headers["etag"].strip('"')
    assert first.headers["cache-control"] == "private, no-cache"
    fresh = client.get(f"{path}?v={digest}").headers["cache-control"]
    assert "immutable" in fresh and "private" in fresh
    assert client.get(path, headers={"if-none-match": f'"{digest}"'}).status_code == 304
    arrays = fake.run.probe()
    arrays["images"][0] = 0
    write_npz(fake.run.path / "probe.npz", arrays)
    assert client.get(path).headers["etag"] != first.headers["etag"]


def test_what_is_known_of_each_picture(client, fake):
    facts = json.loads(client.get(f"/lab/runs/{fake.run.id}/points.json").content)
    probe = fake.run.probe()
    assert facts["hue"]["values"] == probe["factor__hue"].tolist()
    assert facts["label"]["names"][:2] == ["circle", "square"]


@pytest.mark.parametrize("name", ["thumbnails.webp", "points.json"])
def test_other_sites_get_nothing_of_a_run(client, fake, name):
    path = f"/lab/runs/{fake.run.id}/{name}"
    for site in ("cross-site", "same-site"):
        refused = client.get(path, headers={"sec-fetch-site": site})
        assert refused.status_code == 403 and "another site" in refused.text
    for site in ("same-origin", "none"):
        answer = client.get(path, headers={"sec-fetch-site": site, "origin": "http://evil"})
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "none/thumbnails.webp",
        "../thumbnails.webp",
        "%2e%2e%2fetc/thumbnails.webp",
        "A B/points.json",
        "{id}/thumbnails.gif",
        "{short}/thumbnails.webp",
        "{id}/probe.npz",
        "{id}/config.json",
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(client, fake, path):
    path = path.format(id=fake.run.id, short=fake.run.id[:2])
    answer = client.get(f"/lab/runs/{path}")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_a_run_without_pictures_yet(client, fake):
    (fake.run.path / "probe.npz").unlink()
    answer = client.get(f"/lab/runs/{fake.run.id}/thumbnails.webp")
    assert answer.status_code == 404 and "no pictures yet" in answer.text
    (fake.run.path / "probe.npz").write_bytes(b"broken")
    answer = client.get(f"/lab/runs/{fake.run.id}/points.json")
    assert answer.status_code == 404 and "probe.npz" in answer.text


def test_sheets_kept_in_memory_are_bounded(fake):
    arrays = fake.run.probe()
    for shade in range(thumbnails.SHEETS_KEPT + 2):
        arrays["images"][0] = shade
        write_npz(fake.run.path / "probe.npz", arrays)
        thumbnails.sheet(fake.run, "webp")
    assert len(thumbnails._encoded.cache) <= thumbnails.SHEETS_KEPT
