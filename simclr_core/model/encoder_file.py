"""The encoder f alone as a file that other programs load: pictures in [0, 1] to h."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from ..base.errors import LabError

# How to use the file in another program; `size` is the pictures' side in pixels.
USE = {
    "keras": """\
import cv2
import keras
import numpy as np

encoder = keras.saving.load_model("encoder.keras", compile=False)
picture = cv2.cvtColor(cv2.imread("picture.png"), cv2.COLOR_BGR2RGB)
picture = cv2.resize(picture, ({size}, {size}), interpolation=cv2.INTER_AREA)
h = encoder.predict(picture[None] / np.float32(255))
print(h.shape)  # representations, one row per picture
""",
    "savedmodel": """\
import cv2
import numpy as np
import tensorflow as tf

encoder = tf.saved_model.load("encoder")  # the unpacked folder
picture = cv2.cvtColor(cv2.imread("picture.png"), cv2.COLOR_BGR2RGB)
picture = cv2.resize(picture, ({size}, {size}), interpolation=cv2.INTER_AREA)
h = encoder.serve(picture[None] / np.float32(255)).numpy()
print(h.shape)  # representations, one row per picture
""",
}


def save_encoder(encoder: Any, path: Path) -> None:
    """Write an encoder.

    Args:
        encoder: (N, S, S, 3) in [0, 1] -> h (N, D), a Keras model.
        path: ends in .keras; anything else is a folder for a SavedModel, not there yet.

    Raises:
        LabError: it cannot be written there.
    """
    try:
        if path.suffix:
            encoder.save(path)
        else:
            encoder.export(path, verbose=False)
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}); choose another.") from error


def encoder_file(encoder: Any, form: str) -> bytes:
    """Return an encoder as the bytes of one file.

    Args:
        encoder: as for `save_encoder`.
        form: "keras", or "savedmodel" for a zip with a folder `encoder`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("encoder.keras" if form == "keras" else "encoder")
        save_encoder(encoder, path)
        if form == "keras":
            return path.read_bytes()
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(folder))
        return sink.getvalue()
