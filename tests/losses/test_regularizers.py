"""Discriminator regularizers: worked numbers, and what the context promises."""

import copy

import pytest
import torch
from torch import nn

from sr_lightning.discriminators import UNetDiscriminator, VGGDiscriminator
from sr_lightning.losses import R1
from sr_lightning.losses.regularizers import discriminator_context


def context(discriminator, size=4, side=6, channels=3):
    torch.manual_seed(0)
    return discriminator_context(discriminator, *torch.rand(2, size, channels, side, side))


def test_r1_of_a_linear_discriminator_is_half_of_gamma_times_its_squared_weight():
    """D(x) = w·x + b has the gradient w for every image; the derivative of gamma/2 |w|^2 is gamma * w."""
    linear = nn.Linear(3 * 6 * 6, 1)
    penalty = R1(gamma=10)(context(nn.Sequential(nn.Flatten(), linear)))
    assert penalty.item() == pytest.approx(5 * linear.weight.square().sum().item(), rel=1e-5)
    penalty.backward()
    torch.testing.assert_close(linear.weight.grad, 10 * linear.weight.detach())
    assert linear.bias.grad is None or linear.bias.grad.abs().max() == 0


def test_r1_is_the_mean_over_real_images():
    """D(x) = |x|^2 / 2 has the gradient x."""

    class HalfSquare(nn.Module):
        def forward(self, image):
            return image.square().flatten(1).sum(1, keepdim=True) / 2

    batch = context(HalfSquare())
    squares = batch.real.square().flatten(1).sum(1)
    assert R1(gamma=2)(batch).item() == pytest.approx(squares.mean().item(), rel=1e-5)


def test_r1_sums_the_logits_of_an_image():
    """A 1x1 convolution with weight k has the gradient k at each of 36 pixels."""
    convolution = nn.Conv2d(1, 1, 1)
    penalty = R1(gamma=2)(context(convolution, channels=1))
    assert penalty.item() == pytest.approx(36 * convolution.weight.item() ** 2, rel=1e-5)


@pytest.mark.parametrize("discriminator", [VGGDiscriminator(16, width=4), UNetDiscriminator(width=4)])
def test_the_discriminator_of_a_context_has_gradients_and_changes_no_buffers(discriminator):
    """Neither the running statistics of batch norm nor the vectors of spectral norm."""
    before = copy.deepcopy(dict(discriminator.named_buffers()))
    batch = context(discriminator, side=16)
    R1()(batch).backward()
    for name, value in discriminator.named_buffers():
        assert torch.equal(value, before[name]), name
    assert all(parameter.grad.abs().max() > 0 for name, parameter in discriminator.named_parameters()
               if name.endswith("weight"))  # fmt: skip
    discriminator(batch.real)
    assert any(not torch.equal(value, before[name]) for name, value in discriminator.named_buffers())


@pytest.mark.parametrize("settings", [{"gamma": -1}, {"every": 0}])
def test_invalid_settings_are_rejected(settings):
    with pytest.raises(ValueError, match="gamma must be at least 0 and every at least 1"):
        R1(**settings)
