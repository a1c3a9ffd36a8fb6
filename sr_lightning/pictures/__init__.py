"""Pictures as people have them: any channels and depth, with profile and metadata, from a file and back into one."""

from sr_lightning.pictures.decoding import decode, read
from sr_lightning.pictures.encoding import encode, same_suffix, suffix_for, write
from sr_lightning.pictures.picture import Metadata, Picture

__all__ = ["Metadata", "Picture", "decode", "encode", "read", "same_suffix", "suffix_for", "write"]
