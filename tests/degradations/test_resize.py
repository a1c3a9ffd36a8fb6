"""Resizing stages do not antialias, and clamp."""

import pytest
import torch

from sr_lightning.degradations.resize import MODES, resize
from tests.support.draws import generator


@pytest.mark.parametrize("mode", MODES)
def test_resizing_keeps_constants_and_clamps(mode):
    assert torch.allclose(resize(torch.full((3, 17, 23), 0.3), (30, 9), mode), torch.tensor(0.3))
    checks = (torch.arange(20) // 5 % 2).float().expand(1, 20, 20)
    for size in ((31, 31), (13, 13), (1, 1)):
        out = resize(checks, size, mode)
        assert out.shape == (1, *size)
        assert 0 <= out.min() <= out.max() <= 1


@pytest.mark.parametrize("mode", MODES)
def test_resizing_to_the_same_size_clamps(mode):
    """A preceding sinc filter overshoots."""
    image = torch.tensor([-0.5, 0.25, 1.5]).expand(3, 3, 3)
    assert torch.equal(resize(image, (3, 3), mode), image.clamp(0, 1))


@pytest.mark.parametrize(("mode", "columns"), [("area", range(8)), ("bilinear", (3, 4)), ("bicubic", (2, 3, 4, 5))])
def test_shrinking_is_not_antialiased(mode, columns):
    """By 8, the middle of the first pixel is between the columns 3 and 4: it sees the taps around it and no other."""
    for column in range(8):
        image = torch.zeros(1, 16, 16)
        image[..., column] = 1
        unclamped = resize(0.5 + image / 4, (2, 2), mode)[0, 0, 0]
        assert (unclamped != 0.5) == (column in columns)


def test_area_averages_the_covered_pixels():
    image = torch.rand(1, 12, 12, generator=generator())
    expected = image.view(1, 4, 3, 4, 3).mean((2, 4))
    torch.testing.assert_close(resize(image, (4, 4), "area"), expected)
