"""Commands import slow libraries only when they need them."""

import importlib
import subprocess
import sys

import pytest

from sr_lightning import image
from sr_lightning.commands.export import ENDINGS
from sr_lightning.upscaling.upscaler import OVERLAP, PRECISIONS
from sr_lightning.weights import writing
from sr_lightning.weights.published import SMALL
from tests.support import photographs

COMMANDS = ("upscale", "export", "interpolate", "check", "degrade", "report")
NOT_FOR_HELP = {"torch", "numpy", "PIL", "rich"}
NOT_FOR_UPSCALING = {
    "hydra",
    "kornia",
    "lightning",
    "omegaconf",
    "pooch",
    "requests",
    "scipy",
    "skimage",
    "torchmetrics",
    "torchvision",
    "wandb",
}


def imported(program: str, *arguments: str) -> set[str]:
    """Run a program and return the top-level names of all modules that it imported."""
    program = f"import sys\ntry:\n    {program}\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
    program += "print('imported:', *sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = set(done.stdout.splitlines()[-1].split()[1:])
    assert "sr_lightning" in names
    return names


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_no_slow_library(command):
    names = imported(f"from sr_lightning.{command} import main; main(['--help'])")
    assert names & (NOT_FOR_HELP | NOT_FOR_UPSCALING) == set()


def test_help_of_training_imports_no_slow_library_but_hydra():
    names = imported("from sr_lightning.train import main; main()", "--help")
    assert "hydra" in names
    assert names & (NOT_FOR_HELP | NOT_FOR_UPSCALING) == {"hydra", "omegaconf"}


def test_upscaling_imports_no_library_for_training(tmp_path):
    photographs.save(tmp_path / "a.png", 12, 16)
    names = imported(
        "from sr_lightning.upscale import main; assert main(sys.argv[1:]) == 0",
        *(str(tmp_path / "a.png"), "--weights", "bicubic", "--output", str(tmp_path / "b.png")),
    )
    assert (tmp_path / "b.png").exists()
    assert "torch" in names
    assert names & NOT_FOR_UPSCALING == set()


def option(command: str, name: str):
    """Return an option of a command's parser."""
    parser = importlib.import_module(f"sr_lightning.{command}").parser()
    return next(action for action in parser._actions if name in action.option_strings)


def test_parsers_repeat_the_values_of_the_library():
    """The parsers cannot import these values, because the modules that define them import torch."""
    formats = {f".{name}" for name in option("upscale", "--format").choices}
    assert formats == image.ENCODERS.keys() - {".jfif", ".jpe"}  # other suffixes of JPEG
    assert set(option("upscale", "--precision").choices) == {"auto", *PRECISIONS}
    assert option("upscale", "--overlap").default == OVERLAP
    assert option("upscale", "--weights").default == SMALL
    assert ", ".join(ENDINGS) in option("export", "--output").help
    assert ", ".join(writing.ENDINGS) in option("interpolate", "--output").help
