"""The adversarial models of conf/ have the papers' settings."""

import ast
import re
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from sr_lightning.cli.config import CONF
from tests.support.configs import composed

PAPERS = """
                                  srgan            srgan_mse      srgan_vgg22      esrgan
pixel                             -                MSELoss        -                L1Loss
weights.pixel                     -                4              -                1e-2
perceptual.layers                 {relu5_4:0.006}  -              {relu2_2:0.006}  {conv5_4:1}
perceptual.distance               MSELoss          -              MSELoss          L1Loss
perceptual.network.depth          19               -              19               19
weights.perceptual                1                -              1                1
gan                               Vanilla          Vanilla        Vanilla          Relativistic
weights.adversarial               1e-3             1e-3           1e-3             5e-3
weights.discriminator             1                1              1                1
discriminator                     VGGDiscriminator VGGDiscriminator VGGDiscriminator VGGDiscriminator
discriminator.width               64               64             64               64
discriminator.norm                BatchNorm2d      BatchNorm2d    BatchNorm2d      BatchNorm2d
generator.block                   ResidualBlock    ResidualBlock  ResidualBlock    RRDB
generator.depth                   16               16             16               23
generator.width                   64               64             64               64
generator.norm                    BatchNorm2d      BatchNorm2d    BatchNorm2d      Identity
data.crop                         96               96             96               128
data.batch_size                   16               16             16               16
scale                             4                4              4                4
optimizer                         Adam             Adam           Adam             Adam
optimizer.lr                      1e-4             1e-4           1e-4             1e-4
optimizer.betas                   [0.9,0.999]      [0.9,0.999]    [0.9,0.999]      [0.9,0.999]
scheduler                         MultiStepLR      MultiStepLR    MultiStepLR      MultiStepLR
scheduler.milestones              [100000]         [100000]       [100000]         [50000,100000,200000,300000]
scheduler.gamma                   0.1              0.1            0.1              0.5
iterations                        200000           200000         200000           400000
metrics.lpips                     LPIPS            LPIPS          LPIPS            LPIPS
metrics.lpips.network             alex             alex           alex             alex
metrics.niqe                      NIQE             NIQE           NIQE             NIQE
metrics.lr_consistency            LRConsistency    LRConsistency  LRConsistency    LRConsistency
metrics.color_shift               ColorShift       ColorShift     ColorShift       ColorShift
monitor                           val/lpips        val/lpips      val/lpips        val/lpips
init                              warm_start       warm_start     warm_start       warm_start
warm_start.model                  srresnet         srresnet       srresnet         rrdb_psnr
warm_start.iterations             1000000          1000000        1000000          1000000
"""


REAL = """
                                  real_esrnet                          real_esrgan
pixel                             L1Loss                               L1Loss
weights.pixel                     1                                    1
usm.pixel                         True                                 True
perceptual                        -                                    Perceptual
perceptual.layers                 -  {conv1_2:0.1,conv2_2:0.1,conv3_4:1,conv4_4:1,conv5_4:1}
usm.perceptual                    False                                True
weights.perceptual                -                                    1
gan                               Relativistic                         Vanilla
module                            Restorer                             AdversarialRestorer
weights.adversarial               -                                    0.1
usm.adversarial                   False                                False
discriminator                     VGGDiscriminator                     UNetDiscriminator
discriminator.width               64                                   64
generator.block                   RRDB                                 RRDB
generator.depth                   23                                   23
degradation                       RandomDegradation                    RandomDegradation
data.crop                         256                                  256
data.batch_size                   48                                   48
scale                             4                                    4
optimizer                         Adam                                 Adam
optimizer.lr                      2e-4                                 1e-4
optimizer.betas                   [0.9,0.99]                           [0.9,0.99]
scheduler                         ConstantLR                           ConstantLR
callbacks.ema.decay               0.999                                0.999
monitor                           val/psnr_y                           val/lpips
iterations                        1000000                              400000
init                              warm_start                           warm_start
warm_start.model                  esrgan                               real_esrnet
warm_start.iterations             400000                               1000000
"""


def rows(table: str) -> dict[str, dict[str, str]]:
    """Return model -> key -> cell."""
    models, *lines = (line.split() for line in table.strip().split("\n"))
    return {model: {key: cells[column] for key, *cells in lines} for column, model in enumerate(models)}


EXPECTED = rows(PAPERS) | rows(REAL)


def number(cell: str) -> object:
    """Return the value of a cell; None for a dash, which means that there is no such term."""
    try:
        return None if cell == "-" else ast.literal_eval(cell)
    except (ValueError, SyntaxError):
        return cell


def configured(config: DictConfig, key: str) -> object:
    """Return a value of the configuration, for a part its class; None if its term is disabled."""
    term = key.split(".")[-1] if key.startswith("weights.") else None
    if term in ("pixel", "perceptual") and config[term] is None:
        return None
    value = OmegaConf.select(config, key)
    if not OmegaConf.is_config(value):
        return value
    value = OmegaConf.to_container(value, resolve=True)
    if key == "perceptual.layers":
        return "{" + ",".join(f"{name}:{factor}" for name, factor in value.items()) + "}"
    return value["_target_"].rpartition(".")[2] if isinstance(value, dict) else value


@pytest.mark.parametrize("model", EXPECTED)
def test_every_setting_is_the_papers(model):
    config, cells = composed(f"model={model}"), EXPECTED[model]
    assert {key: configured(config, key) for key in cells} == {key: number(cell) for key, cell in cells.items()}


@pytest.mark.parametrize(
    "words",
    [
        ["model=srgan_mse"],
        ["experiment=srgan_table1", "experiment/scale=paper", "model=srgan_mse"],
        ["experiment=srgan_table1", "experiment/scale=demo", "model=srgan_mse"],
    ],
    ids=" ".join,
)
def test_srgan_mse_weights_the_error_of_images_in_minus_one_to_one(words):
    """SRGAN's adversarial weight of 1e-3 is relative to the MSE of images in [-1, 1]; images here are in [0, 1]."""
    config = composed(*words)
    sr, hr = torch.rand(2, 1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    weighted = config.weights.pixel * instantiate(config.objective).compare(sr, hr)["pixel"]
    torch.testing.assert_close(weighted, (2 * sr - 1 - (2 * hr - 1)).square().mean())
    assert config.weights.adversarial == 1e-3


STATED = {path: sizes for path in sorted(CONF.rglob("*.yaml"))
          if (sizes := re.findall(r"(\d[\d,]*) parameters", path.read_text()))}  # fmt: skip


def test_the_models_trained_with_a_pixel_loss_state_their_size():
    assert {path.relative_to(CONF).as_posix() for path in STATED} >= {
        f"model/{name}.yaml" for name in ("psnr", "real_esrnet", "rrdb_psnr", "srcnn", "srresnet")
    }


@pytest.mark.parametrize("path", STATED, ids=lambda path: path.relative_to(CONF).as_posix())
def test_stated_numbers_of_parameters_are_those_of_the_network(path: Path):
    """Each number before the word "parameters" in conf/ is that of the network configured by the file."""
    group = path.parent.relative_to(CONF).as_posix()
    network = instantiate(composed(f"{group}={path.stem}")[{"model": "generator"}.get(group, group)])
    counted = sum(parameter.numel() for parameter in network.parameters())
    assert STATED[path] == [f"{counted:,}"]
