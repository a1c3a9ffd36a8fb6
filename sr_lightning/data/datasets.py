"""Which photographs a data set consists of; nothing is decoded here."""

from dataclasses import dataclass
from pathlib import Path

from sr_lightning.data.demo import TRAIN, VALIDATION, demo_images
from sr_lightning.data.discovery import find_images, pair_images
from sr_lightning.data.div2k import df2k as df2k_images
from sr_lightning.data.div2k import div2k as div2k_images


@dataclass(frozen=True)
class Files:
    """High-resolution images, and low-resolution partners where they were recorded rather than computed.

    Args:
        hr: files, in a fixed order.
        lr: as many files, or None.
    """

    hr: list[Path]
    lr: list[Path] | None = None

    def __len__(self) -> int:
        return len(self.hr)


def folder(root: str | Path) -> Files:
    """Every image below ``root``.

    Raises:
        InputError: no such folder, or no image in it.
    """
    return Files(find_images(root))


def paired(hr: str | Path, lr: str | Path, scale: int) -> Files:
    """Two folders whose files correspond by name.

    Raises:
        InputError: an image without a partner, or one whose partner is not ``scale`` times smaller.
    """
    pairs = pair_images(hr, lr, scale)
    return Files([high for high, _ in pairs], [low for _, low in pairs])


def demo_train() -> Files:
    """The colour photographs of the scikit-image wheel, without the held-out ones."""
    return Files(demo_images(TRAIN))


def validation(hr: str | Path | None, lr: str | Path | None = None, scale: int = 4) -> Files:
    """The images of a folder (and their recorded partners), or, for None, the held-out photographs of the demo set."""
    if hr is None:
        return Files(demo_images(VALIDATION))
    return folder(hr) if lr is None else paired(hr, lr, scale)


def div2k(root: str | Path, part: str = "train") -> Files:
    """DIV2K (Agustsson & Timofte 2017), downloaded below ``root`` where it is not there."""
    return Files(div2k_images(root, part))


def df2k(root: str | Path) -> Files:
    """DIV2K's training part and Flickr2K, downloaded below ``root`` where they are not there."""
    return Files(df2k_images(root))
