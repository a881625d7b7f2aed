"""The lessons, in the order in which they are told.

Effects were named before the recorded results were made; what did not hold stays and says so.
Figures of the literature are of ImageNet and ResNet-50 unless something else is said.
"""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError
from . import batch_sizes, few_labels, maps
from .lesson import Condition, Effect, Lesson

SIMCLR = "Chen et al. 2020, A Simple Framework for Contrastive Learning (arXiv 2002.05709)"
_NO_COLOR = {"views": {"color_strength": 0.0, "gray_p": 0.0}}
_NO_CROP = {"views": {"crop_p": 0.0, "flip_p": 0.0}}
_WITH, _WITHOUT = "with colour distortion", "without it"
_BOTH, _CROP, _COLOR = "both", "crop alone", "colour alone"

_COLOR_TEXT: dict[str, Any] = {
    "answers": ("Shape, as before", "Mostly colour", "Nothing"),
    "right": 1,
    "source": f"{SIMCLR}, figures 5 and 6",
    "published": (
        "Crops with colour distortion reach 56% by linear probe, crops without it 33% (figure 5). "
        "Figure 6 shows why: the crops of one picture have nearly the same histogram of colours."
    ),
}
_COMPOSITION_TEXT: dict[str, Any] = {
    "answers": ("Crops alone suffice", "Colour alone suffices", "It takes both"),
    "right": 2,
    "source": f"{SIMCLR}, figure 5",
    "published": "By linear probe: crop alone 33%, colour alone 19%, both together 56%.",
    "conditions": (
        Condition(_BOTH),
        Condition(_CROP, _NO_COLOR),
        Condition(_COLOR, _NO_CROP),
    ),
}

