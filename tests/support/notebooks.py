"""Execute notebooks, for the tests and to store one with its output:

    python -m tests.support.notebooks notebooks/line.ipynb FOLDER

executes the notebook in FOLDER, which contains ``runs/``, and writes it back with its output.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]


def execute(path: Path, folder: Path, timeout: int = 600) -> nbformat.NotebookNode:
    """Execute a notebook in a folder and return it with its output.

    Args:
        path: of the notebook, which is not changed.
        folder: working directory of the cells.
        timeout: for each cell, in seconds.
    """
    os.environ["PYTHONPATH"] = str(ROOT)  # the kernel imports this checkout
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=timeout, record_timing=False, resources=resources).execute()


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the outputs of all code cells."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


if __name__ == "__main__":
    source = Path(sys.argv[1])
    nbformat.write(execute(source, Path(sys.argv[2])), source)
