"""Unsharp masking agrees with its definition."""

import numpy as np
import torch
from scipy.ndimage import correlate

from sr_lightning.ops import unsharp_mask
from tests.support.draws import photograph


def test_unsharp_masking_agrees_with_its_definition():
    image = photograph(60, 70)
    offsets = np.arange(-25, 26)
    taps = np.exp(-(offsets**2) / (2 * 8.0**2))
    gaussian = np.outer(taps, taps) / taps.sum() ** 2

    def blurred(value):
        return np.stack([correlate(channel, gaussian, mode="reflect") for channel in value])

    x = image.double().numpy()
    detail = x - blurred(x)
    share = blurred((np.abs(detail) * 255 > 10).astype(float))
    expected = share * np.clip(x + 0.5 * detail, 0, 1) + (1 - share) * x
    with torch.autocast("cpu", torch.bfloat16):
        actual = unsharp_mask.unsharp_mask(image[None])[0]
    np.testing.assert_allclose(actual, expected, atol=2e-3)  # a pixel at the threshold may fall to either side
    assert np.abs(actual.numpy() - x).max() > 0.05
