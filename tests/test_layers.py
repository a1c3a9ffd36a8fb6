"""The import order: packages import downwards only, and heavy libraries appear at their level and above."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sr_lightning"
LEVELS = (
    ("errors", "ops", "system", "features"),
    ("image", "video", "generators", "discriminators", "losses", "degradations", "metrics"),
    ("data", "weights", "visuals"),
    ("modules", "callbacks", "upscaling"),
    ("cli", "evaluation"),
    ("training", "sweeps", "reporting"),
    ("commands",),
    ("train", "evaluate", "upscale", "interpolate", "export", "degrade", "check", "report"),
)
"""A package may import lower levels and, except on the levels of `APART`, packages to its left on its own level."""

APART = (1, 2, 7)
"""Levels whose packages never import each other."""

LIBRARIES = {
    "errors": (),
    "ops": ("numpy", "torch", "kornia"),
    "system": ("torch", "filelock", "platformdirs", "requests", "rich", "safetensors"),
    "features": ("torch",),
}
"""Libraries that packages of level 0 may import besides the standard library."""

LEVEL = {package: level for level, packages in enumerate(LEVELS) for package in packages}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imports(source: str) -> set[str]:
    """Return the full names of all imports of a file, including those within functions."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def violations(package: str, modules: set[str]) -> list[str]:
    """Return a message for each import that is not allowed.

    Args:
        package: the first name below sr_lightning.
        modules: full names of the file's imports.
    """
    level = LEVEL[package]
    messages = []
    for module in sorted(modules):
        root, *parts = module.split(".")
        if root == "sr_lightning":
            imported = parts[0]
            if imported in (package, "__version__"):  # files of the package itself, and the version
                continue
            row = LEVELS[level]
            beside = imported in row[: row.index(package)] and level not in APART
            if not (LEVEL[imported] < level or beside):
                messages.append(f"{package} (level {level}) imports {imported} (level {LEVEL[imported]})")
        elif root in ("hydra", "omegaconf") and level < 4:
            messages.append(f"{package} (level {level}) imports {root}")
        elif root == "argparse" and package != "cli" and level < 6:
            messages.append(f"{package} parses options")
        elif root == "lightning" and (level < 3 or package == "upscaling"):
            messages.append(f"{package} (level {level}) imports lightning")
        elif level == 0 and root not in (*sys.stdlib_module_names, *LIBRARIES[package]):
            messages.append(f"{package} (level 0) imports {root}")
    return messages


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path):
    package = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert violations(package, imports(path.read_text())) == []


def test_the_root_contains_only_commands_and_the_packages_of_the_table():
    names = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert names == {*LEVEL, "__init__"}
    assert {path.stem for path in PACKAGE.glob("*.py")} == {*LEVELS[-1], "errors", "__init__"}


@pytest.mark.parametrize(
    ("package", "source", "message"),
    [
        ("metrics", "from sr_lightning import losses", "metrics (level 1) imports losses (level 1)"),
        ("losses", "from sr_lightning.data import Batch", "losses (level 1) imports data (level 2)"),
        ("modules", "from sr_lightning.callbacks import Costs", "modules (level 3) imports callbacks (level 3)"),
        ("interpolate", "from sr_lightning.evaluate import run", "interpolate (level 7) imports evaluate (level 7)"),
        ("callbacks", "def f():\n    from omegaconf import DictConfig", "callbacks (level 3) imports omegaconf"),
        ("data", "from lightning import LightningDataModule", "data (level 2) imports lightning"),
        ("upscaling", "import lightning.pytorch", "upscaling (level 3) imports lightning"),
        ("training", "import argparse", "training parses options"),
        ("ops", "import scipy.stats", "ops (level 0) imports scipy"),
    ],
)
def test_upward_imports_are_detected(package, source, message):
    assert violations(package, imports(source)) == [message]


def test_imports_of_lower_levels_and_of_packages_to_the_left_are_allowed():
    source = "from sr_lightning.modules import Restorer\nfrom sr_lightning import __version__, errors"
    assert violations("callbacks", imports(source)) == []


def test_the_library_works_without_hydra():
    """All packages below level 4 can be imported without Hydra and OmegaConf."""
    packages = ", ".join(f"sr_lightning.{package}" for level in LEVELS[:4] for package in level)
    program = f"import sys; sys.modules['hydra'] = sys.modules['omegaconf'] = None\nimport {packages}\nprint('works')"
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.stdout.strip() == "works", done.stderr


def test_only_commands_read_the_state_of_the_running_hydra_application():
    """Code below the commands gets values, and works without a Hydra application."""
    module = "hydra.core.hydra_config"
    readers = {path.name for path in FILES if any(name.startswith(module) for name in imports(path.read_text()))}
    assert readers == {"train.py", "evaluate.py"}
