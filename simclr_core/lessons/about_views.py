"""Lessons about views and what they leave to learn.

Figures of the literature are of ImageNet and ResNet-50 unless something else is said.
"""

from __future__ import annotations

from typing import Any

from .lesson import Condition, Effect, Lesson

SIMCLR = (
    "Chen et al. 2020, A Simple Framework for Contrastive Learning of Visual Representations "
    "(arXiv 2002.05709)"
)
_NO_COLOR = {"views": {"color_strength": 0.0, "gray_p": 0.0}}
_NO_CROP = {"views": {"crop_p": 0.0, "flip_p": 0.0}}
_WITH, _WITHOUT = "with colour distortion", "without it"
_BOTH, _CROP, _COLOR = "both", "crop alone", "colour alone"

_COLOR_TEXT: dict[str, Any] = {
    "answers": ("Shape, as before", "Mostly colour", "Nothing"),
    "right": 1,
    "source": f"{SIMCLR}, figures 5 and 6",
    "published": (
        "Crops with colour distortion reach 56% by linear probe, crops without it 33% (figure 5: "
        "ImageNet, ResNet-50, top 1; only one of the two views was altered). The crops of one "
        "picture have a similar histogram of colours (figure 6): the paper's guess at the reason."
    ),
}
_COMPOSITION_TEXT: dict[str, Any] = {
    "answers": ("Crops alone suffice", "Colour alone suffices", "It takes both"),
    "right": 2,
    "source": f"{SIMCLR}, figure 5",
    "published": (
        "By linear probe: crop alone 33%, colour distortion alone 19%, both together 56% "
        "(ImageNet, ResNet-50, top 1; only one of the two views was altered)."
    ),
    "conditions": (
        Condition(_BOTH),
        Condition(_CROP, _NO_COLOR),
        Condition(_COLOR, _NO_CROP),
    ),
}

LESSONS: tuple[Lesson, ...] = (
    Lesson(
        name="color",
        title="Views that keep their colours",
        question="Views are cropped but keep their colours. What will the network learn?",
        about=(
            "Shapes, crops and flips, once with colour distortion and once without; then linear "
            "probes of h for the shape and for its hue."
        ),
        shows_not=(
            "How strong the effect is on photographs (see the next lesson): these pictures were "
            "drawn to show it, as their colours alone tell most of them apart. Nor that colour is "
            "useless: for telling ripe fruit one would keep it."
        ),
        data="shapes",
        quantities={"probe:shape": "shape, by linear probe", "probe:hue": "hue, by linear probe"},
        conditions=(Condition(_WITH), Condition(_WITHOUT, _NO_COLOR)),
        effects=(
            Effect("Shape is read better with it", "probe:shape", _WITH, _WITHOUT, 0.2),
            Effect("Hue is read better without it", "probe:hue", _WITHOUT, _WITH, 0.05),
        ),
        steps=900,
        seconds=100,
        **_COLOR_TEXT,
    ),
    Lesson(
        name="color-photographs",
        title="Colour distortion on photographs",
        question="Photographs have more than colour. Does it still matter?",
        about=(
            "CIFAR-10, crops and flips, with and without colour distortion; neighbours of h share "
            "the class."
        ),
        shows_not="What longer training would change: this is only a thousand steps.",
        data="cifar10",
        quantities={"knn": "neighbours share the class (kNN accuracy)"},
        conditions=(Condition(_WITH), Condition(_WITHOUT, _NO_COLOR)),
        effects=(Effect("Neighbours agree more with it", "knn", _WITH, _WITHOUT, 0.03),),
        steps=1000,
        seconds=90,
        **{**_COLOR_TEXT, "answers": ("It helps", "No difference", "It hurts"), "right": 0},
    ),
    Lesson(
        name="composition",
        title="Crop, colour, or both",
        question="Which alterations does the network need to find the motif?",
        about=(
            "Patterns: a motif repeated in two colours of its own; views by crop alone, by colour "
            "distortion alone, and by both."
        ),
        shows_not=(
            "That this holds for every kind of picture. This set was drawn so: crops alone leave "
            "the colours as a shortcut, colour alone leaves every copy in its place. On the plain "
            "shapes of this app colour "
            "alone does nearly as well as both."
        ),
        data="patterns",
        quantities={"knn": "neighbours share the motif (kNN accuracy)"},
        effects=(
            Effect("Both find more than crop alone", "knn", _BOTH, _CROP, 0.05),
            Effect("Both find more than colour alone", "knn", _BOTH, _COLOR, 0.05),
        ),
        steps=600,
        seconds=90,
        **_COMPOSITION_TEXT,
    ),
    Lesson(
        name="composition-photographs",
        title="Crop, colour, or both, on photographs",
        question="And on photographs?",
        about="CIFAR-10 with crop alone, colour alone and both; neighbours of h share the class.",
        shows_not="What a long training makes of it: this is only 700 steps.",
        data="cifar10",
        quantities={"knn": "neighbours share the class (kNN accuracy)"},
        effects=(
            Effect("Both find more than crop alone", "knn", _BOTH, _CROP, 0.03),
            Effect("Both find more than colour alone", "knn", _BOTH, _COLOR, 0.03),
        ),
        steps=700,
        seconds=100,
        **_COMPOSITION_TEXT,
    ),
    Lesson(
        name="head",
        title="What h knows, and what z knows",
        question=(
            "A probe reads hue, size and which way round the motif is from h and from z. "
            "Which knows more?"
        ),
        answers=("h", "z", "Both the same"),
        right=0,
        about=(
            "Patterns, one training with h and z of equal length. Linear probes of both for what "
            "views vary (hue, size, which way round: hand) and for the motif, which they keep."
        ),
        source=f"{SIMCLR}, section 4.2 and table 3",
        published=(
            "Small networks asked h and z what had been done to a picture: which rotation 68% "
            "against 26% (chance 25%), whether noise was added 99.5% against 59.6% (50%), whether "
            "Sobel-filtered 96.6% against 56.3% (50%), but colour or gray 99.3% against 97.4% "
            "(80%). These alterations were part of the training there (ImageNet, ResNet-50)."
        ),
        shows_not=(
            "That z is worse for every use: whether it is worse on the motif is shown above, "
            "either way. A probe that fails need not mean that nothing is there."
        ),
        data="patterns",
        quantities={
            **{f"probe:{name}": f"{name}, from h" for name in ("hue", "size", "hand", "motif")},
            **{f"z:{name}": f"{name}, from z" for name in ("hue", "size", "hand", "motif")},
        },
        conditions=(Condition("trained"),),
        effects=tuple(
            Effect(f"{words} is read better from h", f"probe:{name}", "trained", "trained", least,
                   f"z:{name}")
            for name, words, least in (
                ("hue", "Hue", 0.05), ("size", "Size", 0.03), ("hand", "Hand", 0.03),
            )
        ),
        base={"model": {"head_dim": 128}},
        steps=1500,
        seconds=75,
    ),
)  # fmt: skip
