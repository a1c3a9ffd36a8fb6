"""No value is read from the device between two logging steps, so that the host never waits for it."""

from functools import partial

import pytest
import torch
from lightning import LightningModule
from lightning.pytorch.callbacks import Callback

from sr_lightning.callbacks import Costs, GeneratorEMA, SkipNotFinite, Speed
from sr_lightning.losses import Relativistic
from sr_lightning.modules import AdversarialRestorer, Restorer
from tests.support.adversarial import batches, fit
from tests.support.reads import Reads
from tests.support.trainable import restorer


class Window(Callback):
    """Makes ``Reads`` watch iterations 2 to 5 and everything between them; a mistake in the second must be found."""

    def __init__(self, reads, mistake):
        self.reads, self.mistake = reads, mistake

    def on_train_batch_start(self, trainer, pl_module, *_):
        self.reads.looking = 1 <= trainer.global_step < 5
        if self.mistake and trainer.global_step == 1:
            self.mistake(pl_module)


@pytest.mark.parametrize("kind", [Restorer, AdversarialRestorer])
@pytest.mark.parametrize(
    ("mistake", "expected"),
    [
        (None, []),
        (lambda module: float(next(module.parameters()).sum()), ["aten::_local_scalar_dense"]),
        (lambda module: module.log("number", 1.0), ["number"]),
    ],
)
def test_no_value_is_read_between_two_logging_steps(monkeypatch, kind, mistake, expected):
    reads, to_tensor = Reads(looking=False), LightningModule._LightningModule__to_tensor

    def to_device(module, value, name):
        if reads.looking and not isinstance(value, torch.Tensor):
            reads.found.append(name)
        return to_tensor(module, value, name)

    monkeypatch.setattr(LightningModule, "_LightningModule__to_tensor", to_device)
    changes = {"optimizer": partial(torch.optim.Adam, lr=1e-3)}  # fused: others read a value to skip
    if kind is AdversarialRestorer:
        changes |= {"gan": Relativistic(), "clip": {"generator": 1.0}, "accumulate": 2}
    callbacks = [Window(reads, mistake), GeneratorEMA(), SkipNotFinite(), Speed(), Costs(16)]
    with reads:
        fit(restorer(kind, **changes), batches(6), callbacks=callbacks, log_every_n_steps=1000)
    assert reads.found == expected
