"""Training that is interrupted saves, and says how to go on."""

import signal
import time

import pytest

from sr_lightning.callbacks import GeneratorEMA
from tests.support.runs import EXACT, TINY, assert_same, checkpoint, logged


def test_sigterm_saves_and_says_so(photos, process, tmp_path):
    """A scheduler that ends a job sees that it is not finished, and nothing is lost."""
    common = [*TINY, *photos, *EXACT, "iterations=400", "validate_every=5", "name=ended", "resume=auto"]
    ended = process(*common)
    while not list(tmp_path.glob("runs/ended/*/checkpoints/last.ckpt")):
        assert ended.poll() is None
        time.sleep(0.02)
    ended.send_signal(signal.SIGTERM)
    told, _ = ended.communicate()
    assert ended.returncode == 143, told
    (folder,) = tmp_path.glob("runs/ended/*")
    done = checkpoint(folder)["global_step"]
    assert f"Stopped at iteration {done}; the same command with resume=auto resumes from iteration {done}" in told


@pytest.mark.parametrize("moment", ["on_train_batch_start", "on_validation_batch_start"])
def test_ctrl_c_saves_and_loses_nothing(train, monkeypatch, capsys, moment):
    """Also in the middle of a validation, which is done again: what was measured and the best are as if undisturbed."""
    words = (*EXACT, "iterations=6", "validate_every=3", "scheduler=constant")
    undisturbed = train("undisturbed", *words)
    pressed = []

    def press(self, trainer, module, batch, number, *_):
        if trainer.global_step == 3 and ("train" in moment or number == 1) and not pressed:
            pressed.append(number)
            signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell it is inherited as ignored
    monkeypatch.setattr(GeneratorEMA, moment, press)
    with pytest.raises(SystemExit) as ended:
        train("ended", *words)
    assert ended.value.code == 130
    done = checkpoint(undisturbed.parent / "ended")["global_step"]
    assert f"Stopped at iteration {done}; the same command with resume=auto resumes" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    last = undisturbed.parent / "ended" / "checkpoints" / "last.ckpt"
    resumed = train("ended", *words, f"resume={last}")
    assert_same(checkpoint(undisturbed), checkpoint(resumed))
    assert logged(resumed, "val/psnr_y") == logged(undisturbed, "val/psnr_y")
    assert_same(checkpoint(undisturbed, "best"), checkpoint(resumed, "best"))
