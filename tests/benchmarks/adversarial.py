"""One step of ESRGAN as in published code and in this library, with one switch after the other."""

import copy
import sys

import torch

from sr_lightning.cli.warnings import quiet
from tests.benchmarks import library, published
from tests.benchmarks.networks import parts
from tests.benchmarks.published import Step
from tests.benchmarks.timing import default_device, in_turn

CROP, BATCH = 128, 4
PUBLISHED = "published way"


def measure(overrides: list[str], rounds: int = 7, compiled: bool = True) -> dict[str, float]:
    """Return the median seconds of each variant; torch.compile only on request."""
    device = default_device()
    module = parts("esrgan", overrides).to(device)
    lr, hr = torch.rand(BATCH, 3, CROP // 4, CROP // 4, device=device), torch.rand(BATCH, 3, CROP, CROP, device=device)
    batches = published.fixed(lr, hr)

    rounded = parts("esrgan", [*overrides, "+features.network.float32=0"]).to(device)

    def ours(**switches: object) -> Step:
        return library.step(copy.deepcopy(module), batches, **switches)  # type: ignore[arg-type]

    exact = {"dtype": torch.float32, "fused": False}
    steps = {
        PUBLISHED: published.relativistic(copy.deepcopy(module), batches),
        "one forward, float32, contiguous": ours(**exact, layout=torch.contiguous_format),
        "and channels-last": ours(**exact),
        "and bfloat16": library.step(rounded, batches, fused=False),
        "but for two convolutions of VGG19": ours(fused=False),
        "and a fused optimizer (the default)": ours(),
    }
    if compiled:
        steps["the default, and torch.compile"] = ours(backend="inductor")
    return in_turn(steps, rounds, device)


def averaging(overrides: list[str], rounds: int = 20) -> dict[str, float]:
    """Return the median seconds of updating the generator's moving average: tensor by tensor, and all at once."""
    device = default_device()
    values = [value.detach().to(device) for value in parts("esrgan", overrides).generator.parameters()]
    averages = [value.clone() for value in values]

    def one_by_one() -> None:
        for average, value in zip(averages, values, strict=True):
            average.mul_(0.999).add_(value, alpha=0.001)

    ways = {
        "moving average, tensor by tensor": one_by_one,
        "moving average, all at once (the default)": lambda: torch._foreach_lerp_(averages, values, 0.001),
    }
    return in_turn(ways, rounds, device)


if __name__ == "__main__":
    quiet()
    found = measure(sys.argv[1:])
    for name, value in found.items():
        sys.stdout.write(f"{name}: {value:.2f} s, {found[PUBLISHED] / value:.2f}\n")
