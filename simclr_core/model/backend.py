"""Bring Keras' backend up on one device and without greetings."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from ..machine.devices import Device

DEVICES = "CUDA_VISIBLE_DEVICES"  # always set, by the device of a run
DEFAULTS = {  # what TensorFlow reads while it is imported, unless somebody has set it
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    # Without AVX-512 TensorFlow leaves oneDNN off, and a step then takes more than twice as long.
    "TF_ENABLE_ONEDNN_OPTS": "1",
}

COMPILED_BYTES = 2**30  # of compiled programs that are kept


def prepare(device: Device) -> None:
    """Set what has to be set before the framework finds its devices."""
    _set_defaults()
    if device.id == "cpu":
        os.environ[DEVICES] = ""
    else:
        os.environ[DEVICES] = device.id.split(":")[1]
        _keep_compiled()


def start_framework() -> None:
    """Import Keras with its backend and let it find its devices; what it prints is thrown away."""
    with _quiet():
        import_framework()
        import keras

        keras.ops.zeros(1)  # the first operation looks for devices


def import_framework() -> None:
    """Import Keras with its backend, and touch no device yet."""
    _set_defaults()
    with _quiet(), _without("sklearn"):  # for wrappers that nobody uses here, it costs a second
        import keras  # noqa: F401


def jit_compile(xla: bool) -> bool:
    """Return the value of `jit_compile` for Keras.

    JAX would run every operation by itself without it. TensorFlow's XLA is faster on GPUs and
    slower on processors. PyTorch runs steps as they are written.

    Args:
        xla: whether XLA suits the device.
    """
    import keras

    backend = keras.config.backend()
    return backend == "jax" or (xla and backend == "tensorflow")


def bring_home(model: Any) -> None:
    """Let a model's variables hold what its training has reached so far.

    On JAX, `fit` keeps them in a state of its own until somebody asks; what is assigned to a
    variable before that is lost. Elsewhere this does nothing.
    """
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()


def _keep_compiled() -> None:
    """Have JAX keep what it compiles for a GPU.

    It compiles a step for every process, and once more where several are launched together.
    """
    from ..base.paths import cache_dir

    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_dir() / "jax"))
    os.environ.setdefault("JAX_COMPILATION_CACHE_MAX_SIZE", str(COMPILED_BYTES))


def _set_defaults() -> None:
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Throw away what the block prints on stderr.

    TensorFlow's C++ part greets there, whatever the settings say. If the block fails, what it
    printed is shown after all, and its exception goes on to the caller.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


@contextlib.contextmanager
def _without(package: str) -> Iterator[None]:
    """Let imports inside find a package not installed, unless it is in memory already."""
    hidden = package not in sys.modules
    if hidden:
        sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules[package]
