"""Private names of torch and Lightning are used in two modules only, where each has a test of its own."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sr_lightning"
ALLOWED = {PACKAGE / "system" / "torch_compat.py", PACKAGE / "modules" / "lightning_compat.py"}
DOCUMENTED = {"_asdict", "_fields", "_replace", "_target_"}  # of named tuples and of Hydra's configuration
FILES = sorted(set(PACKAGE.rglob("*.py")) - ALLOWED)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in DOCUMENTED


def private_names(source: str) -> list[str]:
    """Return the private attributes of other objects, and the private modules and names that a source imports."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            names += [] if own else [node.attr]
        elif isinstance(node, ast.ImportFrom):
            parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            names += [part for part in parts if is_private(part)]
        elif isinstance(node, ast.Import):
            names += [part for alias in node.names for part in alias.name.split(".") if is_private(part)]
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_private_name_of_another_object_is_used(path):
    assert private_names(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("optimizer._on_before_step = None", "_on_before_step"),
        ("super()._apply(fn)", "_apply"),
        ("from torch._subclasses import fake_tensor", "_subclasses"),
        ("from torch.nn.modules.batchnorm import _BatchNorm", "_BatchNorm"),
        ("import torch._functorch", "_functorch"),
    ],
)
def test_private_names_are_recognized(source, name):
    assert private_names(source) == [name]


def test_own_and_documented_names_are_not_private():
    assert private_names("self._hidden = config._target_, row._asdict(), module.__class__") == []
