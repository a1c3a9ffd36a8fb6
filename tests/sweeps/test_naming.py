"""Folder names of sweeps."""

import pytest

from sr_lightning.sweeps import naming


@pytest.mark.parametrize(
    ("word", "fixed", "axes"),
    [("norm=none", ["model=x", "norm=none"], "column"), ("norm=x,y", ["model=x"], "column,norm")],
)
def test_the_command_line_has_precedence_over_the_parameters_of_an_experiment(word, fixed, axes):
    """As in Hydra's sweeper: a key of both counts once, with the values of the command line."""
    sweeper = {"params": {"column": "a,b", "norm": "batch,none"}}
    task = ["model=x", word]
    assert naming.fixed(task, sweeper) == fixed
    folder = naming.sweep_directory(None, task, sweeper, {"experiment": "it", "model": "x"})
    assert folder.rpartition("-")[0] == f"runs/sweeps/it-{axes}"
