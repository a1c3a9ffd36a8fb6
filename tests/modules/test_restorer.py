"""The training module and the average of its generator, without a command line."""

from functools import partial

import pytest
import torch
from lightning import Trainer
from torch import nn
from torch.utils.data import DataLoader

from sr_lightning.callbacks import GeneratorEMA
from sr_lightning.data.batch import Batch
from sr_lightning.losses import Reconstruction
from sr_lightning.metrics import PSNR, per_image
from sr_lightning.modules import Evaluator, Restorer
from sr_lightning.modules.evaluator import self_ensemble
from sr_lightning.modules.optimizers import fuse
from sr_lightning.ops import resize


class Gain(nn.Module):
    """sr = gain * nearest enlargement; with a buffer that counts calls."""

    def __init__(self, gain: float = 0.5) -> None:
        super().__init__()
        self.scale = 2
        self.gain = nn.Parameter(torch.tensor(gain))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, lr):
        if self.training:
            self.calls += 1
        return self.gain * nn.functional.interpolate(lr, scale_factor=2)


def restorer(**changes) -> Restorer:
    parts = {
        "generator": Gain(),
        "objective": Reconstruction(pixel=nn.MSELoss()),
        "weights": {"pixel": 1.0},
        "optimizer": partial(torch.optim.SGD, lr=0.1),
        "scheduler": partial(torch.optim.lr_scheduler.ConstantLR, factor=1.0),
        "metrics": {"psnr_y": PSNR(border=0)},
    }
    return Restorer(**{**parts, **changes})


def batches(count: int) -> DataLoader:
    hr = torch.full((1, 3, 8, 8), 0.5)
    return DataLoader([Batch(hr[..., ::2, ::2], hr, torch.tensor([i])) for i in range(count)], batch_size=None)


def fit(module, iterations, *callbacks):
    trainer = Trainer(accelerator="cpu", max_steps=iterations, max_epochs=-1, logger=False, callbacks=list(callbacks),
                      enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)  # fmt: skip
    trainer.fit(module, batches(iterations))
    return trainer


def test_one_batch_is_one_iteration_is_one_update():
    """REQ-STEP-1, and gradient descent by hand: the loss is (gain/2 - 1/2)^2, its slope (gain - 1)/2."""
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


def test_losses_are_computed_in_float32_whatever_the_network_computes_in():
    """REQ-AMP-2."""
    loss = Reconstruction(pixel=nn.L1Loss()).compare(*torch.rand(2, 1, 3, 8, 8).bfloat16())["pixel"]
    assert loss.dtype == torch.float32


def test_inference_is_clamped_and_training_is_not():
    module = restorer(generator=Gain(3.0))
    lr = torch.full((1, 3, 2, 2), 0.5)
    assert module(lr).max() == 1
    assert module.generator(lr).max() == 1.5


def test_the_average_follows_its_formula_and_copies_buffers():
    """REQ-EMA-1, REQ-EMA-2: with decay d the n-th update keeps min(d, (1 + n) / (10 + n)) of the average."""
    gains, decay = [], 0.2
    average = 0.5

    class Record(GeneratorEMA):
        def on_train_batch_end(self, trainer, pl_module, *args):
            super().on_train_batch_end(trainer, pl_module, *args)
            gains.append(pl_module.generator.gain.item())

    ema = Record(decay)
    module = restorer()
    fit(module, 5, ema)
    for n, gain in enumerate(gains, start=1):
        keep = min(decay, (1 + n) / (10 + n))
        average = keep * average + (1 - keep) * gain
    assert ema.updates == 5
    assert ema.average["gain"].item() == pytest.approx(average, rel=1e-6)
    assert ema.average["gain"] < module.generator.gain  # it lags
    assert ema.average["calls"] == module.generator.calls == 5


def test_validation_measures_the_average_and_gives_the_weights_back():
    ema = GeneratorEMA(0.9)
    module = restorer()
    trainer = Trainer(accelerator="cpu", max_steps=4, max_epochs=-1, logger=False, callbacks=[ema],
                      val_check_interval=4, check_val_every_n_epoch=None, num_sanity_val_steps=0,
                      enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)  # fmt: skip
    seen = []
    module.validation_step = lambda batch, batch_idx: seen.append(module.generator.gain.item())
    trainer.fit(module, batches(4), batches(1))
    assert seen == [pytest.approx(ema.average["gain"].item())]
    assert module.generator.gain.item() > seen[0]


