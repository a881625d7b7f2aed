"""NT-Xent, the loss of SimCLR, and what can be read off its similarities.

Works on NumPy arrays and on `keras.ops` tensors; importing it imports no Keras. Imports no other
room.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "normalise": ["l2_normalise"],
        "nt_xent": ["contrastive_accuracy", "nt_xent_loss", "similarities"],
    },
)
