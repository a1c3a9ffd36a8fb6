"""Classes that training scripts save beside weights and that only hold values, so that unpickling them is safe.

torch refuses every other class or function that a pickle names. Some are replaced by a class that does less: a path of
another operating system by one that is never opened, and NumPy's array constructor by one that ignores sizes.
"""

import datetime
import pathlib
import types
from collections.abc import Callable
from typing import Any

from sr_lightning.ops.numpy_pickles import NUMPY_VALUES

Allowed = Callable[..., Any] | tuple[Callable[..., Any], str]  # a class, or a class and the name in the pickle


def new_dict(*_: Any) -> dict[Any, Any]:
    """Return a dict in place of a subclass, whose content torch would not set."""
    return {}


PATHS: list[Allowed] = [
    (kind, f"pathlib.{local}{name}")
    for local in ("", "_local.")  # of Python 3.13
    for kind in (pathlib.PurePosixPath, pathlib.PureWindowsPath)
    for name in (kind.__name__, kind.__name__.removeprefix("Pure"))
]
CONTAINERS: list[Allowed] = [
    types.SimpleNamespace,
    list,
    dict,
    set,
    (types.SimpleNamespace, "argparse.Namespace"),
    (new_dict, "collections.defaultdict"),
    *((dict, f"{module}.AttributeDict") for module in (
        "lightning.fabric.utilities.data", "lightning_fabric.utilities.data", "lightning.pytorch.utilities.parsing",
        "pytorch_lightning.utilities.parsing")),
]  # fmt: skip
DATES: list[Allowed] = [datetime.date, datetime.datetime, datetime.timedelta, datetime.timezone]
PLAIN_VALUES: list[Allowed] = [*NUMPY_VALUES, *PATHS, *CONTAINERS, *DATES]
