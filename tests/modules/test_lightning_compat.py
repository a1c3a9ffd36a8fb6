"""Each private name of Lightning still does what the library uses it for."""

from contextlib import nullcontext

import lightning
import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers.logger import DummyLogger
from lightning.pytorch.plugins import MixedPrecision
from torch import distributed, nn
from torch.utils.data import DataLoader

from sr_lightning.modules import lightning_compat

ADVICE = f"lightning {lightning.__version__} has changed: adapt sr_lightning/modules/lightning_compat.py"


class TwoOptimizers(LightningModule):
    """Steps two optimizers per batch, with or without the functions under test."""

    def __init__(self, excluded: bool = True, one_update: bool = True) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.first, self.second = nn.Linear(1, 1), nn.Linear(1, 1)
        self.excluded, self.one_update = excluded, one_update

    def training_step(self, batch, batch_idx):
        one, two = lightning_compat.lightning_optimizers(self)
        self.manual_backward(self.first(batch).sum() + self.second(batch).sum())
        if self.excluded:
            lightning_compat.exclude_from_global_step(two)
        with lightning_compat.one_scaler_update(self.trainer) if self.one_update else nullcontext():
            one.step()
            two.step()
        self.log("loss", 0.0)

    def validation_step(self, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return [torch.optim.SGD(part.parameters(), lr=0.1) for part in (self.first, self.second)]


def trainer(**settings) -> Trainer:
    settings = {"max_steps": 4, "logger": False, "enable_checkpointing": False, **settings}
    return Trainer(accelerator="cpu", max_epochs=-1, enable_progress_bar=False, enable_model_summary=False,
                   num_sanity_val_steps=0, check_val_every_n_epoch=None, **settings)  # fmt: skip


def data(count: int) -> DataLoader:
    return DataLoader(torch.ones(count, 1, 1), batch_size=None)


@pytest.mark.parametrize(("excluded", "steps_per_batch"), [(True, 1), (False, 2)])
def test_an_excluded_optimizer_does_not_count_iterations(excluded, steps_per_batch):
    run = trainer(max_steps=-1, limit_train_batches=3)
    run.fit_loop.max_epochs = 1
    run.fit(TwoOptimizers(excluded), data(3))
    assert run.global_step == 3 * steps_per_batch, ADVICE


@pytest.mark.parametrize(("one_update", "growth_per_batch"), [(True, 2), (False, 4)])
def test_the_gradient_scaler_is_updated_once_per_batch(one_update, growth_per_batch):
    scaler = torch.amp.GradScaler("cpu", init_scale=1.0, growth_interval=1)
    run = trainer(max_steps=3, plugins=[MixedPrecision("16-mixed", "cpu", scaler)])
    run.fit(TwoOptimizers(one_update=one_update), data(3))
    assert scaler.get_scale() == growth_per_batch**3, ADVICE


def test_the_ddp_strategy_broadcasts_the_weights_and_wraps_nothing(monkeypatch):
    sent = []
    monkeypatch.setattr(distributed, "broadcast", lambda tensor, source: sent.append((tensor.shape, source)))
    strategy = lightning_compat.UnwrappedDDPStrategy()
    strategy.model = module = TwoOptimizers()
    strategy.configure_ddp()
    assert strategy.model is module, ADVICE
    assert sent == [(value.shape, 0) for value in module.state_dict().values()], ADVICE


class InterruptValidation(Callback):
    """Saves a checkpoint and stops at the second validation image; otherwise records the order of events."""

    def __init__(self, path=None) -> None:
        self.path, self.events = path, []

    def on_train_batch_end(self, trainer, *_):
        self.events.append(f"iteration {trainer.global_step}")

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, *_):
        self.events.append(f"image {batch_idx}")
        if self.path and batch_idx == 1:
            lightning_compat.restart_validation(trainer)
            trainer.save_checkpoint(self.path)
            raise InterruptedError


def test_an_interrupted_validation_is_restarted_from_its_first_image(tmp_path):
    path, record = tmp_path / "interrupted.ckpt", InterruptValidation()
    with pytest.raises(InterruptedError):
        trainer(val_check_interval=2, callbacks=[InterruptValidation(path)]).fit(TwoOptimizers(), data(4), data(3))
    trainer(val_check_interval=2, callbacks=[record]).fit(TwoOptimizers(), data(4), data(3), ckpt_path=path)
    images = ["image 0", "image 1", "image 2"]
    assert record.events == [*images, "iteration 3", "iteration 4", *images], ADVICE


def test_logging_steps_are_those_at_which_metrics_are_logged():
    class Steps(DummyLogger):
        def __init__(self):
            super().__init__()
            self.logged, self.announced = [], []

        def log_metrics(self, metrics, step=None):
            self.logged.append(step)

    class Announce(Callback):
        def on_train_batch_end(self, trainer, *_):
            if lightning_compat.is_logging_step(trainer):
                steps.announced.append(trainer.global_step)

    steps = Steps()
    trainer(max_steps=7, log_every_n_steps=3, logger=[steps], callbacks=[Announce()]).fit(TwoOptimizers(), data(7))
    assert steps.announced == [3, 6], ADVICE
    assert len(steps.logged) == len(steps.announced), ADVICE
