"""Luma equals MATLAB's rgb2ycbcr."""

import pytest
import torch

from sr_lightning.ops.color import luma, rgb


@pytest.mark.parametrize(
    ("color", "y"),
    [
        ((0, 0, 0), 16),
        ((1, 1, 1), 235),
        ((1, 0, 0), 81.481),
        ((0, 1, 0), 144.553),
        ((0, 0, 1), 40.966),
        ((0.5, 0.5, 0.5), 125.5),
    ],
)
def test_luma_equals_matlab(color, y):
    image = torch.tensor(color, dtype=torch.float64).view(3, 1, 1)
    assert luma(image).item() * 255 == pytest.approx(y, abs=1e-9)


def test_luma_keeps_other_dimensions_type_and_gradient():
    image = torch.rand(2, 5, 3, 4, 6, dtype=torch.float16, requires_grad=True)
    y = luma(image)
    assert y.shape == (2, 5, 1, 4, 6)
    assert y.dtype == torch.float16
    y.sum().backward()
    gradient = image.grad[0, 0, :, 0, 0].float() * 255
    assert gradient.tolist() == pytest.approx([65.481, 128.553, 24.966], rel=1e-3)


def test_luma_needs_three_channels():
    with pytest.raises(ValueError, match=r"\(1, 4, 4\)"):
        luma(torch.rand(1, 4, 4))


def test_rgb_returns_its_input():
    image = torch.rand(3, 4, 4)
    assert rgb(image) is image
