"""Large outputs are computed in bands, and equal those that are computed at once."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from sr_lightning import image
from sr_lightning.generators import Interpolation
from sr_lightning.image import Bands, Picture
from sr_lightning.upscaling import Upscaler, picture, upscale_picture, upscale_to_write
from tests.support.photographs import pixels


class Gray(nn.Module):
    """A network of one channel and scale 2 that looks at its neighbors."""

    scale, channels = 2, 1

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.PixelShuffle(2))

    def forward(self, lr: torch.Tensor) -> torch.Tensor:
        return 0.5 + self.layers(lr) / 4


@pytest.mark.parametrize("network", [Interpolation("bicubic", 4), Interpolation("nearest", 3), Gray()])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("depth", [8, 16])
def test_bands_are_the_picture_that_is_computed_at_once(network, channels, depth, monkeypatch):
    values = np.concatenate([pixels(150, 70), np.full((150, 70, 1), 255, np.uint8)], 2)
    values = {1: values[:, :, :1], 2: values[:, :, 2:], 3: values[:, :, :3], 4: values}[channels]
    source = Picture(values if depth == 8 else values.astype(np.uint16) * 257)
    upscaler = Upscaler(network, "cpu", "float32", tile=64, overlap=8)
    at_once = upscale_picture(upscaler, source).pixels
    monkeypatch.setattr(picture, "LARGE_OUTPUT", 0)
    monkeypatch.setattr("sr_lightning.upscaling.bands.BAND_BYTES", 4 * 3 * 16 * 70 * 40)  # 40 rows of RGB at scale 4
    progress: list[int] = []
    bands = upscale_to_write(upscaler, source, on_progress=progress.append)
    assert isinstance(bands, Bands)
    computed = list(bands.rows)
    assert len(computed) > 2
    assert sum(progress) == 150 * 70
    stacked = np.concatenate(computed)
    assert (stacked.dtype, stacked.shape) == (at_once.dtype, at_once.shape)
    assert (bands.height, bands.width, bands.channels) == at_once.shape
    assert np.abs(stacked.astype(int) - at_once).max() <= (1 if depth == 8 else 4)
    assert np.array_equal(upscale_picture(upscaler, source).pixels, stacked)


def test_other_scales_and_transparent_pictures_are_computed_at_once(monkeypatch):
    monkeypatch.setattr(picture, "LARGE_OUTPUT", 0)
    upscaler = Upscaler(Interpolation("bicubic", 4), "cpu")
    clear = np.dstack([pixels(8, 9), np.full((8, 9), 100, np.uint8)])
    assert isinstance(upscale_to_write(upscaler, Picture(clear)), Picture)
    assert isinstance(upscale_to_write(upscaler, Picture(pixels(8, 9)), 2.5), Picture)
    assert isinstance(upscale_to_write(upscaler, Picture(pixels(8, 9)), 4), Bands)


def test_more_pixels_than_pillow_allows_are_read_and_upscaled(tmp_path, monkeypatch):
    """A file that this library wrote is read again, while a header that lies is refused."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    image.write_picture(tmp_path / "a.png", Picture(np.full((200, 300, 1), 9, np.uint8)))
    assert image.read_picture(tmp_path / "a.png").pixels.shape == (200, 300, 1)
    assert image.size(tmp_path / "a.png") == (200, 300)
    assert Image.MAX_IMAGE_PIXELS == 1000
