"""Upscaled pictures keep their depth, mode and metadata, and have clean transparent edges."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sr_lightning.generators import Interpolation
from sr_lightning.image import Metadata, Picture
from sr_lightning.upscaling import Upscaler, upscale_picture
from sr_lightning.upscaling.picture import clamp_alpha, fill_hidden_color
from tests.support.upscaling import network


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_picture_keeps_depth_channels_and_metadata(depth, channels):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**depth, (9, 7, channels)).astype(f"u{depth // 8}")
    metadata = Metadata(text={"Title": "noise"})
    done = upscale_picture(Upscaler(network(), "cpu"), Picture(values, metadata))
    assert done.pixels.dtype == values.dtype
    assert done.pixels.shape == (18, 14, channels)
    assert done.metadata == metadata
    resized = upscale_picture(Upscaler(network(), "cpu"), Picture(values), outscale=1.5)
    assert resized.pixels.shape == (round(9 * 1.5), round(7 * 1.5), channels)


def test_sixteen_bits_are_not_reduced_to_eight():
    ramp = np.linspace(30000, 34000, 40, dtype=np.uint16)[None, :, None].repeat(20, 0)
    done = upscale_picture(Upscaler(Interpolation("bicubic", 2), "cpu"), Picture(ramp))
    assert len(np.unique(done.pixels)) > 70


def test_transparent_edges_have_no_fringes_holes_or_speckles():
    """A red disc on transparent black: visible pixels are pure red, and alpha is constant away from the outline."""
    y, x = np.mgrid[-20:20, -20:20] + 0.5
    disc = np.hypot(x, y) < 12
    values = np.zeros((40, 40, 4), np.uint8)
    values[disc] = 255, 0, 0, 255
    done = upscale_picture(Upscaler(Interpolation("bicubic", 4), "cpu"), Picture(values)).pixels
    assert (done[done[..., 3] > 0][:, :3] == (255, 0, 0)).all()
    radius = np.hypot(*(np.mgrid[-80:80, -80:80] + 0.5)) / 4
    assert (done[..., 3][radius < 9] == 255).all()
    assert (done[..., 3][radius > 15] == 0).all()


def test_alpha_is_clamped_to_its_neighborhood():
    alpha = torch.zeros(1, 5, 5)
    alpha[0, :, 3:] = 1
    random_alpha = torch.full((1, 10, 10), 0.5)
    done = clamp_alpha(random_alpha, alpha, 2)
    assert done[0, 0].tolist() == [0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1]


def test_a_random_network_makes_no_holes_or_speckles():
    class RandomOutput(nn.Module):
        scale = 2

        def forward(self, lr: Tensor) -> Tensor:
            return torch.rand(len(lr), 3, 2 * lr.shape[2], 2 * lr.shape[3])

    values = np.zeros((20, 20, 4), np.uint8)
    values[:, 10:] = 255
    done = upscale_picture(Upscaler(RandomOutput(), "cpu"), Picture(values)).pixels[..., 3]
    assert (done[:, :18] == 0).all()
    assert (done[:, 22:] == 255).all()


@pytest.mark.parametrize("outscale", [0.1, 0.5, 3.7])
def test_the_output_has_at_least_one_pixel(outscale):
    done = upscale_picture(Upscaler(network(), "cpu"), Picture(np.full((1, 2, 3), 99, np.uint8)), outscale)
    assert done.pixels.shape == (max(round(outscale), 1), max(round(2 * outscale), 1), 3)


def test_hidden_color_is_replaced_by_that_of_the_nearest_visible_pixel():
    alpha = torch.tensor([0.0, 0, 0, 1, 1]).expand(1, 5, 5)
    color = torch.arange(5.0).expand(1, 5, 5)
    assert fill_hidden_color(color, alpha)[0, 0].tolist() == [3, 3, 3, 3, 4]
    for same in (torch.zeros(1, 5, 5), torch.ones(1, 5, 5)):
        assert torch.equal(fill_hidden_color(color, same), color)
