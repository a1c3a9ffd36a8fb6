"""Settings of the GPU check."""

import os
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(os.environ.get("SR_SHARED", Path(__file__).parents[3] / "shared"))
BENCHMARKS = ("Set5", "Set14")


@dataclass(frozen=True)
class Settings:
    """Options of a call.

    Args:
        output: folder of the results, from which a later call continues.
        small: tiny sizes, without checking the gains by training.
        minutes: of each of the two trainings.
        data: folder of training photographs; None: the demo photographs.
        features: VGG16's weights for SRGAN's perceptual loss; None: the embedded ones.
        benchmarks: folder in which Set5 and Set14 are looked for; None: the held-out demo photographs are measured.
    """

    output: Path
    small: bool = False
    minutes: float = 4
    data: Path | None = None
    features: Path | None = None
    benchmarks: Path | None = None

    @property
    def cache(self) -> Path:
        """Return the folder of the crop stores."""
        return self.output / "cache"

    @property
    def benchmark_names(self) -> list[str]:
        """Return the names of the available benchmarks."""
        if self.benchmarks is None:
            return []
        return [name for name in BENCHMARKS if (self.benchmarks / name).is_dir()]


def existing(path: Path) -> Path | None:
    """Return the path if it exists, else None."""
    return path if path.exists() else None
