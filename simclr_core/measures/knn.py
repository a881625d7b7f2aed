"""Nearest neighbours by cosine similarity, and what they vote for."""

from __future__ import annotations

import math

import numpy as np

from ..loss.normalise import l2_normalise
from .vectors import Values, Vectors, flat

K, T = 20, 0.1  # neighbours and temperature of the weighted vote
BLOCK = 64_000_000  # numbers of vectors that are compared at once: 256 MB

Neighbours = tuple[np.ndarray, np.ndarray]  # indices (Q, k) int64 and similarities (Q, k) float32


def knn_accuracies(vectors: Vectors) -> Values:
    """Yield kNN accuracy of every target, with the defaults `K` and `T`.

    A target whose categories are all known shares its neighbours with the others like it.
    """
    shared: Neighbours | None = None
    for name, truth in vectors.targets.items():
        known = truth >= 0
        if vectors.bank is None:
            if not known.all():
                yield name, knn_accuracy(vectors.x[known], truth[known])
                continue
            bank, labels, queries = vectors.x, truth, None
        else:
            labels = vectors.bank_targets[name]
            usable = labels >= 0
            if not (known.all() and usable.all()):
                bank, queries = vectors.bank[usable], vectors.x[known]
                yield name, knn_accuracy(bank, labels[usable], queries, truth[known])
                continue
            bank, queries = vectors.bank, vectors.x
        shared = nearest(bank, queries) if shared is None else shared
        yield name, float((vote(shared, labels) == truth).mean())


def nearest(
    bank: np.ndarray, queries: np.ndarray | None = None, k: int = K, block: int = 1000
) -> Neighbours:
    """Find the k most similar vectors by cosine, in no order.

    Args:
        bank: (B, ...) vectors.
        queries: (Q, ...); None asks for the neighbours of every bank vector, itself left out.
        k: neighbours; at most the size of the bank.
        block: queries at a time, at most.

    Returns:
        Indices into the bank (Q, k) int64, and their similarities (Q, k) float32.
    """
    alone = queries is None
    wanted = bank if queries is None else queries
    fitting = max(1, BLOCK // max(math.prod(bank.shape[1:]), 1))  # vectors per block
    block = min(block, fitting)
    k = max(1, min(k, len(bank) - alone))
    indices = np.zeros((len(wanted), k), np.int64)
    similarity = np.full((len(wanted), k), -np.inf, np.float32)
    for first in range(0, len(bank), fitting):
        part = l2_normalise(flat(bank[first : first + fitting]))  # (b, D)
        for start in range(0, len(wanted), block):
            rows = slice(start, min(start + block, len(wanted)))
            s = l2_normalise(flat(wanted[rows])) @ part.T  # (q, b)
            if alone:
                own = np.arange(rows.start, rows.stop) - first
                inside = np.flatnonzero((own >= 0) & (own < len(part)))
                s[inside, own[inside]] = -np.inf
            _keep_best(indices[rows], similarity[rows], s, first)
    return indices, similarity


def _keep_best(indices: np.ndarray, similarity: np.ndarray, s: np.ndarray, first: int) -> None:
    """Replace neighbours found so far by better ones, in place.

    Args:
        indices, similarity: (q, k) of some queries.
        s: (q, b) their similarities to the vectors of the bank from `first` on.
    """
    k = indices.shape[1]
    best = np.argpartition(-s, min(k, s.shape[1]) - 1, axis=1)[:, :k]
    both = np.concatenate([similarity, np.take_along_axis(s, best, axis=1)], axis=1)
    which = np.concatenate([indices, first + best], axis=1)
    kept = np.argpartition(-both, k - 1, axis=1)[:, :k]
    indices[:] = np.take_along_axis(which, kept, axis=1)
    similarity[:] = np.take_along_axis(both, kept, axis=1)


def vote(neighbours: Neighbours, labels: np.ndarray, temperature: float = T) -> np.ndarray:
    """Return the label that most votes are for; see `vote_shares`.

    Returns:
        (Q,) int64 predicted labels.
    """
    return vote_shares(neighbours, labels, temperature).argmax(axis=1)


def vote_shares(neighbours: Neighbours, labels: np.ndarray, temperature: float = T) -> np.ndarray:
    """Let neighbours vote, the more similar ones with more weight (Wu et al. 2018, section 3.4).

    Args:
        neighbours: as `nearest` gives them.
        labels: (B,) int, 0..C-1, of the bank.
        temperature: a neighbour at cosine similarity s votes with weight exp(s / temperature).

    Returns:
        (Q, C) float64 in [0, 1]: the share of the votes that each label gets.
    """
    indices, top = neighbours  # (Q, k) each
    weight = np.exp((top - top.max(axis=1, keepdims=True)) / temperature)  # (Q, k)
    votes = np.zeros((len(indices), int(labels.max()) + 1))
    np.add.at(votes, (np.arange(len(indices))[:, None], labels[indices]), weight)
    return votes / votes.sum(axis=1, keepdims=True)


def knn_predict(
    bank: np.ndarray,
    labels: np.ndarray,
    queries: np.ndarray | None = None,
    k: int = K,
    temperature: float = T,
) -> np.ndarray:
    """Predict the labels that the k most similar vectors vote for; see `nearest` and `vote`.

    Returns:
        (Q,) int64 predicted labels.
    """
    return vote(nearest(bank, queries, k), labels, temperature)


def knn_accuracy(
    bank: np.ndarray,
    bank_labels: np.ndarray,
    queries: np.ndarray | None = None,
    query_labels: np.ndarray | None = None,
    k: int = K,
    temperature: float = T,
) -> float:
    """Return the share of queries whose neighbours vote for their label, in [0, 1].

    Args: as `knn_predict`; without queries, every bank vector is asked for, itself left out.
    """
    truth = bank_labels if query_labels is None else query_labels
    return float((knn_predict(bank, bank_labels, queries, k, temperature) == truth).mean())
