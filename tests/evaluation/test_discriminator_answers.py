"""Answers of discriminators, and gradients of the generator's loss."""

import pytest
import torch
from torch import nn

from sr_lightning.evaluation.discriminator_answers import ask_discriminator
from sr_lightning.evaluation.photographs import Photograph
from sr_lightning.losses.generator_terms import relativistic_terms, vanilla_terms


class Brightness(nn.Module):
    """A discriminator whose logit is ten times the mean of the image."""

    crop = 8

    def forward(self, images):
        return 10 * images.mean((1, 2, 3), keepdim=True)[..., 0, 0]


@pytest.fixture
def answers():
    hr = torch.full((3, 16, 24), 0.2)
    return ask_discriminator(Brightness(), [Photograph("a", hr, hr[:, ::4, ::4], {})], [hr / 2], count=2)


def test_crops_are_taken_at_the_same_places_and_answered_separately(answers):
    assert answers.real.shape == answers.fake.shape == (2, 3, 8, 8)
    assert answers.real_logits.tolist() == pytest.approx([2, 2])
    assert answers.fake_logits.tolist() == pytest.approx([1, 1])


def test_standard_and_relativistic_answers(answers):
    sigmoid = {logit: 1 / (1 + 2.718281828**-logit) for logit in (-1, 1, 2)}
    assert [float(each[0]) for each in answers.standard()] == pytest.approx([sigmoid[2], sigmoid[1]])
    assert [float(each[0]) for each in answers.relativistic()] == pytest.approx([sigmoid[1], sigmoid[-1]])
    assert answers.table()[0] == {
        "crops": "real", "logit C": "2.00", "standard D": "0.881", "relativistic D": "0.731"
    }  # fmt: skip
    assert answers.picture(side=32).shape[0] == 3


def test_real_images_give_the_generator_a_gradient_in_the_relativistic_loss_only(answers):
    of_real, of_generated = answers.gradients(vanilla_terms)
    assert of_real.eq(0).all()
    pixel = 10 / (3 * 64)  # derivative of a logit
    assert of_generated.flatten().tolist() == pytest.approx([-0.5 * pixel * (1 - 0.731058578)] * of_real.numel())
    of_real, of_generated = answers.gradients(relativistic_terms)
    for gradient in (of_real, of_generated):  # both are -sigmoid(C(real) - C(fake)), over two images
        assert gradient.flatten().tolist() == pytest.approx([-0.5 * pixel * 0.731058578] * gradient.numel())
