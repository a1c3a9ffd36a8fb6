"""An interrupted training saves a checkpoint and prints how to resume."""

import signal
import time

import pytest

from sr_lightning.callbacks import GeneratorEMA
from tests.support.runs import EXACT, TINY, assert_same, checkpoint, logged


def test_sigterm_saves_and_exits_with_its_status(photos, process, tmp_path):
    """So a scheduler that ends the job sees that it is not finished."""
    common = [*TINY, *photos, *EXACT, "iterations=400", "validate_every=5", "name=stopped", "resume=auto"]
    stopped = process(*common)
    while not list(tmp_path.glob("runs/stopped/*/checkpoints/last.ckpt")):
        assert stopped.poll() is None
        time.sleep(0.02)
    stopped.send_signal(signal.SIGTERM)
    output, _ = stopped.communicate()
    assert stopped.returncode == 143, output
    (folder,) = tmp_path.glob("runs/stopped/*")
    done = checkpoint(folder)["global_step"]
    assert f"Stopped at iteration {done}; the same command with resume=auto resumes from iteration {done}" in output


@pytest.mark.parametrize("moment", ["on_train_batch_start", "on_validation_batch_start"])
def test_a_run_resumed_after_ctrl_c_equals_an_uninterrupted_one(train, monkeypatch, capsys, moment):
    """Also after Ctrl-C within a validation, which is repeated; logged metrics and the best checkpoint are equal."""
    words = (*EXACT, "iterations=6", "validate_every=3", "scheduler=constant")
    uninterrupted = train("uninterrupted", *words)
    pressed = []

    def press(self, trainer, module, batch, number, *_):
        if trainer.global_step == 3 and ("train" in moment or number == 1) and not pressed:
            pressed.append(number)
            signal.raise_signal(signal.SIGINT)

    # Tests in the background of a shell inherit that SIGINT is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(GeneratorEMA, moment, press)
    with pytest.raises(SystemExit) as stopped:
        train("stopped", *words)
    assert stopped.value.code == 130
    done = checkpoint(uninterrupted.parent / "stopped")["global_step"]
    assert f"Stopped at iteration {done}; the same command with resume=auto resumes" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    last = uninterrupted.parent / "stopped" / "checkpoints" / "last.ckpt"
    resumed = train("stopped", *words, f"resume={last}")
    assert_same(checkpoint(uninterrupted), checkpoint(resumed))
    assert logged(resumed, "val/psnr_y") == logged(uninterrupted, "val/psnr_y")
    assert_same(checkpoint(uninterrupted, "best"), checkpoint(resumed, "best"))
