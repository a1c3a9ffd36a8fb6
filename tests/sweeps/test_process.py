"""Process groups of jobs."""

import os
import sys
import time

from sr_lightning.sweeps.process import Process


def test_a_program_that_ignores_sigterm_is_killed_with_its_children(tmp_path):
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(99)"
    )
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {deaf!r}])"
    process = Process([sys.executable, "-c", program], os.environ, tmp_path / "output.txt")
    while "deaf" not in (tmp_path / "output.txt").read_text():
        time.sleep(0.02)
    process.terminate()
    while process.status() is None:
        time.sleep(0.02)
    assert process.signal_group(None)
    process.close(grace=0.1)
    deadline = time.monotonic() + 5
    while process.signal_group(None) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not process.signal_group(None)
