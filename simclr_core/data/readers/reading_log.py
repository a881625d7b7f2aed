"""Count what happens to the files of a folder or zip, and say it in notes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...base.paths import safe_name
from .picture_files import MIN_SIDE, Picture

EXAMPLES = 3  # names listed in a note


@dataclass
class ReadingLog:
    """What happened to the files.

    Attributes:
        skipped: reason -> names of files that were left out.
        deep: pictures with more than 8 bits per channel.
        transparent: pictures with an alpha channel.
        tiny: pictures with a side below `MIN_SIDE`.
        sides: the shorter side of each picture, in pixels.
    """

    skipped: dict[str, list[str]] = field(default_factory=dict)
    deep: int = 0
    transparent: int = 0
    tiny: int = 0
    sides: list[int] = field(default_factory=list)

    def skip(self, reason: str, name: str) -> None:
        """Record a file that is left out, and why."""
        self.skipped.setdefault(reason, []).append(name)

    def add(self, picture: Picture) -> None:
        """Record a picture that was read."""
        self.deep += picture.is_deep
        self.transparent += picture.has_alpha
        self.tiny += picture.shorter_side < MIN_SIDE
        self.sides.append(picture.shorter_side)

    def notes(self, size: int) -> list[str]:
        """Say what was left out and what was done to the rest, one sentence each.

        Args:
            size: side of the resized pictures, in pixels.
        """
        notes = []
        for reason, names in sorted(self.skipped.items()):
            shown = ", ".join(safe_name(name) for name in names[:EXAMPLES])
            more = ", …" if len(names) > EXAMPLES else ""
            notes.append(f"{len(names):,} left out, {reason}: {shown}{more}.")
        if self.deep:
            notes.append(f"{counted(self.deep)} had more than 8 bits per channel, scaled to 8.")
        if self.transparent:
            notes.append(f"{counted(self.transparent)} had transparency, shown on white.")
        if self.tiny:
            notes.append(f"{counted(self.tiny)} had sides under {MIN_SIDE} pixels: little to see.")
        common, how_often = Counter(self.sides).most_common(1)[0]
        if how_often < len(self.sides):
            low, high = min(self.sides), max(self.sides)
            notes.append(f"Pictures of {low} to {high} pixels were resized to {size} x {size}.")
        elif common != size:
            notes.append(f"Pictures of {common} pixels were resized to {size} x {size}.")
        return notes


def counted(number: int) -> str:
    """Return a number of pictures in words, such as "1 picture"."""
    return f"{number:,} picture{'s' * (number != 1)}"
