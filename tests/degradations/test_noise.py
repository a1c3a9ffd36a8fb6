"""Noise has the configured distribution."""

import kornia
import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from sr_lightning.degradations import Noise, poisson_sampling
from sr_lightning.degradations.noise import gaussian_noise, poisson_noise
from tests.support.draws import generator, photograph


def test_gaussian_noise_has_its_variance_and_one_channel_if_gray():
    image = torch.zeros(3, 200, 200)
    colored, gray = (gaussian_noise(image, 20, gray, generator()) * 255 for gray in (False, True))
    assert colored.shape == (3, 200, 200)
    assert gray.shape == (1, 200, 200)
    for noise in (*colored, gray[0]):
        assert abs(float(noise.mean())) < 5 * 20 / 200
        assert float(noise.std()) == pytest.approx(20, rel=5 / 200 / 2**0.5)  # five standard errors
    correlation = np.corrcoef(colored.flatten(1).numpy())
    assert np.abs(correlation - np.eye(3)).max() < 5 / 200


@pytest.mark.parametrize("level", [0, 3, 100, 255])
@pytest.mark.parametrize("bits", [1, 8])
def test_counts_are_poisson_distributed(level, bits):
    """Chi-square test against p(k) = p(k-1) · rate / k; rare counts are pooled."""
    drawn = poisson_sampling.counts(torch.full((60_000,), level), torch.tensor(bits), generator(level)).numpy()
    rate = level / 255 * 2**bits
    law = np.exp(np.cumsum([-rate, *(np.log(max(rate, 1e-300) / count) for count in range(1, 500))]))
    frequent = np.flatnonzero(law * len(drawn) > 10)
    expected = [*law[frequent], 1 - law[frequent].sum()]
    actual = [*((drawn == count).sum() for count in frequent), (~np.isin(drawn, frequent)).sum()]
    if level == 0:
        assert actual == [len(drawn), 0]
    else:
        assert chisquare(actual, np.array(expected) / sum(expected) * len(drawn)).pvalue > 1e-3


@pytest.mark.parametrize(("levels", "peak"), [(256, 256), (100, 128), (3, 4), (1, 1)])
def test_poisson_noise_grows_with_brightness(levels, peak):
    """The variance is scale² · x / peak, with the peak derived from the number of levels."""
    level = torch.linspace(0, 255, levels).round() if levels > 1 else torch.tensor([128.0])
    image = (level / 255)[:, None, None].expand(levels, 1, 4000).reshape(1, levels, 4000)
    noise = poisson_noise(image, 2.5, False, generator())[0]
    expected = 2.5**2 * image[0, :, 0] / peak
    assert noise.mean(1).abs().max() < 6 * (expected.max() / 4000) ** 0.5
    bright = expected > expected.max() / 2
    ratio = noise.var(1)[bright] / expected[bright]
    assert float(ratio.mean()) == pytest.approx(1, abs=0.15 if levels < 4 else 0.02)
    assert (noise[expected == 0] == 0).all()


def test_gray_poisson_noise_is_computed_from_luma():
    image = photograph(40, 50)
    gray = kornia.color.rgb_to_grayscale(image)
    actual, expected = (poisson_noise(light, 1, True, generator()) for light in (image, gray))
    assert actual.shape == (1, 40, 50)
    assert torch.equal(actual, expected)


def test_colored_poisson_noise_is_uncorrelated_between_channels():
    noise = poisson_noise(torch.full((3, 200, 200), 0.5), 1, False, generator())
    assert noise.shape == (3, 200, 200)
    assert np.abs(np.corrcoef(noise.flatten(1).numpy()) - np.eye(3)).max() < 5 / 200


NOISE = Noise(1, gaussian=0.5, sigma=[1, 30], scale=[0.05, 3], gray=0.4)


@pytest.mark.parametrize(
    ("kind", "strength", "deviation"), [("gaussian", 12, 12 / 255), ("poisson", 0.2, 0.2 * 0.5**0.5)]
)
@pytest.mark.parametrize("gray", [False, True])
def test_noise_follows_kind_strength_and_key_of_its_record(kind, strength, deviation, gray):
    """The peak of an image of one level is 1, so its Poisson noise has the variance scale² · x."""
    image = torch.full((3, 150, 150), 128 / 255)
    record = {"kind": kind, "strength": strength, "gray": gray, "key": 5}
    actual, same, other = (NOISE.apply(image, {**record, "key": key}, (9, 9)) for key in (5, 5, 6))
    assert torch.equal(actual, same)
    assert not torch.equal(actual, other)
    noise = actual - image
    assert float(noise.std()) == pytest.approx(deviation, rel=0.03)
    assert torch.equal(noise[0], noise[1]) == gray
    assert (len(noise[0].unique()) < 10) == (kind == "poisson")  # counts are integers


@pytest.mark.parametrize("kind", ["gaussian", "poisson"])
def test_noisy_images_are_clamped(kind):
    image = torch.arange(40).float().div(39).expand(3, 40, 40)
    actual = NOISE.apply(image, {"kind": kind, "strength": 30, "gray": False, "key": 0}, (9, 9))
    assert actual.min() == 0
    assert actual.max() == 1
