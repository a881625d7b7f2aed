"""All settings of a run, and the presets that fill them in.

Frozen, flat dataclasses in which every field has its unit or its reason, and presets that set
budget, model and views for a kind of picture. May import `base`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "config": [
            "DataConfig",
            "ModelConfig",
            "RunConfig",
            "TrainConfig",
            "ViewConfig",
            "from_dict",
            "replace",
            "to_dict",
        ],
        "presets": ["PRESETS", "preset_config", "view_config"],
    },
)
