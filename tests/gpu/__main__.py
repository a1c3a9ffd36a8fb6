"""``python -m tests.gpu``: check a machine with a GPU, continuing an interrupted call."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sr_lightning.cli.warnings import quiet
from tests.benchmarks.timing import default_device
from tests.gpu import correctness, degradation, report, stage, throughput, training
from tests.gpu.settings import SHARED, Settings, existing

STAGES = {
    "correctness": correctness.PARTS,
    "throughput": throughput.PARTS,
    "degradation": degradation.PARTS,
    "training": training.PARTS,
}
PLACES = {
    "data": Path("data", "train", "bsds400"),
    "features": Path("weights", "vgg16_features.safetensors"),
    "benchmarks": Path("data", "benchmarks"),
}
"""Default paths below $SR_SHARED; a small run uses only what is part of every installation."""
EPILOG = """Each stage takes ten minutes at most on a recent GPU. DIR/STAGE.json holds what has been measured, part by
part; the same command again skips what has passed, repeats what has failed and resumes an interrupted training.
DIR/report.json and DIR/report.md hold everything. The exit status is 1 where a check failed.
What --data, --features and --benchmarks do not give is taken from $SR_SHARED, or ../shared, if it is there, else from
what every installation has: the demo photographs and the embedded features."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the chosen stages; returns 1 if anything failed, and a larger number after a signal."""
    words = sys.argv[1:] if words is None else list(words)
    names, settings = arguments(words)
    quiet()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read at start-up; makes resumed runs bit-identical
    settings.output.mkdir(parents=True, exist_ok=True)
    command = ["python", "-m", "tests.gpu", *words]
    try:
        for name in names:
            stage.run(name, STAGES[name], settings, command)
    except (KeyboardInterrupt, SystemExit) as ended:
        sys.stderr.write("Interrupted; the same command continues from here.\n")
        return int(ended.code) if isinstance(ended, SystemExit) and ended.code else 130
    finally:
        found = [stage.read(settings.output / f"{name}.json") for name in STAGES]
        stages = [each for each in found if each is not None]
        sys.stdout.write(report.write(settings.output, stages))
    return 1 if report.failures(each for each in stages if each["stage"] in names) else 0


def arguments(words: Sequence[str]) -> tuple[list[str], Settings]:
    """Return the chosen stages and the settings; exits with status 2 for invalid arguments."""
    parser = argparse.ArgumentParser("python -m tests.gpu", description=__doc__, epilog=EPILOG)
    add = parser.add_argument
    add("--small", action="store_true", help="the same code with tiny sizes, in seconds, also on a CPU")
    add("--stages", default=",".join(STAGES), metavar="A,B", help="default: %(default)s")
    add("--output", type=Path, metavar="DIR", help="default: runs/gpu, or runs/gpu-small")
    add("--minutes", type=float, default=4, metavar="N", help="of each of the two trainings (default: %(default)s)")
    add("--data", type=Path, metavar="FOLDER", help="photographs to train on")
    add("--features", type=Path, metavar="FILE", help="weights of VGG16 for the perceptual loss")
    add("--benchmarks", type=Path, metavar="FOLDER", help="with Set5 and Set14, which are measured")
    found = parser.parse_args(words)
    names = found.stages.split(",")
    unknown = [name for name in names if name not in STAGES]
    if unknown:
        parser.error(f"--stages {unknown[0]}: unknown; there are {', '.join(STAGES)}")
    if not found.minutes > 0:
        parser.error(f"--minutes {found.minutes}: must be above 0")
    for option in PLACES:
        path = getattr(found, option)
        if path is not None and not path.exists():
            parser.error(f"--{option} {path}: is not there")
    if default_device().type == "cpu" and not found.small:
        parser.error("there is no GPU here; --small runs the same code in small on the CPU")
    output = found.output or Path("runs", "gpu-small" if found.small else "gpu")
    for name in STAGES:
        kept = stage.read(output / f"{name}.json")
        if kept is not None and kept["small"] != found.small:
            mode = "without" if found.small else "of"
            parser.error(f"--output {output}: holds results {mode} --small; choose another")
    shared = {option: None if found.small else existing(SHARED / place) for option, place in PLACES.items()}
    given = {option: getattr(found, option) or shared[option] for option in PLACES}
    settings = Settings(output, found.small, found.minutes, **given)
    return names, settings


if __name__ == "__main__":
    sys.exit(main())
