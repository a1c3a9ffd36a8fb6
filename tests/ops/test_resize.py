"""Bicubic resizing equals MATLAB's, computed with explicit weights."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sr_lightning.ops.resize import bicubic, bicubic_to, mirror
from tests.support.matlab import imresize


def ours(image: np.ndarray, scale: float) -> np.ndarray:
    """Resize with `bicubic`. Shape: (H, W, C) float64."""
    return bicubic(torch.from_numpy(image).permute(2, 0, 1)[None], scale)[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("scale", [1 / 8, 1 / 4, 1 / 3, 1 / 2, 1, 2, 3, 4, 8])
def test_bicubic_equals_explicit_weights_including_the_border(scale):
    image = np.random.default_rng(0).random((24, 48, 3))
    height, width = round(24 * scale), round(48 * scale)
    np.testing.assert_allclose(ours(image, scale), imresize(image, size=(height, width)), rtol=0, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([2, 3, 4, 8]))
def test_bicubic_works_for_every_size_from_one_pixel(height, width, factor):
    small = np.random.default_rng(1).random((height, width, 1))
    enlarged = imresize(small, size=(height * factor, width * factor))
    np.testing.assert_allclose(ours(small, factor), enlarged, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours(enlarged, 1 / factor), imresize(enlarged, size=(height, width)), rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60), st.integers(1, 60))
def test_any_size_equals_explicit_weights(height, width, new_height, new_width):
    image = np.random.default_rng(2).random((height, width, 2))
    resized = bicubic_to(torch.from_numpy(image).permute(2, 0, 1), new_height, new_width).permute(1, 2, 0).numpy()
    np.testing.assert_allclose(resized, imresize(image, size=(new_height, new_width)), rtol=0, atol=1e-12)


def test_a_size_below_one_pixel_is_an_error():
    with pytest.raises(ValueError, match="got 4x0"):
        bicubic_to(torch.rand(1, 3, 8, 8), 0, 4)


def test_constants_are_kept_and_symmetries_commute():
    constant = torch.full((1, 3, 8, 12), 0.3, dtype=torch.float64)
    torch.testing.assert_close(bicubic(constant, 1 / 4), constant[..., ::4, ::4])
    image = torch.rand(1, 3, 8, 12, dtype=torch.float64)
    for scale in (1 / 4, 3):
        torch.testing.assert_close(bicubic(image.flip(-1), scale), bicubic(image, scale).flip(-1))
        torch.testing.assert_close(bicubic(image.transpose(-1, -2), scale), bicubic(image, scale).transpose(-1, -2))


@pytest.mark.parametrize("scale", [1 / 2, 3])
def test_bicubic_is_differentiable(scale):
    image = torch.rand(1, 1, 4, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: bicubic(x, scale), image)


def test_bicubic_to_any_size_is_differentiable():
    image = torch.rand(1, 1, 4, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: bicubic_to(x, 3, 10), image)


def test_bicubic_stays_in_float32_under_autocast():
    image = torch.rand(1, 3, 8, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(bicubic(image, 1 / 2), bicubic(image, 1 / 2).float())
        inside = bicubic(image, 1 / 2)
    assert torch.equal(inside, bicubic(image, 1 / 2))


@pytest.mark.parametrize(
    ("scale", "message"), [(1.5, "got 1.5"), (0.3, "got 0.3"), (1 / 4, "8x10 pixels cannot be divided by 4")]
)
def test_other_scales_and_indivisible_sizes_are_errors(scale, message):
    with pytest.raises(ValueError, match=message):
        bicubic(torch.rand(1, 3, 10, 8), scale)


def test_mirror_repeats_the_edge_and_allows_any_padding():
    assert mirror(3, 4).tolist() == [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0]
    assert mirror(1, 3).tolist() == [0] * 7
