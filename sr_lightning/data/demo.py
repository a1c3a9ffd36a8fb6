"""Demo photographs, which come with scikit-image."""

from importlib.util import find_spec
from pathlib import Path

from sr_lightning.errors import InputError

TRAIN = (
    "astronaut.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "motorcycle_left.png",
    "motorcycle_right.png",
    "retina.jpg",
    "rocket.jpg",
)
VALIDATION = ("chelsea.png", "coffee.png")


def demo_images(names: tuple[str, ...]) -> list[Path]:
    """Return the paths of the named photographs.

    Raises:
        InputError: scikit-image is not installed, or its wheel lacks one of them.
    """
    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise InputError("data=demo needs scikit-image, which contains the photographs: pip install scikit-image")
    folder = Path(package.origin).parent / "data"
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"{folder / missing[0]}: missing from scikit-image; install scikit-image>=0.25 or use data=folder"
        )
    return [folder / name for name in names]
