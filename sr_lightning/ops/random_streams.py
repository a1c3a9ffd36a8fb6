"""Independent streams of random numbers, addressed by counters instead of by state.

Source:
    Philox: Salmon et al. 2011, doi:10.1145/2063384.2063405.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """One number for each use of random numbers: equal counters of two streams give independent draws.

    The numbers are part of the results: changing one changes what every seed trains on.
    """

    CROPS = 0
    """Crop corners and symmetries."""
    IMAGE_ORDER = 1
    """Order of the images in each epoch."""
    TRAINING = 2
    """Degradations of training crops."""
    FIXED = 3
    """Degradations of validation and evaluation images, which must not change between runs."""
    POOL = 4
    """Exchange of pairs with the pool."""


def random_stream(seed: int, stream: Stream, iteration: int, sample: int = 0, stage: int = 0) -> np.random.Generator:
    """Return a generator that depends on the arguments alone.

    Args:
        seed: at least 0.
        iteration: training iteration, or epoch for `Stream.IMAGE_ORDER`.
        sample: number within the batch over all devices.
        stage: distinguishes the draws made for one sample.
    """
    return np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, stage, sample, iteration]))
