"""Parameters and multiply-adds of networks agree with numbers computed by hand."""

from functools import partial

from torch import nn

from sr_lightning.generators import RRDB, Nearest, Tail, TrunkGenerator
from sr_lightning.generators.complexity import multiply_adds, parameters


def test_parameters_and_multiply_adds_by_hand():
    """Two convolutions of width 4 at x2: each weight is multiplied once per output pixel."""
    network = TrunkGenerator(lambda width: nn.Conv2d(width, width, 3, padding=1), Nearest, width=4, depth=2, scale=2)
    head, trunk, large, tail = 3 * 4 * 9, 3 * 4 * 4 * 9, 4 * 4 * 9, 4 * 3 * 9
    assert parameters(network) == head + trunk + large + tail + 4 * 5 + 3
    low, high = 16**2, 32**2
    assert multiply_adds(network, crop=32) == (head + trunk) * low + (large + tail) * high
    assert next(network.parameters()).device.type == "cpu"


def test_rrdbnet_has_the_published_size():
    """16.70 M parameters; four times as many pixels take four times as many multiply-adds."""
    network = TrunkGenerator(RRDB, Nearest, tail=partial(Tail, hidden=True))
    assert parameters(network) == 16_697_987
    assert multiply_adds(network, 128) == 4 * multiply_adds(network, 64)
