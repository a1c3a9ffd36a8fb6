"""List the files of data sets without decoding them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sr_lightning.data.demo import TRAIN, VALIDATION, demo_images
from sr_lightning.data.discovery import find_images
from sr_lightning.data.div2k import df2k as df2k_images
from sr_lightning.data.div2k import div2k as div2k_images
from sr_lightning.data.pairing import pair_images
from sr_lightning.system.unique_names import unique_paths


@dataclass(frozen=True)
class Files:
    """HR images, and LR images if they are recorded rather than computed.

    Args:
        hr: files, in a fixed order.
        lr: files in the same order, or None.
    """

    hr: list[Path]
    lr: list[Path] | None = None

    def __len__(self) -> int:
        return len(self.hr)

    @cached_property
    def names(self) -> list[str]:
        """Return a unique name with suffix for each HR file, with folders where files have the same name."""
        return unique_paths(self.hr, suffix=True)

    @cached_property
    def stems(self) -> list[str]:
        """Return a unique name without suffix for each HR file; with suffix or folders where names are the same."""
        return unique_paths(self.hr)


def folder(root: str | Path) -> Files:
    """List all images below ``root``.

    Raises:
        InputError: no such folder, or no image in it.
    """
    return Files(find_images(root))


def paired(hr: str | Path, lr: str | Path, scale: int) -> Files:
    """List the pairs of two folders, matched by name.

    Raises:
        InputError: an image without a partner, or an LR image whose size is not HR size // ``scale``.
    """
    pairs = pair_images(hr, lr, scale)
    return Files([high for high, _ in pairs], [low for _, low in pairs])


def demo_train() -> Files:
    """List the color photographs of the scikit-image wheel, without the held-out ones.

    Raises:
        InputError: as `demo_images`.
    """
    return Files(demo_images(TRAIN))


def validation(hr: str | Path | None, lr: str | Path | None = None, scale: int = 4) -> Files:
    """List the images of a folder and their recorded LR images, if any; None lists the held-out demo photographs.

    Raises:
        InputError: as `folder`, `paired` and `demo_images`.
    """
    if hr is None:
        return Files(demo_images(VALIDATION))
    return folder(hr) if lr is None else paired(hr, lr, scale)


def div2k(root: str | Path, part: str = "train") -> Files:
    """List DIV2K (Agustsson & Timofte 2017); download it below ``root`` if it is missing.

    Raises:
        InputError: as `sr_lightning.data.div2k.div2k`.
    """
    return Files(div2k_images(root, part))


def df2k(root: str | Path) -> Files:
    """List the training images of DIV2K and Flickr2K; download them below ``root`` if they are missing.

    Raises:
        InputError: as `sr_lightning.data.div2k.df2k`.
    """
    return Files(df2k_images(root))
