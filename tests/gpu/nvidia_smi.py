"""GPU properties from nvidia-smi."""

import shutil
import subprocess

import torch

SECONDS = 10  # timeout of the command


def query(field: str) -> str | None:
    """Return a field of ``nvidia-smi --query-gpu``; None if the command is missing or fails."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return None
    try:
        words = [command, *selection(), f"--query-gpu={field}", "--format=csv,noheader,nounits"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return next(iter(done.stdout.splitlines()), "").strip() or None


def selection() -> list[str]:
    """Return the argument that selects the GPU, by its UUID, as the numbering may differ from CUDA's."""
    if not torch.cuda.is_available():
        return []
    identity = str(getattr(torch.cuda.get_device_properties(torch.cuda.current_device()), "uuid", ""))
    return [f"--id=GPU-{identity.removeprefix('GPU-')}"] if identity else []
