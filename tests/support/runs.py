"""Overrides of small training runs, and their logs and checkpoints."""

import csv
import subprocess
import time
from pathlib import Path

import torch

from sr_lightning.system import tensor_files

TINY = (
    "generator.width=4",
    "generator.depth=1",
    "data.crop=32",
    "data.batch_size=4",
    "log_every=1",
    "trainer.accelerator=cpu",
    "callbacks.checkpoints.minutes=1000",
)
"""Overrides that make a run of any trunk model take a second or two."""


def kept_by_wandb(folder: Path, *words: str, seconds: float = 30) -> bool:
    """Return True once an offline run in ``folder`` contains all words; W&B may still write after the run has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        content = b"".join(path.read_bytes() for path in folder.glob("wandb/offline-run-*/*.wandb"))
        if all(word.encode() in content for word in words):
            return True
        time.sleep(0.1)
    return False


EXACT = ("trainer.precision=32-true", "scheduler=one_cycle", "optimizer.lr=1e-3")


def checkpoint(folder: Path, name: str = "last") -> dict:
    return tensor_files.read(folder / "checkpoints" / f"{name}.ckpt")


def logged(folder: Path, column: str) -> dict[int, float]:
    """Return iteration -> value of a logged name, from every metrics.csv of the run."""
    values = {}
    for path in sorted(folder.glob("csv/*/metrics.csv")):
        for row in csv.DictReader(path.open()):
            if row.get(column):
                values[int(row["step"])] = float(row[column])
    return values


def assert_same(first: dict, second: dict) -> None:
    """Assert that weights, averages, optimizer states and counts of two checkpoints are bit-identical."""
    for part in ("state_dict", "ema", "optimizer_states", "lr_schedulers", "global_step"):
        flat_first, flat_second = dict(flat(first[part])), dict(flat(second[part]))
        assert flat_first.keys() == flat_second.keys()
        for name, value in flat_first.items():
            same = torch.equal(value, flat_second[name]) if torch.is_tensor(value) else value == flat_second[name]
            assert same, f"{part} {name}"


def flat(tree, prefix=""):
    if isinstance(tree, dict):
        tree = tree.items()
    elif isinstance(tree, list):
        tree = enumerate(tree)
    else:
        yield prefix, tree
        return
    for key, value in tree:
        yield from flat(value, f"{prefix}/{key}")


def finished(process: subprocess.Popen) -> str:
    """Return the output of a process, after checking that it succeeded."""
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output


GAN = ("model=esrgan", "perceptual=embedded", "block.growth=4", "discriminator.width=4", "metrics=fidelity",
       "monitor=val/psnr_y")  # fmt: skip