def test_validation_measures_the_weights_themselves_on_request():
    """sr = gain * lr: the score of the average is the average's, that of the weights the weights', and they stay."""
    ema = GeneratorEMA(0.9, validate_raw=True)
    module = restorer()
    trainer = Trainer(accelerator="cpu", max_steps=4, max_epochs=-1, logger=False, callbacks=[ema],
                      val_check_interval=4, check_val_every_n_epoch=None, num_sanity_val_steps=0,
                      enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)  # fmt: skip
    trainer.fit(module, batches(4), batches(2))
    (batch, _) = batches(2)
    for name, gain in (("val/psnr_y", ema.average["gain"]), ("val/raw_psnr_y", module.generator.gain.detach())):
        metric = PSNR(border=0)
        expected = metric(Gain(gain.item())(batch.lr).detach(), batch.hr)
        assert trainer.callback_metrics[name].item() == pytest.approx(expected.item(), rel=1e-5)
    assert trainer.callback_metrics["val/raw_psnr_y"] > trainer.callback_metrics["val/psnr_y"]  # the average lags


@pytest.mark.parametrize("decay", [1.0, -0.1])
def test_impossible_decay_is_refused(decay):
    with pytest.raises(ValueError, match=str(decay)):
        GeneratorEMA(decay)


def test_an_image_measured_twice_counts_once(monkeypatch):
    """REQ-VAL-1: two devices, three images; the second device repeats image 0."""
    shares = [{0: {"psnr_y": 30.0}, 2: {"psnr_y": 20.0}}, {1: {"psnr_y": 28.0}, 0: {"psnr_y": 30.0}}]
    monkeypatch.setattr(per_image, "is_initialized", lambda: True)
    monkeypatch.setattr(per_image, "get_world_size", lambda: 2)
    monkeypatch.setattr(per_image, "all_gather_object", lambda into, _: into.__setitem__(slice(None), shares))
    gathered = per_image.gather(shares[0])
    assert list(gathered) == [0, 1, 2]
    assert per_image.mean(gathered) == {"psnr_y": pytest.approx(26.0)}


def test_self_ensemble_is_symmetric_where_the_network_is_not():
    """Turning the input turns the output, for a network that favours one direction; a constant stays itself."""

    def lopsided(lr):
        return resize.bicubic(lr + lr.roll(1, -1), 2) / 2

    lr = torch.rand(1, 3, 6, 6)
    plain, averaged = lopsided(lr), self_ensemble(lopsided, lr)
    assert not torch.allclose(lopsided(lr.rot90(1, (-2, -1))), plain.rot90(1, (-2, -1)), atol=1e-3)
    torch.testing.assert_close(self_ensemble(lopsided, lr.rot90(1, (-2, -1))), averaged.rot90(1, (-2, -1)))
    torch.testing.assert_close(self_ensemble(lopsided, lr.flip(-1)), averaged.flip(-1))
    torch.testing.assert_close(self_ensemble(lambda x: x, lr), lr)


def test_evaluator_measures_each_image_of_each_benchmark():
    evaluator = Evaluator(Gain(1.0), {"psnr_y": PSNR(border=0)}, ["first", "second"])
    trainer = Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
                      enable_checkpointing=False)  # fmt: skip
    trainer.test(evaluator, [batches(2), batches(3)], verbose=False)
    assert {name: list(rows) for name, rows in evaluator.results.items()} == {"first": [0, 1], "second": [0, 1, 2]}
    assert evaluator.results["first"][0] == {"psnr_y": 100.0}


@pytest.mark.parametrize(("words", "fused"), [({}, True), ({"fused": False}, False), ({"foreach": True}, None)])
def test_adam_is_one_kernel_unless_told_otherwise(words, fused):
    optimizer = fuse(torch.optim.Adam(nn.Linear(2, 2).parameters(), **words))
    assert [group["fused"] for group in optimizer.param_groups] == [fused]
