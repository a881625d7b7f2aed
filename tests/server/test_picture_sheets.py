"""Sheets of pictures that belong to no run: what was offered comes back, to the app's own pages."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from http_client import serving
from pages.server import picture_sheets


@pytest.fixture(scope="module")
def client():
    with serving(picture_sheets.ROUTES) as found:
        yield found


def test_every_picture_is_at_its_place_on_the_sheet(client):
    images = np.random.default_rng(0).integers(0, 256, (11, 20, 20, 3), np.uint8)
    told = picture_sheets.offer(images)
    assert (told["columns"], told["size"]) == (4, 20)
    answer = client.get(told["pictures"])
    assert answer.headers["content-type"] == "image/webp"
    sheet = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert sheet.shape == (60, 80, 3)
    for i, image in enumerate(images):
        top, left = i // 4 * 20, i % 4 * 20
        np.testing.assert_array_equal(sheet[top : top + 20, left : left + 20], image)


def test_other_pictures_have_another_address_and_none_have_none():
    images = np.zeros((3, 8, 8, 3), np.uint8)
    assert picture_sheets.offer(images) == picture_sheets.offer(images.copy())
    assert picture_sheets.offer(images) != picture_sheets.offer(images + 1)
    assert picture_sheets.offer(images[:0]) == {}


def test_what_nobody_offered_and_what_another_site_asks_for_is_not_sent(client):
    assert client.get("/lab/pictures/0123456789abcdef.webp").status_code == 404
    told = picture_sheets.offer(np.ones((2, 8, 8, 3), np.uint8))
    answer = client.get(told["pictures"], headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
