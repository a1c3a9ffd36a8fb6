"""Read and write image files, as RGB tensors or as pictures with alpha, bit depth, color profile and metadata."""

from sr_lightning.image.decoding import decode, read_picture
from sr_lightning.image.encoding import encode, same_suffix, suffix_for, write_picture
from sr_lightning.image.formats import ENCODERS, EXTENSIONS
from sr_lightning.image.picture import Metadata, Picture
from sr_lightning.image.pillow import from_pil, to_pil
from sr_lightning.image.rgb import read, read_bytes, size, write
from sr_lightning.ops.quantize import to_uint8

__all__ = [
    "ENCODERS",
    "EXTENSIONS",
    "Metadata",
    "Picture",
    "decode",
    "encode",
    "from_pil",
    "read",
    "read_bytes",
    "read_picture",
    "same_suffix",
    "size",
    "suffix_for",
    "to_pil",
    "to_uint8",
    "write",
    "write_picture",
]
