"""Single-image super-resolution, from SRCNN to Real-ESRGAN, as compositions of shared parts.

``upscale_image`` and ``load`` are imported when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sr_lightning.upscaling import upscale_image
    from sr_lightning.weights import load

__version__ = "0.1.0"
__all__ = ["load", "upscale_image"]


def __getattr__(name: str) -> Any:
    """Import a function of the package on first use (PEP 562): ``import sr_lightning`` imports no torch."""
    if name == "upscale_image":
        from sr_lightning.upscaling import upscale_image

        return upscale_image
    if name == "load":
        from sr_lightning.weights import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
