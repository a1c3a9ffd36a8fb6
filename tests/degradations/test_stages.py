"""Each stage agrees with an independent computation."""

import io
from math import cos, exp, pi, sin

import kornia
import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import correlate
from scipy.stats import chisquare

from sr_lightning.degradations import JPEG, Blur, Noise, Resize, blur_kernels, poisson_sampling
from sr_lightning.degradations.blur import kernel
from sr_lightning.degradations.jpeg import jpeg
from sr_lightning.degradations.noise import gaussian_noise, poisson_noise
from sr_lightning.degradations.resize import MODES, resize
from sr_lightning.ops import unsharp_mask
from tests.support.draws import generator, photograph


@pytest.mark.parametrize("size", [1, 7, 21])
@pytest.mark.parametrize("kind", ["gaussian", "generalized", "plateau"])
def test_elliptic_kernels_agree_with_their_formulas(size, kind):
    """By the inverse of the covariance matrix R diag(sigma²) R', pixel by pixel."""
    sigma, angle, beta = (0.7, 2.5), 0.6, 1 if kind == "gaussian" else 1.8
    rotation = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    inverse = np.linalg.inv(rotation @ np.diag(np.square(sigma)) @ rotation.T)
    expected = np.zeros((size, size))
    for row in range(size):
        for column in range(size):
            place = np.array([column - size // 2, row - size // 2])
            power = (place @ inverse @ place) ** beta
            expected[row, column] = 1 / (1 + power) if kind == "plateau" else exp(-power / 2)
    shape = {} if kind == "gaussian" else {"beta": beta}
    actual = kernel(f"{kind}_anisotropic", size, sigma=sigma, angle=angle, **shape)
    np.testing.assert_allclose(actual, expected / expected.sum(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cutoff", [0.2, 1 / 3, 0.9])
def test_sinc_is_the_inverse_fourier_transform_of_a_disk(cutoff):
    """Numerically: the mean of cos(u x + v y) over frequencies within the radius cutoff·pi."""
    angles = np.arange(128) * 2 * pi / 128
    nodes, shares = np.polynomial.legendre.leggauss(48)
    radii = (nodes + 1) / 2 * cutoff * pi
    expected = np.zeros((13, 13))
    for row in range(13):
        for column in range(13):
            phase = np.outer(radii, (column - 6) * np.cos(angles) + (row - 6) * np.sin(angles))
            expected[row, column] = (np.cos(phase) * (radii * shares)[:, None]).sum()
    np.testing.assert_allclose(blur_kernels.sinc(13, cutoff), expected / expected.sum(), rtol=0, atol=1e-12)


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


@pytest.mark.parametrize("mode", MODES)
def test_resizing_keeps_constants_and_clamps(mode):
    assert torch.allclose(resize(torch.full((3, 17, 23), 0.3), (30, 9), mode), torch.tensor(0.3))
    checks = (torch.arange(20) // 5 % 2).float().expand(1, 20, 20)
    for size in ((31, 31), (13, 13), (1, 1)):
        out = resize(checks, size, mode)
        assert out.shape == (1, *size)
        assert 0 <= out.min() <= out.max() <= 1


@pytest.mark.parametrize("mode", MODES)
def test_resizing_to_the_same_size_clamps(mode):
    """A preceding sinc filter overshoots."""
    image = torch.tensor([-0.5, 0.25, 1.5]).expand(3, 3, 3)
    assert torch.equal(resize(image, (3, 3), mode), image.clamp(0, 1))


@pytest.mark.parametrize(("mode", "columns"), [("area", range(8)), ("bilinear", (3, 4)), ("bicubic", (2, 3, 4, 5))])
def test_shrinking_is_not_antialiased(mode, columns):
    """By 8, the middle of the first pixel is between the columns 3 and 4: it sees the taps around it and no other."""
    for column in range(8):
        image = torch.zeros(1, 16, 16)
        image[..., column] = 1
        unclamped = resize(0.5 + image / 4, (2, 2), mode)[0, 0, 0]
        assert (unclamped != 0.5) == (column in columns)


def test_area_averages_the_covered_pixels():
    image = torch.rand(1, 12, 12, generator=generator())
    expected = image.view(1, 4, 3, 4, 3).mean((2, 4))
    torch.testing.assert_close(resize(image, (4, 4), "area"), expected)


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


@pytest.mark.parametrize(
    ("part", "settings", "message"),
    [
        (JPEG, {"probability": 1.5, "quality": [30, 95]}, "probability must be within 0 and 1, got 1.5"),
        (JPEG, {"probability": 1, "quality": [95, 30]}, "quality must be two ascending numbers"),
        (JPEG, {"probability": 1, "quality": [0, 30]}, "quality must be .* at least 1 and at most 100"),
        (JPEG, {"probability": 1, "quality": [30.5, 95]}, "quality must be integers"),
        (
            Blur,
            {"probability": 1, "kinds": {"box": 1}, "size": [7, 21]},
            "kinds: unknown option box; choose from gaussian_isotropic",
        ),
        (Blur, {"probability": 1, "kinds": {"sinc": 0}, "size": [7, 21]}, "kinds must have weights"),
        (Blur, {"probability": 1, "kinds": {"sinc": 1}, "size": [8, 21]}, "size must be odd"),
        (
            Resize,
            {"probability": 1, "directions": {"up": 1}, "factor": [0.5, 0.9], "modes": {"area": 1}},
            "factor must contain 1",
        ),
        (Noise, {"probability": 1, "gaussian": 1, "sigma": [-1, 3], "scale": [0, 1], "gray": 0}, "sigma must be"),
    ],
)
def test_invalid_settings_are_errors(part, settings, message):
    with pytest.raises(ValueError, match=message):
        part(**settings)
