"""Convert decoded values of any type to 16 bits."""

import numpy as np

from sr_lightning.image.files import UnsupportedError


def float_to_uint16(values: np.ndarray) -> np.ndarray:
    """Convert floating-point values in [0, 1] to uint16. Any shape.

    Raises:
        UnsupportedError: values outside of [0, 1], or NaN.
    """
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= 1):
        raise UnsupportedError(
            f"cannot be decoded (floating-point values from {low:g} to {high:g}, not within 0 and 1); scale its values"
        )
    return np.rint(values.astype(np.float64, copy=False) * 65535).astype(np.uint16)


def integer_to_uint16(values: np.ndarray) -> np.ndarray:
    """Convert integers in [0, 65535] of any type to uint16. Any shape.

    Raises:
        UnsupportedError: values outside of this range.
    """
    low, high = values.min(), values.max()
    if low < 0 or high > 65535:
        raise UnsupportedError(
            f"cannot be decoded (integer values from {low} to {high}, not within 0 and 65535); scale its values"
        )
    return values.astype(np.uint16)


def scale_to_uint16(values: np.ndarray, largest: int) -> np.ndarray:
    """Convert integers in [0, largest] to uint16, in a copy. Any shape.

    Args:
        values: unsigned integers.
        largest: the value of white, at most 65535.
    Raises:
        UnsupportedError: a value above ``largest``.
    """
    if largest == 65535:
        return values.astype(np.uint16)
    if values.size and values.max() > largest:
        raise UnsupportedError(f"cannot be decoded (a value of {values.max()} above {largest}); replace or remove it")
    return ((values.astype(np.uint64) * 65535 + largest // 2) // largest).astype(np.uint16)
