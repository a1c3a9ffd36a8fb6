"""Pictures as JPEG, for notebooks that keep their output."""

from io import BytesIO

from torch import Tensor

from sr_lightning.visuals.comparison import to_pillow


def jpeg(picture: Tensor, quality: int = 88) -> bytes:
    """Encode a picture as a JPEG file.

    Args:
        picture: such as `comparison` and `panels` draw.
        quality: 1 to 95.

    Shape:
        (3, H, W), floating point in [0, 1] or uint8

    Example:
        >>> IPython.display.Image(jpeg(picture))
    """
    file = BytesIO()
    to_pillow(picture).save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()
