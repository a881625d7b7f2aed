"""Open embeddings that were made anywhere as a run of one snapshot.

    PYTHONPATH=. .venv/bin/python docs/examples/open_embeddings.py

The same from a terminal: python -m simclr_core import embeddings.npz
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from simclr_core.runs.transfer.recorder import import_embeddings

digits = load_digits()
path = Path(tempfile.mkdtemp()) / "digits.npz"
np.savez(
    path,
    embeddings=PCA(16, random_state=0).fit_transform(digits.data),  # (P, D)
    labels=digits.target,  # optional
    class_names=[str(i) for i in range(10)],  # optional
    images=np.repeat((digits.images * 15.9).astype("uint8")[..., None], 3, axis=3),  # optional
)
print(import_embeddings(path, "digits by PCA").id)
