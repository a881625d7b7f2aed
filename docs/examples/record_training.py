"""Record a training of your own with Keras, and look into it in the app.

    PYTHONPATH=. .venv/bin/python docs/examples/record_training.py

Here a small classifier learns scikit-learn's digits; RunRecorder writes what its last hidden layer
makes of 300 of them.
"""

import keras
import numpy as np
from sklearn.datasets import load_digits

from simclr_core.runs.transfer.keras_recorder import RunRecorder

digits = load_digits()
x = np.repeat(digits.images[..., None] / 16, 3, axis=3).astype("float32")  # (N, 8, 8, 3) in [0, 1]
y = digits.target

encoder = keras.Sequential(
    [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(64, activation="relu")]
)
model = keras.Sequential([encoder, keras.layers.Dense(10)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))

recorder = RunRecorder(encoder, x[:300], y[:300], name="digits, with labels", every=20)
model.fit(x, y, epochs=2, batch_size=32, verbose=0, callbacks=[recorder])
print(recorder.run.id)