LESSONS: tuple[Lesson, ...] = (
    Lesson(
        name="color",
        title="Without colour distortion the network learns colour",
        question="Views are cropped but keep their colours. What will the network learn?",
        about=(
            "Shapes, crops and flips, once with colour distortion and once without; then linear "
            "probes of h for the shape and for its hue. These pictures were drawn to show this: "
            "nothing but the colour tells most crops of a plain scene apart."
        ),
        shows_not=(
            "How strong the effect is on photographs: see the next lesson. Nor that colour is "
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
        shows_not="What a long training makes of it: these are a thousand steps.",
        data="cifar10",
        quantities={"knn": "neighbours share the class (kNN accuracy)"},
        conditions=(Condition(_WITH), Condition(_WITHOUT, _NO_COLOR)),
        effects=(Effect("Neighbours agree more with it", "knn", _WITH, _WITHOUT, 0.03),),
        steps=1000,
        seconds=100,
        **{**_COLOR_TEXT, "answers": ("It helps", "No difference", "It hurts"), "right": 0},
    ),
    Lesson(
        name="composition",
        title="One augmentation is not enough",
        question="Which alterations does the network need to find the motif?",
        about=(
            "Patterns: a motif repeated in two colours of its own. Crops alone leave the colours "
            "as a shortcut, colour alone leaves every copy in its place. The set was drawn so."
        ),
        shows_not=(
            "That this holds for every kind of picture. On the plain shapes of this app colour "
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
        title="One augmentation, on photographs",
        question="And on photographs?",
        about="CIFAR-10 with crop alone, colour alone and both; neighbours of h share the class.",
        shows_not="What a long training makes of it: these are 700 steps.",
        data="cifar10",
        quantities={"knn": "neighbours share the class (kNN accuracy)"},
        effects=(
            Effect("Both find more than crop alone", "knn", _BOTH, _CROP, 0.03),
            Effect("Both find more than colour alone", "knn", _BOTH, _COLOR, 0.03),
        ),
        steps=700,
        seconds=110,
        **_COMPOSITION_TEXT,
    ),
    Lesson(
        name="head",
        title="z loses what the alterations vary",
        question="A probe asks h and z for hue, size and hand. Which knows more?",
        answers=("h", "z", "Both the same"),
        right=0,
        about=(
            "Patterns, one training with h and z of equal length. Linear probes of both for what "
            "views vary (hue, size, which way round) and for the motif, which they keep."
        ),
        source=f"{SIMCLR}, section 4.2 and table 3",
        published=(
            "h against z, by a probe: which rotation 68% against 26%, whether corrupted 99.5% "
            "against 59.6%, whether Sobel-filtered 96.6% against 56.3%."
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
    Lesson(
        name="temperature",
        title="Temperature: too low, right, too high",
        question="Which temperature teaches most in this time?",
        answers=("0.01", "0.1", "1"),
        right=1,
        about=(
            "Patterns, the same steps at three temperatures. Beside the score: which part of the "
            "push the hardest tenth of the negatives gets."
        ),
        source=f"{SIMCLR}, table 5",
        published=(
            "At τ of 0.05, 0.1, 0.5 and 1 the linear probe reads 59.7%, 64.4%, 60.7% and 58.0%."
        ),
        shows_not=(
            "That 0.1 is right elsewhere. It depends on the batch, on how alike the pictures of a "
            "class are and on the time: on digits 0.5 did better here."
        ),
        data="patterns",
        quantities={
            "knn": "neighbours share the motif (kNN accuracy)",
            "hardest": "of the push, on the hardest tenth",
        },
        conditions=tuple(
            Condition(f"τ = {tau:g}", {"training": {"temperature": tau}}) for tau in (0.01, 0.1, 1)
        ),
        effects=(
            Effect("0.1 finds more than 0.01", "knn", "τ = 0.1", "τ = 0.01", 0.03),
            Effect("0.1 finds more than 1", "knn", "τ = 0.1", "τ = 1", 0.03),
            Effect("The lower, the more weight on few", "hardest", "τ = 0.01", "τ = 1", 0.2),
        ),
        steps=400,
        seconds=65,
    ),
    Lesson(
        name="negatives",
        title="How many negatives?",
        question="Each view is compared with fewer strangers. From how many on does it suffer?",
        answers=("One is as good as all", "One is clearly worse", "More are worse"),
        right=1,
        about=(
            "Patterns, the same batches of 64 pictures, steps and seed; the loss of each view sees "
            "1, 3, 15, 63 or all 126 negatives."
        ),
        source=f"{SIMCLR}, section 5.1 and figure 9",
        published=(
            "Larger batches, which hold more negatives, do better where training is short; with "
            "more steps the gaps shrink or disappear."
        ),
        shows_not="What batch size does besides: that is the next lesson.",
        data="patterns",
        quantities={"knn": "neighbours share the motif (kNN accuracy)"},
        conditions=tuple(
            Condition(name, objective=objective)
            for name, objective in (
                ("1", "1 negative"), ("3", "3 negatives"), ("15", "15 negatives"),
                ("63", "63 negatives"), ("all 126", "nt-xent"),
            )
        ),
        effects=(Effect("All find more than one", "knn", "all 126", "1", 0.03),),
        steps=350,
        seconds=85,
    ),
    batch_sizes.LESSON,
    Lesson(
        name="collapse",
        title="No negatives, and a forgotten diagonal",
        question="Partners are pulled together and nothing is pushed apart. What will z look like?",
        answers=("As before", "All projections on about one line", "Spread out more"),
        right=1,
        about=(
            "Shapes: NT-Xent, the same without negatives, and NT-Xent in which every view competes "
            "with itself as well, a common mistake."
        ),
        source=(
            "Chen & He 2021, Exploring Simple Siamese Representation Learning (arXiv 2011.10566)"
        ),
        published=(
            "Without negatives and without a stop of the gradient all outputs become alike, and a "
            "classifier of 1,000 classes reads 0.1%: chance (figure 2)."
        ),
        shows_not=(
            "That negatives are the only remedy: stopped gradients, as in the source, and others "
            "work as well. h can hold something although z does not."
        ),
        data="shapes",
        quantities={
            "rank_z": "effective rank of z",
            "knn": "neighbours share the shape (kNN accuracy)",
            "least_loss": "least loss of any step",
            "best_accuracy": "best contrastive accuracy of any step",
        },
        conditions=(
            Condition("NT-Xent"),
            Condition("no negatives", objective="no negatives"),
            Condition("diagonal left in", objective="with itself"),
        ),
        effects=(
            Effect("z spreads over more dimensions with negatives", "rank_z", "NT-Xent",
                   "no negatives", 5.0),
            Effect("Neighbours agree more with negatives", "knn", "NT-Xent", "no negatives", 0.1),
            Effect("With the diagonal the loss stays over ln 2", "least_loss", "diagonal left in",
                   0.6931471, 0.0),
            Effect("NT-Xent finds partners where the other reads none", "best_accuracy", "NT-Xent",
                   "diagonal left in", 0.3),
        ),
        steps=500,
        seconds=70,
    ),
    Lesson(
        name="alignment",
        title="Alignment and uniformity",
        question="Partners close (alignment), everything spread out (uniformity). Is one enough?",
        answers=("Alignment is enough", "Uniformity is enough", "It takes both"),
        right=2,
        about=(
            "Shapes: NT-Xent, alignment alone, uniformity alone, and their sum as a loss. How both "
            "move is measured twelve times during each training."
        ),
        source=(
            "Wang & Isola 2020, Understanding Contrastive Representation Learning through "
            "Alignment and Uniformity on the Hypersphere (arXiv 2005.10242)"
        ),
        published=(
            "NT-Xent brings both down; encoders that have both low are read better by probes, and "
            "either of the two alone gives poor ones."
        ),
        shows_not="That the two numbers rank good encoders: two with the same numbers can differ.",
        data="shapes",
        quantities={
            "alignment": "alignment of z",
            "uniformity": "uniformity of z",
            "knn": "neighbours share the shape (kNN accuracy)",
        },
        conditions=(
            Condition("NT-Xent"),
            Condition("alignment alone", objective="alignment"),
            Condition("uniformity alone", objective="uniformity"),
            Condition("their sum", objective="both"),
        ),
        effects=(
            Effect("NT-Xent finds more than alignment alone", "knn", "NT-Xent", "alignment alone",
                   0.1),
            Effect("NT-Xent finds more than uniformity alone", "knn", "NT-Xent",
                   "uniformity alone", 0.1),
            Effect("Alignment alone does not spread", "uniformity", "alignment alone", "NT-Xent",
                   0.5),
            Effect("Uniformity alone does not align", "alignment", "uniformity alone", "NT-Xent",
                   0.2),
        ),
        steps=500,
        seconds=95,
    ),
    few_labels.LESSON,
    maps.LESSON,
)  # fmt: skip


def lesson_named(name: str) -> Lesson:
    """A lesson by its name.

    Raises:
        ConfigError: it is not known; the nearest is named.
    """
    from ..config import _unknown

    for lesson in LESSONS:
        if lesson.name == name:
            return lesson
    raise ConfigError(_unknown(name, [lesson.name for lesson in LESSONS], "lesson"))
