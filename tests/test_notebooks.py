"""The notebooks run from the first cell to the last on tiny runs, and are stored without outputs."""

import importlib
import re
import shlex
import sys
from pathlib import Path

import nbformat
import pytest
from hydra import compose, initialize_config_dir

from sr_lightning.cli.config import CONF
from tests.support import photographs
from tests.support.notebooks import ROOT, execute, outputs
from tests.support.reports import METRICS, write_run, write_sweep
from tests.support.runs import GAN, TINY
from tests.test_docs import first_job

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LINE = ROOT / "notebooks" / "line.ipynb"
SAME = ("block=residual", "upsampler=shuffle", "ends=srresnet", "norm=batch")  # SRResNet's generator in model=esrgan


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder with ``runs/`` of a tiny SRResNet and of a tiny GAN that started from it, under all names in use."""
    folder = tmp_path_factory.mktemp("notebooks")
    train = photographs.folder(folder / "train", count=4)
    validation = photographs.folder(folder / "validation", count=2, height=44, width=36)
    data = ["data=folder", f"data.root={train}", f"data.validation={validation}", f"data.cache={folder / 'cache'}"]
    start = folder / "runs" / "start48x8" / "1"
    gan = folder / "runs" / "esrgan48x8" / "1"
    jobs = {start: ["model=srresnet"], gan: [*GAN[:2], *SAME, *GAN[3:], f"init={start / 'checkpoints' / 'best.ckpt'}"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for run, words in jobs.items():
            words = [*words, *TINY, *data, f"hydra.run.dir={run}", "iterations=2", "validate_every=2"]
            patch.setattr(sys, "argv", ["train", *words])
            importlib.import_module("sr_lightning.train").main()
    sources = {"srcnn": start, "srresnet": start, "srgan": gan, "small_real_esrgan": gan, "quickstart": gan}
    for name, run in sources.items():
        (folder / "runs" / name).symlink_to(run.parent)
    return folder


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_contain_calls_only(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(word in cell.source for cell in code_cells(notebook) for word in ("def ", "class ", "lambda"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_output(path):
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(notebook))


def assert_complete(notebook: nbformat.NotebookNode) -> None:
    """Check that each cell that ends with a figure or a table has it as its only output."""
    kinds = {"Image": "image/jpeg", "Markdown": "text/markdown"}
    sections = [cell.source for cell in notebook.cells if cell.source.startswith("## ")]
    assert [title.split(".")[0] for title in sections] == [f"## {number}" for number in range(1, 12)]
    first, *cells = code_cells(notebook)
    assert first.outputs == []
    figures = 0
    for cell in cells:
        shown = cell.source.splitlines()[-1].split("(")[0]
        (output,) = cell.outputs
        assert output.output_type == "execute_result", cell.source
        assert kinds[shown] in output.data, cell.source
        figures += shown == "Image"
    assert figures == 12


def test_the_line_gives_a_command_that_composes_for_each_network():
    notebook = nbformat.read(LINE, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    trained = set()
    for command in re.findall(r"^python -m sr_lightning\.train (.*)$", text, re.MULTILINE):
        overrides = [word for word in shlex.split(command) if "=" in word]
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("train", first_job(overrides), return_hydra_config=True)
        trained.add(
            next((word[5:] for word in overrides if word.startswith("name=")), config.hydra.runtime.choices.model)
        )
    (names,) = re.findall(r"^names = \[(.*)\]$", code_cells(notebook)[0].source, re.MULTILINE)
    assert {name.strip('"') for name in names.split(", ")} <= trained


@pytest.mark.slow
def test_the_line_runs(runs):
    assert_complete(execute(LINE, runs))


@pytest.mark.slow
def test_the_tour_runs(runs):
    shown = [output.data for output in outputs(execute(ROOT / "notebooks" / "tour.ipynb", runs))]
    assert len([data for data in shown if "image/png" in data]) == 2
    assert "| alpha 0.25 |" in shown[-1]["text/markdown"]


@pytest.mark.slow
def test_the_ablation_runs(tmp_path):
    sweep = tmp_path / "runs" / "sweeps" / "ablation_components"
    jobs = [("srgan", 0, 27.0), ("srgan", 1, 28.0), ("rrdb", 0, 29.0), ("rrdb", 1, 31.0)]
    for number, (_, seed, psnr) in enumerate(jobs):
        write_run(sweep / f"0{number}-a", psnr, seed)
    write_sweep(sweep, [(f"0{i}-a", f"column={c} seed={s}", "finished") for i, (c, s, _) in enumerate(jobs)])
    shown = outputs(execute(ROOT / "notebooks" / "ablation.ipynb", tmp_path))
    lead, table, figure, differences, page = (output.data for output in shown)
    assert lead["text/markdown"] == "4 of 4 runs finished; 2 columns, 2 seeds each."
    assert "| rrdb | **33.50** ± 1.41 |" in table["text/markdown"]
    assert "image/png" in figure
    assert len(METRICS) == differences["text/markdown"].count("| rrdb − srgan |")
    assert "report/index.html" in page["text/html"]
    assert (tmp_path / "report" / "index.html").is_file()
