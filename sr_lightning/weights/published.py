"""Published models by name: their addresses and checksums, downloaded to the user's cache."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sr_lightning.errors import InputError
from sr_lightning.system.download import fetch
from sr_lightning.system.user_cache import user_cache

log = logging.getLogger(__name__)

SMALL = "small-x4"  # the default network of upscaling, in the package
EMBEDDED = {SMALL: Path(__file__).with_name("small_x4.safetensors")}


@dataclass(frozen=True)
class Published:
    """A published file of weights.

    Args:
        url: address of the file.
        size: in bytes; None if unknown.
        sha256: None if no checksum is on record; the download is then not verified.
    """

    url: str
    size: int | None = None
    sha256: str | None = None


REAL_ESRGAN = "https://github.com/xinntao/Real-ESRGAN/releases/download"
# The publishers give no checksums. Each checksum below agrees with at least two independent records; for rrdb-psnr-x4,
# which is only in KAIR's release, there is no record.
PUBLISHED = {
    "realesrgan-x4plus": Published(
        f"{REAL_ESRGAN}/v0.1.0/RealESRGAN_x4plus.pth",
        67_040_989,
        "4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1",
    ),
    "realesrnet-x4plus": Published(
        f"{REAL_ESRGAN}/v0.1.1/RealESRNet_x4plus.pth",
        67_040_989,
        "a820b9bde89a874d7599d545567308ce6c128fc8754a53208eda016d40aa81df",
    ),
    "realesrgan-x2plus": Published(
        f"{REAL_ESRGAN}/v0.2.1/RealESRGAN_x2plus.pth",
        67_061_725,
        "49fafd45f8fd7aa8d31ab2a22d14d91b536c34494a5cfe31eb5d89c2fa266abb",
    ),
    "realesrgan-x4plus-anime-6b": Published(
        f"{REAL_ESRGAN}/v0.2.2.4/RealESRGAN_x4plus_anime_6B.pth",
        17_938_799,
        "f872d837d3c90ed2e05227bed711af5671a6fd1c9f7d7e91c911a61f155e99da",
    ),
    "esrgan-x4": Published(
        f"{REAL_ESRGAN}/v0.1.1/ESRGAN_SRx4_DF2KOST_official-ff704c30.pth",
        sha256="ff704c30ff560305e48ed1f4db895e525ab6bc81a46fafe80c0094a271c806d9",
    ),
    "rrdb-psnr-x4": Published("https://github.com/cszn/KAIR/releases/download/v1.0/RRDB.pth"),
    "realesr-animevideov3": Published(
        f"{REAL_ESRGAN}/v0.2.5.0/realesr-animevideov3.pth",
        2_504_012,
        "b8a8376811077954d82ca3fcf476f1ac3da3e8a68a4f4d71363008000a18b75d",
    ),
    "realesr-general-x4v3": Published(
        f"{REAL_ESRGAN}/v0.2.5.0/realesr-general-x4v3.pth",
        4_885_111,
        "8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
    ),
    "realesr-general-wdn-x4v3": Published(
        f"{REAL_ESRGAN}/v0.2.5.0/realesr-general-wdn-x4v3.pth",
        4_885_111,
        "1641f8c4464b9f097c9fdda5589273713f67cf59f3d909e0bd688f0cee269dca",
    ),
}

# Discriminators of these generators, for fine-tuning. There are no records of their checksums.
DISCRIMINATORS = {
    "realesrgan-x4plus-discriminator": Published(f"{REAL_ESRGAN}/v0.2.2.3/RealESRGAN_x4plus_netD.pth"),
    "realesrgan-x2plus-discriminator": Published(f"{REAL_ESRGAN}/v0.2.2.3/RealESRGAN_x2plus_netD.pth"),
    "realesrgan-x4plus-anime-6b-discriminator": Published(
        f"{REAL_ESRGAN}/v0.2.2.4/RealESRGAN_x4plus_anime_6B_netD.pth"
    ),
}


def locate(source: str | Path, models: Mapping[str, Published] = PUBLISHED) -> Path:
    """Return the file of a model of the package, or of a published one, downloaded once; any other source is a path.

    Args:
        source: a path, or the name of a published model.
        models: the published models by name: generators or discriminators.
    Raises:
        InputError: no such file and no such name, no connection, or a wrong checksum.
    """
    if models is PUBLISHED and source in EMBEDDED:
        return EMBEDDED[str(source)]
    model = models.get(str(source))
    if model is None:
        if Path(source).is_dir():
            raise InputError(f"{source}: is a folder; give a file of weights")
        if not Path(source).is_file():
            kind = "discriminators" if models is DISCRIMINATORS else "models"
            names = [*(EMBEDDED if models is PUBLISHED else ()), *models]
            known = "" if Path(source).suffix else f", and not one of the published {kind} {', '.join(names)}"
            raise InputError(f"{source}: no such file{known}")
        return Path(source)
    folder = user_cache() / "weights"
    file = folder / f"{source}.pth"
    if not file.exists():
        size = f" ({model.size / 1e6:.0f} MB)" if model.size else ""
        log.info("Downloading %s%s to %s", model.url, size, folder)
    return fetch(model.url, folder, sha256=model.sha256, name=file.name)
