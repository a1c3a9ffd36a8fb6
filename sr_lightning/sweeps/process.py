"""A process group that is started, terminated and cleaned up as a unit."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

POLL = 0.05  # seconds


class Process:
    """Starts a program in a new process group, with its output appended to a file.

    Only the program itself is asked to terminate, so that it can end its children in order. Remaining processes of the
    group are terminated afterwards, and killed if necessary.

    Args:
        command: program and arguments.
        environment: complete environment.
        output: file for standard output and error.
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
        """Return the exit status, or None while the program runs."""
        return self.process.poll()

    def seconds(self) -> float:
        """Return the time since the start."""
        return time.monotonic() - self.started

    def lines(self, everything: bool = False) -> Iterator[str]:
        """Return the complete lines printed since the last call.

        Args:
            everything: return the output since the start, including an incomplete last line.
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
        """Ask the program to save and terminate."""
        self.process.terminate()

    def kill(self) -> None:
        """Kill the process group."""
        self.signal_group("SIGKILL")
        self.process.kill()

    def close(self, grace: float) -> None:
        """Terminate the remaining processes of an ended program within a few seconds."""
        deadline = time.monotonic() + grace
        alive = self.signal_group("SIGTERM")
        while alive and time.monotonic() < deadline:
            time.sleep(POLL)
            alive = self.signal_group(None)
        self.signal_group("SIGKILL")
        self.reader.close()

    def signal_group(self, name: str | None) -> bool:
        """Send a signal to the group, except for None; return True if the group exists."""
        if os.name == "nt":
            return False
        try:
            os.killpg(self.process.pid, 0 if name is None else signal.Signals[name])
        except (ProcessLookupError, PermissionError):
            return False
        return True
