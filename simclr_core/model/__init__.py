"""The network: encoder f, projection head g, and SimCLR as an ordinary Keras model.

Encoders and heads, how much memory they take, optimisers, the learning rate's schedule, supervised
training of the same encoder, and how Keras' backend is started. Importing the room imports no
Keras; asking it for a name that needs Keras does. May import `base`, `settings`, `machine`, `data`,
`views` and `loss`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "encoders": ["ENCODERS", "build_encoder"],
        "projection_head": ["build_projection_head"],
        "memory": ["needed"],
        "simclr": ["SimCLR", "build_model", "compile_model"],
        "backend": ["prepare"],
        "optimizers": ["build_optimizer"],
        "schedule": ["WarmupCosine", "learning_rate_at"],
    },
)
