"""Read and write image files, as RGB tensors or as pictures with alpha, bit depth, color profile and metadata."""

from sr_lightning.image.decoding import decode, read_content, read_picture
from sr_lightning.image.encoding import encode, same_suffix, suffix_for, write_picture
from sr_lightning.image.formats import ENCODERS, EXTENSIONS, UNREAD_EXTENSIONS, looks_like_image
from sr_lightning.image.header import Header, read_header, size
from sr_lightning.image.limits import check_writable_as, losses
from sr_lightning.image.picture import Metadata, Picture
from sr_lightning.image.pillow import from_pil, to_pil
from sr_lightning.image.rgb import read, read_bytes, write
from sr_lightning.image.streaming import Bands, can_stream, collect, write_bands
from sr_lightning.ops.quantize import to_uint8

__all__ = [
    "ENCODERS",
    "EXTENSIONS",
    "UNREAD_EXTENSIONS",
    "Bands",
    "Header",
    "Metadata",
    "Picture",
    "can_stream",
    "check_writable_as",
    "collect",
    "decode",
    "encode",
    "from_pil",
    "looks_like_image",
    "losses",
    "read",
    "read_bytes",
    "read_content",
    "read_header",
    "read_picture",
    "same_suffix",
    "size",
    "suffix_for",
    "to_pil",
    "to_uint8",
    "write",
    "write_bands",
    "write_picture",
]
