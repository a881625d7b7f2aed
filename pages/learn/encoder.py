"""Learn, part 3: the base encoder turns a picture into a vector; vectors have angles."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from pages.shared.picture_html import data_uri
from simclr_core.feed import demo
from simclr_core.loss.normalise import l2_normalise
from simclr_core.runs.summary import percent

from . import part

SAME, OTHER, ANY = "same shape", "another shape", "any two"
BEFORE, AFTER = "untrained", "trained"
LEAST = 0.5  # cosine at the left end of the scale: those of h lie above it here
TEMPERATURE = 0.1  # that the recorded run was trained at


def show_encoder(title: str) -> None:
    """Show the text, and two pictures with their numbers and their angle."""
    same, push = push_on_same(demo.story()["z_last"], demo.story()["shape"])
    with part.columns(title, "encoder", same=percent(same), push=percent(push)):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            what = st.segmented_control(
                "Two pictures of", [SAME, OTHER, ANY], default=SAME, required=True, key="pair_of"
            )
            when = st.segmented_control(
                "Network", [BEFORE, AFTER], default=AFTER, required=True, key="pair_network"
            )
            st.button("Another pair", on_click=_another)
        seed = st.session_state.setdefault("pair_seed", 0)
        story = demo.story()
        a, b = pair(story["shape"], str(what), seed)
        h = story["h_last" if when == AFTER else "h_first"].astype(np.float32)
        st.markdown(  # st.html would take the drawings out
            figure(story["images"][[a, b]], h[[a, b]], names(story, a, b)), unsafe_allow_html=True
        )
        st.html(compared(h, story["shape"], cosine(h[a], h[b])))
        part.recorded(st.container())


def pair(shape: np.ndarray, what: str, seed: int) -> tuple[int, int]:
    """Draw two different pictures at random.

    Args:
        shape: (P,) the shape of each picture.
        what: `SAME`, `OTHER` or `ANY`.
        seed: of the draw.
    """
    random = np.random.default_rng(seed)
    first = int(random.integers(len(shape)))
    fits = np.ones(len(shape), bool)
    if what != ANY:
        fits = (shape == shape[first]) == (what == SAME)
    fits[first] = False
    return first, int(random.choice(np.flatnonzero(fits)))


def names(story: dict[str, np.ndarray], a: int, b: int) -> tuple[str, str]:
    """Return what the two pictures show."""
    return str(story["shapes"][story["shape"][a]]), str(story["shapes"][story["shape"][b]])


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Return the cosine of the angle between two vectors."""
    unit = l2_normalise(np.stack([a, b]))
    return float(unit[0] @ unit[1])


def figure(images: np.ndarray, h: np.ndarray, words: tuple[str, str]) -> str:
    """Return HTML: two pictures, their numbers as bars, and the angle between their arrows."""
    top = float(np.abs(h).max()) or 1.0
    rows = "".join(
        f'<div class="learn-row"><img class="lab-picture" src="{data_uri(image)}" alt="{word}">'
        f"<span>{word}</span>{bars(vector / top)}</div>"
        for image, vector, word in zip(images, h, words, strict=True)
    )
    value = cosine(h[0], h[1])
    degrees = math.degrees(math.acos(min(max(value, -1.0), 1.0)))
    return f'<div class="learn-pair"><div>{rows}</div>{arrows(degrees, value)}</div>'


def bars(values: np.ndarray) -> str:
    """Return SVG: numbers from -1 to 1 as thin bars."""
    width, height = len(values) * 4, 56
    low = float(values.min()) < 0
    zero = height / 2 if low else height
    scale = zero - 2
    rects = "".join(
        f'<rect x="{4 * i}" y="{zero - max(v, 0) * scale:.1f}" width="3" '
        f'height="{abs(v) * scale:.1f}"/>'
        for i, v in enumerate(values.tolist())
    )
    return (
        f'<svg class="learn-bars" viewBox="0 0 {width} {height}" preserveAspectRatio="none" '
        f'role="img" aria-label="{len(values)} numbers">{rects}</svg>'
    )


def arrows(degrees: float, value: float) -> str:
    """Return SVG: two arrows with the angle between the representations."""
    lines = []
    for turn, colour in ((0.0, "--view-1"), (degrees, "--view-2")):
        x, y = 20 + 120 * math.cos(math.radians(turn)), 130 - 120 * math.sin(math.radians(turn))
        lines.append(
            f'<line x1="20" y1="130" x2="{x:.1f}" y2="{y:.1f}" style="stroke:var({colour})"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" style="fill:var({colour})"/>'
        )
    return (
        '<div class="learn-angle"><svg viewBox="-104 0 254 140" role="img" '
        f'aria-label="an angle of {degrees:.0f} degrees">{"".join(lines)}</svg>'
        f"<p><b>{degrees:.0f}°</b> apart: cosine <b>{_signed(value)}</b></p></div>"
    )


def compared(h: np.ndarray, shape: np.ndarray, value: float) -> str:
    """Return HTML: the cosine of this pair, and mean cosines of same and different shapes."""
    same, others = _means(h, shape)
    rows = {
        "this pair": value,
        "mean for the same shape": same,
        "mean for different shapes": others,
    }
    cells = "".join(
        f'<div><span>{name}</span><b style="--at:{_place(number):.1f}%"></b>'
        f"<em>{_signed(number)}</em></div>"
        for name, number in rows.items()
    )
    same, others = _means(h - h.mean(axis=0), shape)
    return (
        f'<div class="learn-scale">{cells}<p>cosine of h, from {LEAST:g} to 1. All h have much in '
        "common; with the mean of all pictures subtracted, the same shape has "
        f"{_signed(same)} and different shapes {_signed(others)}.</p></div>"
    )


def push_on_same(z: np.ndarray, shape: np.ndarray) -> tuple[float, float]:
    """Return which share of a picture's strangers have its shape, and their share of the push.

    The push is the gradient of NT-Xent on each picture's negatives: exp(s/τ) over their sum.

    Args:
        z: (P, d) projections.
        shape: (P,) the shape of each picture.
    """
    unit = l2_normalise(z.astype(np.float32))
    others = ~np.eye(len(shape), dtype=bool)
    alike = (shape[:, None] == shape[None]) & others
    weights = np.exp((unit @ unit.T - 1) / TEMPERATURE) * others
    weights /= weights.sum(axis=1, keepdims=True)
    return float(alike.sum() / others.sum()), float((weights * alike).sum(axis=1).mean())


def _means(h: np.ndarray, shape: np.ndarray) -> tuple[float, float]:
    """Return the mean cosine of two pictures of the same shape, and of different shapes."""
    unit = l2_normalise(h)
    alike = unit @ unit.T
    same = shape[:, None] == shape[None]
    others = ~np.eye(len(shape), dtype=bool)
    return float(alike[same & others].mean()), float(alike[~same].mean())


def _place(cosine: float) -> float:
    """Return where a cosine is on the scale, in per cent of its width."""
    return 100 * min(max((cosine - LEAST) / (1 - LEAST), 0.0), 1.0)


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _another() -> None:
    st.session_state["pair_seed"] = st.session_state.get("pair_seed", 0) + 1
