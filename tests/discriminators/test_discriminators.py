"""Discriminators have their published sizes and receptive fields, take any size of image, and normalize spectrally."""

from copy import deepcopy
from itertools import pairwise

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from sr_lightning.cli.config import CONF
from sr_lightning.discriminators import PatchDiscriminator, UNetDiscriminator, VGGDiscriminator
from sr_lightning.discriminators.spectral import SpectralConv2d


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def conv(channels_in: int, channels_out: int, kernel: int = 3) -> int:
    return channels_in * channels_out * kernel**2 + channels_out


def test_vgg_has_the_size_of_srgans_discriminator():
    """SRGAN, Fig. 4, for crops of 96: eight convolutions, batch norm on seven, 512 maps of 6x6, dense 1024 and 1."""
    widths = [3, 64, 64, 128, 128, 256, 256, 512, 512]
    convolutions = sum(conv(before, after) for before, after in pairwise(widths))
    norms = 2 * sum(widths[2:])
    dense = 512 * 6 * 6 * 1024 + 1024 + 1024 + 1
    network = VGGDiscriminator(96)
    assert parameters(network) == convolutions + norms + dense == 23_565_505
    layers = list(network.convolutions)
    assert [layer.out_channels for layer in layers if isinstance(layer, nn.Conv2d)] == widths[1:]
    assert [layer.stride for layer in layers if isinstance(layer, nn.Conv2d)] == [(1, 1), (2, 2)] * 4
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in layers) == 7
    assert not isinstance(layers[1], nn.BatchNorm2d)
    slopes = {layer.negative_slope for layer in network.modules() if isinstance(layer, nn.LeakyReLU)}
    assert slopes == {0.2}


def test_crops_of_128_have_a_fifth_pair():
    network = VGGDiscriminator(128)
    fifth = 2 * (conv(512, 512) + 2 * 512)
    fewer_positions = 512 * 1024 * (6 * 6 - 4 * 4)
    assert parameters(network) == 23_565_505 + fifth - fewer_positions == 17_801_409
    assert network.convolutions(torch.rand(1, 3, 128, 128)).shape == (1, 512, 4, 4)


@pytest.mark.parametrize("crop", [1, 8, 16, 31, 33, 48, 97, 100, 192])
def test_vgg_takes_any_crop(crop):
    network = VGGDiscriminator(crop, width=2, norm=nn.Identity)
    assert network(torch.rand(2, 3, crop, crop)).shape == (2, 1)
    assert network.dense[1].in_features <= 6 * 6 * 16


def test_vgg_rejects_other_sizes():
    with pytest.raises(ValueError, match="crop must be at least 1, got 0"):
        VGGDiscriminator(0)
    with pytest.raises(ValueError, match="built for crop=32, got images of 40x32"):
        VGGDiscriminator(32, width=2)(torch.rand(1, 3, 32, 40))


def test_vgg_norm_is_optional():
    with_norm, without = VGGDiscriminator(32, width=4), VGGDiscriminator(32, width=4, norm=nn.Identity)
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in with_norm.modules()) == 7
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in without.modules())


def test_patch_has_a_receptive_field_of_70_pixels():
    """Isola et al., sec. 6.1.2; the gradient of one logit is nonzero exactly on 70x70 pixels."""
    widths = [3, 64, 128, 256, 512, 1]
    convolutions = sum(conv(before, after, 4) for before, after in pairwise(widths))
    assert parameters(PatchDiscriminator()) == convolutions + 2 * (128 + 256 + 512) == 2_766_529
    network = PatchDiscriminator(width=4).eval()
    image = torch.rand(1, 3, 160, 160, requires_grad=True)
    logits = network(image)
    assert logits.shape == (1, 1, 18, 18)
    logits[0, 0, 9, 9].backward()
    rows, columns = (image.grad.abs().sum((0, 1)) > 0).nonzero(as_tuple=True)
    assert [(axis.max() - axis.min() + 1).item() for axis in (rows, columns)] == [70, 70]


