"""Checkpoints are written completely or not at all."""

import errno
import os

import pytest
import torch

from sr_lightning.callbacks import AtomicCheckpointIO, checkpoints
from sr_lightning.errors import InputError


class FullDisk:
    """File that accepts a number of bytes, then fails as on a full disk."""

    def __init__(self, file, room: int) -> None:
        self.file, self.room = file, room

    def write(self, data) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


@pytest.mark.parametrize("room", [0, 10, 5000, 39_000])
def test_a_full_disk_keeps_the_previous_checkpoint_and_leaves_nothing_else(tmp_path, monkeypatch, room):
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"iteration": 1}, path)
    before, save = path.read_bytes(), torch.save
    monkeypatch.setattr(checkpoints.torch, "save", lambda content, file: save(content, FullDisk(file, room)))
    with pytest.raises(InputError, match=r"last\.ckpt: cannot be written \(No space left on device\)"):
        AtomicCheckpointIO().save_checkpoint({"weights": torch.zeros(10_000)}, path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_other_errors_of_torch_are_not_hidden(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("cannot be pickled")

    monkeypatch.setattr(checkpoints.torch, "save", fail)
    with pytest.raises(RuntimeError, match="cannot be pickled"):
        AtomicCheckpointIO().save_checkpoint({}, tmp_path / "last.ckpt")
    assert not list(tmp_path.iterdir())
