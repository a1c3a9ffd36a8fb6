"""The parts of adversarial models combine freely."""

from itertools import product

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from sr_lightning.cli.config import CONF
from sr_lightning.data.batch import Batch
from sr_lightning.features import pretrained, vgg
from tests.support.adversarial import fit
from tests.support.configs import composed


@pytest.fixture
def narrow(monkeypatch):
    """Use a VGG with four features per layer and random weights."""
    monkeypatch.setattr(vgg, "WIDTHS", (4,) * 5)
    monkeypatch.setattr(pretrained, "imagenet", lambda depth: None)
    monkeypatch.setattr(
        pretrained, "read", lambda path, names, shapes: {name: 0.3 * torch.randn(s) for name, s in shapes.items()}
    )


TINY = ("generator.width=4", "generator.depth=1", "discriminator.width=4", "data.crop=32")


def combination(norm: str, block: str, perceptual: str) -> DictConfig:
    words = [f"norm={norm}", f"block={block}", f"perceptual={perceptual}", *TINY]
    words += ["block.growth=4"] if block == "rrdb" else []
    words += ["perceptual.weights=file"] if perceptual == "minc" else []
    return composed("model=esrgan", *words)


@pytest.mark.parametrize(("norm", "block"), product(["none", "batch"], ["residual", "rrdb"]))
def test_every_combination_trains(narrow, norm, block):
    """norm x block x perceptual x gan: one iteration changes both networks, and the weights stay finite."""
    perceptuals = [path.stem for path in sorted((CONF / "perceptual").glob("*.yaml"))]
    gans = {path.stem: OmegaConf.load(path) for path in sorted((CONF / "gan").glob("*.yaml"))}
    configs = {perceptual: combination(norm, block, perceptual) for perceptual in perceptuals}
    batch = Batch(torch.rand(2, 3, 8, 8), torch.rand(2, 3, 32, 32), torch.arange(2))
    for perceptual, gan in product(perceptuals, gans):
        torch.manual_seed(0)
        config = configs[perceptual]
        config.gan = gans[gan]
        module = instantiate(config.module, metrics={})
        before = {name: value.clone() for name, value in module.named_parameters()}
        trainer = fit(module, [batch])
        words = (norm, block, perceptual, gan)
        assert ("train/perceptual" in trainer.callback_metrics) == (perceptual != "none"), words
        for player in ("generator", "discriminator"):
            after = dict(getattr(module, player).named_parameters(prefix=player))
            assert any(not torch.equal(value, before[name]) for name, value in after.items()), words
            assert all(value.isfinite().all() for value in after.values()), words
