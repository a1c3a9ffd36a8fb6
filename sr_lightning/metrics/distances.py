"""Mean distance of one image to several references."""

from collections.abc import Mapping, Sequence

from torch import Tensor
from torchmetrics import Metric

from sr_lightning.metrics import per_image
from sr_lightning.metrics.per_image import Scores


def mean_distances(image: Tensor, references: Sequence[Tensor], metrics: Mapping[str, Metric]) -> Scores:
    """Measure an image against each reference, and return the mean of each metric and of the squared error.

    Args:
        image: (3, H, W) in [0, 1].
        references: of the same shape; one that equals the image is left out.
        metrics: key -> metric.
    Returns:
        the key ``rmse``, the root of the mean squared error over all references in levels of 255, and those of the
        metrics.
    """
    others = [reference for reference in references if not reference.equal(image)]
    squared = [float((image - reference).square().mean()) for reference in others]
    scores = [per_image.measure(metrics, image[None], reference[None], "reference") for reference in others]
    return {"rmse": 255 * (sum(squared) / len(squared)) ** 0.5, **per_image.mean(dict(enumerate(scores)))}
