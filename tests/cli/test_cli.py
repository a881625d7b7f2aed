"""The command line: arguments become settings, mistakes one line and exit code 2."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cli_calls import call, refused
from simclr_core.base.paths import PROJECT
from simclr_core.cli import main as cli
from simclr_core.cli import options as cli_options
from simclr_core.machine import devices
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, ViewConfig
from simclr_core.settings.presets import view_config

ROOT = PROJECT


def parse(*words: str):
    return cli.build_parser().parse_args(["train", "--data", "shapes", *words])


def write_pictures(path: Path, count: int) -> Path:
    """An .npz of noise with two classes."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(count) % 2)
    return path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["trian"], "did you mean train?"),
        (["train"], "required: --data"),
        (["train", "--data", "shapes", "--temprature", "1"], "did you mean --temperature?"),
        (["train", "--data", "shapes", "--batch-size", "many"], "found 'many'"),
        (["train", "--data", "shapes", "--batch-size", "2.5"], "expected a whole number"),
        (["train", "--data", "shapes", "--steps", "5", "--seconds", "5"], "not allowed with"),
        (["train", "--data", "shapes", "--preset", "minut"], "--preset: 'minut' is not known"),
        (["train", "--data", "shapes", "--preset", "minut"], "did you mean minute?"),
        (["train", "--data", "shapes", "--views", "strnog"], "did you mean strong?"),
        (["train", "--data", "shapes", "--optimizer", "adam"], "did you mean adamw?"),
        (["train", "--data", "shapes", "--device", "gpu:99"], "gpu:99"),
        (["project", "ab", "--method", "tsne"], "--method"),
        (["pause"], "RUN"),
    ],
)
def test_bad_arguments_get_one_line_and_2(
    capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    assert expected in refused(capsys, *words)


@pytest.mark.parametrize(
    ("option", "value", "bounds"),
    [
        ("--temperature", "0", "0.005 to 10"),
        ("--temperature", "nan", "0.005 to 10"),
        ("--batch-size", "1", "2 to 65,536"),
        ("--crop-min", "1.5", "0.01 to 1"),
        ("--crop-max", "0.1", "--crop-min to 1"),
        ("--color-strength", "3", "0 to 2"),
        ("--head-dim", "1", "2 to 4096"),
        ("--seconds", "0", "1 to"),
        ("--seed", "-1", "0 to"),
        ("--image-size", "4", "8 to 224"),
    ],
)
def test_values_out_of_range_name_the_option_and_the_range(
    capsys: pytest.CaptureFixture[str], option: str, value: str, bounds: str
) -> None:
    error = refused(capsys, "train", "--data", "shapes", option, value)
    assert error.startswith(f"error: {option}: expected {bounds}")


def test_float16_on_a_processor_is_one_line_and_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: RunStore
) -> None:
    monkeypatch.setattr(devices, "_cpu_flags", set)
    words = ("--precision", "float16", "--device", "cpu", "--runs", str(store.root))
    error = refused(capsys, "train", "--data", "shapes", *words)
    assert error.startswith("error: --precision: expected auto, float32 or bfloat16 on this")
    assert list(store) == []


def test_the_reference_in_the_recipes_is_a_command_with_its_settings() -> None:
    """SGD at 0.06 N / 256; with momentum 0.9, decoupled decay has to be ten times PyTorch's."""
    page = (ROOT / "docs" / "recipes.md").read_text()
    words = re.search(r"simclr_core train (--data cifar10 [^\n]*\\\n(?:.*\\\n)*.*)", page)
    assert words
    args = cli.build_parser().parse_args(["train", *words[1].replace("\\\n", " ").split()])
    config = cli_options.chosen_config(args, "photographs")
    training, views, model = config.training, config.views, config.model
    assert (training.epochs, training.batch_size, training.temperature) == (100, 512, 0.5)
    assert (training.optimizer, training.warmup_steps) == ("sgd", 0)
    assert training.learning_rate == pytest.approx(0.06 * 512 / 256)
    assert training.weight_decay * (1 - training.momentum) == pytest.approx(5e-4)
    assert (views.crop_min, views.gray_p, views.color_strength, views.blur_p) == (0.2, 0.1, 0.5, 0)
    assert (model.encoder, model.width, model.head_width, model.head_dim) == (
        "resnet18", 64, 1024, 128,
    )  # fmt: skip


