"""Comparison images."""

import pytest
import torch

from sr_lightning.visuals.comparison import MARGIN, comparison, frame_color
from sr_lightning.visuals.crop_selection import Square


def test_each_square_is_a_row_of_crops_beside_the_marked_overview():
    black, white = torch.zeros(3, 40, 60), torch.ones(3, 40, 60)
    gray = torch.full((1, 10, 15), 128, dtype=torch.uint8)
    squares = [Square(4, 8, 10), Square(20, 40, 10)]
    picture = comparison([("LR", gray), ("a", black), ("HR", white)], squares, {"a": "1 dB"}, panel=50)
    tall = 2 * 50 + MARGIN
    assert picture.shape[-1] == 2 * MARGIN + round(60 * tall / 40) + 3 * (50 + MARGIN)
    for row in range(2):
        y = MARGIN + row * (50 + MARGIN) + 25
        for column, level in enumerate((128 / 255, 0, 1)):
            x = round(60 * tall / 40) + 2 * MARGIN + column * (50 + MARGIN) + 25
            assert picture[:, y, x].tolist() == pytest.approx([level] * 3)
        color = [int(frame_color(row)[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        assert (picture - torch.tensor(color).view(3, 1, 1)).abs().amax(0)[:, :170].lt(1e-3).any()


def test_the_overview_of_a_panorama_has_a_limited_width():
    flat, tall = (comparison([("HR", torch.rand(3, *size))], panel=100) for size in ((20, 400), (400, 20)))
    assert flat.shape[-1] == 3 * 100 + 100 + 4 * MARGIN - MARGIN
    assert tall.shape[-1] < 2 * 100
    assert flat.shape[-2] == tall.shape[-2]
