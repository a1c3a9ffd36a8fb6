"""Non-finite iterations change nothing, and too many in a row end the run."""

import copy

import pytest
import torch
from lightning import Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.plugins import MixedPrecision
from torch import nn
from torch.utils.data import DataLoader

from sr_lightning.callbacks import GeneratorEMA, SkipNotFinite
from sr_lightning.data.batch import Batch
from sr_lightning.errors import InputError
from sr_lightning.losses import Reconstruction, Vanilla
from sr_lightning.modules import AdversarialRestorer, Restorer
from tests.support.adversarial import batches, fit
from tests.support.trainable import OPTIMIZERS, restorer

NAN = torch.tensor(torch.nan)


class Record(Callback):
    """Records everything that training changes, after each iteration."""

    def __init__(self):
        self.states = []

    def on_train_start(self, trainer, pl_module):
        self.on_train_batch_end(trainer, pl_module)

    def on_train_batch_end(self, trainer, pl_module, *_):
        optimizers = [optimizer.state_dict()["state"] for optimizer in trainer.optimizers]
        self.states.append(copy.deepcopy((pl_module.state_dict(), optimizers)))


def flat(state) -> dict[str, torch.Tensor]:
    networks, optimizers = state
    return dict(networks) | {
        f"{number} {parameter} {name}": value
        for number, optimizer in enumerate(optimizers)
        for parameter, values in optimizer.items()
        for name, value in values.items()
        if value is not None
    }


def is_unchanged(before, after) -> bool:
    """Compare bit by bit; optimizer states that do not exist yet count as zero."""
    before, after = flat(before), flat(after)
    return all(torch.equal(value, before.get(name, torch.zeros_like(value))) for name, value in after.items())


def batches_with_nan(count: int, *positions: int) -> list:
    data = batches(count)
    for number in positions:
        data[number].lr[0, 0, 0, 0] = torch.nan
    return data


@pytest.mark.parametrize("kind", [Restorer, AdversarialRestorer])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("position", [0, 1])
def test_a_batch_with_nan_changes_nothing_and_training_continues(kind, optimizer, position):
    """Parameters, optimizer states and running statistics of all networks stay; also in the first iteration."""
    record, guard, average = Record(), SkipNotFinite(), GeneratorEMA()
    module = restorer(kind, optimizer=OPTIMIZERS[optimizer])
    trainer = fit(module, batches_with_nan(3, position), callbacks=[guard, average, record])
    skipped = [is_unchanged(before, after) for before, after in zip(record.states, record.states[1:], strict=False)]
    assert skipped == [number == position for number in range(3)]
    assert all(value.isfinite().all() for value in flat(record.states[-1]).values())
    assert all(value.isfinite().all() for value in average.average.values())
    assert trainer.callback_metrics["train/nonfinite_steps"] == 1
    assert trainer.global_step == 3


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_norm_of_a_non_finite_gradient_is_logged_as_nan(optimizer):
    """Also if the gradient itself has been removed, whose norm would be zero."""
    module = restorer(AdversarialRestorer, optimizer=OPTIMIZERS[optimizer])
    logged = fit(module, batches_with_nan(1, 0), callbacks=[SkipNotFinite()]).callback_metrics
    assert logged["gradient_norm/generator"].isnan()
    assert logged["gradient_norm/discriminator"].isnan()


def test_half_precision_skips_both_networks():
    """The gradient scaler alone would skip only the network whose gradient overflows."""
    record = Record()
    precision = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=2.0**8))
    module = restorer(AdversarialRestorer)
    fit(module, batches_with_nan(3, 1), callbacks=[SkipNotFinite(), record], plugins=[precision])
    skipped = [is_unchanged(before, after) for before, after in zip(record.states, record.states[1:], strict=False)]
    assert skipped == [False, True, False]


