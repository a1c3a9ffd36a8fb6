"""DIV2K and DF2K, the standard training sets, read from disk or downloaded.

DIV2K: Agustsson and Timofte 2017, NTIRE challenge on single image super-resolution, 800 + 100 photographs.
Flickr2K: Timofte et al. 2017, collected for EDSR (arXiv:1707.02921), 2650 photographs. DF2K is both (ESRGAN, sec. 4.1).
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sr_lightning.data.discovery import find_images
from sr_lightning.errors import InputError
from sr_lightning.system.archive import extract
from sr_lightning.system.download import fetch


@dataclass(frozen=True)
class Archive:
    """A published archive of images.

    Args:
        url: of the archive.
        images: number of HR images.
        sha256: checksum of the archive, if known.
        hr: folder of the HR images inside the archive.
    """

    url: str
    images: int
    sha256: str | None = None
    hr: str = "."


# The publishers give no checksums; these are from TensorFlow Datasets (div2k/checksums.tsv).
DIV2K = {
    "train": Archive(
        "http://data.vision.ee.ethz.ch/cvl/DIV2K/DIV2K_train_HR.zip",
        images=800,
        sha256="9d0b9c463f6e35b6c62cc6a930ee2224f670b34c1df841a57670f9acf0f6c335",
    ),
    "valid": Archive(
        "http://data.vision.ee.ethz.ch/cvl/DIV2K/DIV2K_valid_HR.zip",
        images=100,
        sha256="20dd31fd84d777bc1cf5d6b7654a3f569c0aec74458ae094122ad1d0489900fc",
    ),
}
# About 20 GB of HR and LR images. Only the number of images is verified, as mirrors repack the archive.
FLICKR2K = Archive("http://cv.snu.ac.kr/research/EDSR/Flickr2K.tar", images=2650, hr="Flickr2K_HR")


def div2k(root: str | Path, part: str = "train", base_url: str | None = None) -> list[Path]:
    """Return the HR images of DIV2K in ``root/DIV2K_{part}_HR``, downloading them if the folder is missing.

    Args:
        part: ``train`` (800 images, 3.5 GB) or ``valid`` (100 images, 0.4 GB).
        base_url: a mirror that has the archive under its original name.

    Raises:
        InputError: the download fails, or the number of images is wrong.
    """
    if part not in DIV2K:
        raise InputError(f"DIV2K has no part {part!r}; choose one of {', '.join(DIV2K)}")
    return _obtain(DIV2K[part], Path(root), base_url)


def df2k(root: str | Path, base_url: str | None = None) -> list[Path]:
    """Return the training images of DIV2K, then those of Flickr2K in ``root/Flickr2K``; otherwise as `div2k`."""
    return div2k(root, "train", base_url) + _obtain(FLICKR2K, Path(root), base_url)


def _obtain(archive: Archive, root: Path, base_url: str | None) -> list[Path]:
    """Return the HR images of an archive, downloading it if its folder is missing, and check their number."""
    name = urlsplit(archive.url).path.rpartition("/")[2]
    folder = root / Path(name).stem
    if not folder.exists():
        url = f"{base_url.rstrip('/')}/{name}" if base_url else archive.url
        extract(fetch(url, root, sha256=archive.sha256), folder)
    hr = folder / archive.hr
    images = find_images(hr if hr.is_dir() else folder)  # copies of Flickr2K often contain only the HR images
    if len(images) != archive.images:
        advice = f"Move {folder} away to extract it again, or complete it by hand."
        raise InputError(f"{folder}: {len(images)} images, expected {archive.images}. {advice}")
    return images
