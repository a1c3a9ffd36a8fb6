"""Upscaling in memory: precision, tiles, channels and transparency."""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from sr_lightning import weights
from sr_lightning.errors import InputError
from sr_lightning.generators import RRDB, Interpolation, Nearest, Tail, TrunkGenerator
from sr_lightning.image import Metadata, Picture
from sr_lightning.ops.resize import bicubic_to
from sr_lightning.upscaling import Upscaler, upscale_image, upscale_picture
from sr_lightning.upscaling.picture import clamp_alpha, fill_hidden_color
from sr_lightning.upscaling.precision import InFloat32
from tests.support.photographs import pixels


def network(scale: int = 2, channels: int = 3) -> nn.Module:
    """Return a small RRDBNet on top of bicubic enlargement, so that its output resembles the input."""
    torch.manual_seed(0)
    skip = Interpolation("bicubic", scale)
    block = partial(RRDB, growth=2)
    tail = partial(Tail, hidden=True)
    complete = TrunkGenerator(block, Nearest, tail=tail, skip=skip, width=4, depth=1, scale=scale, channels=channels)
    for parameter in complete.tail[-1].parameters():
        parameter.data.mul_(0.1)
    return complete.eval()


def photograph(height: int = 40, width: int = 50) -> Tensor:
    return torch.from_numpy(pixels(height, width)).permute(2, 0, 1) / 255


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
