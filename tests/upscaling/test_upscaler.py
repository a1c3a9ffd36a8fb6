"""Upscaling in memory: precision, tiles and channels."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.generators import Interpolation
from sr_lightning.ops.resize import bicubic_to
from sr_lightning.upscaling import Upscaler, upscale_image
from tests.support.upscaling import network, photograph


class Fragile(nn.Module):
    """Nearest-neighbor enlargement that overflows at white pixels under autocast, or with ``always`` in float32 too."""

    scale = 2

    def __init__(self, always: bool = False) -> None:
        super().__init__()
        self.always = always
        self.low = 0

    def forward(self, lr: Tensor) -> Tensor:
        sr = lr.repeat_interleave(2, -1).repeat_interleave(2, -2)
        low = torch.is_autocast_enabled(lr.device.type)
        return torch.where((sr == 1) & (low | self.always), torch.inf, sr)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 2, 3, 4]), st.sampled_from([1, 3]))
def test_every_size_and_number_of_channels(height, width, scale, channels):
    upscaler = Upscaler(Interpolation("bicubic", scale), "cpu", "float32", tile=40, overlap=4)
    image, seen = torch.rand(channels, height, width), []
    sr = upscaler(image, seen.append)
    assert sr.dtype == torch.float32
    assert sum(seen) == height * width
    expected = bicubic_to(image, scale * height, scale * width).clamp(0, 1)
    torch.testing.assert_close(sr, expected, rtol=0, atol=1e-5)


def test_float32_results_equal_the_network():
    generator, image = network(), photograph()
    with torch.no_grad():
        expected = generator(image[None])[0].clamp(0, 1)
    torch.testing.assert_close(upscale_image(image, generator, precision="float32"), expected, rtol=0, atol=1e-6)
    tiles = upscale_image(image, generator, precision="float32", tile=36, overlap=12)
    assert (tiles - expected).abs().max() < 1e-3


def test_the_generator_is_not_modified():
    generator = network().train()
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    Upscaler(generator, "cpu")
    assert generator.training
    assert all(parameter.requires_grad for parameter in generator.parameters())
    assert generator.state_dict().keys() == before.keys()


def test_a_nonfinite_tile_is_computed_again_in_float32(caplog):
    image = torch.full((3, 80, 80), 0.5)
    image[:, 70:, 70:] = 1
    image[:, :5, :5] = 1
    with caplog.at_level(logging.WARNING):
        sr = Upscaler(Fragile(), "cpu", "bfloat16", tile=40, overlap=4)(image)
    torch.testing.assert_close(sr, Fragile()(image))
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "A tile has non-finite values in torch.bfloat16"
    ]
    with pytest.raises(InputError, match="non-finite values even in float32"):
        Upscaler(Fragile(always=True), "cpu", "bfloat16", tile=40, overlap=4)(image)


def test_colors_and_gray_are_kept():
    red = torch.zeros(3, 20, 20)
    red[0] = 0.9
    sr = upscale_image(red, network())
    assert (sr - red[:, :1, :1]).abs().max() < 0.1
    gray = photograph()[:1]
    for channels in (1, 3):
        sr = upscale_image(gray, network(channels=channels), precision="float32")
        assert sr.shape == (1, 80, 100)
        assert (sr - bicubic_to(gray, 80, 100)).abs().mean() < 0.05
    with torch.no_grad():
        expected = network()(gray.expand(1, 3, 40, 50))[0].mean(0, keepdim=True).clamp(0, 1)
    torch.testing.assert_close(sr, expected, rtol=0, atol=1e-5)
    rgb = upscale_image(photograph(), network(channels=1), precision="float32")
    torch.testing.assert_close(rgb[:1], upscale_image(gray, network(channels=1), precision="float32"))


def test_concurrent_calls_give_identical_results():
    upscaler = Upscaler(network(), "cpu", tile=24, overlap=4)
    images = list(torch.rand(6, 3, 40, 31))
    alone = [upscaler(image) for image in images]
    with ThreadPoolExecutor(3) as pool:
        for first, second in zip(alone, pool.map(upscaler, images), strict=True):
            assert torch.equal(first, second)


def test_tiles_grow_with_free_memory(monkeypatch):
    sides = []
    for free in (2**24, 2**26, 2**28):
        monkeypatch.setattr("sr_lightning.upscaling.upscaler.free_memory", lambda device, free=free: free)
        sides.append(Upscaler(network(4), "cpu").tile)
    assert sides[0] < sides[1] < sides[2]


def test_tiles_shrink_after_an_out_of_memory_error(monkeypatch, caplog):
    upscaler, run, tried = Upscaler(network(), "cpu", "float32", tile=128, overlap=4), Upscaler._run, []

    def crowded(self: Upscaler, tiles: Tensor, dtype: torch.dtype) -> Tensor:
        tried.append(tiles.shape[-1])
        if tiles.shape[-1] > 64:
            raise torch.OutOfMemoryError
        return run(self, tiles, dtype)

    image = torch.rand(3, 150, 150)
    complete = upscaler(image)
    monkeypatch.setattr(Upscaler, "_run", crowded)
    torch.testing.assert_close(upscaler(image), complete, rtol=0, atol=0.02)
    assert tried[0] > 64 >= tried[-1]
    monkeypatch.setattr(Upscaler, "_run", lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError))
    with pytest.raises(InputError, match="does not fit into memory"):
        upscaler(image)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"precision": "int4"}, "'int4'"), ({"tile": 20}, "at least 36.*got 20"), ({"overlap": -1}, "overlap.*got -1")],
)
def test_invalid_options_are_errors(wrong, message):
    with pytest.raises(ValueError, match=message):
        Upscaler(network(), "cpu", **wrong)
    with pytest.raises(ValueError, match=r"got \(2, 4, 4\)"):
        upscale_image(torch.zeros(2, 4, 4), network())
