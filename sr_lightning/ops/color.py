"""Color spaces in which images are compared."""

from torch import Tensor


def luma(image: Tensor) -> Tensor:
    """Convert RGB to BT.601 luma in studio range, with the coefficients of MATLAB's ``rgb2ycbcr``.

    Black is 16/255 and white 235/255; published results are measured on this Y. The full-range luma of most libraries
    gives a PSNR lower by 20·log10(255/219) = 1.32 dB.

    Args:
        image: RGB in [0, 1], floating point.
    Shape:
        (..., 3, H, W) -> (..., 1, H, W), values in [16/255, 235/255].
    Raises:
        ValueError: the third dimension from the end is not 3.
    """
    if image.ndim < 3 or image.shape[-3] != 3:
        raise ValueError(f"luma needs an RGB image (..., 3, H, W), got {tuple(image.shape)}")
    red, green, blue = image.split(1, dim=-3)
    return (65.481 * red + 128.553 * green + 24.966 * blue + 16) / 255


def rgb(image: Tensor) -> Tensor:
    """Return the image unchanged, for metrics that weight the three channels equally."""
    return image
