"""Random streams depend on their arguments alone."""

from itertools import combinations

import numpy as np

from sr_lightning.ops.random_streams import Stream, random_stream


def test_the_numbers_of_the_streams_never_change() -> None:
    """A changed number would change what every seed trains on."""
    assert {stream.name: stream.value for stream in Stream} == {
        "CROPS": 0, "IMAGE_ORDER": 1, "TRAINING": 2, "FIXED": 3, "POOL": 4,
    }  # fmt: skip


def test_equal_arguments_give_equal_draws_and_each_argument_matters() -> None:
    arguments = [(0, Stream.CROPS, 0, 0, 0), (1, Stream.CROPS, 0, 0, 0), (0, Stream.POOL, 0, 0, 0),
                 (0, Stream.CROPS, 1, 0, 0), (0, Stream.CROPS, 0, 1, 0), (0, Stream.CROPS, 0, 0, 1)]  # fmt: skip
    draws = [random_stream(*words).random(4) for words in arguments]
    for words, draw in zip(arguments, draws, strict=True):
        np.testing.assert_array_equal(random_stream(*words).random(4), draw)
    assert not any((one == other).any() for one, other in combinations(draws, 2))


def test_draws_equal_those_of_philox() -> None:
    expected = np.random.Generator(np.random.Philox(key=[7, 2], counter=[0, 9, 3, 5])).random(4)
    np.testing.assert_array_equal(random_stream(7, Stream.TRAINING, 5, sample=3, stage=9).random(4), expected)
