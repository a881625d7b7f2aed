"""Colours of the data, and arrays in, Plotly figures out.

Knows nothing of runs and pages. Imports no other room.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "charts": ["lines_figure"],
        "colors": ["category_colors"],
    },
)
