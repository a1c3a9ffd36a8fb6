"""Configurations as the training command composes them."""

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from sr_lightning.cli.config import CONF
from sr_lightning.degradations import RandomDegradation

SECOND_ORDER_STAGES = [
    "sharpen",
    "blur",
    "resize",
    "noise",
    "jpeg",
    "second_blur",
    "second_resize",
    "second_noise",
    "final",
]


def composed(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", [*overrides, "name=test"])


def generator(*overrides):
    return instantiate(composed(*overrides, "generator.width=4", "generator.depth=1").generator)


def second_order(*overrides: str) -> RandomDegradation:
    return instantiate(composed("degradation=second_order", *overrides).degradation)
