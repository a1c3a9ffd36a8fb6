"""A program with all that it starts: one process group that is watched, ended and cleaned up as a whole."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

POLL = 0.05  # seconds


class Process:
    """Starts at once, writes to a file.

    Only the program itself is asked to end: it ends what it has started in good order. What is left of its group is
    asked afterwards, and killed when it does not follow.

    Args:
        command: program and arguments.
        environment: all of it.
        output: file that what the program prints is added to.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], output: Path) -> None:
        with output.open("ab") as file:
            self.begin = file.tell()
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self.reader = output.open("rb")
        self.reader.seek(self.begin)
        self.started = time.monotonic()

    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self.process.poll()

    def seconds(self) -> float:
        return time.monotonic() - self.started

    def lines(self, everything: bool = False) -> Iterator[str]:
        """What it has printed since the last call, in whole lines.

        Args:
            everything: since its start, with a last line that has no end.
        """
        if everything:
            self.reader.seek(self.begin)
        while True:
            position = self.reader.tell()
            line = self.reader.readline()
            if not line or not (everything or line.endswith(b"\n")):
                self.reader.seek(position)
                return
            yield line.decode(errors="replace").rstrip()

    def terminate(self) -> None:
        """Ask it to save and to end."""
        self.process.terminate()

    def kill(self) -> None:
        """End it and all it has started, now."""
        self.signal_group("SIGKILL")
        self.process.kill()

    def close(self, grace: float) -> None:
        """End what an ended program has left behind, within some seconds."""
        deadline = time.monotonic() + grace
        alive = self.signal_group("SIGTERM")
        while alive and time.monotonic() < deadline:
            time.sleep(POLL)
            alive = self.signal_group(None)
        self.signal_group("SIGKILL")
        self.reader.close()

    def signal_group(self, name: str | None) -> bool:
        """Send a signal to the group; whether there was anybody. None only asks."""
        if os.name == "nt":
            return False
        try:
            os.killpg(self.process.pid, 0 if name is None else signal.Signals[name])
        except (ProcessLookupError, PermissionError):
            return False
        return True
