"""The ends of a network stay in float32 under bfloat16."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from sr_lightning import weights
from sr_lightning.generators import RRDB, Nearest, Tail, TrunkGenerator
from sr_lightning.upscaling import Upscaler, upscale_image
from sr_lightning.upscaling.precision import InFloat32
from tests.support.upscaling import network, photograph


def test_bfloat16_is_close_to_float32():
    generator, image = network(), photograph()
    low, full = (upscale_image(image, generator, device="cpu", precision=name) for name in ("bfloat16", "float32"))
    assert -10 * (low - full).square().mean().log10() > 60
    assert len(low.unique()) > 2000  # not the 256 levels that bfloat16 has between 0.5 and 1


@pytest.mark.parametrize("height", [1, 31, 32, 33, 65, 100])
@pytest.mark.parametrize(
    "convolution",
    [
        nn.Conv2d(4, 3, 3, padding=1),
        nn.Conv2d(4, 3, 9, padding=4),
        nn.Conv2d(4, 3, 1),
        nn.Conv2d(4, 3, (3, 5), padding="same"),
        nn.Conv2d(4, 3, 3, stride=2, padding=1),
        nn.Conv2d(4, 3, 3, padding=1, padding_mode="circular"),
        nn.Conv2d(4, 3, 2, padding=1),
    ],
)
def test_strips_in_float32_equal_the_convolution(convolution, height):
    features = torch.rand(2, 4, height, 9).bfloat16()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        actual = InFloat32(convolution)(features)
        with torch.autocast("cpu", enabled=False):
            expected = convolution(features.float())
    assert actual.dtype == torch.float32
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-6)


def test_memory_is_that_of_two_large_tensors_in_bfloat16():
    """Before the last layer: per LR pixel, two tensors of 16 pixels with 64 features of 2 bytes, plus at most half."""
    rrdbnet = TrunkGenerator(partial(RRDB, growth=32), Nearest, tail=partial(Tail, hidden=True), depth=1)
    assert Upscaler(rrdbnet, "cpu", "bfloat16")._bytes_per_pixel() / 1.5 < 1.5 * (2 * 16 * 64 * 2)


def test_published_weights_in_bfloat16_are_close_to_float32(shared):
    generator = weights.load(shared / "weights" / "realesrgan_x4plus_anime_6B.safetensors")
    lr = torch.from_numpy(np.load(shared / "golden" / "realesrgan_x4plus_bird.npz")["lr"])[0, :, :48, :48]
    low, full = (upscale_image(lr, generator, device="cpu", precision=name) for name in ("bfloat16", "float32"))
    assert -10 * (low - full).square().mean().log10() > 50
