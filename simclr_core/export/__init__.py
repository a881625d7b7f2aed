"""A run's results for other programs and other people.

Tables, figures for print, a replay as one HTML file, files for TensorBoard, the encoder. May import
`figures`, `runs` and the rooms above them.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "formats": ["contents", "write"],
        "replay": ["page"],
        "static_figures": ["curves_figure", "map_figure"],
    },
)
