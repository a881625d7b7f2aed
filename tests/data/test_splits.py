"""The test split: pictures of one person stay together."""

from __future__ import annotations

import numpy as np
import pytest

from simclr_core.data.splits import SourceData, groups_by_name, split_off_test


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["person1_virus_3", "person1_virus_4", "person2_x"], ("person1", "person1", "person2")),
        (["IM-0115-0001", "IM-0115-0002", "IM-0116-0001"], ("IM-0115", "IM-0115", "IM-0116")),
        (["NORMAL2-IM-7-1", "NORMAL2-IM-7-2"], ("NORMAL2-IM-7",) * 2),
        (["001", "002", "001"], None),  # in folders of two classes: two pictures
        (["cat_1", "cat_2", "dog_1"], None),  # what has no number is no source
        (["a", "b", "c"], None),
        (["2024_1", "2024_2", "2024_3"], None),  # one group: names mean something else
        ([], None),
    ],
)
def test_groups_come_from_the_first_part_of_a_name(names, groups) -> None:
    assert groups_by_name(names) == groups


def parts(groups: tuple[str, ...] | None) -> SourceData:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (200, 8, 8, 3), dtype=np.uint8)
    images[:, 0, 0, 0] = np.arange(200)  # tells them apart
    return SourceData(images, np.arange(200) % 2, groups=groups)


def test_groups_stay_together_and_the_split_keeps_its_size() -> None:
    sizes = np.random.default_rng(1).integers(1, 6, 90)
    names = np.repeat([f"p{i}" for i in range(90)], sizes)[:200]
    assert len(names) == 200
    found = split_off_test(parts(tuple(names)))
    tested = {names[i] for i in found.x_test[:, 0, 0, 0]}
    trained = {names[i] for i in found.x_train[:, 0, 0, 0]}
    assert not tested & trained
    assert 25 <= len(found.x_test) <= 50 and len(found.x_test) + len(found.x_train) == 200
    assert "begin the same way" in found.notes[-1] and found.groups is None


def test_groups_of_one_are_the_split_without_groups() -> None:
    plain, named = split_off_test(parts(None)), split_off_test(parts(tuple(map(str, range(200)))))
    assert np.array_equal(plain.x_test, named.x_test)
    assert len(plain.x_test) == 40 and np.bincount(plain.y_test).tolist() == [20, 20]


def test_identical_pictures_stay_on_one_side() -> None:
    """This includes copies with different labels, and copies that connect groups."""
    images = np.repeat(parts(None).x_train[:60], 2, axis=0)
    labels = np.arange(120) % 3
    found = split_off_test(SourceData(images, labels))
    tested, trained = (set(x[:, 0, 0, 0].tolist()) for x in (found.x_test, found.x_train))
    assert not tested & trained and len(tested) + len(trained) == 60
    assert 12 <= len(found.x_test) <= 26
    assert "identical pictures on one side" in found.notes[-1]
    groups = tuple(f"p{(i + 1) // 2}" for i in range(120))  # each group has copies in two others
    assert len(split_off_test(SourceData(images, labels, groups=groups)).x_test) == 24


def test_a_set_of_one_picture_is_split_all_the_same() -> None:
    found = split_off_test(SourceData(np.repeat(parts(None).x_train[:1], 50, axis=0), None))
    assert len(found.x_test) == 10 and "identical" not in found.notes[-1]
