"""Lessons about the loss: temperature, negatives, and what each part of it is for.

Figures of the literature are of ImageNet and ResNet-50 unless something else is said.
"""

from __future__ import annotations

from .about_views import SIMCLR
from .lesson import Condition, Effect, Lesson

LESSONS: tuple[Lesson, ...] = (
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
            "At τ of 0.05, 0.1, 0.5 and 1 the linear probe reads 59.7%, 64.4%, 60.7% and 58.0% "
            "(ImageNet, ResNet-50, top 1, N = 4,096)."
        ),
        shows_not=(
            "That 0.1 is right elsewhere: in long training on CIFAR-10 the paper does best with "
            "0.5 (appendix B.9). Nor what the hardest would weigh at equal h: each τ is measured "
            "on the network that it trained."
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
            Effect("0.01 puts more weight on the hardest than 1", "hardest", "τ = 0.01", "τ = 1",
                   0.2),
        ),
        steps=400,
        seconds=65,
    ),
    Lesson(
        name="negatives",
        title="How many negatives?",
        question="What happens if each view is compared with one stranger only?",
        answers=("It is as good as all", "It is clearly worse", "It is better"),
        right=1,
        about=(
            "Patterns, the same batches of 64 pictures, steps and seed; the loss of each view sees "
            "1, 3, 15, 63 or all 126 negatives."
        ),
        source=f"{SIMCLR}, section 5.2 and figure 9",
        published=(
            "Larger batches, which hold more negatives, do better where training is short; with "
            "more epochs the gaps shrink or disappear (ImageNet, ResNet-50). Negatives apart from "
            "batch size were not tried there."
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
        seconds=90,
    ),
    Lesson(
        name="collapse",
        title="No negatives, and a forgotten diagonal",
        question="Partners are pulled together and nothing is pushed apart. What will z look like?",
        answers=("As before", "All nearly alike", "Spread out more"),
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
            "classifier of 1,000 classes reads 0.1%: chance (figure 2: ImageNet, ResNet-50, 100 "
            "epochs, SimSiam)."
        ),
        shows_not=(
            "That negatives are the only remedy: a stopped gradient together with a predictor, as "
            "in the source, is another. Nor that the forgotten diagonal spoils h: in the result "
            "above, its neighbours agree just as well. It spoils what is read from the loss, "
            "which cannot fall below "
            "ln 2, and from the accuracy, which is always 0. h can hold something although z does "
            "not."
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
            Effect("With the diagonal left in, accuracy reads 0 whatever was learned",
                   "best_accuracy", "NT-Xent", "diagonal left in", 0.3),
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
            "Shapes: NT-Xent, alignment alone, uniformity alone, and their sum as a loss, also "
            "with one of the two counted four times. Both are measured twelve times during each "
            "training."
        ),
        source=(
            "Wang & Isola 2020, Understanding Contrastive Representation Learning through "
            "Alignment and Uniformity on the Hypersphere (arXiv 2005.10242)"
        ),
        published=(
            "With endlessly many negatives the contrastive loss optimises both (theorem 1). The "
            "best encoders have both low (figure 5), and optimising one alone makes probes worse "
            "(figures 7 and 8, STL-10); their sum did as well as the contrastive loss, or better "
            "(tables 1 and 2)."
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
            Condition("alignment four times", objective="more alignment"),
            Condition("uniformity four times", objective="more uniformity"),
        ),
        effects=(
            Effect("NT-Xent finds more than alignment alone", "knn", "NT-Xent", "alignment alone",
                   0.1),
            Effect("NT-Xent finds more than uniformity alone", "knn", "NT-Xent",
                   "uniformity alone", 0.1),
            Effect("Their sum finds more than alignment alone", "knn", "their sum",
                   "alignment alone", 0.1),
            Effect("Their sum finds more than uniformity alone", "knn", "their sum",
                   "uniformity alone", 0.1),
            Effect("Alignment alone does not spread", "uniformity", "alignment alone", "NT-Xent",
                   0.5),
            Effect("Uniformity alone does not align", "alignment", "uniformity alone", "NT-Xent",
                   0.2),
        ),
        steps=350,
        seconds=115,
    ),
)  # fmt: skip
