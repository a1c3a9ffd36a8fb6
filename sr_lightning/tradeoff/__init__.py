"""What lies between two networks: the perception–distortion trade-off, drawn."""

from sr_lightning.tradeoff.document import write_tradeoff

__all__ = ["write_tradeoff"]
