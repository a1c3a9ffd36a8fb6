"""Conversion to and from 8 bits."""

import numpy as np
import pytest
import torch

from sr_lightning.ops.quantize import from_uint8, quantize, to_uint8, uint16_to_uint8


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_to_uint8_clamps_and_rounds(dtype: torch.dtype) -> None:
    values = torch.tensor([-1, 0, 0.0019, 0.0021, 0.5, 0.998, 0.9985, 1, 7, float("inf")], dtype=dtype)
    expected = [min(max(round(value * 255), 0), 255) for value in values.double()[:-1].tolist()]
    assert to_uint8(values).tolist() == [*expected, 255]
    assert to_uint8(torch.arange(256) / 255).tolist() == list(range(256))
    with pytest.raises(ValueError, match=r"not torch\.uint8"):
        to_uint8(torch.zeros(3, dtype=torch.uint8))


def test_all_256_levels_survive_a_round_trip() -> None:
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_uint8(from_uint8(levels)), levels)
    assert torch.equal(quantize(from_uint8(levels)), from_uint8(levels))


def test_quantize_equals_a_round_trip_through_uint8() -> None:
    image = torch.linspace(-0.5, 1.5, 1001)
    assert torch.equal(quantize(image), from_uint8(to_uint8(image)))
    assert quantize(image.double()).dtype == torch.float64


def test_16_bits_are_rounded_to_the_nearest_of_256_levels() -> None:
    values = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(uint16_to_uint8(values), np.rint(values / 257))
