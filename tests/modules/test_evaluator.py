"""Evaluation of a generator on benchmarks."""

import torch
from lightning import Trainer

from sr_lightning.metrics import PSNR
from sr_lightning.modules import Evaluator
from sr_lightning.modules.evaluator import self_ensemble
from sr_lightning.ops import resize
from tests.support.restorers import Gain, batches


def test_self_ensemble_commutes_with_flips_and_rotations():
    """Also for an asymmetric network; the ensemble of the identity is the identity."""

    def asymmetric(lr):
        return resize.bicubic(lr + lr.roll(1, -1), 2) / 2

    lr = torch.rand(1, 3, 6, 6)
    plain, averaged = asymmetric(lr), self_ensemble(asymmetric, lr)
    assert not torch.allclose(asymmetric(lr.rot90(1, (-2, -1))), plain.rot90(1, (-2, -1)), atol=1e-3)
    torch.testing.assert_close(self_ensemble(asymmetric, lr.rot90(1, (-2, -1))), averaged.rot90(1, (-2, -1)))
    torch.testing.assert_close(self_ensemble(asymmetric, lr.flip(-1)), averaged.flip(-1))
    torch.testing.assert_close(self_ensemble(lambda x: x, lr), lr)


def test_evaluator_measures_each_image_of_each_benchmark():
    evaluator = Evaluator(Gain(1.0), {"psnr_y": PSNR(border=0)}, ["first", "second"])
    trainer = Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
                      enable_checkpointing=False)  # fmt: skip
    trainer.test(evaluator, [batches(2), batches(3)], verbose=False)
    assert {name: list(rows) for name, rows in evaluator.results.items()} == {"first": [0, 1], "second": [0, 1, 2]}
    assert evaluator.results["first"][0] == {"psnr_y": 100.0}
