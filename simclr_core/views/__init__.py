"""Views: draw recipes, then render them by matrix products alone.

`draw_recipes` decides what happens to every view and `render_views` carries it out, on NumPy and on
`keras.ops` alike; importing the room imports no Keras. May import `base` and `settings`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "recipes": ["Recipes", "describe", "draw_recipes", "probe_recipes"],
        "render": ["render_views"],
        "advice": ["warnings"],
    },
)
