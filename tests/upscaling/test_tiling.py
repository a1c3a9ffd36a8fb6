"""Tiled results equal untiled ones if the overlap covers the receptive field, and have no seams otherwise."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sr_lightning.upscaling.tiling import batches, blending_weights, new_pixels, spans, tiled

RECEPTIVE_FIELD = 7  # three 3x3 convolutions


def network(scale: int = 2) -> nn.Module:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Conv2d(4, 4, 3, padding=1), nn.Tanh()]
    return nn.Sequential(*layers, nn.Conv2d(4, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale)).requires_grad_(
        False
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(26, 48), st.sampled_from([1, 2, 3, 4]), st.integers(1, 5))
def test_tiling_is_exact_if_the_overlap_covers_the_receptive_field(height, width, tile, scale, batch):
    image, function, seen = torch.rand(1, 3, height, width, dtype=torch.float64), network(scale).double(), []
    done = tiled(function, image, tile, RECEPTIVE_FIELD, scale, batch, seen.append)
    torch.testing.assert_close(done, function(image).float(), rtol=0, atol=1e-5)
    assert sum(seen) == height * width


def test_tiles_are_aligned_for_networks_with_pixel_unshuffle():
    folding = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 12, 3, padding=1), nn.PixelShuffle(2))
    image = torch.rand(1, 3, 90, 66)
    with torch.no_grad():
        done = tiled(folding, image, 37, 6, 1)
        torch.testing.assert_close(done, folding(image), rtol=0, atol=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 500), st.integers(4, 100), st.integers(0, 40), st.integers(1, 4))
def test_spans_cover_a_side_and_weights_sum_to_one(length, tile, overlap, scale):
    tile = max(tile, 2 * overlap + 4)
    parts = spans(length, tile, overlap)
    assert parts[0][0] == 0
    assert parts[-1][1] == length
    assert all(0 < end - start <= tile for start, end in parts)
    assert all(end - start == 2 * overlap for (_, end), (start, _) in pairwise(parts))
    assert sum(new_pixels(parts, number) for number in range(len(parts))) == length
    total = torch.zeros(scale * length)
    for (start, end), weights in zip(parts, blending_weights(parts, overlap, scale), strict=True):
        assert weights.min() >= 0
        total[scale * start : scale * end] += weights
    torch.testing.assert_close(total, torch.ones_like(total))


def test_worked_example_of_spans_batches_and_weights():
    """100 pixels with tiles of at most 40 that share 8: two tiles cover 72 pixels, so there are three, 32 apart."""
    assert spans(100, 40, 4) == [(0, 40), (32, 72), (64, 100)]
    assert list(batches([(0, 4), (4, 6)], [(0, 4), (4, 8), (8, 12)], 2)) == [
        [(0, 0), (0, 1)],
        [(0, 2)],
        [(1, 0), (1, 1)],
        [(1, 2)],
    ]
    left, right = blending_weights([(0, 8), (4, 12)], 2, 1)
    ramp = torch.tensor([0.5 + 0.25 * 2**0.5, 0.5 - 0.25 * 2**0.5])
    torch.testing.assert_close(left, torch.cat([torch.ones(5), ramp, torch.zeros(1)]))
    torch.testing.assert_close(right, torch.cat([torch.zeros(1), 1 - ramp, torch.ones(5)]))


def test_tiles_of_different_brightness_are_blended():
    """The step between neighboring pixels is bounded by the slope of the blending weights."""
    image = torch.rand(1, 1, 64, 400)
    done = tiled(lambda part: torch.full_like(part, part[0, 0, 0, 0].item()), image, 64, 16, 1)
    largest = (done.max() - done.min()) * torch.pi / 2 / 16
    assert done.diff(dim=-1).abs().max() <= largest * 1.01
    assert done.std() > 0.1


def test_concurrent_calls_give_identical_results():
    images, function = torch.rand(6, 1, 3, 50, 41), network()
    alone = [tiled(function, image, 24, 4, 2) for image in images]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda image: tiled(function, image, 24, 4, 2), images))
    for first, second in zip(alone, together, strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize("wrong", [{"tile": 11}, {"overlap": -1}, {"batch": 0}])
def test_invalid_arguments_are_errors(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}={next(iter(wrong.values()))}"):
        tiled(nn.Identity(), torch.rand(1, 3, 8, 8), **{"tile": 12, "overlap": 4, "scale": 1, "batch": 1, **wrong})
    with pytest.raises(ValueError, match=r"one image .* got \(2, 3, 8, 8\)"):
        tiled(nn.Identity(), torch.rand(2, 3, 8, 8), 16, 4, 1)
