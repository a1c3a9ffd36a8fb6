"""The JPEG block grid has a random position, as in the reference, which crops after degrading."""

import pytest
import torch
from scipy.stats import chisquare

from sr_lightning.degradations import JPEG, SampleRNG
from sr_lightning.degradations.jpeg import jpeg
from tests.support.configs import second_order
from tests.support.draws import keys, photograph


def phase(image: torch.Tensor, grid: int) -> int:
    """Return the column, modulo ``grid``, at which blocks begin: the largest steps between neighbors. Shape: (H, W)."""
    steps = (image[:, 1:] - image[:, :-1]).abs().mean(0)
    return int(torch.stack([steps[(start - 1) % grid :: grid].mean() for start in range(grid)]).argmax())


def ramp() -> torch.Tensor:
    """Return a gradient, which strong compression turns into steps at block borders. Shape: (1, 48, 80)."""
    return (torch.linspace(0.3, 0.5, 80) + torch.linspace(0, 0.2, 48)[:, None])[None]


def assert_uniform(phases: list[int], count: int) -> None:
    assert chisquare([phases.count(value) for value in range(count)]).pvalue > 1e-3


@pytest.mark.parametrize("where", ["jpeg", "final"])
def test_the_phase_of_luma_blocks_is_uniform(where):
    """Measured on gray images in both directions, with the configured stage and its draws."""
    degradation = second_order()
    stage = degradation.chain.stages[where]
    stage = stage if where == "jpeg" else stage.stages["jpeg"]
    for turned in (False, True):
        actual = []
        for record in degradation.draw(keys(400)):
            record = record[where]
            record = record if where == "jpeg" else record["jpeg"]
            image = ramp().mT if turned else ramp()
            coded = stage.apply(image, record | {"quality": 5}, (1, 1))[0]
            actual.append(phase(coded.T if turned else coded, 8))
        assert_uniform(actual, 8)


def test_the_phase_of_chroma_blocks_is_uniform():
    """Chroma blocks cover 16 pixels, as chroma is stored at half resolution; the luma of the gradient is constant."""
    stage, actual = JPEG(1, [5, 5], [0, 15]), []
    slope = torch.linspace(-0.2, 0.2, 160).expand(64, 160)
    image = torch.stack([0.5 + slope, 0.5 - 0.299 / 0.587 * slope, torch.full_like(slope, 0.5)])
    for key in keys(400):
        record = stage.draw(SampleRNG(0, key, "jpeg"))
        actual.append(phase(stage.apply(image, record, (1, 1))[0], 16))
        assert actual[-1] == -record["offset"][1] % 16
    assert_uniform(actual, 16)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_offset_equals_cropping_after_compression(channels):
    """Compressing a crop with its offset equals cropping the compressed image, except in the outer blocks."""
    large = photograph(112, 128)[:channels]
    for top, left in ((0, 0), (3, 14), (8, 5), (15, 15)):
        expected = jpeg(large, 30)[:, top:, left:]
        actual = jpeg(large[:, top:, left:], 30, (top, left))
        assert actual.shape == expected.shape
        assert torch.equal(actual[:, 32:, 32:], expected[:, 32:, 32:])


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (9, 33), (64, 48)])
def test_an_offset_does_not_move_the_image(channels, height, width):
    """At the best quality, the error is as small as without an offset."""
    image = torch.cat([photograph(height, width)] * 2)[:channels]
    stage = JPEG(1, [100, 100], [0, 15])
    aligned = jpeg(image, 100)
    for key in keys(12):
        record = stage.draw(SampleRNG(0, key, "jpeg"))
        moved = stage.apply(image, record, (1, 1))
        assert moved.shape == image.shape
        assert (moved - image).abs().mean() < (aligned - image).abs().mean() + 1 / 255


def test_records_without_an_offset_are_applied_at_offset_zero():
    image = photograph(40, 56)
    stage = JPEG(1, [30, 95], [0, 15])
    for quality in (30, 95):
        assert torch.equal(stage.apply(image, {"quality": quality}, (1, 1)), jpeg(image, quality))
    moved = stage.apply(image, {"quality": 30, "offset": [3, 5]}, (1, 1))
    assert not torch.equal(moved, jpeg(image, 30))


def test_offsets_do_not_change_the_drawn_qualities():
    """The offset is drawn after the quality."""
    for key in keys(50):
        aligned, moved = (JPEG(0.5, [30, 95], offset).draw(SampleRNG(1, key, "jpeg")) for offset in ([0, 0], [0, 15]))
        assert (aligned is None) == (moved is None)
        assert aligned is None or aligned["quality"] == moved["quality"]


@pytest.mark.parametrize(
    ("offset", "message"), [([0, 16], "at most 15"), ([3, 1], "ascending"), ([0, 1.5], "offset must be integers")]
)
def test_invalid_offsets_are_errors(offset, message):
    with pytest.raises(ValueError, match=message):
        JPEG(1, [30, 95], offset)
