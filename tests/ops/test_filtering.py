"""Filters agree with scipy."""

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate
from scipy.signal import correlate2d

from sr_lightning.ops.filtering import filter2d, separable_filter2d
from tests.support.draws import generator


@pytest.mark.parametrize(("height", "width", "size"), [(30, 41, 7), (17, 64, 21), (5, 3, 21), (1, 1, 21)])
def test_filtering_agrees_with_scipy_at_any_size(height, width, size):
    image = torch.rand(2, height, width, generator=generator())
    kernel = np.random.default_rng(0).random((size, size))
    kernel /= kernel.sum()
    expected = np.stack([correlate(channel.astype(float), kernel, mode="reflect") for channel in image.numpy()])
    filtered = filter2d(image, torch.tensor(kernel, dtype=torch.float32))
    np.testing.assert_allclose(filtered, expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize(("height", "width"), [(30, 41), (32, 64), (97, 5), (1, 1)])
def test_a_separable_filter_equals_the_2d_filter_of_its_outer_product(height, width):
    image, line = (torch.rand(*shape, generator=generator()) for shape in ((2, height, width), (51,)))
    line /= line.sum()
    mirrored = np.pad(image.double().numpy(), ((0, 0), (25, 25), (25, 25)), mode="symmetric")
    kernel = torch.outer(line, line).double().numpy()
    expected = np.stack([correlate2d(channel, kernel, mode="valid") for channel in mirrored])
    np.testing.assert_allclose(separable_filter2d(image, line), expected, rtol=0, atol=2e-6)
