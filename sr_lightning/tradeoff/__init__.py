"""What lies between two networks: the perception–distortion trade-off, measured and drawn."""

from sr_lightning.tradeoff.document import write_tradeoff
from sr_lightning.tradeoff.measuring import Tradeoff, measure_tradeoff

__all__ = ["Tradeoff", "measure_tradeoff", "write_tradeoff"]
