"""Exponential moving average of the generator's weights."""

import pytest
from lightning import Trainer

from sr_lightning.callbacks import GeneratorEMA
from sr_lightning.metrics import PSNR
from tests.support.restorers import Gain, batches, fit, restorer


def test_the_average_follows_its_formula_and_copies_buffers():
    """With decay d the n-th update keeps min(d, (1 + n) / (10 + n)) of the average."""
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
    assert ema.average["gain"] < module.generator.gain  # it lags behind
    assert ema.average["calls"] == module.generator.calls == 5


def test_validation_measures_the_average_and_restores_the_weights():
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


def test_validation_also_measures_the_raw_weights_on_request():
    """sr = gain * lr, so each score follows from the gain of the average or of the raw weights."""
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
    assert trainer.callback_metrics["val/raw_psnr_y"] > trainer.callback_metrics["val/psnr_y"]  # it lags behind


@pytest.mark.parametrize("decay", [1.0, -0.1])
def test_an_invalid_decay_is_rejected(decay):
    with pytest.raises(ValueError, match=str(decay)):
        GeneratorEMA(decay)
