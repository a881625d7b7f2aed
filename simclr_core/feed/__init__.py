"""What a browser is sent: packed arrays, map, curves, facts about pictures.

Pages call it and routes serve it; it knows no Streamlit. May import `figures`, `questions` and the
rooms above them.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "packing": ["pack"],
        "payload": ["curves_payload", "map_payload"],
    },
)
