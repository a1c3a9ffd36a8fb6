"""The notebooks run from the first cell to the last on tiny runs, and are stored without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.reports import METRICS, write_run, write_sweep

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def executed(name: str, folder: Path) -> list:
    """Execute a notebook in a folder with ``runs/``; returns the outputs of its cells."""
    (path,) = (path for path in NOTEBOOKS if path.stem == name)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_outputs_and_define_nothing(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    assert not any(word in cell.source for cell in cells for word in ("def ", "class ", "lambda"))


@pytest.mark.slow
def test_the_tour_runs(train, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    train("runs/pixel/1")
    start = tmp_path / "runs" / "pixel" / "1" / "checkpoints" / "last.ckpt"
    train("runs/quickstart/1", f"init={start}")
    outputs = executed("tour", tmp_path)
    assert len([output for output in outputs if "image/png" in output]) == 2
    assert "| alpha 0.25 |" in outputs[-1]["text/markdown"]


@pytest.mark.slow
def test_the_ablation_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    sweep = tmp_path / "runs" / "sweeps" / "ablation_components"
    jobs = [("srgan", 0, 27.0), ("srgan", 1, 28.0), ("rrdb", 0, 29.0), ("rrdb", 1, 31.0)]
    for number, (_, seed, psnr) in enumerate(jobs):
        write_run(sweep / f"0{number}-a", psnr, seed)
    write_sweep(sweep, [(f"0{i}-a", f"column={c} seed={s}", "finished") for i, (c, s, _) in enumerate(jobs)])
    lead, table, figure, differences, page = executed("ablation", tmp_path)
    assert lead["text/markdown"] == "4 of 4 runs finished; 2 columns, 2 seeds each."
    assert "| rrdb | **33.50** ± 1.41 |" in table["text/markdown"]
    assert "image/png" in figure
    assert len(METRICS) == differences["text/markdown"].count("| rrdb − srgan |")
    assert "report/index.html" in page["text/html"]
    assert (tmp_path / "report" / "index.html").is_file()
