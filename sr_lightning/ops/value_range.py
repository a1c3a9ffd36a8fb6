"""Check data type and range of images at the public interface."""

import torch
from torch import Tensor

OVERSHOOT = 0.5  # bicubic interpolation leaves [0, 1] by less; images in [0, 255] exceed it


def require_floating(image: Tensor, name: str) -> None:
    """Check the data type alone, which does not wait for the device.

    Raises:
        ValueError: not floating point.
    """
    if not image.is_floating_point():
        raise ValueError(f"{name} must be floating point in [0, 1], got {str(image.dtype).removeprefix('torch.')}")


def to_unit_range(image: Tensor, name: str = "image", overshoot: float = OVERSHOOT, allow_nan: bool = False) -> Tensor:
    """Return a floating-point image as it is, and a uint8 one divided by 255.

    Args:
        image: any shape.
        name: for the error message.
        overshoot: how far values may lie outside of [0, 1].
        allow_nan: accept NaN; the range is then not checked.
    Returns:
        floating point in [0, 1]; float32 for uint8.
    Raises:
        ValueError: another data type, NaN, or values outside of the range.
    """
    if image.dtype == torch.uint8:
        return image.float().div(255)
    if not image.is_floating_point():
        kind = str(image.dtype).removeprefix("torch.")
        raise ValueError(f"{name} must be floating point in [0, 1] or uint8, got {kind}")
    if image.numel():
        low, high = limits(image.detach())
        if low != low or high != high:
            if allow_nan:
                return image
            raise ValueError(f"{name} contains NaN; it must be floating point in [0, 1]")
        if not -overshoot <= low <= high <= 1 + overshoot:
            raise ValueError(
                f"{name} must be floating point in [0, 1], got values from {low:g} to {high:g}; divide images in "
                "[0, 255] by 255"
            )
    return image


def limits(image: Tensor) -> tuple[float, float]:
    """Return the least and the largest value; both are NaN if a value is."""
    if image.device.type == "cpu":  # NumPy reads the memory without waiting for other operations
        array = image.float().numpy()
        return float(array.min()), float(array.max())
    low, high = image.aminmax()
    return float(low), float(high)
