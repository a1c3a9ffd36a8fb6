"""Classes and functions that pickles of NumPy scalars and arrays refer to and that are safe to unpickle."""

from collections.abc import Callable
from typing import Any

import numpy as np

KINDS = [
    kind
    for name, kind in vars(np.dtypes).items()
    if name.endswith("DType") and name not in ("ObjectDType", "VoidDType", "StringDType")
]
SCALAR: Any = np.float64(0).__reduce__()[0]


def new_array(*_: Any) -> np.ndarray:
    """Return an empty array whose content is set later; a crafted size would fill the memory."""
    return np.ndarray((0,), np.int8)


NUMPY_VALUES: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    np.dtype,
    np.ndarray,
    *KINDS,
    *((SCALAR, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),  # numpy.core before NumPy 2
    *((new_array, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")),
]
"""Classes and functions, with the name in the pickle where it differs."""
