"""Single-image super-resolution, from SRCNN to ESRGAN, as compositions of shared parts."""

__version__ = "0.1.0"
