"""Rounding to 8 bits."""

import pytest
import torch

from sr_lightning.ops.quantize import to_uint8


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_to_uint8_clamps_and_rounds(dtype: torch.dtype) -> None:
    values = torch.tensor([-1, 0, 0.0019, 0.0021, 0.5, 0.998, 0.9985, 1, 7, float("inf")], dtype=dtype)
    expected = [min(max(round(value * 255), 0), 255) for value in values.double()[:-1].tolist()]
    assert to_uint8(values).tolist() == [*expected, 255]
    assert to_uint8(torch.arange(256) / 255).tolist() == list(range(256))
    with pytest.raises(ValueError, match=r"not torch\.uint8"):
        to_uint8(torch.zeros(3, dtype=torch.uint8))