class Broken(Vanilla):
    """A GAN loss that is NaN for one network, with finite gradients."""

    def __init__(self, loss):
        self.loss = loss

    def generator(self, real, fake):
        loss = super().generator(real, fake)
        return loss.detach() + NAN + 0 * loss if self.loss == "adversarial" else loss

    def discriminator(self, real, fake):
        loss = super().discriminator(real, fake)
        return loss.detach() + NAN + 0 * loss if self.loss == "discriminator" else loss


@pytest.mark.parametrize("loss", ["adversarial", "discriminator"])
def test_a_nan_loss_of_one_network_skips_both_and_is_named(loss):
    """Also if the gradient is finite, like that of a hinge loss for a NaN logit."""
    record = Record()
    module = restorer(AdversarialRestorer, gan=Broken(loss))
    with pytest.raises(
        InputError, match=rf"3 iterations in a row were not finite, first in train/{loss}; images of .*: 0, 1, 2, 3;"
    ):
        fit(module, batches(5), callbacks=[record, SkipNotFinite(limit=3)], log_every_n_steps=1)
    assert len(record.states) == 4
    assert all(is_unchanged(record.states[0], state) for state in record.states)


class NanRegularizer:
    every = 1

    def __call__(self, context):
        return 0 * context.discriminator(context.real).mean() + NAN


def test_a_nan_regularizer_skips_both_networks_and_is_named():
    record = Record()
    module = restorer(AdversarialRestorer, regularizer=NanRegularizer())
    with pytest.raises(InputError, match="first in train/regularizer"):
        fit(module, batches(2), callbacks=[record, SkipNotFinite(limit=2)])
    assert all(is_unchanged(record.states[0], state) for state in record.states)


class Steep(nn.Module):
    """A finite loss with a non-finite gradient."""

    def forward(self, sr, hr):
        return (0 * sr).square().sum().sqrt()


@pytest.mark.parametrize("kind", [Restorer, AdversarialRestorer])
def test_a_non_finite_gradient_is_skipped_and_named(kind):
    record = Record()
    module = restorer(kind, objective=Reconstruction(pixel=Steep()))
    with pytest.raises(InputError, match="2 iterations in a row were not finite, first in the generator's gradient"):
        fit(module, batches(3), callbacks=[record, SkipNotFinite(limit=2)], log_every_n_steps=1)
    assert all(is_unchanged(record.states[0], state) for state in record.states)


@pytest.mark.parametrize(("iterations", "ended_at"), [(6, 3), (2, 2)])
def test_the_run_also_ends_at_validations_and_at_its_end(iterations, ended_at):
    """Without a logging step; the finite iterations after the validation would reset the count."""
    trainer = Trainer(accelerator="cpu", max_steps=iterations, max_epochs=-1, logger=False, enable_checkpointing=False,
                      enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1000,
                      val_check_interval=3, check_val_every_n_epoch=None, num_sanity_val_steps=0,
                      callbacks=[SkipNotFinite(limit=2)])  # fmt: skip
    data = DataLoader(batches_with_nan(6, 0, 1, 2), batch_size=None)
    image = [Batch(torch.rand(1, 3, 8, 8), torch.rand(1, 3, 16, 16), torch.tensor(0))]
    with pytest.raises(InputError, match=f"iteration {ended_at}: {ended_at} iterations in a row were not finite"):
        trainer.fit(restorer(Restorer), data, DataLoader(image, batch_size=None))


def test_the_number_of_skipped_iterations_survives_a_resume():
    guard, successor = SkipNotFinite(), SkipNotFinite()
    fit(restorer(Restorer), batches_with_nan(4, 0, 2, 3), callbacks=[guard])
    assert guard.state_dict() == {"skipped": 3, "in_a_row": 2}
    successor.load_state_dict(guard.state_dict())
    fit(restorer(Restorer), batches_with_nan(2, 0), callbacks=[successor])
    assert successor.state_dict() == {"skipped": 4, "in_a_row": 0}
