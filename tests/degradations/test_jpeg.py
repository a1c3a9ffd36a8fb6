"""JPEG compression agrees with Pillow."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from sr_lightning.degradations import JPEG
from sr_lightning.degradations.jpeg import jpeg
from tests.support.draws import photograph


def pillow(image: torch.Tensor, quality: int) -> torch.Tensor:
    pixels = (image * 255).round().byte().permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze(2) if len(image) == 1 else pixels).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(file)).reshape(pixels.shape)).permute(2, 0, 1).float() / 255


def psnr(one: torch.Tensor, two: torch.Tensor) -> float:
    return -10 * float((one - two).square().mean().clamp_min(1e-12).log10())


@pytest.mark.parametrize(("quality", "color", "gray"), [(30, 45, 46), (60, 45, 48), (95, 50, 57)])
def test_jpeg_agrees_with_pillow(shared, quality, color, gray):
    """PSNR against Pillow's JPEG, in color and gray, at odd sizes."""
    paths = sorted((shared / "data" / "benchmarks" / "B100" / "HR").glob("*.png"))[:3]
    for path in paths:
        pixels = torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1).float() / 255
        pixels = pixels[:, :203, :117]
        for image, least in ((pixels, color), (pixels[:1], gray)):
            actual = JPEG(1, [1, 100]).apply(image, {"quality": quality}, (9, 9))
            assert psnr(actual, pillow(image, quality)) > least


def test_jpeg_of_any_number_of_channels_is_band_by_band():
    bands = torch.cat([photograph(21, 30, seed) for seed in (0, 1)])[:5]
    coded = jpeg(bands, 40)
    assert torch.equal(coded, torch.cat([jpeg(band[None], 40) for band in bands]))
