"""What is set before the framework is imported."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from simclr_core.base.paths import PROJECT
from simclr_core.machine.devices import Device
from simclr_core.model.backend import prepare

pytestmark = pytest.mark.heavy

CPU = Device("cpu", "2 cores", 0, usable=True)
ONEDNN = "TF_ENABLE_ONEDNN_OPTS"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes to the environment end with the test."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


def test_a_device_is_the_only_one_that_the_framework_sees() -> None:
    prepare(CPU)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
    prepare(Device("gpu:1", "a GPU", 0, usable=True))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"


def test_what_somebody_chose_stays() -> None:
    os.environ[ONEDNN] = "0"
    prepare(CPU)
    assert os.environ[ONEDNN] == "0"


def test_the_framework_comes_without_scikit_learn_which_stays_usable() -> None:
    code = (
        "import sys; from simclr_core.model.backend import prepare, start_framework; "
        "from simclr_core.machine.devices import find_device; "
        "prepare(find_device('cpu')); start_framework(); import simclr_core.training.trainer; "
        "print('sklearn' in sys.modules); import sklearn.decomposition as found; print(found.PCA)"
    )
    assert run(code).split() == ["False", "<class", "'sklearn.decomposition._pca.PCA'>"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "begin",
    ["prepare(find_device('cpu'))", "import_framework()"],  # a spare knows no device yet
)
def test_onednn_is_on_also_where_tensorflow_would_leave_it_off(begin: str) -> None:
    code = (
        "from simclr_core.model.backend import import_framework, prepare; "
        f"from simclr_core.machine.devices import find_device; {begin}; import tensorflow as tf; "
        "from tensorflow.python.util import _pywrap_util_port as port; "
        "print(int(port.IsMklEnabled()))"
    )
    assert run(code) == "1"


def run(code: str) -> str:
    """What a new Python prints."""
    plain = {name: value for name, value in os.environ.items() if name != ONEDNN}
    root = PROJECT
    done = subprocess.run(
        [sys.executable, "-c", code], env=plain, cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-1000:]
    return done.stdout.strip()
