"""bfloat16 beside float32: the same steps, turn by turn."""

from __future__ import annotations

from ..settings.presets import preset_config
from ..training.precision import PRECISIONS, step_of
from .rounds import Figure, seconds_each

SIZE = 32  # pixels per side of the views
# Preset and kind of picture: widths 16, 24 and 32.
SETTINGS = (("minute", "drawn"), ("five-minutes", "photographs"), ("ten-minutes", "photographs"))


def measure_precisions(rounds: int, budget: float) -> dict[str, dict[str, Figure]]:
    """Measure a whole step of several presets in each precision, in seconds.

    Args:
        rounds: in which the precisions take turns.
        budget: seconds of a turn.

    Returns:
        Name of the preset -> precision -> seconds per step.
    """
    figures = {}
    for preset, kind in SETTINGS:
        config = preset_config(preset, kind=kind)
        steps = {name: step_of(config, SIZE, name) for name in PRECISIONS}
        figures[preset] = seconds_each(steps, rounds, budget)
    return figures
