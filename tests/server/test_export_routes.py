"""What can be taken away, over a real server: the files, their names, and what is refused."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from fake_run import FakeRun
from http_client import serving
from pages.server import export_routes
from simclr_core.base.files import write_npz
from simclr_core.export import formats
from simclr_core.questions import jobs
from simclr_core.questions.job import animation_job, encoder_job
from simclr_core.runs.store import RunStore


@pytest.fixture
def fake(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path))
    made = FakeRun(RunStore(tmp_path), probe=30)
    made.snapshot()
    made.train(100)
    made.snapshot()
    made.end()
    return made


@pytest.fixture
def client():
    with serving(export_routes.ROUTES) as found:
        yield found


@pytest.mark.parametrize("file", export_routes.FILES)
def test_every_file_comes_as_a_download_of_its_step(client, fake, file):
    answer = client.get(export_routes.address(fake.run, file, step=0))
    assert answer.status_code == 200, answer.text
    name = f'attachment; filename="run-{fake.run.id}-step-0-{file}"'
    assert answer.headers["content-disposition"] == name
    assert answer.headers["cache-control"] == "no-store"
    figure, ending = file.split(".")
    look = formats.Look("curves" if figure == "curves" else "map")
    assert answer.content[:64] == formats.contents(fake.run, 0, f".{ending}", look)[:64]


def test_without_a_step_the_newest_comes(client, fake):
    answer = client.get(export_routes.address(fake.run, "table.csv"))
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    found = np.array([[float(row[f"h_{i}"]) for i in range(16)] for row in rows])
    assert found == pytest.approx(fake.run.snapshot(100)["h"], rel=1e-6)


def test_the_encoder_comes_once_it_has_been_made(client, fake):
    write_npz(
        fake.run.path / "snapshots" / "00000100.weights.npz", {"encoder/0000": np.ones(1, "f4")}
    )
    address = export_routes.address(fake.run, "encoder.keras", step=100)
    answer = client.get(address)
    assert answer.status_code == 404 and "press the button" in answer.text
    key = jobs.key_of(fake.run, encoder_job("keras", 100))
    (fake.run.path / "jobs").mkdir()
    body = np.arange(200, dtype=np.uint8)
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", {"body": body, "step": np.array(100)})
    answer = client.get(address)
    assert answer.status_code == 200 and answer.content == body.tobytes()


def test_the_gif_comes_once_it_has_been_made(client, fake):
    key = jobs.key_of(fake.run, animation_job(fake.run))
    address = export_routes.address(fake.run, export_routes.MOVING, step=100, key=key)
    assert client.get(address).status_code == 404
    (fake.run.path / "jobs").mkdir(exist_ok=True)
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", {"body": np.arange(9, dtype=np.uint8)})
    answer = client.get(address)
    assert answer.content == bytes(range(9)) and answer.headers["content-type"] == "image/gif"
    assert f'filename="run-{fake.run.id}-step-100-map.gif"' in answer.headers["content-disposition"]
    write_npz(fake.run.path / "jobs" / f"{key}.answer.npz", {"xy": np.zeros((2, 2))})
    assert client.get(address).status_code == 404  # the key of another question
    assert client.get(address.replace(key, "../x")).status_code == 404


def test_a_run_whose_older_maps_come_later_has_another_gif(fake):
    """The newest snapshot is laid out first, and those between once the run has ended."""
    older = fake.run.coordinate_steps("umap")[0]
    whole = jobs.key_of(fake.run, animation_job(fake.run))
    fake.run.coordinates_path("umap", older).unlink()
    assert jobs.key_of(fake.run, animation_job(fake.run)) != whole


@pytest.mark.parametrize(
    ("file", "query", "words"),
    [
        ("table.exe", {}, "Expected one of table.csv"),
        ("table.csv", {"step": "7"}, "snapshot of step 7"),
        ("table.csv", {"step": "-1"}, "Expected a step, found"),
        ("map.png", {"of": "x"}, "Expected h or z"),
        ("map.png", {"color": "hat"}, "as colour, found 'hat'"),
        ("encoder.keras", {"step": 0}, "expected the weights of step 0"),
    ],
)
def test_what_is_not_there_is_a_sentence(client, fake, file, query, words):
    answer = client.get(export_routes.address(fake.run, file, **query))
    assert answer.status_code == 404 and words in answer.text


def test_other_sites_get_nothing(client, fake):
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = client.get(export_routes.address(fake.run, "replay.html"), headers=headers)
    assert answer.status_code == 403
