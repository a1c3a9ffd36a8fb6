"""The generator's loss in two terms."""

import pytest
import torch

from sr_lightning.losses import Relativistic, Vanilla
from sr_lightning.losses.generator_terms import relativistic_terms, vanilla_terms


@pytest.mark.parametrize(("terms", "loss"), [(vanilla_terms, Vanilla()), (relativistic_terms, Relativistic())])
def test_the_terms_sum_to_the_loss(terms, loss):
    real, fake = torch.randn(2, 5, 1, generator=torch.Generator().manual_seed(0))
    assert float(sum(terms(real, fake))) == pytest.approx(float(loss.generator(real, fake)))
