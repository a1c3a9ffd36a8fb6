"""Networks on a few photographs: their outputs, a table of scores and a picture of crops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchmetrics import Metric

from sr_lightning.data import Files
from sr_lightning.data.full_images import FullImages
from sr_lightning.degradations import Bicubic, Degradation, Record
from sr_lightning.evaluation.tables import markdown
from sr_lightning.metrics import LPIPS, PSNR, STANDARD, MetricInfo, per_image
from sr_lightning.metrics.per_image import Scores
from sr_lightning.metrics.standard import caption_text
from sr_lightning.ops.quantize import from_uint8, quantize
from sr_lightning.upscaling import upscale_image
from sr_lightning.visuals.comparison import choose_squares, comparison, stacked
from sr_lightning.visuals.crop_selection import Square


class Photograph(NamedTuple):
    """An HR image and its LR image.

    Attributes:
        name: of the file, without suffix.
        hr: (3, s*h, s*w) in [0, 1].
        lr: (3, h, w) in [0, 1].
        record: drawn parameters of the degradation; empty for bicubic.
    """

    name: str
    hr: Tensor
    lr: Tensor
    record: Record


def read_photographs(paths: Sequence[Path], scale: int = 4, degradation: Degradation | None = None) -> list[Photograph]:
    """Read HR images and compute their LR images, as for validation and evaluation.

    Args:
        paths: image files; sizes are cropped at the bottom and right to multiples of ``scale``.
        scale: HR size over LR size.
        degradation: by default MATLAB's bicubic. Random parameters depend on the name of the file alone.
    Raises:
        InputError: a file that cannot be read, or an image smaller than ``scale``.
    """
    degradation = Bicubic(scale) if degradation is None else degradation
    images, photographs = FullImages(Files(list(paths)), scale), []
    for number, path in enumerate(paths):
        item = images[number]
        hr = from_uint8(item.hr)
        (record,) = degradation.draw([item.key])
        with torch.no_grad():
            lr = degradation(hr, [record])
        photographs.append(Photograph(path.stem, hr[0], lr[0], record))
    return photographs


@dataclass(frozen=True)
class Comparison:
    """Versions of photographs, with their scores.

    Attributes:
        photographs: the originals.
        versions: name -> one image per photograph.
        scores: name -> scores of each photograph.
    """

    photographs: Sequence[Photograph]
    versions: Mapping[str, Sequence[Tensor]]
    scores: Mapping[str, Sequence[Scores]]

    def table(self, heading: str = "version") -> str:
        """Return a Markdown table of the mean scores over the photographs; standard metrics have their title and unit.

        Args:
            heading: of the first column.
        """
        rows = []
        for name, scores in self.scores.items():
            row = {heading: name}
            for key, value in per_image.mean(dict(enumerate(scores))).items():
                info = STANDARD.get(key, MetricInfo(key, key, digits=4))
                row[info.heading] = f"{value:.{info.digits}f}"
            rows.append(row)
        return markdown(rows)

    def picture(self, squares: Sequence[Square] | None = None, side: int = 96, panel: int = 208) -> Tensor:
        """Draw the photographs below each other: LR, each version and HR, as one crop each.

        Args:
            squares: one crop per photograph, in HR pixels; None chooses those where the versions differ most.
            side: of the chosen crops.
            panel: side of an enlarged crop in the drawing, in pixels.
        Shape:
            -> (3, H, W) in [0, 1]
        """
        rows = []
        for number, photograph in enumerate(self.photographs):
            enlarged = [(name, images[number]) for name, images in self.versions.items()]
            versions = [("LR", photograph.lr), *enlarged, ("HR", photograph.hr)]
            values = {name: caption_text(each[number]) for name, each in self.scores.items()}
            places = choose_squares(versions, side) if squares is None else [squares[number]]
            rows.append(comparison(versions, places, values, panel))
        return stacked(rows)


def compare_versions(
    versions: Mapping[str, Sequence[Tensor]],
    photographs: Sequence[Photograph],
    metrics: Mapping[str, Metric] | None = None,
) -> Comparison:
    """Measure versions of photographs.

    Args:
        versions: name -> one image per photograph, (3, H, W) in [0, 1] of the size of its HR image.
        photographs: the originals.
        metrics: by default PSNR-Y without a border of 4 pixels, and LPIPS.
    Raises:
        InputError: a photograph is too small for a metric.
    """
    metrics = {"psnr_y": PSNR(border=4), "lpips": LPIPS()} if metrics is None else metrics
    scores = {
        name: [
            per_image.measure(metrics, image[None], photograph.hr[None], photograph.name)
            for image, photograph in zip(images, photographs, strict=True)
        ]
        for name, images in versions.items()
    }
    return Comparison(photographs, versions, scores)


def compare_networks(
    networks: Mapping[str, str | nn.Module],
    photographs: Sequence[Photograph],
    metrics: Mapping[str, Metric] | None = None,
) -> Comparison:
    """Upscale photographs with several networks and measure the outputs.

    Args:
        networks: name -> a network, or the name of a baseline such as ``bicubic``.
        photographs: their LR images are upscaled, and their HR images are the references.
        metrics: as for `compare_versions`.
    Raises:
        InputError: as `compare_versions`, or an unknown name.
    """
    versions = {
        name: [quantize(upscale_image(photograph.lr, network)) for photograph in photographs]
        for name, network in networks.items()
    }
    return compare_versions(versions, photographs, metrics)
