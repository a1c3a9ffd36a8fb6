"""Selection of crops."""

import pytest
import torch

from sr_lightning.visuals.comparison import chosen
from sr_lightning.visuals.crop_selection import Square, same_place, telling_squares


def overlap(a, b):
    return abs(a.top - b.top) < a.side and abs(a.left - b.left) < a.side


def test_squares_are_where_versions_differ_most():
    one = torch.rand(3, 64, 80, generator=torch.Generator().manual_seed(0))
    other = one.clone()
    other[:, 20:36, 40:56] = 1 - other[:, 20:36, 40:56]
    other[:, 50:54, 4:8] += 0.1
    first, second = telling_squares([one, other], side=16, count=2)
    assert first == Square(20, 40, 16)
    assert 34 < second.top + 16 <= 70
    assert second.left <= 8
    assert not overlap(first, second)


def test_squares_of_a_single_image_are_at_its_edges():
    image = torch.zeros(3, 40, 40)
    image[:, 24:32, 8:16:2] = 1
    (square,) = telling_squares([image], side=8)
    assert square == Square(24, 8, 8)


def test_squares_neither_overlap_nor_leave_the_image_and_may_be_fewer():
    squares = telling_squares([torch.rand(3, 37, 50)], side=16, count=100)
    assert 2 <= len(squares) <= 6
    assert all(0 <= s.top <= 37 - 16 and 0 <= s.left <= 50 - 16 for s in squares)
    assert not any(overlap(a, b) for i, a in enumerate(squares) for b in squares[:i])
    assert telling_squares([torch.rand(3, 5, 9)], side=96)[0].side == 5


def test_squares_keep_a_distance_if_the_image_is_large_enough():
    """A texture that differs everywhere is shown once, and another region as well."""
    one = torch.zeros(3, 96, 128)
    other = one.clone()
    other[:, :32, :64] = 1
    other[:, 80:, 112:] = 0.1
    for height, apart in ((96, 32), (24, 16)):
        versions = [("a", one[:, :height]), ("b", other[:, :height]), ("HR", one[:, :height])]
        (a, b) = chosen(versions, side=16, count=2)
        assert max(abs(a.top - b.top), abs(a.left - b.left)) >= apart
    narrow = torch.zeros(3, 20, 32)
    narrow[:, :, :16] = 1  # a square in the middle would leave no room for another
    assert len(chosen([("a", narrow), ("b", one[:, :20, :32]), ("HR", narrow)], side=16, count=2)) == 2


def test_a_smaller_version_is_cropped_at_the_same_place():
    lr = torch.arange(48.0).view(1, 6, 8)
    assert same_place(Square(8, 16, 8), lr, width=32).tolist() == [[[20, 21], [28, 29]]]


@pytest.mark.parametrize(
    ("images", "side"), [([], 8), ([torch.zeros(3, 8, 8), torch.zeros(3, 8, 9)], 8), ([torch.zeros(3, 8, 8)], 0)]
)
def test_images_that_cannot_be_compared_raise_errors(images, side):
    with pytest.raises(ValueError, match=r"\[|side"):
        telling_squares(images, side)
