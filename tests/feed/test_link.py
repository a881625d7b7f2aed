"""A selection as a word in the URL: what goes in comes out, and nothing else does harm."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64encode

import numpy as np
import pytest

from simclr_core.feed.explore.link import LONGEST, decode_selection, encode_selection


@pytest.mark.parametrize("count", [1, 7, 8, 9, 1000, 20_000])
def test_what_goes_in_comes_out(count):
    rng = np.random.default_rng(count)
    for share in (0.0, 0.02, 1.0):
        chosen = np.flatnonzero(rng.random(count) < share).tolist()
        word = encode_selection(chosen, count)
        assert decode_selection(word, count) == chosen
        assert word.replace("-", "").replace("_", "").isalnum()
        assert len(word) <= LONGEST


def test_a_selection_too_long_for_a_link_is_left_out():
    chosen = np.flatnonzero(np.random.default_rng(0).random(20_000) < 0.5)
    assert encode_selection(chosen, 20_000) == ""


def test_half_of_a_thousand_fits():
    chosen = np.flatnonzero(np.random.default_rng(0).random(1000) < 0.5).tolist()
    assert decode_selection(encode_selection(chosen, 1000), 1000) == chosen


BOMB = urlsafe_b64encode(zlib.compress(bytes(10**6))).decode()


@pytest.mark.parametrize(
    "word", ["", "x", "../..", "ä", "A" * 5000, encode_selection([1], 50), BOMB]
)
def test_other_words_select_nothing(word):
    assert decode_selection(word, 1000) == []
