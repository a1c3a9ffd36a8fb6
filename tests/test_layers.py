"""The architecture as a law: imports go down only, and hydra stays at the command lines."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sr_lightning"
LAYERS = {
    0: {
        "errors",
        "features",
        "image",
        "color",
        "resize",
        "atomic",
        "pictures",
        "videos",
        "tiling",
        "hardware",
        "costs",
        "tensor_files",
        "comparison",
        "download",
        "archive",
        "places",
        "pages",
        "statistics",
        "filtering",
        "sharpen",
    },
    1: {"generators", "discriminators", "losses", "degradations", "metrics", "upscaling"},
    2: {"data", "modules", "callbacks", "weights", "batches", "loggers"},
    3: {
        "arguments",
        "command_line",
        "train",
        "fitting",
        "evaluate",
        "check",
        "export",
        "interpolate",
        "tradeoff",
        "upscale",
        "summary",
        "runs",
        "ranks",
        "warm_start",
        "initial_weights",
        "matching",
        "preflight",
        "tables",
        "sweeps",
        "degrade",
        "report",
        "reports",
    },
}
LAYER = {name: layer for layer, names in LAYERS.items() for name in names}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imports(path: Path) -> set[str]:
    """Full names of the modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module == "sr_lightning":
                found |= {f"sr_lightning.{alias.name}" for alias in node.names if alias.name[0] != "_"}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    modules = imports(path)
    for module in modules:
        parts = module.split(".")
        if parts[0] == "sr_lightning" and len(parts) > 1 and parts[1] != own:
            allowed = LAYER[parts[1]] < LAYER[own] or (LAYER[parts[1]] == LAYER[own] and LAYER[own] != 1)
            assert allowed, f"{own} (layer {LAYER[own]}) imports {parts[1]} (layer {LAYER[parts[1]]})"
    roots = {module.split(".")[0] for module in modules}
    if LAYER[own] < 3:
        assert not roots & {"hydra", "omegaconf", "argparse"}
    if LAYER[own] < 2:
        assert not roots & {"lightning"}


def test_the_library_works_without_hydra():
    """REQ-HYD-8."""
    program = (
        "import sys; sys.modules['hydra'] = sys.modules['omegaconf'] = None\n"
        "import sr_lightning.data, sr_lightning.modules, sr_lightning.callbacks, sr_lightning.metrics\n"
        "import sr_lightning.weights\n"
        "print('works')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.stdout.strip() == "works", done.stderr
