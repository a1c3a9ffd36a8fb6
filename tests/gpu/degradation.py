"""Cost of Real-ESRGAN's degradation on the device."""

from tests.benchmarks import degradation
from tests.gpu.settings import Settings
from tests.gpu.stage import Part, Row

SMALL = ["generator.width=4", "generator.depth=1"]


def second_order(settings: Settings) -> list[Row]:
    """Return the seconds per batch of each variant and stage, beside a step of SRResNet on the same crops."""
    batch, crop, rounds = (2, 64, 1) if settings.small else (12, 256, 20)
    ways, stages = degradation.measure(rounds, SMALL if settings.small else (), batch, crop)
    named = [*ways.items(), *((f"stage {name}", seconds) for name, seconds in stages.items())]
    return [
        {
            "what": name,
            "crops": f"{batch} of {crop}²",
            "milliseconds": 1000 * seconds,
            "crops/s": batch / seconds,
            "share of the step": seconds / ways["step of srresnet"],
        }
        for name, seconds in named
    ]


PARTS: list[Part] = [("second_order", second_order)]
