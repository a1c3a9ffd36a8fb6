"""Classes that training scripts save beside weights and that only hold values, so that unpickling them is safe.

torch refuses every other class or function that a pickle names. Some are replaced by a class that does less: a path of
another operating system by one that is never opened, and NumPy's array constructor by one that ignores sizes.
"""

import argparse
import datetime
import pathlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np

Allowed = Callable[..., Any] | tuple[Callable[..., Any], str]  # a class, or a class and the name in the pickle


def new_array(*_: Any) -> np.ndarray:
    """Return an empty array whose content is set later; a crafted size would fill the memory."""
    return np.ndarray((0,), np.int8)


def new_dict(*_: Any) -> dict[Any, Any]:
    """Return a dict in place of a subclass, whose content torch would not set."""
    return {}


SCALAR: Any = np.float64(0).__reduce__()[0]
NUMPY: list[Allowed] = [
    np.dtype,
    np.ndarray,
    *(kind for name, kind in vars(np.dtypes).items()
      if name.endswith("DType") and name not in ("ObjectDType", "VoidDType", "StringDType")),
    *((SCALAR, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),  # numpy.core before NumPy 2
    *((new_array, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")),
]  # fmt: skip
PATHS: list[Allowed] = [
    (kind, f"pathlib.{local}{name}")
    for local in ("", "_local.")  # of Python 3.13
    for kind in (pathlib.PurePosixPath, pathlib.PureWindowsPath)
    for name in (kind.__name__, kind.__name__.removeprefix("Pure"))
]
CONTAINERS: list[Allowed] = [
    argparse.Namespace,
    types.SimpleNamespace,
    list,
    dict,
    set,
    (new_dict, "collections.defaultdict"),
    *((dict, f"{module}.AttributeDict") for module in (
        "lightning.fabric.utilities.data", "lightning_fabric.utilities.data", "lightning.pytorch.utilities.parsing",
        "pytorch_lightning.utilities.parsing")),
]  # fmt: skip
DATES: list[Allowed] = [datetime.date, datetime.datetime, datetime.timedelta, datetime.timezone]
PLAIN_VALUES: list[Allowed] = [*NUMPY, *PATHS, *CONTAINERS, *DATES]
