"""The columns of ESRGAN's ablation as a table, read from the configuration."""

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from sr_lightning.cli.config import CONF
from sr_lightning.evaluation.tables import Row
from sr_lightning.generators.complexity import parameters

COLUMNS = ("srgan", "no_bn", "before_activation", "ragan", "rrdb", "more_data")
"""Columns 2 to 7, in the order of the paper."""

GROUPS = ("norm", "perceptual", "gan", "block")
"""Configuration groups that the columns set."""


def ablation_columns(experiment: str = "ablation_components", *overrides: str) -> list[Row]:
    """Return one row for each option of ``conf/column``: the choice in each group, training data and parameters.

    Source:
        ESRGAN, arXiv:1809.00219, sec. 4.4, overall visual comparison.
    Args:
        experiment: whose columns they are.
        overrides: further overrides, e.g. ``experiment/scale=demo``.
    """
    rows = []
    with initialize_config_dir(str(CONF.resolve()), version_base="1.3"):
        for number, column in enumerate(COLUMNS, start=2):
            folders = ["data=folder", "data.root=TRAIN", "more_data=MORE"] if column == "more_data" else []
            words = [f"experiment={experiment}", f"column={column}", "name=column", *folders, *overrides]
            config = compose("train", words, return_hydra_config=True)
            choices = config.hydra.runtime.choices
            with_more = {"more_data": "yes" if "more_data" in config else "no"}
            size = {"parameters": f"{parameters(instantiate(config.generator)):,}"}
            rows.append(
                {"column": f"{number}: {column}", **{group: choices[group] for group in GROUPS}, **with_more, **size}
            )
    return rows