def test_bad_data_gets_one_line_and_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, store: RunStore
) -> None:
    place = ["--runs", str(store.root)]
    missing = refused(capsys, "train", "--data", str(tmp_path / "none.npz"), *place)
    assert "none.npz" in missing
    assert "shapes" in refused(capsys, "train", "--data", "shpaes", *place)
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"not an archive")
    assert "broken.npz" in refused(capsys, "train", "--data", str(broken), *place)
    few = str(write_pictures(tmp_path / "few.npz", 20))
    assert "16" in refused(capsys, "train", "--data", few, *place)
    assert list(store) == []  # nothing was started


def test_every_setting_is_an_option_with_a_line_of_help() -> None:
    fields = {f.name for group in cli_options.GROUPS.values() for f in dataclasses.fields(group)}
    assert set(cli_options.HELP) == fields - {"source", "content_hash"}
    parsed = vars(parse())
    assert all(name in parsed for name in cli_options.HELP)


def test_settings_come_from_preset_then_views_then_options() -> None:
    args = parse("--preset", "gpu", "--views", "colour-only", "--batch-size", "64", "--hue", "0.1")
    config = cli_options.chosen_config(args, "photographs")
    assert (config.preset, config.model.encoder) == ("gpu", "resnet18")
    assert config.training.batch_size == 64
    assert (config.views.crop_p, config.views.hue) == (0.0, 0.1)
    assert config.views.crop_min == view_config("photographs").crop_min


def test_no_options_give_the_minute_preset_unchanged() -> None:
    assert cli_options.chosen_config(parse(), "drawn") == RunConfig(
        views=view_config("drawn"), preset="minute"
    )


def test_color_strength_0_switches_colour_distortion_off() -> None:
    views = cli_options.chosen_config(parse("--color-strength", "0"), "drawn").views
    assert views == view_config("drawn").without_color()
    kept = cli_options.chosen_config(parse("--color-strength", "0", "--gray-p", "0.4"), "drawn")
    assert (kept.views.color_strength, kept.views.gray_p) == (0.0, 0.4)
    assert ViewConfig().gray_p > 0  # else the first line could not fail


def test_relative_paths_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli_options.source_path("pictures.zip") == str(tmp_path / "pictures.zip")
    assert cli_options.source_path("shapes") == "shapes"


def run_program(*words: str, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simclr_core", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, **options)


def test_without_arguments_comes_help() -> None:
    done = run_program()
    assert (done.returncode, done.stderr) == (0, "")
    for name in cli.COMMANDS:
        assert re.search(rf"^ +{name}\b", done.stdout, re.MULTILINE)


def test_errors_of_the_program_are_one_line_without_traceback() -> None:
    done = run_program("train", "--data", "shapes", "--temperature", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"error: --temperature: expected [^\n]+\n", done.stderr)


def test_help_and_list_import_nothing_heavy(store: RunStore) -> None:
    program = (
        "import sys; from simclr_core.cli.main import main; code = main(sys.argv[1:]); "
        "heavy = {'tensorflow', 'keras', 'umap', 'numba', 'sklearn', 'cv2', 'rich'}; "
        "sys.exit(code or ' '.join(heavy & set(sys.modules)) or 0)"
    )
    command = [sys.executable, "-c", program, "list", "--runs", str(store.root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_goes_away_is_no_error(store: RunStore) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        command = [sys.executable, "-m", "simclr_core", "list", "--runs", str(store.root)]
        done = subprocess.run(command, cwd=ROOT, stdout=pipe, stderr=subprocess.PIPE, timeout=240)
    assert (done.returncode, done.stderr) == (1, b"")


def test_unexpected_errors_get_one_line_and_a_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: RunStore
) -> None:
    def break_down(self: RunStore) -> None:
        raise ZeroDivisionError("deliberate")

    monkeypatch.setattr(RunStore, "__iter__", break_down)
    code, out, err = call(capsys, "list", "--runs", str(store.root))
    assert (code, out, err.count("\n")) == (1, "", 1)
    path = re.search(r"details in (\S+\.log)", err)
    assert path and "ZeroDivisionError: deliberate" in Path(path[1]).read_text()