@pytest.mark.parametrize(("height", "width"), [(24, 24), (25, 31), (96, 97), (70, 128)])
def test_patch_shapes(height, width):
    logits = PatchDiscriminator(width=2)(torch.rand(2, 3, height, width))
    assert logits.shape == (2, 1, height // 8 - 2, width // 8 - 2)


@pytest.mark.parametrize(("network", "smallest"), [(PatchDiscriminator, 24), (UNetDiscriminator, 8)])
def test_too_small_images_are_errors(network, smallest):
    network = network(width=2).eval()
    network(torch.rand(1, 3, smallest, smallest))
    with pytest.raises(ValueError, match=f"at least {smallest}x{smallest} pixels, got {smallest - 1}x{smallest}"):
        network(torch.rand(1, 3, smallest, smallest - 1))


def test_unet_has_the_published_size():
    """Real-ESRGAN's published number of parameters."""
    assert parameters(UNetDiscriminator()) == 4_376_897


def test_unet_equals_real_esrgans_network():
    """Computed layer by layer, with enlargement by a factor of 2, for sizes divisible by 8."""
    network = UNetDiscriminator(width=4).eval()
    image = torch.rand(2, 3, 24, 40)

    def step(features, layer, stride=1):
        padded = F.conv2d(features, layer.normalized_weight(), stride=stride, padding=1)
        return F.leaky_relu(padded, 0.2)

    def double(features):
        return F.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)

    x0 = F.leaky_relu(F.conv2d(image, network.head.weight, network.head.bias, padding=1), 0.2)
    x1 = step(x0, network.down[0], 2)
    x2 = step(x1, network.down[1], 2)
    x3 = step(x2, network.down[2], 2)
    x4 = step(double(x3), network.up[0]) + x2
    x5 = step(double(x4), network.up[1]) + x1
    x6 = step(double(x5), network.up[2]) + x0
    x8 = step(step(x6, network.tail[0]), network.tail[2])
    expected = F.conv2d(x8, network.tail[4].weight, network.tail[4].bias, padding=1)
    assert [layer.kernel_size for layer in (*network.down, *network.up)] == [(4, 4)] * 3 + [(3, 3)] * 3
    torch.testing.assert_close(network(image), expected, rtol=0, atol=0)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 15), (33, 50), (31, 64)])
def test_unet_gives_a_logit_for_each_pixel_of_any_size(height, width):
    assert UNetDiscriminator(width=2)(torch.rand(2, 3, height, width)).shape == (2, 1, height, width)


def test_spectral_norm_equals_torch():
    """Starting from the same singular vectors, outputs and gradients agree in each pass."""
    torch.manual_seed(0)
    ours, theirs = SpectralConv2d(6, 10, 4, stride=2), nn.Conv2d(6, 10, 4, stride=2, padding=1, bias=False)
    theirs.weight.data.copy_(ours.weight)
    spectral_norm(theirs)
    theirs.weight_u.copy_(ours.left)
    for _ in range(3):
        image = torch.rand(2, 6, 8, 8)
        torch.testing.assert_close(ours(image), theirs(image))
        weights = [ours.weight, theirs.weight_orig]
        torch.testing.assert_close(*[torch.autograd.grad(layer(image).square().sum(), weight)[0]
                                     for layer, weight in zip((ours, theirs), weights, strict=True)])  # fmt: skip


def test_spectral_norm_bounds_every_inner_convolution():
    torch.manual_seed(0)
    network = UNetDiscriminator(width=8)
    layers = [layer for layer in network.modules() if isinstance(layer, SpectralConv2d)]
    assert len(layers) == 8
    for _ in range(30):
        network(torch.rand(1, 3, 8, 8))
    for layer in layers:
        assert torch.linalg.matrix_norm(layer.normalized_weight().flatten(1), 2).item() == pytest.approx(1, abs=0.02)


def test_spectral_norm_is_constant_in_evaluation_and_stays_in_float32():
    layer = SpectralConv2d(4, 4, 3)
    before = deepcopy(layer.state_dict())
    layer.eval()(torch.rand(1, 4, 5, 5))
    torch.testing.assert_close(dict(layer.state_dict()), dict(before), rtol=0, atol=0)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(torch.rand(1, 4, 5, 5)).dtype == torch.bfloat16
        assert layer.normalized_weight().dtype == torch.float32
    layer.train()(torch.rand(1, 4, 5, 5))
    assert not torch.equal(layer.left, before["left"])


def test_two_forward_passes_before_one_backward_pass():
    """One pass on real and one on generated images serve the losses of both networks."""
    network = UNetDiscriminator(width=2)
    real, fake = network(torch.rand(1, 3, 8, 8)), network(torch.rand(1, 3, 8, 8))
    (real.mean() - fake.mean()).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("option", "network"), [("vgg", VGGDiscriminator), ("unet", UNetDiscriminator), ("patch", PatchDiscriminator)]
)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_each_option_takes_the_crops_of_the_data(option, network, channels):
    config = OmegaConf.create({"data": {"crop": 40}, "part": OmegaConf.load(CONF / "discriminator" / f"{option}.yaml")})
    built = instantiate(config.part, width=4, channels=channels)
    assert type(built) is network
    assert built(torch.rand(2, channels, 40, 40)).shape[:2] == (2, 1)
