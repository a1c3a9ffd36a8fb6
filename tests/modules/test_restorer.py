"""The training module, without a command line."""

import pytest
import torch
from torch import nn

from sr_lightning.losses import Reconstruction
from tests.support.restorers import Gain, fit, restorer


def test_one_batch_is_one_iteration_and_one_update():
    """Equal to gradient descent by hand: the loss is (gain/2 - 1/2)^2, its derivative (gain - 1)/2."""
    module = restorer()
    gain = 0.5
    trainer = fit(module, 3)
    for _ in range(3):
        gain -= 0.1 * (gain - 1) / 2
    assert trainer.global_step == 3
    assert module.generator.gain.item() == pytest.approx(gain, rel=1e-6)


def test_weights_scale_the_total_and_both_are_logged():
    module = restorer(weights={"pixel": 10.0})
    trainer = fit(module, 1)
    assert trainer.callback_metrics["train/pixel"].item() == pytest.approx(0.0625)
    assert trainer.callback_metrics["weighted/pixel"].item() == pytest.approx(0.625)
    assert module.generator.gain.item() == pytest.approx(0.5 + 10 * 0.1 * 0.25)


def test_a_loss_without_a_weight_is_an_error():
    with pytest.raises(ValueError, match=r"weights\.pixel"):
        fit(restorer(weights={}), 1)


def test_losses_are_computed_in_float32_at_any_training_precision():
    loss = Reconstruction(pixel=nn.L1Loss()).compare(*torch.rand(2, 1, 3, 8, 8).bfloat16())["pixel"]
    assert loss.dtype == torch.float32


def test_only_inference_is_clamped():
    module = restorer(generator=Gain(3.0))
    lr = torch.full((1, 3, 2, 2), 0.5)
    assert module(lr).max() == 1
    assert module.generator(lr).max() == 1.5
